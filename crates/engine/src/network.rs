//! Which pod reaches which, on what ports, and by which policies.

pub mod address;
mod intervals;
pub mod ports;
