//! The types of the fields that answers depend on.
//!
//! The API server refuses an object with a field of another type than Kubernetes has there. A
//! scanner that reads `privileged: "true"` as "not privileged" turns such an object into a pass;
//! here it is found once, when the object is judged, and becomes a gap with its place.

use crate::{Node, Object, Path, Pod, Value, cloud};

/// What a field may hold. Null is always allowed: it means not set.
enum Shape {
    Bool,
    Int,
    Text,
    /// A number or a text: ports by name, quantities.
    IntOrText,
    /// A map of texts: labels, annotations, a Secret's data.
    Texts,
    /// A map of quantities.
    Quantities,
    List(&'static Shape),
    /// A map with these fields; others are not looked at.
    Fields(&'static [(&'static str, Shape)]),
}

use Shape::{Bool, Fields, Int, IntOrText, List, Quantities, Text, Texts};

/// A field of the wrong type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Where it is.
    pub path: Path,
    /// What Kubernetes has there.
    pub expected: &'static str,
    /// What is written.
    pub found: &'static str,
}

/// Most mismatches told of one object.
const MISMATCHES_MAX: usize = 100;

/// The fields of wrong type in an object: its metadata and its pod templates, and for the kinds
/// in [`KINDS`] their other fields. `pods` are its pods, as [`Object::pods`] finds them.
pub fn mismatches(object: &Object<'_>, pods: &[Pod<'_>]) -> Vec<Mismatch> {
    let mut check = Check { found: Vec::new() };
    if cloud::is_resource(object) {
        return check.found;
    }
    check.node(object.root, &OBJECT, &Path::root());
    let kind = KINDS.iter().find(|(group, kind, _)| object.is(group, kind));
    if let Some((_, _, shape)) = kind {
        check.node(object.root, shape, &Path::root());
    }
    for pod in pods {
        if !pod.is_bare() {
            check.node(pod.root, &TEMPLATE_METADATA, &pod.template);
        }
        check.node(pod.spec, &POD_SPEC, &pod.at(""));
    }
    check.found
}

struct Check {
    found: Vec<Mismatch>,
}

impl Check {
    fn node(&mut self, node: Node<'_>, shape: &'static Shape, path: &Path) {
        let value = node.value();
        let fits = match (shape, value) {
            (_, Value::Null)
            | (Bool, Value::Bool(_))
            | (Text | IntOrText, Value::String(_) | Value::Elided(_))
            | (IntOrText, Value::Int(_) | Value::Float(_)) => true,
            (Text | IntOrText, Value::Redacted(redacted)) => redacted.is_text,
            (Int, _) => node.as_int().is_some(),
            (Texts | Quantities, Value::Map) => {
                let item = if matches!(shape, Texts) { &Text } else { &IntOrText };
                for (key, value) in node.entries() {
                    self.node(value, item, &path.clone().key(key));
                }
                true
            }
            (List(item), Value::List) => {
                for (index, value) in node.items().enumerate() {
                    self.node(value, item, &path.clone().index(index));
                }
                true
            }
            (Fields(fields), Value::Map) => {
                for (key, value) in node.entries() {
                    if let Some((_, shape)) = fields.iter().find(|(name, _)| *name == key) {
                        self.node(value, shape, &path.clone().key(key));
                    }
                }
                true
            }
            _ => false,
        };
        if !fits && self.found.len() < MISMATCHES_MAX {
            let (expected, found) = (shape.name(), value.type_name());
            self.found.push(Mismatch { path: path.clone(), expected, found });
        }
    }
}

impl Shape {
    fn name(&self) -> &'static str {
        match self {
            Bool => "bool",
            Int => "integer",
            Text => "string",
            IntOrText => "number or string",
            Texts => "map of strings",
            Quantities => "map of quantities",
            List(_) => "list",
            Fields(_) => "map",
        }
    }
}

const METADATA: Shape = Fields(&[
    ("name", Text),
    ("generateName", Text),
    ("namespace", Text),
    ("labels", Texts),
    ("annotations", Texts),
]);

static OBJECT: Shape = Fields(&[("metadata", METADATA)]);

static TEMPLATE_METADATA: Shape = Fields(&[("metadata", METADATA)]);

/// Kinds without pods whose fields are judged (k8s.io/api, the types of each group).
static KINDS: &[(&str, &str, Shape)] = &[
    ("", "ConfigMap", Fields(&[("data", Texts), ("binaryData", Texts)])),
    ("", "Secret", Fields(&[("data", Texts), ("stringData", Texts), ("type", Text)])),
    (
        "",
        "ServiceAccount",
        Fields(&[
            ("automountServiceAccountToken", Bool),
            ("secrets", List(&Fields(&[("name", Text)]))),
            ("imagePullSecrets", List(&Fields(&[("name", Text)]))),
        ]),
    ),
    (
        "",
        "Service",
        Fields(&[(
            "spec",
            Fields(&[
                ("type", Text),
                ("selector", Texts),
                ("externalIPs", List(&Text)),
                ("loadBalancerSourceRanges", List(&Text)),
                (
                    "ports",
                    List(&Fields(&[
                        ("name", Text),
                        ("port", Int),
                        ("targetPort", IntOrText),
                        ("nodePort", Int),
                        ("protocol", Text),
                    ])),
                ),
            ]),
        )]),
    ),
    ("", "Pod", Fields(&[("spec", MAP)])),
    ("", "PodTemplate", TEMPLATE),
    ("", "ReplicationController", IN_SPEC),
    ("apps", "DaemonSet", IN_SPEC),
    ("apps", "Deployment", IN_SPEC),
    ("apps", "ReplicaSet", IN_SPEC),
    ("apps", "StatefulSet", IN_SPEC),
    ("batch", "Job", IN_SPEC),
    ("batch", "CronJob", Fields(&[("spec", Fields(&[("jobTemplate", IN_SPEC)]))])),
    ("rbac.authorization.k8s.io", "Role", RULES),
    ("rbac.authorization.k8s.io", "ClusterRole", RULES),
    ("rbac.authorization.k8s.io", "RoleBinding", BINDING),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", BINDING),
];

/// Any map: what is in it is looked at elsewhere.
const MAP: Shape = Fields(&[]);

/// Where a pod template stands: without a map there, no pod would be found to look into.
const TEMPLATE: Shape = Fields(&[("template", Fields(&[("spec", MAP)]))]);
const IN_SPEC: Shape = Fields(&[("spec", TEMPLATE)]);

const RULES: Shape = Fields(&[(
    "rules",
    List(&Fields(&[
        ("verbs", List(&Text)),
        ("apiGroups", List(&Text)),
        ("resources", List(&Text)),
        ("resourceNames", List(&Text)),
        ("nonResourceURLs", List(&Text)),
    ])),
)]);

const BINDING: Shape = Fields(&[
    ("roleRef", Fields(&[("apiGroup", Text), ("kind", Text), ("name", Text)])),
    (
        "subjects",
        List(&Fields(&[("kind", Text), ("apiGroup", Text), ("name", Text), ("namespace", Text)])),
    ),
]);

const PROFILE: Shape = Fields(&[("type", Text), ("localhostProfile", Text)]);

const SE_LINUX: Shape = Fields(&[("user", Text), ("role", Text), ("type", Text), ("level", Text)]);

const WINDOWS: Shape = Fields(&[
    ("hostProcess", Bool),
    ("runAsUserName", Text),
    ("gmsaCredentialSpec", Text),
    ("gmsaCredentialSpecName", Text),
]);

const POD_SECURITY: Shape = Fields(&[
    ("runAsUser", Int),
    ("runAsGroup", Int),
    ("runAsNonRoot", Bool),
    ("fsGroup", Int),
    ("fsGroupChangePolicy", Text),
    ("supplementalGroups", List(&Int)),
    ("supplementalGroupsPolicy", Text),
    ("seccompProfile", PROFILE),
    ("appArmorProfile", PROFILE),
    ("seLinuxOptions", SE_LINUX),
    ("seLinuxChangePolicy", Text),
    ("windowsOptions", WINDOWS),
    ("sysctls", List(&Fields(&[("name", Text), ("value", Text)]))),
]);

const CONTAINER_SECURITY: Shape = Fields(&[
    ("privileged", Bool),
    ("allowPrivilegeEscalation", Bool),
    ("capabilities", Fields(&[("add", List(&Text)), ("drop", List(&Text))])),
    ("procMount", Text),
    ("readOnlyRootFilesystem", Bool),
    ("runAsUser", Int),
    ("runAsGroup", Int),
    ("runAsNonRoot", Bool),
    ("seccompProfile", PROFILE),
    ("appArmorProfile", PROFILE),
    ("seLinuxOptions", SE_LINUX),
    ("windowsOptions", WINDOWS),
]);

const RESOURCES: Shape = Fields(&[("limits", Quantities), ("requests", Quantities)]);

const HANDLER_FIELDS: &[(&str, Shape)] = &[
    ("exec", Fields(&[("command", List(&Text))])),
    ("httpGet", Fields(&[("host", Text), ("port", IntOrText), ("path", Text), ("scheme", Text)])),
    ("tcpSocket", Fields(&[("host", Text), ("port", IntOrText)])),
];
const HANDLER: Shape = Fields(HANDLER_FIELDS);

const KEY_REFERENCE: Shape = Fields(&[("name", Text), ("key", Text), ("optional", Bool)]);

const ENV: Shape = Fields(&[
    ("name", Text),
    ("value", Text),
    ("valueFrom", Fields(&[("secretKeyRef", KEY_REFERENCE), ("configMapKeyRef", KEY_REFERENCE)])),
]);

const ENV_FROM: Shape = Fields(&[
    ("prefix", Text),
    ("secretRef", Fields(&[("name", Text), ("optional", Bool)])),
    ("configMapRef", Fields(&[("name", Text), ("optional", Bool)])),
]);

static CONTAINER: Shape = Fields(&[
    ("name", Text),
    ("image", Text),
    ("imagePullPolicy", Text),
    ("restartPolicy", Text),
    ("command", List(&Text)),
    ("args", List(&Text)),
    ("workingDir", Text),
    ("env", List(&ENV)),
    ("envFrom", List(&ENV_FROM)),
    (
        "ports",
        List(&Fields(&[
            ("name", Text),
            ("containerPort", Int),
            ("hostPort", Int),
            ("hostIP", Text),
            ("protocol", Text),
        ])),
    ),
    ("resources", RESOURCES),
    (
        "volumeMounts",
        List(&Fields(&[
            ("name", Text),
            ("mountPath", Text),
            ("subPath", Text),
            ("readOnly", Bool),
            ("mountPropagation", Text),
        ])),
    ),
    ("livenessProbe", HANDLER),
    ("readinessProbe", HANDLER),
    ("startupProbe", HANDLER),
    ("lifecycle", Fields(&[("postStart", HANDLER), ("preStop", HANDLER)])),
    ("securityContext", CONTAINER_SECURITY),
    ("stdin", Bool),
    ("tty", Bool),
]);

static VOLUME: Shape = Fields(&[
    ("name", Text),
    ("hostPath", Fields(&[("path", Text), ("type", Text)])),
    ("emptyDir", Fields(&[("medium", Text), ("sizeLimit", IntOrText)])),
    ("secret", Fields(&[("secretName", Text), ("optional", Bool), ("defaultMode", Int)])),
    ("configMap", Fields(&[("name", Text), ("optional", Bool), ("defaultMode", Int)])),
    ("persistentVolumeClaim", Fields(&[("claimName", Text), ("readOnly", Bool)])),
    ("csi", Fields(&[("driver", Text), ("readOnly", Bool)])),
    ("projected", Fields(&[("sources", List(&Fields(&[]))), ("defaultMode", Int)])),
]);

/// k8s.io/api core/v1 `PodSpec`: the fields that any answer reads.
static POD_SPEC: Shape = Fields(&[
    ("containers", List(&CONTAINER)),
    ("initContainers", List(&CONTAINER)),
    ("ephemeralContainers", List(&CONTAINER)),
    ("volumes", List(&VOLUME)),
    ("securityContext", POD_SECURITY),
    ("hostNetwork", Bool),
    ("hostPID", Bool),
    ("hostIPC", Bool),
    ("hostUsers", Bool),
    ("shareProcessNamespace", Bool),
    ("serviceAccountName", Text),
    ("serviceAccount", Text),
    ("automountServiceAccountToken", Bool),
    ("enableServiceLinks", Bool),
    ("runtimeClassName", Text),
    ("nodeName", Text),
    ("nodeSelector", Texts),
    ("restartPolicy", Text),
    ("priorityClassName", Text),
    ("os", Fields(&[("name", Text)])),
    ("resources", RESOURCES),
    ("imagePullSecrets", List(&Fields(&[("name", Text)]))),
    ("hostAliases", List(&Fields(&[("ip", Text), ("hostnames", List(&Text))]))),
    ("hostname", Text),
    ("dnsPolicy", Text),
]);
