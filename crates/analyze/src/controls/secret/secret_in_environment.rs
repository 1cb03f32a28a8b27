//! A variable is inherited by every child and ends up in dumps and logs.

use model::{Container, Fix, Path, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-006",
    name: "secret-in-environment",
    title: "Secret passed as an environment variable",
    impact: Impact::Workload,
    reach: Reach::SecondFault,
    page: include_str!("secret_in_environment.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        let references = references(&container);
        let Some((at, first)) = references.first() else { continue };
        let others = references.len() - 1;
        let more = if others == 0 { String::new() } else { format!(" and {others} more") };
        let because = format!(
            "container `{}` has values of Secret `{first}`{more} in its environment, which \
             children inherit and crash reports show",
            container.name()
        );
        let fix = Fix::advice("mount the Secret as a volume and let the program read the file");
        report.finding(at.clone(), because, fix);
    }
}

/// Where a container takes variables from Secrets, with the Secrets' names.
fn references<'p>(container: &Container<'p>) -> Vec<(Path, &'p str)> {
    let single = container.env().filter_map(|(index, variable)| {
        let name = variable.field("valueFrom.secretKeyRef")?.str("name")?;
        Some((container.at("env").index(index).field("valueFrom.secretKeyRef"), name))
    });
    let whole = container.node.list("envFrom").enumerate().filter_map(|(index, source)| {
        let name = source.get("secretRef")?.str("name")?;
        Some((container.at("envFrom").index(index).field("secretRef"), name))
    });
    single.chain(whole).collect()
}
