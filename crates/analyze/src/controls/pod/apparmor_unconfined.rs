//! Unconfined takes away the profile that the container runtime would set.

use model::{Fix, Pod, Profile};

use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-020",
    name: "apparmor-unconfined",
    title: "AppArmor switched off",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("apparmor_unconfined.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if group::is_windows(pod) {
        return;
    }
    let groups = group::by_place(pod, |container| {
        let setting = container.app_armor()?;
        if setting.value != Profile::Unconfined || container.privileged() {
            return None;
        }
        Some(match setting.scope {
            model::Scope::Annotation => {
                let key =
                    format!("container.apparmor.security.beta.kubernetes.io/{}", container.name());
                pod.metadata_at("annotations").key(&key)
            }
            scope => container.security_at("appArmorProfile", scope),
        })
    });
    for group in groups {
        let because = format!(
            "{} can mount, write to `/proc` and `/sys` and trace where AppArmor would refuse it",
            group.names()
        );
        let fix = match group.at.last_key() {
            Some("appArmorProfile") => {
                let fix = group.set(r#"{"type":"RuntimeDefault"}"#).risky(RISK);
                fix.worded("set `appArmorProfile.type: RuntimeDefault`")
            }
            _ => Fix::remove(group.at.clone()).risky(RISK),
        };
        report.finding(group.at.clone(), because, fix);
    }
}

/// Why the fix is not safe.
const RISK: &str = "the program may do what the profile refuses";
