//! `bollwerk-server demo`, for as long as a test runs.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(dead_code, clippy::allow_attributes, reason = "not every test uses every helper")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_bollwerk-server");

/// Longest wait for the first assessment.
const START_WAIT: Duration = Duration::from_mins(1);

pub(crate) struct Demo {
    process: Child,
    /// `http://127.0.0.1:PORT`.
    pub(crate) address: String,
    pub(crate) client: Client,
}

/// The example shop.
pub(crate) fn shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop")
}

impl Demo {
    /// Starts it over a folder, and waits until that is judged.
    pub(crate) fn start(manifests: &Path, more: &[&str]) -> Self {
        let demo = Self::begin(manifests, more);
        let began = Instant::now();
        while !demo.is_judged() {
            assert!(began.elapsed() < START_WAIT, "nothing is judged");
            std::thread::sleep(Duration::from_millis(20));
        }
        demo
    }

    /// Starts it over a folder; it answers, and judges meanwhile.
    pub(crate) fn begin(manifests: &Path, more: &[&str]) -> Self {
        let mut process = Command::new(PROGRAM)
            .args(["demo", "--listen", "127.0.0.1:0", "--manifests"])
            .arg(manifests)
            .arg("--images-in")
            .arg(shop().join("../sboms"))
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().trim_end_matches('/').to_owned();
        assert!(address.starts_with("http://127.0.0.1:"), "it says: {line}");
        let client = Client::builder().redirect(reqwest::redirect::Policy::none());
        Self { process, address, client: client.build().unwrap() }
    }

    /// Kills it at once.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
    }

    /// Whether the folder was judged. Without a token nobody is told: then it is not waited for.
    pub(crate) fn is_judged(&self) -> bool {
        let answer = self.get("/api/v1/health");
        let status = answer.status();
        let said: Value = serde_json::from_str(&answer.text().unwrap()).unwrap_or_default();
        status == 401 || said["assessedAt"].is_string()
    }

    /// The answer to a GET.
    pub(crate) fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.address)).send().unwrap()
    }

    /// The same as JSON.
    pub(crate) fn data(&self, path: &str) -> Value {
        let answer = self.get(&format!("/api/v1{path}"));
        let status = answer.status();
        let text = answer.text().unwrap();
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The page.
    pub(crate) fn page(&self, path: &str) -> String {
        let request = self.client.get(format!("{}{path}", self.address));
        let answer = request.header("accept", "text/html").send().unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().unwrap()
    }

    /// What the forms of a page hold.
    pub(crate) fn form_key(&self, path: &str) -> String {
        let page = self.page(path);
        let (_, rest) = page.split_once("name=\"form-key\" content=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
