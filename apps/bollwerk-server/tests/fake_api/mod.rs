//! A stand-in for an API server on loopback, where a real one cannot be made to fail or to be
//! large: discovery, lists in pages, and watches that tell what the test says. It speaks plain
//! HTTP/1.1, one request a connection. What it serves has the shape of the real one's answers,
//! which `admission.rs` is held against.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(dead_code, clippy::allow_attributes, reason = "not every test uses every helper")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// Writes the items of a resource from a number on, as JSON with commas between.
pub(crate) type Items = Box<dyn Fn(std::ops::Range<usize>, &mut String) + Send + Sync>;

/// A resource that is served.
pub(crate) struct Served {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) count: usize,
    pub(crate) items: Items,
}

/// How it misbehaves.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    None,
    /// Every connection is closed unanswered.
    Vanished,
    /// Every list is refused.
    Forbidden,
    /// Pages after the first are forgotten, once.
    ForgottenPage,
}

#[derive(Default)]
struct State {
    fault: Fault,
    /// Lists that were begun, by name.
    lists: HashMap<String, usize>,
    /// Watches that were begun, by name.
    opened: HashMap<String, usize>,
    /// Open watches, by name.
    watches: HashMap<String, Vec<TcpStream>>,
}

/// A running stand-in.
pub(crate) struct FakeApi {
    pub(crate) kubeconfig: PathBuf,
    state: Arc<Mutex<State>>,
}

impl FakeApi {
    /// Serves the resources for as long as the process runs; the kubeconfig goes into `folder`.
    pub(crate) fn start(resources: Vec<Served>, folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let kubeconfig = folder.join("kubeconfig");
        let text = json!({"apiVersion": "v1", "kind": "Config", "current-context": "fake",
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "it"}}],
            "clusters": [{"name": "fake", "cluster": {"server": url}}],
            "users": [{"name": "it", "user": {}}]});
        std::fs::write(&kubeconfig, text.to_string()).unwrap();
        let state: Arc<Mutex<State>> = Arc::default();
        let (shared, resources) = (Arc::clone(&state), Arc::new(resources));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, shared) = (stream.unwrap(), Arc::clone(&shared));
                let resources = Arc::clone(&resources);
                std::thread::spawn(move || {
                    // Whoever hangs up early gets no answer.
                    let _ = answer(stream, &resources, &shared);
                });
            }
        });
        Self { kubeconfig, state }
    }

    /// From now on it misbehaves like this.
    pub(crate) fn fail(&self, fault: Fault) {
        self.state.lock().unwrap().fault = fault;
    }

    /// Cuts all watches.
    pub(crate) fn hang_up(&self) {
        self.state.lock().unwrap().watches.clear();
    }

    /// Ends all watches in order, as the real one does every few minutes.
    pub(crate) fn end(&self) {
        for mut stream in self.state.lock().unwrap().watches.drain().flat_map(|(_, all)| all) {
            stream.write_all(b"0\r\n\r\n").unwrap();
        }
    }

    /// Tells those who watch a resource something: a line of theirs.
    pub(crate) fn tell(&self, resource: &str, line: &str) -> usize {
        let mut state = self.state.lock().unwrap();
        let watches = state.watches.entry(resource.to_owned()).or_default();
        watches.retain_mut(|stream| chunk(stream, &format!("{line}\n")).is_ok());
        watches.len()
    }

    /// How often a resource was listed.
    pub(crate) fn lists(&self, resource: &str) -> usize {
        self.state.lock().unwrap().lists.get(resource).copied().unwrap_or_default()
    }

    /// How often watching a resource was begun.
    pub(crate) fn watches(&self, resource: &str) -> usize {
        self.state.lock().unwrap().opened.get(resource).copied().unwrap_or_default()
    }
}

fn answer(
    mut stream: TcpStream,
    resources: &[Served],
    state: &Mutex<State>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let target = first.split(' ').nth(1).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let asked = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let fault = state.lock().unwrap().fault;
    if fault == Fault::Vanished {
        return Ok(());
    }
    match path {
        "/version" => return whole(&mut stream, 200, r#"{"major":"1","minor":"37"}"#),
        "/api" => return whole(&mut stream, 200, &discovery(resources, true)),
        "/apis" => return whole(&mut stream, 200, &discovery(resources, false)),
        _ => {}
    }
    let Some(served) = resources.iter().find(|it| place(it) == path) else {
        return whole(&mut stream, 404, r#"{"kind":"Status","message":"not found"}"#);
    };
    if fault == Fault::Forbidden {
        return whole(&mut stream, 403, r#"{"kind":"Status","message":"may not"}"#);
    }
    if asked("sendInitialEvents").is_some() {
        // As where lists are not streamed.
        return whole(&mut stream, 422, r#"{"kind":"Status","message":"is forbidden for watch"}"#);
    }
    if asked("watch").is_some() {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                    transfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes())?;
        let mut state = state.lock().unwrap();
        *state.opened.entry(served.name.to_owned()).or_default() += 1;
        state.watches.entry(served.name.to_owned()).or_default().push(stream);
        return Ok(());
    }
    let limit = asked("limit").and_then(|it| it.parse().ok()).unwrap_or(usize::MAX);
    let start: usize = asked("continue").and_then(|it| it.parse().ok()).unwrap_or_default();
    if start == 0 {
        *state.lock().unwrap().lists.entry(served.name.to_owned()).or_default() += 1;
    } else if fault == Fault::ForgottenPage {
        state.lock().unwrap().fault = Fault::None;
        return whole(&mut stream, 410, r#"{"kind":"Status","message":"too old","code":410}"#);
    }
    let end = start.saturating_add(limit).min(served.count);
    let next = if end < served.count { end.to_string() } else { String::new() };
    let mut body = format!(
        r#"{{"kind":"{}List","apiVersion":"{}","metadata":{{"resourceVersion":"7","continue":"{next}"}},"items":["#,
        served.kind,
        api_version(served),
    );
    (served.items)(start..end, &mut body);
    body.push_str("]}");
    whole(&mut stream, 200, &body)
}

fn api_version(served: &Served) -> String {
    let Served { group, version, .. } = served;
    if group.is_empty() { (*version).to_owned() } else { format!("{group}/{version}") }
}

fn place(served: &Served) -> String {
    let root = if served.group.is_empty() { "api" } else { "apis" };
    format!("/{root}/{}/{}", api_version(served), served.name)
}

fn discovery(resources: &[Served], core: bool) -> String {
    let mut groups: HashMap<&str, Vec<&Served>> = HashMap::new();
    for served in resources.iter().filter(|it| it.group.is_empty() == core) {
        groups.entry(served.group).or_default().push(served);
    }
    let group = |(name, all): (&str, Vec<&Served>)| {
        let resource = |it: &&Served| {
            json!({"resource": it.name, "scope": "Namespaced", "verbs": ["list", "watch"],
                "responseKind": {"group": it.group, "version": it.version, "kind": it.kind}})
        };
        json!({"metadata": {"name": name}, "versions": [{"version": all[0].version,
            "freshness": "Current", "resources": all.iter().map(resource).collect::<Vec<_>>()}]})
    };
    let items: Vec<Value> = groups.into_iter().map(group).collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items})
        .to_string()
}

fn whole(stream: &mut TcpStream, status: u16, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} It\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

fn chunk(stream: &mut TcpStream, text: &str) -> std::io::Result<()> {
    stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())
}
