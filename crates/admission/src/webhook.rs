//! What has to stand in the cluster for reviews to come: the webhook's configuration and the
//! rights of the server, both from what the controls look at.

use std::collections::{BTreeMap, BTreeSet};

use analyze::admission_policy::{Bound, plural};
use analyze::{Check, Control, Kinds};
use engine::admission_policy::{self, Rule};
use model::NEIGHBOURS;
use serde_json::{Value, json};

use crate::network;
use crate::policy::{ALWAYS_EXEMPT, Policy};

/// Path of the webhook whose failure lets objects in.
pub const OPEN_PATH: &str = "/admission/open";

/// Path of the webhook whose failure stops changes.
pub const CLOSED_PATH: &str = "/admission/closed";

/// Longest wait of the API server for an answer, in seconds. The server itself answers before.
pub const TIMEOUT_SECONDS: u32 = 5;

/// Built-in resources that make pods, and what of a pod changes it while it runs.
const WORKLOADS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "pods",
            "pods/ephemeralcontainers",
            "pods/resize",
            "podtemplates",
            "replicationcontrollers",
        ],
    ),
    ("apps", &["daemonsets", "deployments", "replicasets", "statefulsets"]),
    ("batch", &["cronjobs", "jobs"]),
];

/// Groups of configuration files and of what is served no more: nothing of them is ever created
/// through an API server.
const NOT_SERVED: &[&str] = &[
    "apiserver.config.k8s.io",
    "audit.k8s.io",
    "extensions",
    "kubelet.config.k8s.io",
    "kubeproxy.config.k8s.io",
];

/// Kinds of [`NEIGHBOURS`] that only questions about the whole cluster need: ways of escalation.
/// (`tests/rights.rs` holds that no review is judged otherwise without them.)
const NOT_ASKED: &[(&str, &str)] = &[
    ("", "PersistentVolume"),
    ("certificates.k8s.io", "PodCertificateRequest"),
    ("resource.k8s.io", "ResourceSlice"),
    ("storage.k8s.io", "VolumeAttachment"),
];

/// Resources by group.
pub type Resources = BTreeMap<String, BTreeSet<String>>;

/// Where reviews are sent.
pub enum Target<'a> {
    /// A Service: its namespace and name.
    Service(&'a str, &'a str),
    /// An address.
    Url(&'a str),
}

/// The resources that controls look at: reviews are wanted of these.
pub fn reviewed<'c>(controls: impl IntoIterator<Item = &'c Control>) -> Resources {
    let mut found = listed(WORKLOADS);
    for control in controls {
        let Check::Object(Kinds::Of(kinds), _) = control.check else { continue };
        for (group, kind) in kinds.iter().filter(|(group, _)| !NOT_SERVED.contains(group)) {
            found.entry((*group).to_owned()).or_default().insert(plural(kind));
        }
    }
    found
}

/// The kinds that reviews are judged together with, as (group, kind): the only ones the server
/// has to read.
pub fn read_kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    let neighbours = NEIGHBOURS.iter().filter(|kind| !NOT_ASKED.contains(kind));
    [("", "Namespace")].into_iter().chain(neighbours.copied())
}

/// The same as resources, with those of the parameters of admission policies, given as
/// `apiVersion` and kind. Secrets are not read, whoever asks for them.
pub fn read<'k>(parameters: impl IntoIterator<Item = (&'k str, &'k str)>) -> Resources {
    let mut found = Resources::new();
    let parameters = parameters.into_iter().map(|(api_version, kind)| {
        (api_version.split_once('/').map_or("", |(group, _)| group), kind)
    });
    let parameters = parameters.filter(|kind| *kind != ("", "Secret"));
    let mut add = |group: &str, kind: &str| {
        found.entry(group.to_owned()).or_default().insert(plural(kind));
    };
    read_kinds().for_each(|(group, kind)| add(group, kind));
    parameters.for_each(|(group, kind)| add(group, kind));
    found
}

/// The resources that a server reads which shows the cluster: what any control looks at, but no
/// Secret.
pub fn assessed() -> Resources {
    let mut all = read([]);
    for (group, resources) in reviewed(analyze::catalog::all()) {
        let names = resources.into_iter().filter(|it| it != "secrets" && !it.contains('/'));
        all.entry(group).or_default().extend(names);
    }
    all
}

fn listed(resources: &[(&str, &[&str])]) -> Resources {
    let group = |(group, names): &(&str, &[&str])| {
        ((*group).to_owned(), names.iter().map(|name| (*name).to_owned()).collect())
    };
    resources.iter().map(group).collect()
}

/// The `ValidatingWebhookConfiguration` of a policy. `authority` is the certificate that signed
/// the server's, as base64 of PEM. What `policies` are about is asked of, too. Namespaces in which
/// nothing is refused are not asked about, nor is bollwerk's own: it has to come up again by
/// itself.
pub fn configuration<'c>(
    policy: &Policy,
    controls: impl IntoIterator<Item = &'c Control>,
    policies: &Bound,
    target: &Target<'_>,
    authority: &str,
    own_namespace: &str,
) -> Value {
    let rules = rules(policy, controls, policies);
    let mut spared: BTreeSet<&str> = ALWAYS_EXEMPT.iter().copied().collect();
    spared.insert(own_namespace);
    let is_plain = |name: &&str| !name.contains('*');
    spared.extend(policy.exempt_namespaces.iter().map(String::as_str).filter(is_plain));
    let webhook = |name: &str, path: &str, failure: &str| {
        let mut client = match target {
            Target::Service(namespace, name) => {
                json!({"service": {"namespace": namespace, "name": name, "path": path}})
            }
            Target::Url(url) => json!({"url": format!("{url}{path}")}),
        };
        client["caBundle"] = authority.into();
        json!({
            "name": format!("{name}.admission.bollwerk.io"),
            "admissionReviewVersions": ["v1"],
            "clientConfig": client,
            "failurePolicy": failure,
            "matchPolicy": "Equivalent",
            "namespaceSelector": {"matchExpressions": [{
                "key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": spared,
            }]},
            "rules": rules,
            "sideEffects": "None",
            "timeoutSeconds": TIMEOUT_SECONDS,
        })
    };
    let mut webhooks = vec![webhook("open", OPEN_PATH, "Ignore")];
    if policy.has_closed_rules() {
        webhooks.push(webhook("closed", CLOSED_PATH, "Fail"));
    }
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {
            "name": "bollwerk",
            "labels": {"app.kubernetes.io/name": "bollwerk"},
            "annotations": {
                "allow.bollwerk.io/webhook-fails-open": "owner=bollwerk one of the two webhooks \
                    holds the rules that say `unavailable: allow`",
            },
        },
        "webhooks": webhooks,
    })
}

/// What reviews are asked for.
fn rules<'c>(
    policy: &Policy,
    controls: impl IntoIterator<Item = &'c Control>,
    policies: &Bound,
) -> Vec<Value> {
    let mut rules: Vec<Value> = reviewed(controls)
        .into_iter()
        .map(|(group, resources)| {
            json!({"apiGroups": [group], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"],
                "resources": resources, "scope": "*"})
        })
        .collect();
    if !policy.network_closed.is_empty() {
        // A policy that goes may open more than one that comes.
        for (group, kind) in network::POLICIES {
            rules.push(json!({"apiGroups": [group], "apiVersions": ["*"],
                "operations": ["CREATE", "UPDATE", "DELETE"], "resources": [plural(kind)],
                "scope": "*"}));
        }
        rules.push(json!({"apiGroups": [""], "apiVersions": ["*"], "operations": ["UPDATE"],
            "resources": ["namespaces", "pods"], "scope": "*"}));
    }
    for rule in policies.policies().iter().flat_map(admission_policy::Policy::rules) {
        let Rule { groups, versions, resources, operations, scope, .. } = rule;
        let rule = json!({"apiGroups": groups, "apiVersions": versions, "operations": operations,
            "resources": resources, "scope": scope});
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    rules
}

/// The `ClusterRole` of the server: to list and to follow what reviews are judged together with,
/// the parameters of policies among it, and nothing else.
pub fn cluster_role(policies: &Bound) -> Value {
    let rules: Vec<Value> = read(policies.parameter_kinds())
        .into_iter()
        .map(|(group, resources)| {
            json!({"apiGroups": [group], "resources": resources, "verbs": ["list", "watch"]})
        })
        .collect();
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "bollwerk", "labels": {"app.kubernetes.io/name": "bollwerk"}},
        "rules": rules,
    })
}

/// What a server may that shows the cluster as well: read what any control looks at, but no
/// Secret, and ask who somebody is and what they may see.
pub fn shown_rules() -> Vec<Value> {
    let read = assessed().into_iter().map(|(group, resources)| {
        json!({"apiGroups": [group], "resources": resources, "verbs": ["list", "watch"]})
    });
    let asked = [
        ("authentication.k8s.io", "tokenreviews"),
        ("authorization.k8s.io", "subjectaccessreviews"),
    ];
    let asked = asked.map(|(group, resource)| {
        json!({"apiGroups": [group], "resources": [resource], "verbs": ["create"]})
    });
    read.chain(asked).collect()
}

/// What servers may that share a database, in their namespace: hold the Lease of this name. To
/// make one cannot be bound to a name (RBAC knows none yet when it is asked).
pub fn lease_rules(name: &str) -> [Value; 2] {
    let (groups, resources) = (["coordination.k8s.io"], ["leases"]);
    [
        json!({"apiGroups": groups, "resources": resources, "verbs": ["create"]}),
        json!({"apiGroups": groups, "resources": resources, "resourceNames": [name],
            "verbs": ["get", "update"]}),
    ]
}

/// What it costs to choose `unavailable: deny`, in words, for whoever installs it.
pub fn consequence(policy: &Policy) -> Option<String> {
    policy.has_closed_rules().then(|| {
        "while bollwerk does not answer, the API server refuses every change of the resources \
         above (but for the exempt namespaces): rules say `unavailable: deny`"
            .to_owned()
    })
}
