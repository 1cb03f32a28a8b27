//! A policy for nobody closes nothing.

use model::{Fix, Object};

use super::NETWORK_POLICY;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-010",
    name: "network-policy-selects-nothing",
    title: "Network policy that selects no pod",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("network_policy_selects_nothing.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let has_subject = report.ask_network(|world| Some(world.effect_of(policy)?.has_subject));
    if has_subject != Some(false) {
        return;
    }
    let because = format!(
        "NetworkPolicy `{}` holds for no pod of namespace `{}`: none of what runs there has these \
         labels",
        policy.name,
        policy.namespace.unwrap_or_default()
    );
    let fix = Fix::advice("select labels that the pods have, or remove the policy");
    report.finding(policy.at("spec.podSelector"), because, fix);
}
