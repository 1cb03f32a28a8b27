//! The images that run: which, where, since which build, and what is wrong with them.
//!
//! The middle is pure: [`running`] tells what runs from a snapshot, [`drift`] and [`old`] compare
//! it with what is known of images, [`Schedule`] says what is to be fetched next. [`follow`] is the
//! rim around it that asks registries.

mod compare;
mod running;
mod schedule;
mod worker;

pub use compare::{Drift, Old, drift, old};
pub use running::{Running, running};
pub use schedule::{Job, Schedule};
pub use worker::{Told, follow};
