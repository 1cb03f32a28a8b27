//! Workload hardening: what a pod asks of its node.

use crate::Control;

mod privileged_container;

pub(super) const CONTROLS: &[&Control] = &[&privileged_container::CONTROL];
