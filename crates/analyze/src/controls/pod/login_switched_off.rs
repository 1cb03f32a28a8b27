//! A user interface for administrators that lets everybody in.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Fix, Pod};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-044",
    name: "login-switched-off",
    title: "Administration without a login",
    impact: Impact::Neighbours,
    reach: Reach::Container,
    page: include_str!("login_switched_off.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        for field in ["command", "args"] {
            for (index, word) in container.node.list(field).enumerate() {
                let word = word.as_str().unwrap_or_default();
                let Some((_, program)) = FLAGS.iter().find(|(flag, _)| means(word, flag)) else {
                    continue;
                };
                let because = format!(
                    "whoever reaches container `{}` uses {program} without logging in, with the \
                     rights it has",
                    container.name()
                );
                let fix = Fix::advice(format!("remove `{word}`"));
                report.finding(container.at(field).index(index), because, fix);
            }
        }
    }
}

/// Whether a word switches a flag on.
fn means(word: &str, flag: &str) -> bool {
    word.strip_prefix(flag).is_some_and(|rest| matches!(rest, "" | "=true"))
}

/// Flags that let everybody in, and whose they are (documentation of the programs).
const FLAGS: &[(&str, &str)] = &[
    ("--enable-skip-login", "the Kubernetes dashboard"),
    ("--disable-auth", "Argo CD"),
    ("--auth-mode=server", "Argo Workflows"),
];
