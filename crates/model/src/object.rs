//! A Kubernetes object: its identity and its tree.

use std::borrow::Cow;
use std::fmt;

use crate::{KubernetesVersion, Node, Path, Pod, cloud, template};

/// An object: a cheap handle (copy it freely).
#[derive(Clone, Copy)]
pub struct Object<'a> {
    /// Its top node.
    pub root: Node<'a>,
    /// `apiVersion` as written.
    pub api_version: &'a str,
    /// `kind` as written.
    pub kind: &'a str,
    /// The namespace written in it, or the one given for objects that name none. Never assumed.
    pub namespace: Option<&'a str>,
    /// `metadata.name`, else `metadata.generateName`, else empty. Of a resource of the cloud its
    /// id, else its name.
    pub name: &'a str,
    /// The Kubernetes version it is judged for.
    pub version: KubernetesVersion,
}

impl<'a> Object<'a> {
    /// An object from its top node; none without `apiVersion` and `kind`. `namespace` stands
    /// where the object names none.
    pub fn new(
        root: Node<'a>,
        namespace: Option<&'a str>,
        version: KubernetesVersion,
    ) -> Option<Self> {
        let (api_version, kind) = (root.str("apiVersion")?, root.str("kind")?);
        Some(Self::named(root, api_version, kind, namespace, version))
    }

    /// An item of a typed list (`PodList`), which may leave out its own `apiVersion` and `kind`.
    pub fn named(
        root: Node<'a>,
        api_version: &'a str,
        kind: &'a str,
        namespace: Option<&'a str>,
        version: KubernetesVersion,
    ) -> Self {
        let group = api_group(api_version);
        if group == cloud::GROUP {
            let name = cloud::identity(root);
            return Self { root, api_version, kind, namespace: None, name, version };
        }
        let metadata = root.get("metadata");
        let text = |key| metadata.and_then(|metadata| metadata.str(key));
        let namespace = if is_cluster_scoped(group, kind) {
            None
        } else {
            text("namespace").filter(|name| !name.is_empty()).or(namespace)
        };
        let name = text("name").or(text("generateName")).unwrap_or_default();
        Self { root, api_version, kind, namespace, name, version }
    }

    /// The API group: empty for core.
    pub fn group(&self) -> &'a str {
        api_group(self.api_version)
    }

    /// What the object is told apart by.
    pub fn identity(&self) -> Identity<'a> {
        Identity {
            group: self.group(),
            kind: self.kind,
            namespace: self.namespace,
            name: self.name,
        }
    }

    /// Whether it is of this group and kind.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.kind == kind && self.group() == group
    }

    /// A path in it, from field names joined by dots.
    pub fn at(&self, field: &str) -> Path {
        Path::root().field(field)
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&'a str> {
        self.root.get("metadata")?.get("labels")?.str(key)
    }

    /// The value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&'a str> {
        self.root.get("metadata")?.get("annotations")?.str(key)
    }

    /// The pods it makes: itself if it is a Pod, else every pod template in it, found by shape,
    /// whatever its kind.
    pub fn pods(&self) -> Vec<Pod<'a>> {
        template::pods(self).0
    }

    /// The same, and whether all of the object was searched: a very large or deep one is not.
    pub fn pods_within_limits(&self) -> (Vec<Pod<'a>>, bool) {
        template::pods(self)
    }
}

/// What an object is told apart by, beside its cluster. Versions of one group are one identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity<'a> {
    /// The API group: empty for core.
    pub group: &'a str,
    /// The kind.
    pub kind: &'a str,
    /// The namespace, if known.
    pub namespace: Option<&'a str>,
    /// The name.
    pub name: &'a str,
}

impl<'a> Identity<'a> {
    /// The name as it is compared: Azure tells none apart by their capitals.
    pub fn compared_name(&self) -> Cow<'a, str> {
        match self.group {
            cloud::GROUP => Cow::Owned(self.name.to_lowercase()),
            _ => Cow::Borrowed(self.name),
        }
    }
}

impl fmt::Display for Identity<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.kind)?;
        if self.group == cloud::GROUP && !self.name.is_empty() {
            return formatter.write_str(&cloud::short_name(self.name));
        }
        if let Some(namespace) = self.namespace {
            write!(formatter, "{namespace}/")?;
        }
        formatter.write_str(if self.name.is_empty() { "(no name)" } else { self.name })
    }
}

fn api_group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Built-in kinds without a namespace (the `+genclient:nonNamespaced` types of k8s.io/api), and
/// those of widespread extensions that answers ask for (as they define them).
const CLUSTER_SCOPED: &[(&str, &[&str])] = &[
    ("", &["Namespace", "Node", "PersistentVolume", "ComponentStatus"]),
    (
        "admissionregistration.k8s.io",
        &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("apiextensions.k8s.io", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &["APIService"]),
    ("cilium.io", &["CiliumClusterwideNetworkPolicy"]),
    ("crd.projectcalico.org", &["GlobalNetworkPolicy", "Tier"]),
    ("external-secrets.io", &["ClusterExternalSecret", "ClusterSecretStore"]),
    (
        "policy.networking.k8s.io",
        &["AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"],
    ),
    ("projectcalico.org", &["GlobalNetworkPolicy", "Tier"]),
    ("certificates.k8s.io", &["CertificateSigningRequest", "ClusterTrustBundle"]),
    ("flowcontrol.apiserver.k8s.io", &["FlowSchema", "PriorityLevelConfiguration"]),
    ("networking.k8s.io", &["IngressClass", "IPAddress", "ServiceCIDR"]),
    ("node.k8s.io", &["RuntimeClass"]),
    ("policy", &["PodSecurityPolicy"]),
    ("rbac.authorization.k8s.io", &["ClusterRole", "ClusterRoleBinding"]),
    ("resource.k8s.io", &["DeviceClass", "ResourceSlice"]),
    ("scheduling.k8s.io", &["PriorityClass"]),
    ("storage.k8s.io", &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"]),
];

fn is_cluster_scoped(group: &str, kind: &str) -> bool {
    CLUSTER_SCOPED.iter().any(|(name, kinds)| *name == group && kinds.contains(&kind))
}
