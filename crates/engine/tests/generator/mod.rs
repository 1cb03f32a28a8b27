//! Random pods that are adversarial about everything a Pod Security check reads.
//!
//! Most fields are safe and a few are wild, so that checks are met one by one as well as all at
//! once. A wild field is absent, null, empty, allowed, forbidden or odd.

use serde_json::{Map, Value, json};

/// A seeded source of pods: the same seed gives the same pods.
pub(crate) struct Generator {
    state: u64,
    /// How many fields of the present pod are wild, in percent.
    wildness: u64,
}

/// Makes the value of a field.
type Make<'f> = &'f dyn Fn(&mut Generator) -> Value;

const NAMES: [&str; 6] = ["a", "b", "web", "", "quote\"d", "init"];

const VOLUME_SOURCES: [&str; 34] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
    // None of the API's: the decoder drops them.
    "notASource",
    "hostpath",
    "EmptyDir",
    "volumeSource",
];

const SYSCTLS: [&str; 19] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_notsent_lowat",
    "kernel.msgmax",
    "net/ipv4/tcp_rmem",
    "net.ipv4.tcp_rmem ",
    "NET.IPV4.TCP_RMEM",
    "",
];

const CAPABILITIES: [&str; 21] = [
    "ALL",
    "NET_BIND_SERVICE",
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
    "NET_RAW",
    "SYS_ADMIN",
    "CAP_CHOWN",
    "all",
    "chown",
    " ALL",
    "",
];

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed, wildness: 0 }
    }

    /// A level and a version to judge by.
    pub(crate) fn level_and_version(&mut self) -> (&'static str, String) {
        let level = self.pick(&["restricted", "restricted", "restricted", "baseline", "baseline"]);
        let level = if self.chance(3) { "privileged" } else { level };
        // Most revisions begin late.
        let version = match self.below(20) {
            0..9 => format!("v1.{}", self.below(40)),
            9..19 => format!("v1.{}", 18 + self.below(20)),
            _ => "latest".to_owned(),
        };
        (level, version)
    }

    /// A pod that the API server can decode, with `apiVersion` and `kind`.
    pub(crate) fn pod(&mut self) -> Value {
        self.wildness = self.pick(&[2, 5, 15, 40]);
        let mut metadata = Map::new();
        metadata.insert("name".to_owned(), json!("pod"));
        self.field(&mut metadata, "annotations", None, Self::annotations);
        let spec = self.spec();
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    }

    fn annotations(&mut self) -> Value {
        let mut annotations = Map::new();
        for _ in 0..self.below(4) {
            let prefix = self.pick(&[
                "container.apparmor.security.beta.kubernetes.io/",
                "container.seccomp.security.alpha.kubernetes.io/",
                "seccomp.security.alpha.kubernetes.io/",
                "example.com/",
            ]);
            let name = if self.chance(30) { "pod" } else { self.pick(&NAMES) };
            let value = match self.below(10) {
                0 => Value::Null,
                _ => json!(self.pick(&[
                    "runtime/default",
                    "docker/default",
                    "localhost/profile",
                    "localhost/",
                    "localhost",
                    "unconfined",
                    "",
                    "Runtime/Default",
                    "quote\"d\\\n\t\u{1}",
                ])),
            };
            annotations.insert(format!("{prefix}{name}"), value);
        }
        Value::Object(annotations)
    }

    fn spec(&mut self) -> Map<String, Value> {
        let mut spec = Map::new();
        for field in ["hostNetwork", "hostPID", "hostIPC", "hostnetwork"] {
            self.field(&mut spec, field, None, Self::bool);
        }
        // Decides several checks, so it is often set.
        if self.chance(20) {
            spec.insert(
                "hostUsers".to_owned(),
                self.pick(&[json!(false), json!(true), json!(null)]),
            );
        }
        self.field(&mut spec, "os", None, |this| {
            let names = ["windows", "linux", "Windows", ""];
            this.object(&[("name", &|this| json!(this.pick(&names)))])
        });
        let context = self.pod_security_context();
        self.field(&mut spec, "securityContext", Some(context), |_| json!({}));
        let one = 1 + self.below(2);
        let containers = self.containers(one);
        self.field(&mut spec, "containers", Some(containers), |this| {
            let count = this.below(4);
            this.containers(count)
        });
        for list in ["initContainers", "ephemeralContainers"] {
            self.field(&mut spec, list, None, |this| {
                let count = this.below(3);
                this.containers(count)
            });
        }
        self.field(&mut spec, "volumes", None, Self::volumes);
        spec
    }

    fn containers(&mut self, count: u64) -> Value {
        (0..count)
            .map(|_| if self.wild_chance() { Value::Null } else { self.container() })
            .collect()
    }

    fn container(&mut self) -> Value {
        let mut container = Map::new();
        let name = json!(self.pick(&NAMES));
        self.field(&mut container, "name", Some(name), |this| json!(this.pick(&NAMES)));
        container.insert("image".to_owned(), json!("registry.example.com/image:1"));
        let context = self.security_context();
        self.field(&mut container, "securityContext", Some(context), |_| json!({}));
        self.field(&mut container, "ports", None, Self::ports);
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            self.field(&mut container, probe, None, Self::handler);
        }
        self.field(&mut container, "lifecycle", None, |this| {
            this.object(&[("postStart", &Self::handler), ("preStop", &Self::handler)])
        });
        Value::Object(container)
    }

    fn ports(&mut self) -> Value {
        let number = |this: &mut Self| json!(this.pick(&[0, 0, 80, 443, 8080, 9, -1]));
        (0..self.below(4))
            .map(|_| match self.below(8) {
                0 => Value::Null,
                _ => self.object(&[("containerPort", &number), ("hostPort", &number)]),
            })
            .collect()
    }

    fn handler(&mut self) -> Value {
        let host =
            |this: &mut Self| json!(this.pick(&["", "", "10.0.0.1", "example.com", "localhost"]));
        let port = |this: &mut Self| json!(this.below(9000));
        let target = move |this: &mut Self| this.object(&[("host", &host), ("port", &port)]);
        self.object(&[("httpGet", &target), ("tcpSocket", &target), ("exec", &|_| json!({}))])
    }

    fn pod_security_context(&mut self) -> Value {
        let mut context = self.shared_security_context();
        self.field(&mut context, "sysctls", None, |this| {
            (0..this.below(4))
                .map(|_| match this.below(8) {
                    0 => Value::Null,
                    _ => this.object(&[("name", &|this| json!(this.pick(&SYSCTLS)))]),
                })
                .collect()
        });
        // Fields of containers alone: no pod has them.
        self.field(&mut context, "privileged", None, Self::bool);
        self.field(&mut context, "procMount", None, |_| json!("Unmasked"));
        Value::Object(context)
    }

    fn security_context(&mut self) -> Value {
        let mut context = self.shared_security_context();
        self.field(&mut context, "privileged", None, Self::bool);
        self.field(&mut context, "Privileged", None, Self::bool);
        self.field(&mut context, "allowPrivilegeEscalation", Some(json!(false)), Self::bool);
        self.field(&mut context, "procMount", None, |this| {
            json!(this.pick(&["Default", "Unmasked", "default", ""]))
        });
        let drop_all = json!({"drop": ["ALL"]});
        self.field(&mut context, "capabilities", Some(drop_all), |this| {
            this.object(&[("add", &Self::capabilities), ("drop", &Self::capabilities)])
        });
        Value::Object(context)
    }

    fn capabilities(&mut self) -> Value {
        (0..self.below(4))
            .map(|_| match self.below(12) {
                0 => Value::Null,
                1..6 => json!(self.pick(&["ALL", "NET_BIND_SERVICE"])),
                _ => json!(self.pick(&CAPABILITIES)),
            })
            .collect()
    }

    /// The fields that pods and containers both have.
    fn shared_security_context(&mut self) -> Map<String, Value> {
        let mut context = Map::new();
        self.field(&mut context, "runAsNonRoot", Some(json!(true)), Self::bool);
        self.field(&mut context, "runAsUser", None, |this| {
            json!(this.pick(&[0, 0, 1, 65_534, -1, i64::MAX]))
        });
        let runtime_default = json!({"type": "RuntimeDefault"});
        self.field(&mut context, "seccompProfile", Some(runtime_default), Self::profile);
        self.field(&mut context, "appArmorProfile", None, Self::profile);
        self.field(&mut context, "seLinuxOptions", None, |this| {
            let types = [
                "",
                "container_t",
                "container_init_t",
                "container_kvm_t",
                "container_engine_t",
                "spc_t",
                "Container_t",
            ];
            let name = |this: &mut Self| json!(this.pick(&["", "", "system_u", "root"]));
            this.object(&[
                ("type", &|this| json!(this.pick(&types))),
                ("user", &name),
                ("role", &name),
                ("level", &name),
            ])
        });
        self.field(&mut context, "windowsOptions", None, |this| {
            this.object(&[("hostProcess", &Self::bool), ("runAsUserName", &|_| json!("me"))])
        });
        context
    }

    fn profile(&mut self) -> Value {
        let types = ["RuntimeDefault", "Localhost", "Unconfined", "", "runtimeDefault", "x\"y"];
        self.object(&[
            ("type", &|this| json!(this.pick(&types))),
            ("localhostProfile", &|_| json!("profile")),
        ])
    }

    fn volumes(&mut self) -> Value {
        (0..self.below(4))
            .map(|_| {
                let mut volume = Map::new();
                let name = json!(self.pick(&NAMES));
                self.field(&mut volume, "name", Some(name), |this| json!(this.pick(&NAMES)));
                let sources = self.pick(&[0, 1, 1, 1, 1, 2, 3]);
                for _ in 0..sources {
                    let source = match self.below(3) {
                        0 => self.pick(&["hostPath", "emptyDir", "nfs"]),
                        _ => self.pick(&VOLUME_SOURCES),
                    };
                    let value = self.pick(&[json!({}), json!({"path": "/run"}), Value::Null]);
                    volume.insert(source.to_owned(), value);
                }
                if self.chance(4) { Value::Null } else { Value::Object(volume) }
            })
            .collect()
    }

    fn bool(&mut self) -> Value {
        Value::Bool(self.chance(50))
    }

    /// An object each of whose fields is there, null or absent.
    fn object(&mut self, fields: &[(&str, Make<'_>)]) -> Value {
        let mut object = Map::new();
        for (name, value) in fields {
            match self.below(8) {
                0..3 => {}
                3 => drop(object.insert((*name).to_owned(), Value::Null)),
                _ => drop(object.insert((*name).to_owned(), value(self))),
            }
        }
        Value::Object(object)
    }

    /// Sets a field to its safe value, or to a wild one: absent, null, empty or made by `wild`.
    fn field(
        &mut self,
        object: &mut Map<String, Value>,
        name: &str,
        safe: Option<Value>,
        wild: impl FnOnce(&mut Self) -> Value,
    ) {
        let value = if self.wild_chance() {
            match self.below(10) {
                0 => None,
                1 => Some(Value::Null),
                _ => Some(wild(self)),
            }
        } else {
            safe
        };
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
    }

    fn wild_chance(&mut self) -> bool {
        let wildness = self.wildness;
        self.chance(wildness)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize].clone()
    }

    /// A number below `end`, which is small.
    fn below(&mut self, end: u64) -> u64 {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}
