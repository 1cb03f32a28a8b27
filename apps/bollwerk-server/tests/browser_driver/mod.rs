//! A browser that a test steers, by the browser's own protocol for developers, over pipes.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// Size of the window, in CSS pixels.
const WIDTH: u32 = 1280;
const HEIGHT: u32 = 860;

/// Browsers of this process.
static STARTED: AtomicU32 = AtomicU32::new(0);

pub(crate) struct Browser {
    process: Child,
    folder: PathBuf,
    requests: File,
    answers: BufReader<File>,
    number: u64,
    session: Option<String>,
    /// What pages complained about: scripts that failed, and what their policy forbids.
    pub(crate) complaints: Vec<String>,
}

impl Browser {
    /// Starts the browser that `BOLLWERK_BROWSER` names; without one the test has to skip, which
    /// CI does not let pass.
    #[expect(clippy::print_stdout, reason = "a skipped test says so")]
    pub(crate) fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("BOLLWERK_BROWSER") else {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "BOLLWERK_BROWSER is not set");
            println!("skipped: BOLLWERK_BROWSER names no browser");
            return None;
        };
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("bollwerk-browser-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let (requests, answers) = (folder.join("requests"), folder.join("answers"));
        assert!(Command::new("mkfifo").args([&requests, &answers]).status().unwrap().success());
        let process = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<requests 4>answers"])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--remote-debugging-pipe", "--hide-scrollbars", "--lang=en"])
            .arg(format!("--window-size={WIDTH},{HEIGHT}"))
            .arg(format!("--user-data-dir={}", folder.join("profile").display()))
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut browser = Self {
            process,
            requests: File::options().write(true).open(requests).unwrap(),
            answers: BufReader::new(File::open(answers).unwrap()),
            folder,
            number: 0,
            session: None,
            complaints: Vec::new(),
        };
        let target = browser.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.ask("Target.attachToTarget", &attach);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Log.enable", "Runtime.enable"] {
            browser.ask(domain, &json!({}));
        }
        Some(browser)
    }

    fn message(&mut self) -> Value {
        let mut text = Vec::new();
        self.answers.read_until(0, &mut text).unwrap();
        assert_eq!(text.pop(), Some(0), "the browser ended");
        let message: Value = serde_json::from_slice(&text).unwrap();
        match message["method"].as_str() {
            Some("Log.entryAdded") => {
                self.complaints.push(message["params"]["entry"]["text"].to_string());
            }
            Some("Runtime.exceptionThrown") => self.complaints.push(message["params"].to_string()),
            _ => {}
        }
        message
    }

    fn send(&mut self, method: &str, parameters: &Value) -> u64 {
        self.number += 1;
        let mut message = json!({"id": self.number, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        self.requests.write_all(message.to_string().as_bytes()).unwrap();
        self.requests.write_all(&[0]).unwrap();
        self.number
    }

    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        let number = self.send(method, parameters);
        loop {
            let message = self.message();
            if message["id"] == number {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].clone();
            }
        }
    }

    /// Does something that leads to another page, and waits until that is loaded.
    fn led(&mut self, method: &str, parameters: &Value) {
        let number = self.send(method, parameters);
        let (mut is_answered, mut is_loaded) = (false, false);
        while !(is_answered && is_loaded) {
            let message = self.message();
            is_answered |= message["id"] == number;
            is_loaded |= message["method"] == "Page.loadEventFired";
        }
    }

    /// Opens an address.
    pub(crate) fn open(&mut self, address: &str) {
        self.led("Page.navigate", &json!({"url": address}));
    }

    /// The value of an expression on the page.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let parameters =
            json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.ask("Runtime.evaluate", &parameters);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// The text that a reader sees.
    pub(crate) fn text(&mut self) -> String {
        self.value("document.querySelector('main').innerText").as_str().unwrap().to_owned()
    }

    /// Clicks on the first element of a selector whose text holds `text`, and waits for the page
    /// it leads to.
    pub(crate) fn click(&mut self, selector: &str, text: &str) {
        let (selector, text) = (json!(selector), json!(text));
        let expression = format!(
            "(() => {{ const all = [...document.querySelectorAll({selector})]; \
             const it = all.find(it => it.textContent.includes({text})); \
             if (!it) throw new Error('no ' + {selector} + ' with ' + {text}); it.click(); }})()"
        );
        let parameters = json!({"expression": expression, "userGesture": true});
        self.led("Runtime.evaluate", &parameters);
    }

    /// Types into a field.
    pub(crate) fn fill(&mut self, selector: &str, text: &str) {
        let (selector, text) = (json!(selector), json!(text));
        self.value(&format!("document.querySelector({selector}).value = {text}"));
    }

    /// Opens the page again until it holds a text: the cluster is judged beside it.
    pub(crate) fn until(&mut self, address: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        for _ in 0..200 {
            self.open(address);
            let text = self.text();
            if is_wanted(&text) {
                return text;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("{address} never says it: {}", self.text())
    }

    /// Shows pages in dark, or in light.
    pub(crate) fn prefer(&mut self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.ask("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    /// Shows pages in a window of this size.
    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Writes what is seen into a file.
    pub(crate) fn picture(&mut self, file: &Path) {
        let answer = self.ask("Page.captureScreenshot", &json!({"format": "png"}));
        let data = BASE64_STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        std::fs::write(file, data).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
