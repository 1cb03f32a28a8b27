//! Questions and their answers with proof: what a cluster's rules say about what is in it.
//!
//! An engine knows the rules of one domain and answers from its arguments alone; controls and
//! gates ask and word the answers.
#![warn(clippy::disallowed_methods)]

pub mod admission_policy;
pub mod least_privilege;
pub mod network;
pub mod paths;
pub mod pod_security;
pub mod rbac;
