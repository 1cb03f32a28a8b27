//! The world into a snapshot. The only crate that reads.

pub mod audit;
pub mod config;
pub mod flows;
mod lines;
pub mod manifests;
