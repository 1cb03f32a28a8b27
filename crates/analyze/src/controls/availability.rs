//! Availability as far as it is security: a node that cannot be drained is not patched.

use crate::Control;

mod disruption_budget_missing;
mod disruption_budget_never_satisfied;
pub(crate) mod selector;

pub(super) const CONTROLS: &[&Control] =
    &[&disruption_budget_never_satisfied::CONTROL, &disruption_budget_missing::CONTROL];
