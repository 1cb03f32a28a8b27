//! Availability as far as it is security: a node that cannot be drained is not patched.

use crate::Control;

mod disruption_budget_missing;
mod disruption_budget_never_satisfied;
mod killed_without_grace;
mod liveness_probe_missing;
mod readiness_probe_missing;
pub(crate) mod selector;
mod service;
mod update_stops_all_replicas;

pub(super) const CONTROLS: &[&Control] = &[
    &disruption_budget_never_satisfied::CONTROL,
    &disruption_budget_missing::CONTROL,
    &liveness_probe_missing::CONTROL,
    &readiness_probe_missing::CONTROL,
    &update_stops_all_replicas::CONTROL,
    &killed_without_grace::CONTROL,
];
