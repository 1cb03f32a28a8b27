//! Annotations that once named seccomp profiles.

use model::Pod;

/// The last minor version of Kubernetes that read them.
const LAST_MINOR: u32 = 26;

/// Annotations that ask for a profile, are not read any more, and have no field beside them that
/// asks for one.
pub(super) fn ignored_annotations<'p>(
    pod: &'p Pod<'p>,
) -> impl Iterator<Item = (&'p str, &'p str)> {
    let annotations = pod.annotations().filter(|(key, value)| {
        pod.object.version.minor > LAST_MINOR
            && (*key == FOR_POD || key.starts_with(FOR_CONTAINER))
            && *value != "unconfined"
    });
    annotations.filter(|(key, _)| {
        let name = key.strip_prefix(FOR_CONTAINER);
        pod.containers().any(|container| {
            name.is_none_or(|name| container.name() == name) && container.seccomp().is_none()
        })
    })
}

const FOR_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const FOR_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
