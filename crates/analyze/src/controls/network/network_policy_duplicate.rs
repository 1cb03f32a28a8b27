//! Of two policies that say the same one is forgotten when the other is changed.

use model::{Fix, Object};

use super::NETWORK_POLICY;
use super::world::Repeated;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-023",
    name: "network-policy-duplicate",
    title: "Network policy that says what another says",
    impact: Impact::Evidence,
    reach: Reach::Mistake,
    page: include_str!("network_policy_duplicate.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let repeated = report.ask_network(|world| world.repeated_by(policy));
    let Some(Repeated::Same(other)) = repeated else { return };
    let because = format!(
        "NetworkPolicy `{}` says the same as `{other}`: to narrow one of them closes nothing",
        policy.name
    );
    report.finding(policy.at("metadata.name"), because, Fix::advice("remove one of them"));
}
