//! A rule without senders opens the port of a database to everybody.

use model::{Fix, Object};

use super::{NETWORK_POLICY, applies, names_nobody};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-018",
    name: "network-policy-opens-database",
    title: "Network policy opens a database to everybody",
    impact: Impact::Workload,
    reach: Reach::SecondFault,
    page: include_str!("network_policy_opens_database.md"),
    check: Check::Object(NETWORK_POLICY, check),
};

fn check(policy: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = policy.root.get("spec") else { return };
    if !applies(spec, "Ingress") {
        return;
    }
    let rules = spec.list("ingress").enumerate();
    for (number, rule) in rules.filter(|(_, rule)| names_nobody(*rule, "from")) {
        for (place, port) in rule.list("ports").enumerate() {
            let is_tcp = matches!(port.str("protocol"), None | Some("TCP"));
            let (Some(first), true) = (port.int("port"), is_tcp) else { continue };
            let last = port.int("endPort").unwrap_or(first);
            let Some((_, what)) = DATABASES.iter().find(|(it, _)| (first..=last).contains(it))
            else {
                continue;
            };
            let because = format!(
                "everybody may speak to {what} behind NetworkPolicy `{}`: this rule names no \
                 senders",
                policy.name
            );
            let at = policy.at("spec.ingress").index(number).field("ports").index(place);
            report.finding(at, because, Fix::advice("name the programs that use it in `from`"));
        }
    }
}

/// Ports of databases, and what answers there. Source: IANA's registry of service names and port
/// numbers, and the documentation of each.
const DATABASES: &[(i64, &str)] = &[
    (1433, "SQL Server"),
    (1521, "Oracle"),
    (2379, "etcd"),
    (3306, "MySQL"),
    (5432, "PostgreSQL"),
    (6379, "Redis"),
    (9042, "Cassandra"),
    (9200, "Elasticsearch"),
    (11211, "memcached"),
    (27017, "MongoDB"),
];
