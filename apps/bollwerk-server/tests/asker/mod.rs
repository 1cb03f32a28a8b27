//! People who ask the interface of a server, by tokens of a real API server.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(dead_code, clippy::allow_attributes, reason = "not every test uses every helper")]

use std::time::{Duration, Instant};

use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::control_plane::ControlPlane;

/// Longest wait for something to be so.
const WAIT: Duration = Duration::from_mins(2);

pub(crate) struct Asker {
    pub(crate) client: Client,
    pub(crate) address: String,
    pub(crate) token: String,
}

impl Asker {
    /// Sends a request, again as long as it is asked more than one user may.
    fn send(&self, request: impl Fn() -> RequestBuilder) -> Response {
        loop {
            let answer = request().bearer_auth(&self.token).send().unwrap();
            if answer.status() != 429 {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Status and text of an answer.
    pub(crate) fn ask(&self, path: &str, form: &str) -> (u16, String) {
        let url = format!("{}{path}", self.address);
        let answer = self.send(|| self.client.get(&url).header("accept", form));
        (answer.status().as_u16(), answer.text().unwrap())
    }

    /// A page as JSON.
    pub(crate) fn data(&self, path: &str) -> Value {
        let (status, text) = self.ask(&format!("/api/v1{path}"), "application/json");
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// A page.
    pub(crate) fn page(&self, path: &str) -> String {
        let (status, text) = self.ask(path, "text/html");
        assert_eq!(status, 200, "{path}: {text}");
        text
    }

    /// Waits until a page says so as JSON.
    pub(crate) fn until(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let said = self.data(path);
            if is_so(&said) {
                return said;
            }
            assert!(began.elapsed() < WAIT, "{path}: {said}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Posts JSON to the API: status and answer.
    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/api/v1{path}", self.address);
        let request = || {
            self.client.post(&url).header("content-type", "application/json").body(body.to_string())
        };
        let answer = self.send(request);
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().unwrap()).unwrap_or_default())
    }
}

/// A token of an account, which is made.
pub(crate) fn token(plane: &mut ControlPlane, namespace: &str, name: &str) -> String {
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace}});
    plane.create(&account, false).unwrap();
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
    let request =
        json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
    let answer = plane.ask("POST", &path, &request);
    answer.body["status"]["token"].as_str().unwrap().to_owned()
}

/// Gives an account a role, in a namespace or everywhere.
pub(crate) fn bind(
    plane: &mut ControlPlane,
    within: Option<&str>,
    role: &str,
    account: (&str, &str),
) {
    let kind = if within.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
    let (namespace, name) = account;
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
        "metadata": {"name": format!("{name}-{role}"), "namespace": within},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]});
    assert_eq!(plane.create(&binding, false).unwrap().status, 201);
}

/// Makes a namespace in which pods can stand.
pub(crate) fn namespace(plane: &mut ControlPlane, name: &str) {
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    assert_eq!(plane.create(&object, false).unwrap().status, 201);
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": name}});
    plane.create(&account, false).unwrap();
}
