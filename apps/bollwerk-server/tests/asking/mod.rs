//! Asks the interface as somebody, beside objects and rights that tests make.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(dead_code, clippy::allow_attributes, reason = "not every test uses every helper")]

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::control_plane::ControlPlane;
use crate::server::Server;

pub(crate) fn deployment(namespace: &str, word: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": format!("{word}-deployment"), "namespace": namespace,
        "annotations": {"bollwerk.io/owner": format!("{word}-owner")}},
    "spec": {
        "selector": {"matchLabels": {"app": word}},
        "template": {"metadata": {"labels": {"app": word}}, "spec": {"containers": [{
            "name": format!("{word}-container"), "image": format!("{word}-image"),
            "securityContext": {"privileged": true},
        }]}},
    }})
}

pub(crate) fn account(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace}})
}

pub(crate) fn binding(namespace: Option<&str>, role: &str, account: &str) -> Value {
    let kind = if namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
        "metadata": {"name": format!("{account}-{role}"), "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": "accounts"}]})
}

/// A token of an account in the namespace `accounts`.
pub(crate) fn token(plane: &mut ControlPlane, name: &str) -> String {
    let path = format!("/api/v1/namespaces/accounts/serviceaccounts/{name}/token");
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "spec": {}});
    let answer = plane.ask("POST", &path, &request);
    answer.body["status"]["token"].as_str().unwrap().to_owned()
}

/// A client that trusts the server and follows no link.
pub(crate) fn client(server: &Server) -> Client {
    let authority = std::fs::read(server.folder.join("tls/ca.crt")).unwrap();
    let authority = reqwest::Certificate::from_pem(&authority).unwrap();
    Client::builder()
        .tls_certs_only([authority])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// Somebody who asks.
#[derive(Clone)]
pub(crate) struct Asker {
    pub(crate) client: Client,
    pub(crate) address: String,
    pub(crate) token: Option<String>,
    /// The cluster that is said to vouch for it.
    pub(crate) of: Option<String>,
}

impl Asker {
    /// Status and text of an answer.
    pub(crate) fn ask(&self, path: &str, form: &str) -> (u16, String) {
        loop {
            let mut request = self.client.get(format!("{}{path}", self.address));
            if let Some(token) = &self.token {
                request = request.bearer_auth(token);
            }
            if let Some(of) = &self.of {
                request = request.header("bollwerk-cluster", of);
            }
            let answer = request.header("accept", form).send().unwrap();
            if answer.status() != 429 {
                return (answer.status().as_u16(), answer.text().unwrap());
            }
            // It is asked more than one user may.
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    pub(crate) fn data(&self, path: &str) -> Value {
        let (status, text) = self.ask(&format!("/api/v1{path}"), "application/json");
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn except(&self, namespace: &str) -> u16 {
        self.except_in(None, namespace, "it")
    }

    /// The same for the Deployment of this name, in a cluster.
    pub(crate) fn except_in(&self, cluster: Option<&str>, namespace: &str, name: &str) -> u16 {
        let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
        let mut exception = json!({"control": "privileged-container", "kind": "Deployment",
            "namespace": namespace, "name": name, "reason": "tried", "owner": "me",
            "until": jiff::tz::Offset::UTC.to_datetime(until).date().to_string()});
        if let Some(cluster) = cluster {
            exception["cluster"] = cluster.into();
        }
        loop {
            let request = self.client.post(format!("{}/api/v1/exceptions", self.address));
            let mut request = request.header("content-type", "application/json");
            if let Some(of) = &self.of {
                request = request.header("bollwerk-cluster", of);
            }
            let answer = request
                .bearer_auth(self.token.as_deref().unwrap_or_default())
                .body(exception.to_string())
                .send()
                .unwrap();
            if answer.status() != 429 {
                return answer.status().as_u16();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// The paths of the API, parameters filled in with what they could name.
pub(crate) fn paths(admin: &Asker) -> Vec<String> {
    let document = admin.data("/openapi.json");
    let findings = admin.data("/findings?limit=500");
    let mut fingerprints = BTreeSet::new();
    for finding in findings["findings"].as_array().unwrap() {
        if finding.to_string().contains("canary") {
            fingerprints.insert(finding["fingerprint"].as_str().unwrap().to_owned());
        }
    }
    assert!(fingerprints.len() > 10);
    let filters = [
        "",
        "?limit=500",
        "?namespace=canary-hidden",
        "?q=canary",
        "?kind=ClusterRole",
        "?state=open,excepted,fixed",
        "?verb=get&resource=secrets",
        "?to=secrets",
        "?state=all",
    ];
    let mut paths = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        if methods["get"].is_null() {
            continue;
        }
        let path = path.strip_prefix("/api/v1").unwrap();
        if path.contains("{fingerprint}") {
            paths.extend(fingerprints.iter().map(|it| path.replace("{fingerprint}", it)));
        } else if path.contains('{') {
            let (stem, _) = path.split_once('{').unwrap();
            let names = ["cis-1.12", "privileged-container", "CVE-2024-0001", "sha256:00"];
            paths.extend(names.iter().map(|name| format!("{stem}{name}")));
        } else {
            paths.extend(filters.iter().map(|filter| format!("{path}{filter}")));
        }
    }
    assert!(paths.len() > 100, "{paths:?}");
    paths
}
