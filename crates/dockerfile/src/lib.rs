//! Dockerfiles: read as `BuildKit` reads them, and judged.
//!
//! [`Dockerfile::parse`] takes any text and never fails as a whole: what could not be understood
//! is in [`Dockerfile::errors`], each with its place. [`judge`] asks every rule of [`RULES`].
//!
//! ```
//! let file = dockerfile::Dockerfile::parse("FROM debian:12\nADD notes.txt /\n");
//! assert!(file.errors.is_empty());
//! let found = dockerfile::judge(&file);
//! assert!(found.iter().any(|it| it.rule.id == "add-for-plain-copy" && it.line == 2));
//! ```
//!
//! Source: Docker's Dockerfile reference; `BuildKit`, `frontend/dockerfile/parser/parser.go`.
#![warn(clippy::disallowed_methods)]

mod base;
mod configuration;
mod expand;
mod instruction;
mod read;
mod rule;
mod rules;
mod shell;
mod stage;

pub use base::Base;
pub use configuration::{ConfigurationFinding, judge_configuration, unjudged};
pub use instruction::{Flag, Heredoc, Instruction, Keyword};
pub use read::{Dockerfile, Error, INSTRUCTIONS_MAX, Problem, TEXT_BYTES_MAX};
pub use rule::{Example, Finding, Rule};
pub use rules::{RULES, judge};
pub use shell::Command;
pub use stage::Stage;
