//! placeholder

pub mod secret;
