//! A credential in a manifest is known to everybody who can read the manifest.

use model::{Fix, Pod};

use super::credential;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-001",
    name: "credential-in-env",
    title: "Credential in an environment variable",
    impact: Impact::Neighbours,
    reach: Reach::Reader,
    page: include_str!("credential_in_env.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        for (index, variable) in container.env() {
            let held = variable.get("value").and_then(credential::named);
            let Some(credential) = held else { continue };
            let because = format!(
                "variable `{}` of container `{}` holds {credential}, readable for everybody who \
                 may read this object",
                variable.str("name").unwrap_or_default(),
                container.name()
            );
            let fix = Fix::advice(
                "change the credential, keep it in a Secret and refer to it by \
                 `valueFrom.secretKeyRef`, or better mount it as a file",
            );
            report.finding(container.at("env").index(index).field("value"), because, fix);
        }
    }
}
