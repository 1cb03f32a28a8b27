//! A pod as the checks see it: what results after the API server's defaulting, computed once.
//!
//! Of all that `SetObjectDefaults_Pod` (`k8s.io/kubernetes/pkg/apis/core/v1`) fills in, three
//! things meet a field of a check:
//!
//! - With `hostNetwork`, a port of a container or init container without `hostPort` gets its
//!   `containerPort` as one (`defaultHostNetworkPorts`). Templates are defaulted when the pod is
//!   made from them.
//! - A volume without a source is an `emptyDir` (`SetDefaults_Volume`).
//! - The pod's security context exists (`SetDefaults_PodSpec`), though empty.
//!
//! And what the decoder of the API server makes of null: an absent field, but an empty item in a
//! list and an empty string in a map of strings.

use std::borrow::Cow;

use model::{ContainerKind, Node, Path, Pod, PodOs, Value};

use super::Offence;

/// A pod after defaulting.
pub(super) struct DefaultedPod<'p> {
    pod: &'p Pod<'p>,
    /// Containers in the order upstream visits them: init, regular, ephemeral.
    pub(super) containers: Vec<DefaultedContainer<'p>>,
    /// Its security context.
    pub(super) security: Security<'p>,
    /// `spec.os.name: windows`.
    pub(super) is_windows: bool,
    /// `spec.hostUsers: false`: the pod runs in a user namespace of its own.
    pub(super) in_user_namespace: bool,
}

/// A container after defaulting.
pub(super) struct DefaultedContainer<'p> {
    pod: &'p Pod<'p>,
    kind: ContainerKind,
    index: usize,
    /// Its node.
    pub(super) node: Node<'p>,
    /// Its name; empty when it has none.
    pub(super) name: &'p str,
    /// Its security context.
    pub(super) security: Security<'p>,
}

/// A volume after defaulting.
pub(super) struct DefaultedVolume<'p> {
    pod: &'p Pod<'p>,
    index: usize,
    /// Its name; empty when it has none.
    pub(super) name: &'p str,
    node: Node<'p>,
}

/// The security context of a pod or a container, which may be missing.
#[derive(Clone, Copy)]
pub(super) struct Security<'p>(Option<Node<'p>>);

impl<'p> DefaultedPod<'p> {
    pub(super) fn new(pod: &'p Pod<'p>) -> Self {
        let containers = ContainerKind::ALL.iter().flat_map(|&kind| {
            let nodes = pod.spec.list(kind.field()).enumerate();
            nodes.map(move |(index, node)| DefaultedContainer::new(pod, kind, index, node))
        });
        Self {
            pod,
            containers: containers.collect(),
            security: Security(pod.spec.get("securityContext")),
            is_windows: pod.os() == PodOs::Windows,
            in_user_namespace: !pod.host_users(),
        }
    }

    /// A field of its specification that is true, such as `hostPID`.
    pub(super) fn sets(&self, field: &str) -> bool {
        self.pod.spec.bool(field) == Some(true)
    }

    /// Its annotations; null is an empty text.
    pub(super) fn annotations(&self) -> impl Iterator<Item = (&'p str, Cow<'p, str>)> {
        let annotations = self.pod.root.field("metadata.annotations");
        annotations.into_iter().flat_map(Node::entries).map(|(key, value)| (key, text(value)))
    }

    /// Its volumes.
    pub(super) fn volumes(&self) -> impl Iterator<Item = DefaultedVolume<'p>> {
        let pod = self.pod;
        pod.spec.list("volumes").enumerate().map(move |(index, node)| DefaultedVolume {
            pod,
            index,
            name: node.str("name").unwrap_or_default(),
            node,
        })
    }

    /// The containers for which `is_bad` holds.
    pub(super) fn containers_where(
        &self,
        is_bad: impl Fn(&DefaultedContainer<'p>) -> bool,
    ) -> Vec<&DefaultedContainer<'p>> {
        self.containers.iter().filter(|container| is_bad(container)).collect()
    }

    /// A path below its specification, from field names joined by dots.
    pub(super) fn at(&self, field: &str) -> Path {
        self.pod.at(field)
    }

    /// The path of an annotation.
    pub(super) fn annotation_at(&self, key: &str) -> Path {
        self.pod.metadata_at("annotations").key(key)
    }

    /// The field of its security context as a reason for a refusal.
    pub(super) fn security_offence(&self, field: &str) -> Offence {
        Offence::new(self.at("securityContext").field(field), self.security.field(field))
    }
}

impl<'p> DefaultedContainer<'p> {
    fn new(pod: &'p Pod<'p>, kind: ContainerKind, index: usize, node: Node<'p>) -> Self {
        Self {
            pod,
            kind,
            index,
            node,
            name: node.str("name").unwrap_or_default(),
            security: Security(node.get("securityContext")),
        }
    }

    /// The host ports it takes, each with the place of its port in `ports`.
    pub(super) fn host_ports(&self) -> impl Iterator<Item = (usize, i64)> {
        let is_defaulted = self.kind != ContainerKind::Ephemeral && self.pod.host_network();
        self.node.list("ports").enumerate().filter_map(move |(index, port)| {
            let taken = match port.int("hostPort").unwrap_or_default() {
                0 if is_defaulted => port.int("containerPort").unwrap_or_default(),
                written => written,
            };
            (taken != 0).then_some((index, taken))
        })
    }

    /// A path below it, from field names joined by dots.
    pub(super) fn at(&self, field: &str) -> Path {
        self.pod.at(self.kind.field()).index(self.index).field(field)
    }

    /// The field of its security context as a reason for a refusal.
    pub(super) fn security_offence(&self, field: &str) -> Offence {
        Offence::new(self.at("securityContext").field(field), self.security.field(field))
    }
}

impl<'p> DefaultedVolume<'p> {
    /// The source of this type, if it has one.
    pub(super) fn source(&self, source: &str) -> Option<Node<'p>> {
        self.node.get(source)
    }

    /// A path below it.
    pub(super) fn at(&self, field: &str) -> Path {
        self.pod.at("volumes").index(self.index).field(field)
    }
}

impl<'p> Security<'p> {
    /// A field that is set, from field names joined by dots.
    pub(super) fn field(self, dotted: &str) -> Option<Node<'p>> {
        self.0?.field(dotted)
    }

    /// A field that is set to a bool.
    pub(super) fn bool(self, dotted: &str) -> Option<bool> {
        self.field(dotted)?.as_bool()
    }

    /// The texts of a list, null as an empty one.
    pub(super) fn texts(self, dotted: &str) -> impl Iterator<Item = Cow<'p, str>> {
        self.field(dotted).into_iter().flat_map(Node::items).map(text)
    }

    /// The `type` of a profile that is set; one without a type has an empty one.
    pub(super) fn profile_type(self, profile: &str) -> Option<Cow<'p, str>> {
        Some(self.field(profile)?.get("type").map(text).unwrap_or_default())
    }
}

impl Offence {
    /// The field at `path` with its present value.
    pub(super) fn new(path: Path, value: Option<Node<'_>>) -> Self {
        Self { path, value: value.map(|node| text(node).into_owned()) }
    }
}

/// The text of a scalar; null is empty. What is not kept or may be a credential has a text that
/// no check allows and that does not show it.
pub(super) fn text(node: Node<'_>) -> Cow<'_, str> {
    match node.value() {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        Value::Bool(bool) => Cow::Borrowed(if bool { "true" } else { "false" }),
        Value::Int(int) => Cow::Owned(int.to_string()),
        Value::Float(float) => Cow::Owned(float.to_string()),
        Value::Elided(_) => Cow::Borrowed("(long text)"),
        Value::Redacted(_) => Cow::Borrowed("(redacted)"),
        Value::List => Cow::Borrowed("[…]"),
        Value::Map => Cow::Borrowed("{…}"),
    }
}

#[cfg(test)]
mod tests {
    use model::{DigestKey, KubernetesVersion, Object, Redactions};

    use crate::pod_security::{Level, Version, judge};

    /// Annotations are named after containers, and names like `password` make values secret.
    #[test]
    fn a_containers_name_does_not_hide_its_profile() {
        let judged = |profile: &str| {
            let text = format!(
                "apiVersion: v1\nkind: Pod\n\
                 metadata: {{annotations: {{\n\
                 \x20 container.apparmor.security.beta.kubernetes.io/password: {profile},\n\
                 \x20 container.seccomp.security.alpha.kubernetes.io/password: {profile}}}}}\n\
                 spec: {{containers: [{{name: password}}]}}"
            );
            let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
            let root = stream.documents().next().expect("a document").expect("readable").root();
            let redactions = Redactions::find(root, &DigestKey::new(&[0; 32]));
            let root = model::Node::tree(root, &redactions);
            let object = Object::new(root, None, KubernetesVersion::NEWEST).expect("an object");
            let violations = judge(&object.pods()[0], Level::Baseline, Version::V1(18));
            violations.iter().map(|violation| violation.check).collect::<Vec<_>>()
        };
        let both = ["appArmorProfile", "seccompProfile_baseline"];
        assert_eq!(judged("unconfined"), both);
        assert_eq!(judged("runtime/default"), [""; 0]);
        assert_eq!(judged("localhost/aK7-3f9QzR2pLw8xVb4T"), [""; 0]);
    }
}
