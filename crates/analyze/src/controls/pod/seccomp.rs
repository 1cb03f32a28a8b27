//! Annotations that once named seccomp profiles.

use model::{Edit, Pod};

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

/// Edits that say in a field what an annotation says, and remove it; none if its value is no
/// profile, or its field is there already.
pub(super) fn as_field(pod: &Pod<'_>, key: &str, value: &str) -> Option<[Edit; 2]> {
    let profile = match value {
        "runtime/default" | "docker/default" => r#"{"type":"RuntimeDefault"}"#.to_owned(),
        _ => {
            let file = value.strip_prefix("localhost/")?;
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
            if file.is_empty() || !file.bytes().all(is_plain) {
                return None;
            }
            format!(r#"{{"type":"Localhost","localhostProfile":"{file}"}}"#)
        }
    };
    let at = match key.strip_prefix(FOR_CONTAINER) {
        Some(name) => pod.containers().find(|it| it.name() == name)?.at("securityContext"),
        None => pod.at("securityContext"),
    };
    let at = at.field("seccompProfile");
    if at.resolve(pod.object.root).is_some() {
        return None;
    }
    let remove = Edit::Remove { at: pod.metadata_at("annotations").key(key) };
    Some([Edit::Set { at, value: profile.into() }, remove])
}

const FOR_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const FOR_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
