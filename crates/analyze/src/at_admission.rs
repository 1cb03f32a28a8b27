//! Names of findings that only come up when an object is about to enter a cluster.

/// A role or binding opens a way to cluster-admin.
pub const ESCALATION: &str = "escalation-path-opened";
/// A change opens what the configuration says has to stay closed.
pub const NETWORK: &str = "network-path-opened";
/// An image of which it is known what is wrong with it.
pub const IMAGES: &str = "vulnerable-image";

/// All of them.
pub const NAMES: &[&str] = &[ESCALATION, NETWORK, IMAGES];
