//! The server, for as long as a test runs.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(dead_code, clippy::allow_attributes, reason = "not every test uses every helper")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::control_plane::ControlPlane;

const PROGRAM: &str = env!("CARGO_BIN_EXE_bollwerk-server");

/// Longest wait for it to know the cluster, and for the API server to know the webhook.
const START_WAIT: Duration = Duration::from_mins(1);

/// How many servers this process has started.
static NUMBER: AtomicU32 = AtomicU32::new(0);

pub(crate) struct Server {
    /// What it takes for the name of its pod.
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    kubeconfig: PathBuf,
    process: Option<Child>,
    /// Where it answers: the same after a restart.
    pub(crate) address: String,
    pub(crate) health: String,
    /// Where the interface is, if it is asked for.
    pub(crate) interface: String,
    more: Vec<String>,
}

impl Server {
    /// Starts it with a certificate of its own, and waits until it knows the cluster.
    pub(crate) fn start(config: &str, kubeconfig: &Path) -> Self {
        Self::start_with(config, kubeconfig, &[])
    }

    /// The same with more arguments.
    pub(crate) fn start_with(config: &str, kubeconfig: &Path, more: &[&str]) -> Self {
        let mut server = Self::new(kubeconfig, more);
        server.configure(config);
        server.restart();
        server
    }

    /// A folder with a certificate; what is to run is not started yet.
    pub(crate) fn new(kubeconfig: &Path, more: &[&str]) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("bollwerk-server-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        let server = Self {
            name,
            folder,
            kubeconfig: kubeconfig.to_owned(),
            process: None,
            address: "127.0.0.1:0".to_owned(),
            health: "127.0.0.1:0".to_owned(),
            interface: String::new(),
            more: more.iter().map(|it| (*it).to_owned()).collect(),
        };
        server.certify();
        server
    }

    /// Makes a certificate for it.
    pub(crate) fn certify(&self) {
        let made = Command::new(PROGRAM)
            .args(["certificate", "--name", "127.0.0.1", "--output"])
            .arg(self.folder.join("tls"))
            .status();
        assert!(made.unwrap().success());
    }

    pub(crate) fn configure(&self, config: &str) {
        std::fs::write(self.folder.join("bollwerk.yaml"), config).unwrap();
    }

    /// Starts the program, where it was before if it was.
    pub(crate) fn restart(&mut self) {
        let mut process = Command::new(PROGRAM)
            .current_dir(&self.folder)
            .env("HOSTNAME", &self.name)
            .args(["run", "--config", "bollwerk.yaml", "--tls", "tls"])
            .args(["--listen", &self.address, "--listen-health", &self.health])
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .args(&self.more)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        self.process = Some(process);
        let mut before = String::new();
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("it ended: {before}")).unwrap();
            let said: Value = serde_json::from_str(&line).unwrap_or_default();
            let fields = &said["fields"];
            if fields["message"] == "listens" {
                fields["webhooks"].as_str().unwrap().clone_into(&mut self.address);
                fields["health"].as_str().unwrap().clone_into(&mut self.health);
                fields["interface"].as_str().unwrap_or_default().clone_into(&mut self.interface);
                break;
            }
            before.push_str(&line);
        }
        std::thread::spawn(move || lines.for_each(drop));
        let began = Instant::now();
        while !self.asked("/readyz").starts_with("HTTP/1.1 200") {
            assert!(began.elapsed() < START_WAIT, "{}", self.asked("/readyz"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The answer to a GET at the port for health, head and all.
    pub(crate) fn asked(&self, path: &str) -> String {
        use std::io::{Read, Write};
        let Ok(mut stream) = std::net::TcpStream::connect(&self.health) else {
            return String::new();
        };
        write!(stream, "GET {path} HTTP/1.1\r\nHost: it\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Has the API server ask it, by the manifests that it prints itself.
    pub(crate) fn install(&self, plane: &mut ControlPlane) {
        let printed = Command::new(PROGRAM)
            .current_dir(&self.folder)
            .args(["manifests", "--config", "bollwerk.yaml", "--tls", "tls", "--url"])
            .arg(format!("https://{}", self.address))
            .output()
            .unwrap();
        assert!(printed.status.success(), "{printed:?}");
        let text = String::from_utf8(printed.stdout).unwrap();
        let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
        let mut json = String::new();
        stream.documents().next().unwrap().ok().unwrap().root().write_json(&mut json);
        let configuration: Value = serde_json::from_str(&json).unwrap();
        let path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/bollwerk";
        plane.ask("DELETE", path, &Value::Null);
        let answer = plane.create(&configuration, false).unwrap();
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    /// Speaks TLS with it, and trusts nobody else.
    pub(crate) fn client(&self) -> reqwest::blocking::Client {
        let authority = std::fs::read(self.folder.join("tls/ca.crt")).unwrap();
        let authority = reqwest::Certificate::from_pem(&authority).unwrap();
        let client = reqwest::blocking::Client::builder().tls_certs_only([authority]);
        let client = client.redirect(reqwest::redirect::Policy::none());
        client.timeout(Duration::from_secs(30)).build().unwrap()
    }

    /// Sends it a signal, such as `STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.unwrap().success(), "{signal}");
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
