//! Which of two holds is not defined.

use model::{Fix, Object};

use super::ADMIN_POLICY;
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-017",
    name: "admin-network-policy-priority-shared",
    title: "Admin network policies of one priority",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("admin_network_policy_priority_shared.md"),
    check: Check::Object(Kinds::Of(&[ADMIN_POLICY]), check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let other = report.ask_network(|world| world.of_same_priority(policy).map(str::to_owned));
    let Some(other) = other else { return };
    let because = format!(
        "AdminNetworkPolicy `{other}` has the priority of `{}`: where the two disagree, which one \
         holds is not defined",
        policy.name
    );
    report.finding(policy.at("spec.priority"), because, Fix::advice("give it one of its own"));
}
