//! What is asked of the network, beside the engine's answers: ends and ports as people write
//! them, and the addresses that hand out a machine's credentials.

pub mod end;
pub mod metadata;
