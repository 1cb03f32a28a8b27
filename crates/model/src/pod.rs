//! A pod, or a template that pods are made from.

use crate::{Container, ContainerKind, Node, Object, Path, Profile, Volume};

/// The operating system a pod asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodOs {
    /// `spec.os.name: linux`
    Linux,
    /// `spec.os.name: windows`
    Windows,
    /// Nothing said: it may run on either.
    Unset,
}

/// A pod or a pod template in any kind of object.
pub struct Pod<'a> {
    /// The object it stands in.
    pub object: Object<'a>,
    /// Path of the template in its object: empty when the object is itself a Pod.
    pub template: Path,
    /// The node with `metadata` and `spec`.
    pub root: Node<'a>,
    /// The pod's specification.
    pub spec: Node<'a>,
}

impl<'a> Pod<'a> {
    pub(crate) fn new(object: Object<'a>, template: Path, root: Node<'a>, spec: Node<'a>) -> Self {
        Self { object, template, root, spec }
    }

    /// Whether the object is itself a Pod.
    pub fn is_bare(&self) -> bool {
        self.template.segments().is_empty()
    }

    /// A path below the pod's specification, from field names joined by dots.
    pub fn at(&self, field: &str) -> Path {
        self.template.clone().field("spec").field(field)
    }

    /// A path below the pod's own metadata.
    pub fn metadata_at(&self, field: &str) -> Path {
        self.template.clone().field("metadata").field(field)
    }

    /// All containers: init (sidecars among them), regular, ephemeral, in this order. Items that
    /// are no maps are left out (they are gaps of the object).
    pub fn containers(&self) -> impl Iterator<Item = Container<'_>> {
        ContainerKind::ALL.iter().flat_map(|kind| {
            self.spec
                .list(kind.field())
                .enumerate()
                .filter(|(_, node)| node.is_map())
                .map(|(index, node)| Container::new(self, *kind, index, node))
        })
    }

    /// Its annotations that are text.
    pub fn annotations(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let annotations = self.root.field("metadata.annotations");
        annotations
            .into_iter()
            .flat_map(Node::entries)
            .filter_map(|(key, value)| Some((key, value.as_str()?)))
    }

    /// The value of one annotation.
    pub fn annotation(&self, key: &str) -> Option<&'a str> {
        self.root.field("metadata.annotations")?.str(key)
    }

    /// The pod's security context.
    pub fn security_context(&self) -> Option<Node<'a>> {
        self.spec.get("securityContext")
    }

    /// A field of the pod's security context, by names joined by dots.
    pub fn security(&self, field: &str) -> Option<Node<'a>> {
        self.security_context()?.field(field)
    }

    /// `hostNetwork`; false when unset, as Kubernetes has it.
    pub fn host_network(&self) -> bool {
        self.spec.bool("hostNetwork").unwrap_or(false)
    }

    /// `hostPID`; false when unset.
    pub fn host_pid(&self) -> bool {
        self.spec.bool("hostPID").unwrap_or(false)
    }

    /// `hostIPC`; false when unset.
    pub fn host_ipc(&self) -> bool {
        self.spec.bool("hostIPC").unwrap_or(false)
    }

    /// `hostUsers`: unset means true, the pod shares the host's user namespace.
    pub fn host_users(&self) -> bool {
        self.spec.bool("hostUsers").unwrap_or(true)
    }

    /// The operating system it asks for.
    pub fn os(&self) -> PodOs {
        match self.spec.field("os.name").and_then(Node::as_str) {
            Some("windows") => PodOs::Windows,
            Some("linux") => PodOs::Linux,
            _ => PodOs::Unset,
        }
    }

    /// Its volumes.
    pub fn volumes(&self) -> impl Iterator<Item = Volume<'_>> {
        self.spec
            .list("volumes")
            .enumerate()
            .filter(|(_, node)| node.is_map())
            .map(|(index, node)| Volume::new(self, index, node))
    }

    /// The service account it runs as: `default` when none is named (or `serviceAccount`, the
    /// old name of the field).
    pub fn service_account_name(&self) -> &'a str {
        let written = |key| self.spec.str(key).filter(|name| !name.is_empty());
        written("serviceAccountName").or_else(|| written("serviceAccount")).unwrap_or("default")
    }

    /// The pod-wide seccomp profile: the field, else the annotation that stood for it until
    /// Kubernetes 1.27.
    pub fn seccomp(&self) -> Option<Profile<'a>> {
        let field = self.security("seccompProfile").map(Profile::from_field);
        field.or_else(|| {
            let text = self.seccomp_annotation("seccomp.security.alpha.kubernetes.io/pod")?;
            Some(Profile::from_annotation(text))
        })
    }

    /// An annotation that stood for a seccomp profile. Kubernetes has not read them since 1.27
    /// (its release notes: "seccomp annotations … are not supported any more").
    pub(crate) fn seccomp_annotation(&self, key: &str) -> Option<&'a str> {
        const LAST_MINOR: u32 = 26;
        (self.object.version.minor <= LAST_MINOR).then(|| self.annotation(key)).flatten()
    }
}
