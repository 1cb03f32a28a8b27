//! The images that run: which, where, since which build, and what is wrong with them.
//!
//! The middle is pure: [`running`] tells what runs from a snapshot, [`Schedule`] says what is to be
//! fetched next, [`Index`] what is known of an image. [`follow`] is the rim around it that asks
//! registries. What runs is compared with its tags in the store.

mod known;
mod running;
mod schedule;
mod worker;

pub use known::Index;
pub(crate) use known::KnownImages;
pub use running::{Running, running};
pub use schedule::{Job, Schedule};
pub use worker::{Told, follow};
