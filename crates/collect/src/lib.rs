//! The world into a snapshot. The only crate that reads.

pub mod audit;
pub mod config;
pub mod flows;
pub mod image;
mod lines;
pub mod manifests;
pub mod secrets;
