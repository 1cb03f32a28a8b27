//! A token nobody uses is there for the attacker alone.

use model::{Fix, Pod, Severity};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-025",
    name: "service-account-token-mounted",
    title: "Default service account's token mounted",
    impact: Impact::Foothold,
    reach: Reach::Container,
    page: include_str!("service_account_token_mounted.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    // An account of its own says that the program talks to the API server.
    let is_default = pod.service_account_name() == "default";
    let written = pod.spec.bool("automountServiceAccountToken");
    if !is_default {
        return;
    }
    let Some(mounts) = written.or_else(|| report.account_mounts_token(pod)) else {
        let reason = "the service account `default` is given more than once, with and without its \
                      token mounted: which holds is not known";
        return report.unknown(pod.at("serviceAccountName"), reason);
    };
    if mounts {
        // Asked for in so many words it outweighs what the account says.
        let severity = if written.is_some() { Severity::Medium } else { Severity::Low };
        let at = pod.at("automountServiceAccountToken");
        let because = "every container holds a token of the namespace's default service account, \
                       which an attacker can use and the program does not need";
        report.finding_of(
            severity,
            at.clone(),
            because,
            Fix::set(at, "false").risky("the program may speak to the API server"),
        );
    }
}
