//! A pod whose profile is missing on its node does not start.

use std::collections::HashSet;

use crate::{Check, Control, Impact, Reach, Report};
use model::{Container, Fix, Path, Pod, Profile, Scope};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONFINEMENT-004",
    name: "localhost-profile-not-provided",
    title: "Profile of the node that nobody provides",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("localhost_profile_not_provided.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    // Absence is told only where the namespace is in the input with what belongs to it.
    let Some(namespace) = pod.object.namespace else { return };
    let (snapshot, world) = (report.snapshot, report.world);
    if snapshot.namespaces(world, namespace).next().is_none() {
        return;
    }
    let mut told = HashSet::new();
    for container in pod.containers() {
        if let Some((at, name)) = app_armor(&container, report)
            && told.insert(at.clone())
        {
            let because = format!(
                "it does not start on a node where `{name}` is not loaded, and no AppArmorProfile \
                 of that name is seen that would load it there, though others are"
            );
            report.finding(at, because, Fix::advice("add the AppArmorProfile, or name another"));
        }
        let Some(setting) = container.seccomp() else { continue };
        let Profile::Localhost(Some(path)) = setting.value else { continue };
        let Some((own, name)) = of_operator(path) else { continue };
        let mut profiles = snapshot.neighbours(world, own, KIND);
        if setting.scope == Scope::Annotation || profiles.any(|profile| profile.name == name) {
            continue;
        }
        let at = container.security_at("seccompProfile.localhostProfile", setting.scope);
        if told.insert(at.clone()) {
            let because = format!(
                "it does not start on a node without `{path}`, and no SeccompProfile `{name}` is \
                 seen that would put it there"
            );
            report.finding(at, because, Fix::advice("add the SeccompProfile, or name another"));
        }
    }
}

/// The AppArmor profile of a container that no `AppArmorProfile` brings along, and where
/// it is named. Without any such object another loader is at work, and nothing is known.
fn app_armor<'p>(container: &Container<'p>, report: &Report<'_>) -> Option<(Path, &'p str)> {
    let setting = container.app_armor()?;
    let Profile::Localhost(Some(wanted)) = setting.value else { return None };
    if setting.scope == Scope::Annotation {
        return None;
    }
    let (snapshot, world) = (report.snapshot, report.world);
    let own = snapshot.neighbours(world, container.pod.object.namespace, APP_ARMOR);
    let mut profiles = own.chain(snapshot.neighbours(world, None, APP_ARMOR)).peekable();
    profiles.peek()?;
    let is_missing = profiles.all(|profile| profile.name != wanted);
    let at = || container.security_at("appArmorProfile.localhostProfile", setting.scope);
    is_missing.then(|| (at(), wanted))
}

/// The kind whose objects security-profiles-operator loads under their own names.
const APP_ARMOR: (&str, &str) = ("security-profiles-operator.x-k8s.io", "AppArmorProfile");

/// The kind that security-profiles-operator puts on nodes.
const KIND: (&str, &str) = ("security-profiles-operator.x-k8s.io", "SeccompProfile");

/// Namespace and name of the object behind a path of the operator: `operator/⟨namespace⟩/⟨name⟩
/// .json`, and since its version 0.9 `operator/⟨name⟩.json`. Other paths come from elsewhere.
fn of_operator(path: &str) -> Option<(Option<&str>, &str)> {
    let rest = path.strip_prefix("operator/")?.strip_suffix(".json")?;
    Some(match rest.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, rest),
    })
}
