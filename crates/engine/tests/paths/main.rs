//! The escalation graph: edges one by one, clusters of every kind, and against another judge.
#![expect(clippy::expect_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod edges;
mod questions;
mod random;
mod reference;
mod scenarios;
mod shop;
mod world;
