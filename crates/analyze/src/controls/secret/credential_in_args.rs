//! A command line is shown by every list of processes.

use model::{Fix, Pod};

use super::credential;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-002",
    name: "credential-in-args",
    title: "Credential on the command line",
    impact: Impact::Neighbours,
    reach: Reach::Reader,
    page: include_str!("credential_in_args.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        for field in ["command", "args"] {
            for (index, argument) in container.node.list(field).enumerate() {
                let Some(credential) = credential::named(argument) else { continue };
                let because = format!(
                    "container `{}` gets {credential} on its command line, shown by every list of \
                     processes and to everybody who may read this object",
                    container.name()
                );
                let fix = Fix::advice(
                    "change the credential, keep it in a Secret, mount it and name the file",
                );
                report.finding(container.at(field).index(index), because, fix);
            }
        }
    }
}
