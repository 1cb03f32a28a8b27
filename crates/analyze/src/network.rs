//! What is asked of the network, beside the engine's answers: ends and ports as people write
//! them, the addresses that hand out a machine's credentials, and policies that were learned as
//! manifests.

pub mod end;
pub mod learn;
pub mod metadata;
