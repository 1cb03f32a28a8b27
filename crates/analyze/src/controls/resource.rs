//! Shares of the node: what a container may take from its neighbours.

use crate::Control;

mod cpu_limit_missing;
mod defaults;
mod ephemeral_storage_limit_missing;
mod memory_limit_missing;
mod resource_requests_missing;

pub(super) const CONTROLS: &[&Control] = &[
    &memory_limit_missing::CONTROL,
    &cpu_limit_missing::CONTROL,
    &resource_requests_missing::CONTROL,
    &ephemeral_storage_limit_missing::CONTROL,
];
