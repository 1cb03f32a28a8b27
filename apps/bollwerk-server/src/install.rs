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
        manifests.extend(rights(namespace, &bound));
        manifests.extend([
            secret(namespace, &arguments.tls)?,
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(namespace),
                "data": {"bollwerk.yaml": config}}),
            service(namespace),
            deployment(namespace, image),
            json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
                "metadata": metadata(namespace),
                "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels()}}}),
            network_policy(namespace),
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

fn rights(namespace: &str, policies: &Bound) -> [Value; 4] {
    let standard = "restricted";
    [
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": {
            "app.kubernetes.io/name": "bollwerk",
            "pod-security.kubernetes.io/audit": standard,
            "pod-security.kubernetes.io/enforce": standard,
            "pod-security.kubernetes.io/warn": standard,
        }}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(namespace),
            "automountServiceAccountToken": false}),
        webhook::cluster_role(policies),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": "bollwerk", "labels": labels()},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                "name": "bollwerk"},
            "subjects": [{"kind": "ServiceAccount", "name": "bollwerk", "namespace": namespace}]}),
    ]
}

fn secret(namespace: &str, folder: &Path) -> Result<Value> {
    let encoded = |name| read(folder, name).map(|text| BASE64_STANDARD.encode(text));
    Ok(json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"name": "bollwerk-tls", "namespace": namespace, "labels": labels()},
        "data": {"tls.crt": encoded("tls.crt")?, "tls.key": encoded("tls.key")?}}))
}

fn service(namespace: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata(namespace), "spec": {
        "ports": [{"name": "webhook", "port": 443, "targetPort": "webhook"}],
        "selector": labels(),
    }})
}

fn deployment(namespace: &str, image: &str) -> Value {
    let probe = |path: &str| json!({"httpGet": {"path": path, "port": "health"}});
    let mounts = json!([
        {"name": "config", "mountPath": "/etc/bollwerk", "readOnly": true},
        {"name": "tls", "mountPath": "/etc/bollwerk-tls", "readOnly": true},
        {"name": "account", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
            "readOnly": true},
    ]);
    let container = json!({
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

/// In: reviews, which come from the nodes of the control plane, and probes. Out: the API server
/// and names.
fn network_policy(namespace: &str) -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
    "metadata": metadata(namespace), "spec": {
        "podSelector": {"matchLabels": labels()},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"ports": [{"port": PORT}, {"port": HEALTH_PORT}]}],
        "egress": [
            {"ports": [{"port": 443}, {"port": 6443}]},
            {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
                "to": [{"namespaceSelector": {"matchLabels":
                    {"kubernetes.io/metadata.name": "kube-system"}}}]},
        ],
    }})
}
