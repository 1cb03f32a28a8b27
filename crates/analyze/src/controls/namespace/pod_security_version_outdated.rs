//! A level pinned to an old version knows only what was known then.

use model::{Fix, Object};

use super::{ENFORCE, is_of_the_system};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-NAMESPACE-008",
    name: "pod-security-version-outdated",
    title: "Pod Security level of an old version",
    impact: Impact::Foothold,
    reach: Reach::Mistake,
    page: include_str!("pod_security_version_outdated.md"),
    check: Check::Object(Kinds::Of(&[("", "Namespace")]), check),
};

fn check(namespace: &Object<'_>, report: &mut Report<'_>) {
    let key = "pod-security.kubernetes.io/enforce-version";
    let minor = namespace
        .label(key)
        .and_then(|version| version.strip_prefix("v1."))
        .and_then(|minor| minor.parse::<u32>().ok());
    let Some(minor) = minor.filter(|_| !is_of_the_system(namespace)) else { return };
    let level = namespace.label(ENFORCE);
    let is_level = matches!(level, Some("baseline" | "restricted"));
    let newest = report.snapshot.version_of(report.world).minor;
    if is_level && minor + VERSIONS_BEHIND_MAX < newest {
        let because = format!(
            "namespace `{}` is held to the level as of v1.{minor}: what was learned since is let \
             in",
            namespace.name
        );
        let at = namespace.at("metadata.labels").key(key);
        report.finding(at, because, Fix::advice("raise the version, or name `latest`"));
    }
}

/// How old a pinned version may be: what is supported beside the newest.
const VERSIONS_BEHIND_MAX: u32 = 3;
