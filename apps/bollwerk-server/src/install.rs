//! `bollwerk-server manifests`: all that has to stand in a cluster.
//!
//! Rights and webhooks are made from what the controls look at; the rest is as strict as what
//! bollwerk asks of others.

mod text;

use std::path::Path;

use admission::webhook::{self, Target};
use analyze::admission_policy::Bound;
use analyze::catalog;
use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use model::DigestKey;
use serde_json::{Value, json};

use crate::arguments::Manifests;
use crate::{policies, settings};

/// Where reviews are answered, in the pod.
const PORT: u16 = 8443;

/// Where health and metrics are told, in the pod.
const HEALTH_PORT: u16 = 8080;

/// Where the interface is shown, in the pod.
const WEB_PORT: u16 = 8444;

/// Where a PostgreSQL database is, as a rule.
const POSTGRES_PORT: u16 = 5432;

/// The Lease of several servers, which the flag `--lease` names by default.
const LEASE: &str = "bollwerk-server";

/// Prints the manifests as YAML on standard output, and on standard error what they may cost.
pub(crate) fn print(arguments: &Manifests) -> Result<()> {
    let settings = settings::load(arguments.config.as_deref())?;
    let authority = BASE64_STANDARD.encode(read(&arguments.tls, "ca.crt")?);
    let controls = || catalog::at_admission().filter(|control| settings.judge.asks(control.name));
    let namespace = &arguments.namespace;
    let target = match &arguments.url {
        Some(url) => Target::Url(url),
        None => Target::Service(namespace, "bollwerk"),
    };
    // The key is for credentials that stand among the policies: none is printed.
    let policies = policies::load(&arguments.policies, &settings, &DigestKey::new(&[0; 32]))?;
    let bound = policies.map(|it| it.bound).unwrap_or_default();
    let configuration = webhook::configuration(
        &settings.admission,
        controls(),
        &bound,
        &target,
        &authority,
        namespace,
    );
    let mut manifests = Vec::new();
    if let Some(image) = &arguments.image {
        let config = match &arguments.config {
            Some(path) => std::fs::read_to_string(path)?,
            None => "version: 1\n".to_owned(),
        };
        let database = arguments.postgres_secret.as_deref();
        manifests.extend(rights(namespace, &bound, database.is_some()));
        manifests.extend([
            secret(namespace, &arguments.tls)?,
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(namespace),
                "data": {"bollwerk.yaml": config}}),
            service(namespace, database.is_some()),
            deployment(namespace, image, database),
            json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
                "metadata": metadata(namespace),
                "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels()}}}),
            network_policy(namespace, database.is_some()),
        ]);
    }
    // Last: from here on the API server asks.
    manifests.push(configuration);
    let out: Vec<String> = manifests.iter().map(text::yaml).collect();
    anstream::print!("{}", out.join("---\n"));
    if let Some(consequence) = webhook::consequence(&settings.admission) {
        anstream::eprintln!("note: {consequence}");
    }
    Ok(())
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let path = folder.join(name);
    let shown = path.display();
    std::fs::read(&path)
        .with_context(|| format!("cannot read {shown}; `bollwerk-server certificate` makes one"))
}

fn labels() -> Value {
    json!({"app.kubernetes.io/name": "bollwerk"})
}

fn metadata(namespace: &str) -> Value {
    json!({"name": "bollwerk", "namespace": namespace, "labels": labels()})
}

fn rights(namespace: &str, policies: &Bound, is_shown: bool) -> Vec<Value> {
    let standard = "restricted";
    let mut role = webhook::cluster_role(policies);
    let mut of_lease = Vec::new();
    if is_shown {
        if let Some(rules) = role["rules"].as_array_mut() {
            rules.extend(webhook::shown_rules());
        }
        let subjects =
            json!([{"kind": "ServiceAccount", "name": "bollwerk", "namespace": namespace}]);
        of_lease.extend([
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
                "metadata": metadata(namespace), "rules": webhook::lease_rules(LEASE)}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                "metadata": metadata(namespace), "subjects": subjects,
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role",
                    "name": "bollwerk"}}),
        ]);
    }
    let rights = [
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": {
            "app.kubernetes.io/name": "bollwerk",
            "pod-security.kubernetes.io/audit": standard,
            "pod-security.kubernetes.io/enforce": standard,
            "pod-security.kubernetes.io/warn": standard,
        }}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(namespace),
            "automountServiceAccountToken": false}),
        role,
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": "bollwerk", "labels": labels()},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                "name": "bollwerk"},
            "subjects": [{"kind": "ServiceAccount", "name": "bollwerk", "namespace": namespace}]}),
    ];
    rights.into_iter().chain(of_lease).collect()
}

fn secret(namespace: &str, folder: &Path) -> Result<Value> {
    let encoded = |name| read(folder, name).map(|text| BASE64_STANDARD.encode(text));
    Ok(json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"name": "bollwerk-tls", "namespace": namespace, "labels": labels()},
        "data": {"tls.crt": encoded("tls.crt")?, "tls.key": encoded("tls.key")?}}))
}

fn service(namespace: &str, is_shown: bool) -> Value {
    let mut ports = vec![json!({"name": "webhook", "port": 443, "targetPort": "webhook"})];
    if is_shown {
        ports.push(json!({"name": "web", "port": WEB_PORT, "targetPort": "web"}));
    }
    json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata(namespace), "spec": {
        "ports": ports,
        "selector": labels(),
    }})
}

fn deployment(namespace: &str, image: &str, database: Option<&str>) -> Value {
    let probe = |path: &str| json!({"httpGet": {"path": path, "port": "health"}});
    let mounts = json!([
        {"name": "config", "mountPath": "/etc/bollwerk", "readOnly": true},
        {"name": "tls", "mountPath": "/etc/bollwerk-tls", "readOnly": true},
        {"name": "account", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
            "readOnly": true},
    ]);
    let mut container = json!({
        "name": "server",
        "image": image,
        "args": ["run", "--config", "/etc/bollwerk/bollwerk.yaml", "--tls", "/etc/bollwerk-tls"],
        "ports": [
            {"name": "webhook", "containerPort": PORT},
            {"name": "health", "containerPort": HEALTH_PORT},
        ],
        "livenessProbe": probe("/healthz"),
        "readinessProbe": probe("/readyz"),
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "16Mi"},
            "limits": {"cpu": "2", "memory": "1Gi", "ephemeral-storage": "64Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "privileged": false,
            "readOnlyRootFilesystem": true,
            "runAsNonRoot": true,
        },
        "volumeMounts": mounts,
    });
    if let Some(secret) = database {
        show(&mut container, namespace, secret);
    }
    // The same as the mount that is made by itself, with a token that ends sooner.
    let account = json!({"name": "account", "projected": {"sources": [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [
            {"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]}});
    let apart = json!({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{
        "weight": 100,
        "podAffinityTerm": {"labelSelector": {"matchLabels": labels()},
            "topologyKey": "kubernetes.io/hostname"},
    }]}});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(namespace), "spec": {
        "replicas": 2,
        "selector": {"matchLabels": labels()},
        "template": {"metadata": {"labels": labels()}, "spec": {
            "serviceAccountName": "bollwerk",
            "automountServiceAccountToken": false,
            "affinity": apart,
            "containers": [container],
            "priorityClassName": "system-cluster-critical",
            "securityContext": {
                "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "volumes": [
                {"name": "config", "configMap": {"name": "bollwerk"}},
                {"name": "tls", "secret": {"secretName": "bollwerk-tls", "defaultMode": 288}},
                account,
            ],
        }},
    }})
}

/// Has a container show the interface over a database.
fn show(container: &mut Value, namespace: &str, secret: &str) {
    container["env"] = json!([{"name": "BOLLWERK_STORE",
        "valueFrom": {"secretKeyRef": {"name": secret, "key": "url"}}}]);
    if let Some(arguments) = container["args"].as_array_mut() {
        let interface = format!("--listen-interface=0.0.0.0:{WEB_PORT}");
        arguments.extend([interface.into(), format!("--lease={namespace}/{LEASE}").into()]);
    }
    if let Some(ports) = container["ports"].as_array_mut() {
        ports.push(json!({"name": "web", "containerPort": WEB_PORT}));
    }
}

/// In: reviews, which come from the nodes of the control plane, and probes. Out: the API server
/// and names; where the interface is shown, that and the database as well.
fn network_policy(namespace: &str, is_shown: bool) -> Value {
    let (mut to_us, mut from_us) = (vec![PORT, HEALTH_PORT], vec![443, 6443]);
    if is_shown {
        to_us.push(WEB_PORT);
        from_us.push(POSTGRES_PORT);
    }
    let ports = |all: Vec<u16>| -> Vec<Value> {
        all.into_iter().map(|port| json!({"port": port})).collect()
    };
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
    "metadata": metadata(namespace), "spec": {
        "podSelector": {"matchLabels": labels()},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"ports": ports(to_us)}],
        "egress": [
            {"ports": ports(from_us)},
            {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
                "to": [{"namespaceSelector": {"matchLabels":
                    {"kubernetes.io/metadata.name": "kube-system"}}}]},
        ],
    }})
}
