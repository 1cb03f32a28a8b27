//! Authorization against upstream's own code, and case by case.

mod beside;
mod cases;
mod cluster;
#[path = "../oracle/mod.rs"]
mod oracle;
mod roles;
mod upstream;

use engine::rbac::{Assumptions, Bootstrap, Seen, Switch};

/// What the oracle holds: all there is, and nothing beside it.
const CLOSED: Assumptions = Assumptions {
    bootstrap: Bootstrap::Absent,
    seen: Seen::Everything,
    node_authorizer: Switch::Off,
    node_restriction: Switch::On,
};

/// Questions sent before the first answer is read.
const PIPELINE: u64 = 20;

/// A number from the environment, or the size for every day.
fn size(variable: &str, default: u64) -> u64 {
    std::env::var(variable)
        .map_or(default, |number| number.parse().unwrap_or_else(|_| panic!("{variable}: {number}")))
}
