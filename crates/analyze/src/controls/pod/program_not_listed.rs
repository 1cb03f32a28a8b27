//! What a workload runs is known: anything else was put there by somebody.

use model::{Fix, Node, Path, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-048",
    name: "program-not-listed",
    title: "Program that is not on the list",
    impact: Impact::Foothold,
    reach: Reach::Writer,
    page: include_str!("program_not_listed.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if report.options.approved_programs.is_empty() {
        return;
    }
    for container in pod.containers() {
        let own = container.node.get("command").map(|list| (container.at("command"), list));
        let handlers = container.handlers().filter_map(|handler| {
            let list = handler.node.field("exec.command")?;
            Some((container.at(handler.field).field("exec.command"), list))
        });
        for (at, list) in own.into_iter().chain(handlers) {
            judge(container.name(), &at, list, report);
        }
    }
}

fn judge(container: &str, at: &Path, list: Node<'_>, report: &mut Report<'_>) {
    let Some(program) = list.item(0).and_then(Node::as_str) else { return };
    let name = program.rsplit('/').next().unwrap_or(program);
    let is_listed = |listed: &String| {
        // A name without folder stands for the program wherever it lies.
        listed == program || (!listed.contains('/') && listed == name)
    };
    if report.options.approved_programs.iter().any(is_listed) {
        return;
    }
    let because = format!(
        "container `{container}` is made to run `{program}`, which is not among \
         `judge.approvedPrograms`"
    );
    let fix = Fix::advice("run a listed program, or list it");
    report.finding(at.clone().index(0), because, fix);
}
