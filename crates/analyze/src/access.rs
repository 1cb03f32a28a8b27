//! What is asked of access, beside the engine's answers: subjects and resources as people write
//! them, memberships from outside of Kubernetes, rights as sets that can be compared.

pub mod built_in;
pub mod danger;
pub mod edges;
pub mod memberships;
pub mod proposal;
pub mod resources;
pub mod rights;
pub mod subject;
