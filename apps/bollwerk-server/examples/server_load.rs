//! What the server costs. Three runs against a stand-in for the API server, each printing what
//! the server's own process took (Linux, `/proc`):
//!
//! - `load`: reviews over TLS from clients that ask as fast as they can: Pod Security, all controls
//!   and sixteen admission policies; `load-controls` the same without the policies;
//! - `overload`: the same from many more clients than it answers at one time;
//! - `scale`: the first list of 150,000 pods in 500 namespaces, then changes.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement for people")]
#![expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]

#[path = "../tests/fake_api/mod.rs"]
mod fake_api;
#[path = "../../../crates/admission/examples/reviews/mod.rs"]
mod reviews;
#[path = "../../../crates/engine/examples/sixteen/mod.rs"]
mod sixteen;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fake_api::{FakeApi, Served};
use reviews::{pod, review};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

/// How long is measured.
const RUN: Duration = Duration::from_secs(10);

const CONFIG: &str = "version: 1\nadmission:\n  rules:\n  - severity: high\n    action: enforce\n";

const PODS: usize = 150_000;
const NAMESPACES: usize = 500;

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    let folder = std::env::temp_dir().join(format!("bollwerk-load-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    match what.as_str() {
        "load" => load(&folder, 8, true),
        "load-controls" => load(&folder, 8, false),
        "overload" => load(&folder, 900, true),
        "scale" => scale(&folder),
        _ => println!("usage: server_load load|load-controls|overload|scale"),
    }
    let _ = std::fs::remove_dir_all(&folder);
}

/// A running server and what it has taken.
struct Server {
    process: Child,
    address: String,
    health: String,
    began: Instant,
}

impl Server {
    /// The program beside this one: it has to be built in the same profile.
    fn start(folder: &Path, api: &FakeApi, more: &[&str]) -> Self {
        let own = std::env::current_exe().unwrap();
        let program = own.ancestors().nth(2).unwrap().join("bollwerk-server");
        let run = |arguments: &[&str]| {
            let mut command = Command::new(&program);
            command.current_dir(folder).args(arguments).stderr(Stdio::piped());
            command
        };
        std::fs::write(folder.join("bollwerk.yaml"), CONFIG).unwrap();
        let made = run(&["certificate", "--name", "127.0.0.1", "--output", "tls"]).output();
        assert!(made.unwrap().status.success());
        let addresses = ["--listen", "127.0.0.1:0", "--listen-health", "127.0.0.1:0"];
        let began = Instant::now();
        let mut process = run(&["run", "--config", "bollwerk.yaml", "--tls", "tls"])
            .args(addresses)
            .args(more)
            .arg("--kubeconfig")
            .arg(&api.kubeconfig)
            .env("BOLLWERK_LOG", "bollwerk_server::run=info")
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        let text = |name: &str| said["fields"][name].as_str().unwrap().to_owned();
        Self { process, address: text("webhooks"), health: text("health"), began }
    }

    fn asked(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.health).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: it\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn wait_until_ready(&self) -> Duration {
        while !self.asked("/readyz").starts_with("HTTP/1.1 200") {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.began.elapsed()
    }

    /// Seconds of processor time so far.
    fn cpu(&self) -> f64 {
        let path = format!("/proc/{}/stat", self.process.id());
        let text = std::fs::read_to_string(path).unwrap();
        let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
        ticks / 100.0
    }

    /// Resident memory now and at its peak, in MiB.
    fn memory(&self) -> (u64, u64) {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let value = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
        };
        (value("VmRSS:"), value("VmHWM:"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn served(
    (group, version): (&'static str, &'static str),
    (name, kind): (&'static str, &'static str),
    count: usize,
    item: impl Fn(usize, &mut String) + Send + Sync + 'static,
) -> Served {
    let items = move |range: std::ops::Range<usize>, out: &mut String| {
        let first = range.start;
        for number in range {
            if number > first {
                out.push(',');
            }
            item(number, out);
        }
    };
    Served { group, version, name, kind, count, items: Box::new(items) }
}

/// Namespaces `n0`, `n1` … and, last, the `shop` that the reviews are of.
fn namespaces(count: usize) -> Served {
    served(("", "v1"), ("namespaces", "Namespace"), count + 1, move |number, out| {
        let labels = r#"{"pod-security.kubernetes.io/enforce":"restricted"}"#;
        let name = if number == count { "shop".to_owned() } else { format!("n{number}") };
        write!(out, r#"{{"metadata":{{"name":"{name}","labels":{labels}}}}}"#).unwrap();
    })
}

type Tls = StreamOwned<ClientConnection, TcpStream>;

fn connect(address: &str, config: &Arc<ClientConfig>) -> Option<Tls> {
    let stream = TcpStream::connect(address).ok()?;
    stream.set_nodelay(true).ok()?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connection = ClientConnection::new(Arc::clone(config), name).unwrap();
    Some(StreamOwned::new(connection, stream))
}

/// Sends a request and reads the whole answer; its status.
fn ask(stream: &mut Tls, request: &[u8], buffer: &mut [u8]) -> std::io::Result<u16> {
    stream.write_all(request)?;
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..])?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        filled += read;
        let text = &buffer[..filled];
        let Some(head) = text.windows(4).position(|it| it == b"\r\n\r\n") else { continue };
        let head_text = std::str::from_utf8(&text[..head]).unwrap();
        let length = head_text.lines().find_map(|line| line.strip_prefix("content-length: "));
        if filled >= head + 4 + length.unwrap().parse::<usize>().unwrap() {
            return Ok(head_text[9..12].parse().unwrap());
        }
    }
}

/// Who is trusted: the authority of the server's certificate.
fn trusting(folder: &Path) -> Arc<ClientConfig> {
    let authority = CertificateDer::from_pem_file(folder.join("tls/ca.crt")).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// What one client saw: the status and time of each answer, and how often none came.
type Seen = (Vec<(u16, Duration)>, usize);

/// Asks one review after the other until it is told to end.
fn ask_until(done: &AtomicBool, address: &str, config: &Arc<ClientConfig>, request: &[u8]) -> Seen {
    let (mut times, mut unanswered) = (Vec::new(), 0);
    let mut buffer = vec![0; 64 << 10];
    let mut stream = connect(address, config);
    while !done.load(Ordering::Relaxed) {
        let start = Instant::now();
        let asked = stream.as_mut().map(|it| ask(it, request, &mut buffer));
        if let Some(Ok(status)) = asked {
            times.push((status, start.elapsed()));
        } else {
            unanswered += 1;
            stream = connect(address, config);
        }
    }
    (times, unanswered)
}

/// Sixteen policies, each in force.
fn write_policies(folder: &Path) {
    let mut text = String::new();
    for policy in sixteen::policies() {
        let name = &policy["metadata"]["name"];
        let binding = json!({"apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name},
            "spec": {"policyName": name, "validationActions": ["Deny"]}});
        write!(text, "---\n{policy}\n---\n{binding}\n").unwrap();
    }
    std::fs::write(folder.join("policies.yaml"), text).unwrap();
}

fn load(folder: &Path, clients: usize, has_policies: bool) {
    let api = FakeApi::start(vec![namespaces(10)], folder);
    write_policies(folder);
    let more: &[&str] = if has_policies { &["--policies", "policies.yaml"] } else { &[] };
    let server = Server::start(folder, &api, more);
    println!("ready after {:?}", server.wait_until_ready());
    let (config, body) = (trusting(folder), review(&pod(true)));
    let request = format!(
        "POST /admission/open HTTP/1.1\r\nHost: it\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let done = AtomicBool::new(false);
    let (before, began) = (server.cpu(), Instant::now());
    let mut times: Vec<(u16, Duration)> = Vec::new();
    let mut unanswered = 0;
    std::thread::scope(|scope| {
        let client = || ask_until(&done, &server.address, &config, request.as_bytes());
        let running: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        std::thread::sleep(RUN);
        let (resident, peak) = server.memory();
        done.store(true, Ordering::Relaxed);
        for client in running {
            let (its, lost) = client.join().unwrap();
            times.extend(its);
            unanswered += lost;
        }
        println!("resident {resident} MiB under load, peak {peak} MiB");
    });
    tell(&server, clients, &times, unanswered, (began.elapsed(), server.cpu() - before));
}

fn tell(
    server: &Server,
    clients: usize,
    times: &[(u16, Duration)],
    unanswered: usize,
    (took, cpu): (Duration, f64),
) {
    let judged = times.iter().filter(|(status, _)| *status == 200);
    let mut judged: Vec<Duration> = judged.map(|(_, time)| *time).collect();
    judged.sort_unstable();
    let at = |share: usize| judged.get(judged.len() * share / 1000).copied().unwrap_or_default();
    println!(
        "{clients} clients: {:.0} reviews/s judged, {} told that there is no answer, {unanswered} \
         without any; client's median {:?}, p99 {:?}; the server took {:.0} µs of processor each, \
         so two processors of its own answer {:.0}/s",
        judged.len() as f64 / took.as_secs_f64(),
        times.len() - judged.len(),
        at(500),
        at(990),
        cpu * 1e6 / times.len() as f64,
        2.0 * times.len() as f64 / cpu,
    );
    let metrics = server.asked("/metrics");
    let within = |bound: &str| {
        let line = format!("review_seconds_bucket{{le=\"{bound}\"}} ");
        let line = metrics.lines().find(|it| it.contains(&line));
        line.and_then(|it| it.rsplit(' ').next()?.parse::<f64>().ok()).unwrap_or_default()
    };
    for bound in ["0.0005", "0.001", "0.002", "0.005", "0.025"] {
        let share = 100.0 * within(bound) / within("+Inf");
        println!("  within {bound} s in the process: {share:.3} %");
    }
}

fn scale(folder: &Path) {
    let mut template = pod(true);
    template.as_object_mut().unwrap().remove("apiVersion");
    template["metadata"]["name"] = "POD-NAME".into();
    template["metadata"]["namespace"] = "POD-SPACE".into();
    template["spec"]["nodeName"] = "POD-NODE".into();
    let text = template.to_string();
    let (head, rest) = text.split_once("POD-NAME").unwrap();
    let (middle, rest) = rest.split_once("POD-SPACE").unwrap();
    let (more, tail) = rest.split_once("POD-NODE").unwrap();
    let parts = [head, middle, more, tail].map(str::to_owned);
    let line = move |number: usize, out: &mut String| {
        let [head, middle, more, tail] = &parts;
        let (space, node) = (number % NAMESPACES, number % 5000);
        write!(out, "{head}pod-{number}{middle}n{space}{more}node-{node}{tail}").unwrap();
    };
    let one = {
        let mut out = String::new();
        line(1, &mut out);
        out
    };
    println!("{PODS} pods of {} bytes in {NAMESPACES} namespaces", one.len());
    let pods = served(("", "v1"), ("pods", "Pod"), PODS, line);
    let api = FakeApi::start(vec![namespaces(NAMESPACES), pods], folder);
    let server = Server::start(folder, &api, &[]);
    let ready = server.wait_until_ready();
    let (resident, peak) = server.memory();
    println!(
        "first list: ready after {ready:?}, {:.1} s of processor, {resident} MiB resident, peak \
         {peak} MiB",
        server.cpu()
    );
    while api.tell("pods", &json!({"type": "BOOKMARK", "object": {}}).to_string()) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    let before = server.cpu();
    let changes: u32 = 20_000;
    for number in 0..changes as usize {
        let object: Value = {
            let mut other: Value = serde_json::from_str(&one).unwrap();
            other["metadata"]["name"] = format!("pod-{number}").into();
            other["metadata"]["namespace"] = format!("n{}", number % NAMESPACES).into();
            other["metadata"]["labels"]["round"] = "2".into();
            other
        };
        api.tell("pods", &json!({"type": "MODIFIED", "object": object}).to_string());
    }
    std::thread::sleep(Duration::from_secs(2));
    let (resident, peak) = server.memory();
    println!(
        "{changes} changes: {:.0} µs of processor each, {resident} MiB resident, peak {peak} MiB",
        (server.cpu() - before) * 1e6 / f64::from(changes)
    );
}
