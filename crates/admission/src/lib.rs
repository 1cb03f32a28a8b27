//! What is admitted: a review, a policy and a snapshot in, an answer out.
//!
//! The object is judged as `scan` judges it, by the same function, as if it stood in the snapshot
//! already. The [`Policy`] says of each finding whether it refuses, warns or is written to the
//! audit log alone.
#![warn(clippy::disallowed_methods)]

mod after;
mod answer;
mod decide;
mod escalation;
mod images;
mod network;
mod policies;
pub mod policy;
mod review;
pub mod webhook;

pub use answer::{Answer, answer};
pub use decide::{Decision, Judged, decide};
pub use images::{Deny, ImageVerdict, KnownImages};
pub use network::Closed;
pub use policies::Policies;
pub use policy::{Action, Policy, Rule, Unavailable};
pub use review::{BadReview, Operation, REVIEW_BYTES_MAX, Review, Text};
