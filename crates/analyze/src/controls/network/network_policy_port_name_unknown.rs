//! A port by a name that nobody has is no port.

use model::{Fix, Object};

use super::NETWORK_POLICY;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-012",
    name: "network-policy-port-name-unknown",
    title: "Port name of a network policy that no pod has",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("network_policy_port_name_unknown.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let idle = report.ask_network(|world| {
        world.effect_of(policy).map(|effect| effect.idle_ports.clone()).unwrap_or_default()
    });
    for (rule, port) in idle {
        let at = policy.at("spec.ingress").index(rule as usize);
        let at = at.field("ports").index(port as usize).field("port");
        let because = format!(
            "no pod that NetworkPolicy `{}` selects has a port of this name: the rule opens \
             nothing by it",
            policy.name
        );
        let fix = Fix::advice("write the name that the container gives its port, or its number");
        report.finding(at, because, fix);
    }
}
