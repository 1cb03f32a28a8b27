//! The last one counts, whoever added it.

use std::collections::HashSet;

use crate::{Check, Control, Impact, Reach, Report};
use model::{Fix, Pod};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-045",
    name: "duplicate-environment-variable",
    title: "Environment variable given twice",
    impact: Impact::Foothold,
    reach: Reach::Mistake,
    page: include_str!("duplicate_environment_variable.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        let mut seen = HashSet::new();
        let twice = container.env().find_map(|(index, item)| {
            let name = item.str("name")?;
            (!seen.insert(name)).then_some((index, name))
        });
        if let Some((index, name)) = twice {
            let because = format!(
                "container `{}` gets the later value of `{name}`, whatever the earlier one says",
                container.name()
            );
            let at = container.at("env").index(index).field("name");
            report.finding(at, because, Fix::advice("keep one of them"));
        }
    }
}
