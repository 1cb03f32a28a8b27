//! A real API server with its etcd, for as long as a test runs.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(dead_code, clippy::allow_attributes, reason = "not every test uses every helper")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// How often it is asked whether a definition is served, a tenth of a second apart.
const SERVED_TRIES: usize = 600;

/// The program that runs both and passes requests on, and its pipes.
pub(crate) struct ControlPlane {
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// How the API server is started again, once it was killed, and the one that was.
    api_server: (Vec<String>, Option<Child>),
    /// File by which other programs reach the API server as the administrator.
    pub(crate) kubeconfig: PathBuf,
    /// Path of a kind, and whether it stands in namespaces, by `apiVersion` and `kind`.
    resources: HashMap<(String, String), (String, bool)>,
}

/// Who asks: the administrator, unless it says another.
#[derive(Clone, Copy, Default)]
pub(crate) struct Asker<'a> {
    /// A bearer token to come with.
    pub(crate) token: &'a str,
    /// Whom to impersonate, and as a member of which groups.
    pub(crate) user: &'a str,
    pub(crate) groups: &'a [&'a str],
}

/// What the API server says.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u64,
    pub(crate) body: Value,
    pub(crate) warnings: Vec<String>,
}

impl ControlPlane {
    /// Starts what `cargo xtask cluster` built. Without it the test has to skip, which under
    /// `CI=true` is a failure.
    #[expect(clippy::print_stdout, reason = "a skipped test says so")]
    pub(crate) fn start() -> Option<Self> {
        let Some(folder) = std::env::var_os("BOLLWERK_CLUSTER").map(PathBuf::from) else {
            let reason = "BOLLWERK_CLUSTER is not set (build it with `cargo xtask cluster`)";
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{reason}");
            println!("skipped: {reason}");
            return None;
        };
        let mut process = Command::new(folder.join("cluster"))
            .arg(folder.join("etcd"))
            .arg(folder.join("kube-apiserver"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let (kubeconfig, resources) = (PathBuf::new(), HashMap::new());
        let api_server = (Vec::new(), None);
        let mut plane = Self { process, requests, answers, api_server, kubeconfig, resources };
        let ready = plane.line();
        assert_eq!(ready["ready"], true);
        plane.kubeconfig = ready["kubeconfig"].as_str().unwrap().into();
        Some(plane)
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Asks as the administrator.
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        self.ask_as(method, path, body, &Asker::default())
    }

    /// Asks as somebody else.
    pub(crate) fn ask_as(
        &mut self,
        method: &str,
        path: &str,
        body: &Value,
        asker: &Asker<'_>,
    ) -> Answer {
        let said = self.send(method, path, body, asker);
        assert_eq!(said["error"], Value::Null, "{method} {path}");
        let warnings = said["warnings"].as_array().into_iter().flatten();
        Answer {
            status: said["status"].as_u64().unwrap(),
            body: said["body"].clone(),
            warnings: warnings.map(|text| text.as_str().unwrap().to_owned()).collect(),
        }
    }

    fn send(&mut self, method: &str, path: &str, body: &Value, asker: &Asker<'_>) -> Value {
        let kind = match method {
            "PATCH" => "application/strategic-merge-patch+json",
            _ => "application/json",
        };
        let body = if body.is_null() { Value::Null } else { Value::String(body.to_string()) };
        let request = json!({"method": method, "path": path, "body": body, "contentType": kind,
            "token": asker.token, "user": asker.user, "groups": asker.groups});
        let pipe = self.requests.as_mut().unwrap();
        writeln!(pipe, "{request}").unwrap();
        pipe.flush().unwrap();
        self.line()
    }

    /// Kills the API server; etcd goes on.
    pub(crate) fn kill_api_server(&mut self) {
        let (command, started) = &mut self.api_server;
        if let Some(mut own) = started.take() {
            own.kill().unwrap();
            own.wait().unwrap();
            return;
        }
        let keeper = format!("/proc/{0}/task/{0}/children", self.process.id());
        let children = std::fs::read_to_string(keeper).unwrap();
        for child in children.split_whitespace() {
            let line = std::fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap();
            let words: Vec<String> = line.split_terminator('\0').map(str::to_owned).collect();
            if words.first().is_some_and(|it| it.ends_with("/kube-apiserver")) {
                assert!(Command::new("kill").args(["-9", child]).status().unwrap().success());
                *command = words;
                return;
            }
        }
        panic!("no API server among {children}");
    }

    /// Starts it again, with what etcd holds.
    pub(crate) fn start_api_server(&mut self) {
        let (command, started) = &mut self.api_server;
        let (program, arguments) = command.split_first().unwrap();
        let mut again = Command::new(program);
        again.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        *started = Some(again.spawn().unwrap());
        for _ in 0..SERVED_TRIES {
            let said = self.send("GET", "/readyz", &Value::Null, &Asker::default());
            if said["status"] == 200 {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("the API server did not come back");
    }

    /// Creates an object, or only asks whether it could be. None for a kind the server has not.
    pub(crate) fn create(&mut self, object: &Value, dry_run: bool) -> Option<Answer> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
        let (path, is_namespaced) = self.resource(&version, &kind)?;
        let group = if version.contains('/') { "/apis/" } else { "/api/" };
        let namespace = match (is_namespaced, object["metadata"]["namespace"].as_str()) {
            (true, Some(namespace)) => format!("/namespaces/{namespace}"),
            (true, None) => "/namespaces/default".to_owned(),
            (false, _) => String::new(),
        };
        // A field that is misspelt is an error, not a warning.
        let dry_run = if dry_run { "&dryRun=All" } else { "" };
        let query = format!("?fieldValidation=Strict{dry_run}");
        Some(self.ask("POST", &format!("{group}{version}{namespace}/{path}{query}"), object))
    }

    /// Has the server serve the custom resources that are defined in the files of a folder whose
    /// names begin like this.
    pub(crate) fn define(&mut self, folder: &std::path::Path, prefix: &str) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if !path.file_name().unwrap().to_str().unwrap().starts_with(prefix) {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for document in yaml::Stream::yaml(&text, &yaml::Limits::default()).documents() {
                let mut json = String::new();
                document.ok().unwrap().root().write_json(&mut json);
                let definition: Value = serde_json::from_str(&json).unwrap();
                if definition["kind"] == "CustomResourceDefinition" {
                    self.serve(&definition);
                }
            }
        }
    }

    /// Has the server serve a custom resource.
    pub(crate) fn serve(&mut self, definition: &Value) {
        const PATH: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let created = self.ask("POST", PATH, definition);
        assert_eq!(created.status, 201, "{created:?}");
        let spec = &definition["spec"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (group, plural) = (text(&spec["group"]), text(&spec["names"]["plural"]));
        let path = format!("/apis/{group}/{}/{plural}", text(&spec["versions"][0]["name"]));
        for _ in 0..SERVED_TRIES {
            if self.ask("GET", &path, &Value::Null).status == 200 {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("{path} is not served");
    }

    /// The plural of a kind, and whether it stands in namespaces. None for a kind that the server
    /// has not.
    pub(crate) fn resource(&mut self, version: &str, kind: &str) -> Option<(String, bool)> {
        let key = (version.to_owned(), kind.to_owned());
        if !self.resources.contains_key(&key) {
            let group = if version.contains('/') { "/apis/" } else { "/api/" };
            let list = self.ask("GET", &format!("{group}{version}"), &Value::Null);
            for resource in list.body["resources"].as_array().into_iter().flatten() {
                let name = resource["name"].as_str().unwrap();
                if !name.contains('/') {
                    let kind = resource["kind"].as_str().unwrap().to_owned();
                    let known = (name.to_owned(), resource["namespaced"] == true);
                    self.resources.insert((version.to_owned(), kind), known);
                }
            }
        }
        self.resources.get(&key).cloned()
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        if let Some(mut own) = self.api_server.1.take() {
            let _ = own.kill();
            let _ = own.wait();
        }
        // It ends with its standard input, and takes both servers along.
        drop(self.requests.take());
        let _ = self.process.wait();
    }
}
