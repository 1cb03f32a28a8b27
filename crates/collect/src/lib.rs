//! The world into a snapshot. The only crate that reads.

pub mod advisories;
pub mod audit;
pub mod cluster;
pub mod config;
pub mod flows;
mod http;
pub mod image;
mod lines;
pub mod manifests;
pub mod secrets;
