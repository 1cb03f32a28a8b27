//! A container and its effective settings.
//!
//! What a container gets is the sum of its own security context, its pod's, old annotations and
//! Kubernetes' defaults. It is computed here and nowhere else.

use crate::{Node, Path, Pod, Profile, Scope, Setting};

/// Which of a pod's lists a container stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContainerKind {
    /// Runs before the others; with `restartPolicy: Always` beside them (a sidecar).
    Init,
    /// An ordinary container.
    Regular,
    /// Added to a running pod for debugging.
    Ephemeral,
}

impl ContainerKind {
    /// Every kind, in the order a pod starts them.
    pub const ALL: &[Self] = &[Self::Init, Self::Regular, Self::Ephemeral];

    /// The field of a pod's specification that lists them.
    pub fn field(self) -> &'static str {
        match self {
            Self::Init => "initContainers",
            Self::Regular => "containers",
            Self::Ephemeral => "ephemeralContainers",
        }
    }
}

/// A container of a pod.
#[derive(Clone, Copy)]
pub struct Container<'p> {
    /// Its pod.
    pub pod: &'p Pod<'p>,
    /// The list it stands in.
    pub kind: ContainerKind,
    /// Its place in that list.
    pub index: usize,
    /// Its node.
    pub node: Node<'p>,
}

/// A handler of a probe or a lifecycle hook.
#[derive(Clone)]
pub struct Handler<'p> {
    /// The handler's node: `exec`, `httpGet`, `tcpSocket`, `grpc` or `sleep` stand below it.
    pub node: Node<'p>,
    /// Its field below the container: `livenessProbe`, `lifecycle.preStop` …
    pub field: &'static str,
}

/// A port a container declares.
#[derive(Clone, Copy)]
pub struct Port<'p> {
    /// Its place in `ports`.
    pub index: usize,
    /// Its node.
    pub node: Node<'p>,
    /// The port taken on the host; 0 when none. With `hostNetwork` an unset host port is the
    /// container's port, as the API server fills it in
    /// (pkg/apis/core/v1/defaults.go, `defaultHostNetworkPorts`).
    pub host_port: i64,
}

impl<'p> Container<'p> {
    pub(crate) fn new(pod: &'p Pod<'p>, kind: ContainerKind, index: usize, node: Node<'p>) -> Self {
        Self { pod, kind, index, node }
    }

    /// Its name, or its place when it has none.
    pub fn name(&self) -> &'p str {
        self.node.str("name").unwrap_or("(no name)")
    }

    /// Its image as written; empty when it has none.
    pub fn image(&self) -> &'p str {
        self.node.str("image").unwrap_or_default()
    }

    /// Whether it is a sidecar: an init container that keeps running.
    pub fn is_sidecar(&self) -> bool {
        self.kind == ContainerKind::Init && self.node.str("restartPolicy") == Some("Always")
    }

    /// A path below the container, from field names joined by dots.
    pub fn at(&self, field: &str) -> Path {
        self.pod.at(self.kind.field()).index(self.index).field(field)
    }

    /// The path of a security context field where it was set: at the container or at its pod.
    pub fn security_at(&self, field: &str, scope: Scope) -> Path {
        match scope {
            Scope::Container => self.at("securityContext").field(field),
            Scope::Pod => self.pod.at("securityContext").field(field),
            Scope::Annotation => self.pod.metadata_at("annotations"),
        }
    }

    /// A field of its own security context, by names joined by dots.
    pub fn security(&self, field: &str) -> Option<Node<'p>> {
        self.node.get("securityContext")?.field(field)
    }

    /// A field of its own security context or else of its pod's.
    fn inherited(&self, field: &str) -> Option<Setting<Node<'p>>> {
        let own = self.security(field).map(|value| Setting { value, scope: Scope::Container });
        own.or_else(|| self.pod.security(field).map(|value| Setting { value, scope: Scope::Pod }))
    }

    fn inherited_int(&self, field: &str) -> Option<Setting<i64>> {
        let Setting { value, scope } = self.inherited(field)?;
        Some(Setting { value: value.as_int()?, scope })
    }

    /// Whether it is privileged.
    pub fn privileged(&self) -> bool {
        self.security("privileged").and_then(Node::as_bool).unwrap_or(false)
    }

    /// Whether a process in it may gain more rights than its parent: true unless switched off,
    /// and always for a privileged container or one with `SYS_ADMIN` (the API server refuses
    /// `false` there).
    pub fn allows_privilege_escalation(&self) -> bool {
        let written = self.security("allowPrivilegeEscalation").and_then(Node::as_bool);
        written.unwrap_or(true)
    }

    /// The user it runs as, if somebody says so; else the image does.
    pub fn run_as_user(&self) -> Option<Setting<i64>> {
        self.inherited_int("runAsUser")
    }

    /// The primary group it runs as, if somebody says so.
    pub fn run_as_group(&self) -> Option<Setting<i64>> {
        self.inherited_int("runAsGroup")
    }

    /// Whether the kubelet refuses to start it as root.
    pub fn run_as_non_root(&self) -> Option<Setting<bool>> {
        let Setting { value, scope } = self.inherited("runAsNonRoot")?;
        Some(Setting { value: value.as_bool()?, scope })
    }

    /// Whether its root file system is read-only.
    pub fn read_only_root_filesystem(&self) -> bool {
        self.security("readOnlyRootFilesystem").and_then(Node::as_bool).unwrap_or(false)
    }

    /// Capabilities it adds, with their place in the list, as written.
    pub fn added_capabilities(&self) -> impl Iterator<Item = (usize, &'p str)> + use<'p> {
        self.capabilities("capabilities.add")
    }

    /// Capabilities it drops, with their place in the list, as written.
    pub fn dropped_capabilities(&self) -> impl Iterator<Item = (usize, &'p str)> + use<'p> {
        self.capabilities("capabilities.drop")
    }

    fn capabilities(&self, field: &str) -> impl Iterator<Item = (usize, &'p str)> + use<'p> {
        let list = self.security(field);
        list.into_iter()
            .flat_map(Node::items)
            .enumerate()
            .filter_map(|(index, item)| Some((index, item.as_str()?)))
    }

    /// `procMount`, if set.
    pub fn proc_mount(&self) -> Option<&'p str> {
        self.security("procMount").and_then(Node::as_str)
    }

    /// The seccomp profile in force, if somebody says so: its own field, its own annotation, the
    /// pod's field, the pod's annotation (annotations counted until Kubernetes 1.27).
    pub fn seccomp(&self) -> Option<Setting<Profile<'p>>> {
        if let Some(profile) = self.security("seccompProfile") {
            let value = Profile::from_field(profile);
            return Some(Setting { value, scope: Scope::Container });
        }
        if let Some(profile) = self.pod.security("seccompProfile") {
            return Some(Setting { value: Profile::from_field(profile), scope: Scope::Pod });
        }
        let own = format!("container.seccomp.security.alpha.kubernetes.io/{}", self.name());
        let text = self
            .pod
            .seccomp_annotation(&own)
            .or_else(|| self.pod.seccomp_annotation("seccomp.security.alpha.kubernetes.io/pod"))?;
        Some(Setting { value: Profile::from_annotation(text), scope: Scope::Annotation })
    }

    /// The AppArmor profile in force, if somebody says so: its own field, its annotation, the
    /// pod's field.
    pub fn app_armor(&self) -> Option<Setting<Profile<'p>>> {
        if let Some(profile) = self.security("appArmorProfile") {
            let value = Profile::from_field(profile);
            return Some(Setting { value, scope: Scope::Container });
        }
        let own = format!("container.apparmor.security.beta.kubernetes.io/{}", self.name());
        if let Some(text) = self.pod.annotation(&own) {
            let value = Profile::from_annotation(text);
            return Some(Setting { value, scope: Scope::Annotation });
        }
        let profile = self.pod.security("appArmorProfile")?;
        Some(Setting { value: Profile::from_field(profile), scope: Scope::Pod })
    }

    /// SELinux options in force.
    pub fn se_linux(&self) -> Option<Setting<Node<'p>>> {
        self.inherited("seLinuxOptions")
    }

    /// Whether it runs on the Windows host itself.
    pub fn windows_host_process(&self) -> Option<Setting<bool>> {
        let Setting { value, scope } = self.inherited("windowsOptions.hostProcess")?;
        Some(Setting { value: value.as_bool()?, scope })
    }

    /// Its limit of a resource: its own, else the pod's (pod-level resources, Kubernetes 1.34).
    pub fn limit(&self, resource: &str) -> Option<Node<'p>> {
        self.resource("limits", resource)
    }

    /// Its request of a resource: its own, else its limit (as Kubernetes defaults it), else the
    /// pod's.
    pub fn request(&self, resource: &str) -> Option<Node<'p>> {
        self.resource("requests", resource).or_else(|| self.limit(resource))
    }

    fn resource(&self, part: &str, resource: &str) -> Option<Node<'p>> {
        [self.node, self.pod.spec]
            .into_iter()
            .find_map(|owner| owner.get("resources")?.get(part)?.get(resource))
    }

    /// Its environment variables, with their place in the list.
    pub fn env(&self) -> impl Iterator<Item = (usize, Node<'p>)> + use<'p> {
        self.node.list("env").enumerate().filter(|(_, item)| item.is_map())
    }

    /// Its volume mounts, with their place in the list.
    pub fn volume_mounts(&self) -> impl Iterator<Item = (usize, Node<'p>)> + use<'p> {
        self.node.list("volumeMounts").enumerate().filter(|(_, item)| item.is_map())
    }

    /// Its ports.
    pub fn ports(&self) -> impl Iterator<Item = Port<'p>> + use<'p> {
        let defaulted = self.pod.host_network() && self.kind != ContainerKind::Ephemeral;
        self.node.list("ports").enumerate().filter(|(_, node)| node.is_map()).map(
            move |(index, node)| {
                let written = node.int("hostPort").unwrap_or(0);
                let host_port = match written {
                    0 if defaulted => node.int("containerPort").unwrap_or(0),
                    written => written,
                };
                Port { index, node, host_port }
            },
        )
    }

    /// Handlers of its probes and lifecycle hooks.
    pub fn handlers(&self) -> impl Iterator<Item = Handler<'p>> + use<'p> {
        const FIELDS: [&str; 5] = [
            "livenessProbe",
            "readinessProbe",
            "startupProbe",
            "lifecycle.postStart",
            "lifecycle.preStop",
        ];
        let node = self.node;
        FIELDS
            .into_iter()
            .filter_map(move |field| Some(Handler { node: node.field(field)?, field }))
    }
}
