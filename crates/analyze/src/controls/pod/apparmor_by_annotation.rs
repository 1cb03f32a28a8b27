//! Since Kubernetes 1.30 a field says what the annotation said.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-034",
    name: "apparmor-by-annotation",
    title: "AppArmor profile by annotation",
    impact: Impact::Foothold,
    reach: Reach::Mistake,
    page: include_str!("apparmor_by_annotation.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if pod.object.version.minor < FIELD_SINCE {
        return;
    }
    // That it asks for no profile at all is told by a control of its own.
    let old =
        pod.annotations().find(|(key, value)| key.starts_with(PREFIX) && *value != "unconfined");
    if let Some((key, _)) = old {
        let name = &key[PREFIX.len()..];
        let because = format!(
            "container `{name}` has its AppArmor profile from an annotation, which is deprecated \
             and checks no spelling: a container that is renamed loses it"
        );
        let fix = Fix::advice("set `securityContext.appArmorProfile` instead");
        report.finding(pod.metadata_at("annotations").key(key), because, fix);
    }
}

const PREFIX: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The minor version of Kubernetes with the field.
const FIELD_SINCE: u32 = 30;
