//! What runs for tests reaches what runs for customers.

use model::{Fix, Object};

use super::world::{ENVIRONMENT_LABELS, Mixed};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-029",
    name: "namespaces-not-separated",
    title: "Environments or tenants that reach each other",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("namespaces_not_separated.md"),
    check: Check::Object(Kinds::Of(&[("", "Namespace")]), check),
};

fn check(namespace: &Object<'_>, report: &mut Report<'_>) {
    for label in ENVIRONMENT_LABELS {
        let Some(value) = namespace.label(label).filter(|value| !value.is_empty()) else {
            continue;
        };
        let at = namespace.at("metadata.labels").key(label);
        match report.ask_network(|world| world.mixed(namespace.name, label, value)) {
            Some(Mixed::From(source, other)) => {
                let because = format!(
                    "namespace `{}` is `{label}: {value}`, and pods of `{other}` reach it on every \
                     port: `{source}` does",
                    namespace.name
                );
                let fix = Fix::advice(
                    "let in by NetworkPolicies what belongs to it, and one gateway for the rest",
                );
                return report.finding(at, because, fix);
            }
            Some(Mixed::Unknown) => {
                let reason = "there are too many pods of other environments to ask which of them \
                              reach it";
                return report.unknown(at, reason);
            }
            None => {}
        }
    }
}
