//! Who may call others and may not ask for their addresses calls nobody.

use model::{Fix, Object};

use super::NETWORK_POLICY;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-015",
    name: "network-policy-without-dns",
    title: "Egress without DNS",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("network_policy_without_dns.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let lacks_dns =
        report.ask_network(|world| world.effect_of(policy).is_some_and(|effect| effect.lacks_dns));
    if !lacks_dns {
        return;
    }
    let because = format!(
        "the pods of NetworkPolicy `{}` may call others and may ask no DNS server for their \
         addresses: no policy that selects them opens port 53",
        policy.name
    );
    let fix = Fix::advice("allow UDP and TCP port 53 to the cluster's DNS");
    report.finding(policy.at("spec.egress"), because, fix);
}
