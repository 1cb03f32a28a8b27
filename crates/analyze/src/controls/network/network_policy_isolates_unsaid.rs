//! Rules for egress alone close ingress too.

use model::{Fix, Object};

use super::NETWORK_POLICY;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-013",
    name: "network-policy-isolates-unsaid",
    title: "Network policy that also closes ingress",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("network_policy_isolates_unsaid.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = policy.root.get("spec") else { return };
    let names_types = spec.list("policyTypes").next().is_some();
    let has_rules = spec.list("egress").next().is_some();
    if names_types || !has_rules || spec.get("ingress").is_some() {
        return;
    }
    // Source: `SetDefaults_NetworkPolicy` in `pkg/apis/networking/v1/defaults.go`.
    let because = format!(
        "NetworkPolicy `{}` has rules for egress alone and also lets nothing in: without \
         `policyTypes` Ingress is always among them",
        policy.name
    );
    let fix = Fix::advice("name the types that are meant in `policyTypes`");
    report.finding(policy.at("spec.egress"), because, fix);
}
