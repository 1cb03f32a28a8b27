//! A volume of a pod.

use crate::{Node, Path, Pod};

/// A volume of a pod.
#[derive(Clone, Copy)]
pub struct Volume<'p> {
    /// Its pod.
    pub pod: &'p Pod<'p>,
    /// Its place in `volumes`.
    pub index: usize,
    /// Its node.
    pub node: Node<'p>,
}

impl<'p> Volume<'p> {
    pub(crate) fn new(pod: &'p Pod<'p>, index: usize, node: Node<'p>) -> Self {
        Self { pod, index, node }
    }

    /// Its name.
    pub fn name(&self) -> &'p str {
        self.node.str("name").unwrap_or_default()
    }

    /// A path below the volume, from field names joined by dots.
    pub fn at(&self, field: &str) -> Path {
        self.pod.at("volumes").index(self.index).field(field)
    }

    /// Its sources: every field but the name that is set. Kubernetes wants exactly one, and makes
    /// a volume without any an `emptyDir`.
    pub fn sources(&self) -> impl Iterator<Item = (&'p str, Node<'p>)> + use<'p> {
        self.node
            .entries()
            .filter(|(key, value)| *key != "name" && !matches!(value.value(), crate::Value::Null))
    }

    /// The folder of the host it shows, if it is of this type.
    pub fn host_path(&self) -> Option<&'p str> {
        self.node.get("hostPath").map(|source| source.str("path").unwrap_or_default())
    }
}
