//! Components of Kubernetes itself, and what their flags and configuration files say.
//!
//! A component is found by the program a container runs (static pods, hosted control planes), in
//! kubeadm's configuration, alone or within Cluster API's objects, and in a kubelet's
//! configuration file. Controls ask for a flag by its name, wherever it was written.

use std::borrow::Cow;

use crate::{Container, Node, Object, Path, Pod, Value};

/// Which component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ComponentKind {
    /// kube-apiserver
    ApiServer,
    /// kube-controller-manager
    ControllerManager,
    /// kube-scheduler
    Scheduler,
    /// etcd
    Etcd,
    /// kubelet
    Kubelet,
}

impl ComponentKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::ApiServer, Self::ControllerManager, Self::Scheduler, Self::Etcd, Self::Kubelet];

    /// The name of its program.
    pub fn program(self) -> &'static str {
        match self {
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Etcd => "etcd",
            Self::Kubelet => "kubelet",
        }
    }
}

/// A component and its flags.
pub struct Component<'a> {
    /// Which it is.
    pub kind: ComponentKind,
    /// Its flags, in the order they are read: of one that is written twice the last counts.
    pub flags: Vec<Flag<'a>>,
    /// Where a flag that is missing would stand.
    at: Path,
    /// Whether all flags are here, so that one that is not has the component's own default. A
    /// part of kubeadm's configuration is not: kubeadm adds its own.
    is_whole: bool,
}

/// One flag, or one field of a configuration file under the name of its flag.
pub struct Flag<'a> {
    /// Its name, without dashes.
    pub name: Cow<'a, str>,
    /// Its value; `true` where none is written. None if it is not known before the container
    /// starts: a reference to a variable.
    pub value: Option<Cow<'a, str>>,
    /// Where it is written.
    pub at: Path,
}

/// The components an object holds. `pods` are its own.
pub fn components<'a>(object: &Object<'a>, pods: &'a [Pod<'a>]) -> Vec<Component<'a>> {
    let mut found: Vec<_> =
        pods.iter().flat_map(|pod| pod.containers().filter_map(|it| of_container(&it))).collect();
    match object.group() {
        "kubeadm.k8s.io" => of_kubeadm(object.root, &Path::root(), object.kind, &mut found),
        "kubelet.config.k8s.io" if object.kind == "KubeletConfiguration" => {
            found.push(of_kubelet_file(object.root));
        }
        "controlplane.cluster.x-k8s.io" | "bootstrap.cluster.x-k8s.io" => {
            of_cluster_api(object, &mut found);
        }
        _ => {}
    }
    found
}

impl Component<'_> {
    /// The flag of this name that counts.
    pub fn flag(&self, name: &str) -> Option<&Flag<'_>> {
        self.flags.iter().rev().find(|flag| flag.name == name)
    }

    /// What is written for a flag, if it is known.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.flag(name)?.value.as_deref()
    }

    /// What is written for a flag that is true or false (strconv.ParseBool).
    pub fn switch(&self, name: &str) -> Option<bool> {
        match self.text(name)? {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
            _ => None,
        }
    }

    /// What is written for a flag that is a list: parts between commas, of all places.
    pub fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        let flags = self.flags.iter().filter(move |flag| flag.name == name);
        let values = flags.filter_map(|flag| flag.value.as_deref());
        values.flat_map(|value| value.split(',')).map(str::trim).filter(|part| !part.is_empty())
    }

    /// Whether the flag has the component's own default.
    pub fn lacks(&self, name: &str) -> bool {
        self.is_whole && self.flag(name).is_none()
    }

    /// Where a flag is written, or would be.
    pub fn at(&self, name: &str) -> Path {
        match self.flag(name) {
            Some(flag) => flag.at.clone(),
            None => self.at.clone().key(&format!("--{name}")),
        }
    }
}

/// The component a container runs: by its command's program, or where it leaves the program to
/// its image, by the image's name.
fn of_container<'a>(container: &Container<'a>) -> Option<Component<'a>> {
    let words = |field| {
        let at = container.at(field);
        let items = container.node.list(field).enumerate();
        items.filter_map(move |(index, item)| Some((item.as_str()?, at.clone().index(index))))
    };
    let first = |field| container.node.list(field).next().and_then(Node::as_str);
    let program = first("command").or_else(|| first("args").filter(|it| !it.starts_with('-')));
    let name = program.unwrap_or_else(|| {
        let name = container.image().rsplit('/').next().unwrap_or_default();
        name.split([':', '@']).next().unwrap_or_default()
    });
    let kind = kind_named(name.rsplit('/').next().unwrap_or_default())?;
    let mut flags = Vec::new();
    if kind == ComponentKind::Etcd {
        flags.extend(
            container.env().filter_map(|(index, item)| of_variable(container, index, item)),
        );
    }
    let words: Vec<_> = words("command").chain(words("args")).collect();
    read_flags(&words, &mut flags);
    let at = container.at(if container.node.get("args").is_some() { "args" } else { "command" });
    let is_whole = !flags.iter().any(|flag| flag.name == "config-file");
    Some(Component { kind, flags, at, is_whole })
}

fn kind_named(name: &str) -> Option<ComponentKind> {
    ComponentKind::ALL.into_iter().find(|kind| kind.program() == name)
}

/// etcd reads `ETCD_CLIENT_CERT_AUTH` as `--client-cert-auth`; the flag outweighs it.
fn of_variable<'a>(container: &Container<'a>, index: usize, item: Node<'a>) -> Option<Flag<'a>> {
    let name = item.str("name")?.strip_prefix("ETCD_")?;
    let value = item.get("value").and_then(Node::as_str).and_then(known);
    let at = container.at("env").index(index).field("value");
    Some(Flag { name: name.to_ascii_lowercase().replace('_', "-").into(), value, at })
}

/// A value, unless it refers to a variable.
fn known(value: &str) -> Option<Cow<'_, str>> {
    (!value.contains("$(")).then_some(Cow::Borrowed(value))
}

/// Flags that take no value in a word of their own (those of them that controls ask for).
const SWITCHES: &[&str] = &[
    "allow-privileged",
    "anonymous-auth",
    "auto-tls",
    "client-cert-auth",
    "make-iptables-util-chains",
    "peer-auto-tls",
    "peer-client-cert-auth",
    "profiling",
    "protect-kernel-defaults",
    "rotate-certificates",
    "seccomp-default",
    "service-account-lookup",
    "use-service-account-credentials",
];

/// Reads `--name=value`, `--name value` and `--name` (github.com/spf13/pflag; etcd takes one
/// dash as well, as the flag package of Go does).
fn read_flags<'a>(words: &[(&'a str, Path)], flags: &mut Vec<Flag<'a>>) {
    let mut rest = words.iter().peekable();
    while let Some((word, at)) = rest.next() {
        let Some(text) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
            continue;
        };
        if text.is_empty() {
            break;
        }
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, known(value)),
            None if SWITCHES.contains(&text) => (text, Some("true".into())),
            None => match rest.next_if(|(next, _)| !next.starts_with('-')) {
                Some((next, _)) => (text, known(next)),
                None => (text, Some("true".into())),
            },
        };
        flags.push(Flag { name: name.into(), value, at: at.clone() });
    }
}

/// Places of kubeadm's configuration within the objects of Cluster API.
const IN_CLUSTER_API: &[(&str, &str)] = &[
    ("KubeadmControlPlane", "spec.kubeadmConfigSpec"),
    ("KubeadmControlPlaneTemplate", "spec.template.spec.kubeadmConfigSpec"),
    ("KubeadmConfig", "spec"),
    ("KubeadmConfigTemplate", "spec.template.spec"),
];

fn of_cluster_api<'a>(object: &Object<'a>, found: &mut Vec<Component<'a>>) {
    let place = IN_CLUSTER_API.iter().find(|(kind, _)| *kind == object.kind);
    let Some((_, place)) = place else { return };
    for (field, kind) in [
        ("clusterConfiguration", "ClusterConfiguration"),
        ("initConfiguration", "InitConfiguration"),
        ("joinConfiguration", "JoinConfiguration"),
    ] {
        let at = Path::root().field(place).field(field);
        if let Some(node) = at.resolve(object.root) {
            of_kubeadm(node, &at, kind, found);
        }
    }
}

/// Places of flags in kubeadm's kinds (kubeadm.k8s.io, v1beta1 to v1beta4).
const IN_KUBEADM: &[(&str, &str, ComponentKind)] = &[
    ("ClusterConfiguration", "apiServer.extraArgs", ComponentKind::ApiServer),
    ("ClusterConfiguration", "controllerManager.extraArgs", ComponentKind::ControllerManager),
    ("ClusterConfiguration", "scheduler.extraArgs", ComponentKind::Scheduler),
    ("ClusterConfiguration", "etcd.local.extraArgs", ComponentKind::Etcd),
    ("InitConfiguration", "nodeRegistration.kubeletExtraArgs", ComponentKind::Kubelet),
    ("JoinConfiguration", "nodeRegistration.kubeletExtraArgs", ComponentKind::Kubelet),
];

fn of_kubeadm<'a>(root: Node<'a>, base: &Path, kind: &str, found: &mut Vec<Component<'a>>) {
    for (_, field, component) in IN_KUBEADM.iter().filter(|(its_kind, ..)| *its_kind == kind) {
        let Some(arguments) = root.field(field) else { continue };
        let at = base.clone().field(field);
        let flag = |name: &'a str, value: Option<&'a str>, at| Flag {
            name: name.into(),
            value: value.and_then(known),
            at,
        };
        // A map until v1beta3, a list of names and values since.
        let of_map = arguments
            .entries()
            .map(|(name, value)| flag(name, value.as_str(), at.clone().key(name)));
        let of_list = arguments.items().enumerate().filter_map(|(index, item)| {
            let at = at.clone().index(index).field("value");
            Some(flag(item.str("name")?, item.str("value"), at))
        });
        let flags = of_map.chain(of_list).collect();
        found.push(Component { kind: *component, flags, at, is_whole: false });
    }
}

/// Flags of the kubelet and the fields of its configuration file that stand for them
/// (kubelet.config.k8s.io/v1beta1).
const KUBELET_FIELDS: &[(&str, &str)] = &[
    ("anonymous-auth", "authentication.anonymous.enabled"),
    ("authorization-mode", "authorization.mode"),
    ("client-ca-file", "authentication.x509.clientCAFile"),
    ("make-iptables-util-chains", "makeIPTablesUtilChains"),
    ("pod-max-pids", "podPidsLimit"),
    ("protect-kernel-defaults", "protectKernelDefaults"),
    ("read-only-port", "readOnlyPort"),
    ("rotate-certificates", "rotateCertificates"),
    ("seccomp-default", "seccompDefault"),
    ("streaming-connection-idle-timeout", "streamingConnectionIdleTimeout"),
    ("tls-min-version", "tlsMinVersion"),
];

fn of_kubelet_file(root: Node<'_>) -> Component<'_> {
    let flags = KUBELET_FIELDS.iter().filter_map(|(name, field)| {
        let value = match root.field(field)?.value() {
            Value::Bool(value) => value.to_string().into(),
            Value::Int(value) => value.to_string().into(),
            Value::String(value) => value.into(),
            _ => return None,
        };
        Some(Flag { name: (*name).into(), value: Some(value), at: Path::root().field(field) })
    });
    let mut flags: Vec<_> = flags.collect();
    let suites = root.list("tlsCipherSuites").filter_map(Node::as_str);
    flags.extend(suites.enumerate().map(|(index, suite)| Flag {
        name: "tls-cipher-suites".into(),
        value: Some(suite.into()),
        at: Path::root().field("tlsCipherSuites").index(index),
    }));
    Component { kind: ComponentKind::Kubelet, flags, at: Path::root(), is_whole: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_as_their_programs_read_them() {
        let words = [
            "kube-apiserver",
            "--anonymous-auth",
            "stray",
            "--secure-port",
            "6443",
            "--authorization-mode=Node",
            "--authorization-mode=RBAC,Webhook",
            "-v=2",
            "--bind-address=$(HOST_IP)",
            "--profiling=f",
            "--last",
        ];
        let words: Vec<_> =
            words.iter().enumerate().map(|(i, word)| (*word, Path::root().index(i))).collect();
        let mut flags = Vec::new();
        read_flags(&words, &mut flags);
        let kind = ComponentKind::ApiServer;
        let component = Component { kind, flags, at: Path::root(), is_whole: true };
        assert_eq!(component.switch("anonymous-auth"), Some(true));
        assert_eq!(component.text("secure-port"), Some("6443"));
        assert_eq!(component.switch("profiling"), Some(false));
        assert_eq!(component.text("bind-address"), None);
        assert!(!component.lacks("bind-address") && component.lacks("tls-cert-file"));
        let modes: Vec<_> = component.list("authorization-mode").collect();
        assert_eq!(modes, ["Node", "RBAC", "Webhook"]);
        assert_eq!(component.at("authorization-mode"), Path::root().index(6));
        assert_eq!(component.switch("last"), Some(true));
    }
}
