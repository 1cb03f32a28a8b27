//! The Common Expression Language as Kubernetes' API server evaluates it.
//!
//! An expression is compiled once against an [`Environment`] and evaluated many times, each time
//! with an [`Activation`] that gives its variables. Data is read where it is, through [`Object`]:
//! nothing is converted. What an evaluation costs is counted in cel-go's units and limited as the
//! API server limits it.
//!
//! The version followed is Kubernetes 1.37 with cel-go 0.29. What it refuses is refused; what is
//! refused here alone is listed in `docs/admission-policies.md`.
#![warn(clippy::disallowed_methods)]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "numbers are converted as Go converts them, ranges are checked where that matters"
)]

mod authorize;
mod call;
mod check;
mod cost;
mod environment;
mod error;
mod evaluate;
mod expand;
mod format_named;
mod function;
mod kind;
pub mod limit;
mod map;
mod net;
mod number;
mod opaque;
mod parse;
mod plan;
mod problem;
mod program;
mod quantity;
mod semver;
mod syntax;
mod time;
mod token;
mod url;
mod validate;
mod value;

pub use authorize::{Check, Decision, Identity, Question};
pub use environment::Environment;
pub use error::{Cause, Error};
pub use evaluate::{Activation, Nothing};
pub use kind::Type;
pub use map::Entries;
pub use opaque::Opaque;
pub use problem::Problem;
pub use program::Program;
pub use value::{Bytes, Constants, Datum, List, Map, Object, Text, Value};
