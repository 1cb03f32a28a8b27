//! The judge: a snapshot in, findings out.
//!
//! A control is a constant and a function ([`Control`]); the [`catalog`] lists them all. [`judge`]
//! runs them over an object of a snapshot, together with the Pod Security Standards where they
//! are in force. The command line, the admission webhook and the server call this one function.
#![warn(clippy::disallowed_methods)]

pub mod access;
pub mod admission_policy;
pub mod at_admission;
pub mod catalog;
pub mod change;
pub mod compliance;
pub mod config;
mod control;
pub mod control_name;
mod controls;
pub mod exception;
pub mod framework;
pub mod frameworks;
pub mod harden;
mod joins;
mod judge;
pub mod learn;
pub mod network;
pub mod ownership;
#[cfg(test)]
mod page;
pub mod pod_security;
pub mod remark;
pub mod severity;
mod worlds;

pub use control::{Check, Control, Kinds, Options, Report};
pub use judge::{Judge, Judgement, judge, judge_object, owner};
pub use severity::{Impact, Reach};
pub use worlds::Worlds;
