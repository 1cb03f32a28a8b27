//! What a container can write to besides its root file system.

use std::collections::HashMap;

use model::{Container, Node, Pod};

/// Volumes that are mounted read-only whatever the mount says (since Kubernetes 1.9; images since
/// they exist: KEP-4639).
const READ_ONLY_SOURCES: &[&str] = &["configMap", "downwardAPI", "image", "projected", "secret"];

/// The volumes of a pod, to be found by their names.
pub(super) struct Volumes<'p> {
    read_only: HashMap<&'p str, bool>,
}

impl<'p> Volumes<'p> {
    pub(super) fn new(pod: &'p Pod<'p>) -> Self {
        let is_read_only = |(source, node): (&str, Node<'_>)| {
            READ_ONLY_SOURCES.contains(&source) || node.bool("readOnly") == Some(true)
        };
        let volumes = pod.volumes();
        let read_only =
            volumes.map(|volume| (volume.name(), volume.sources().any(is_read_only))).collect();
        Self { read_only }
    }

    /// The mounts a container can write to: their place in `volumeMounts`, and their folder
    /// without a slash at its end.
    pub(super) fn writable_mounts(
        &self,
        container: &Container<'p>,
    ) -> impl Iterator<Item = (usize, &'p str)> {
        container.volume_mounts().filter_map(|(index, mount)| {
            let volume = mount.str("name").unwrap_or_default();
            let is_read_only = mount.bool("readOnly") == Some(true)
                || self.read_only.get(volume).copied().unwrap_or(false);
            let folder = mount.str("mountPath")?;
            (!is_read_only).then_some((index, trimmed(folder)))
        })
    }
}

/// A folder without slashes at its end; the root is `/`.
fn trimmed(folder: &str) -> &str {
    match folder.trim_end_matches('/') {
        "" => "/",
        folder => folder,
    }
}

/// Whether a folder is `above` or lies below it.
pub(super) fn is_below(folder: &str, above: &str) -> bool {
    let above = trimmed(above);
    above == "/"
        || folder.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_lie_below_whole_names() {
        assert!(is_below("/tmp", "/tmp"));
        assert!(is_below("/tmp/a", "/tmp/"));
        assert!(!is_below("/tmpfs", "/tmp"));
        assert!(is_below("/anything", "/"));
        assert_eq!(trimmed("///"), "/");
    }
}
