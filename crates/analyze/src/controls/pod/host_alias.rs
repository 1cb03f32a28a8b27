//! Entries in the hosts file decide where a name leads, unseen by DNS.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-026",
    name: "host-alias",
    title: "Names resolved past DNS",
    impact: Impact::Workload,
    reach: Reach::Mistake,
    page: include_str!("host_alias.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for (index, alias) in pod.spec.list("hostAliases").enumerate() {
        let names: Vec<_> = alias.list("hostnames").filter_map(model::Node::as_str).collect();
        let ip = alias.str("ip").unwrap_or_default();
        // Names for oneself lead nowhere.
        if names.is_empty() || ip.starts_with("127.") || ip == "::1" {
            continue;
        }
        let at = pod.at("hostAliases").index(index).field("ip");
        let because = format!("`{}` leads to {ip}, whatever DNS says", shortened(&names));
        let fix = Fix::remove(at.clone().parent())
            .risky("the program may reach this name by no other way")
            .worded("remove this alias");
        report.finding(at, because, fix);
    }
}

fn shortened(names: &[&str]) -> String {
    const NAMES_MAX: usize = 3;
    let more = if names.len() > NAMES_MAX { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(NAMES_MAX)].join(", "))
}
