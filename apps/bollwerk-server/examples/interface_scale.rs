//! What the interface costs over 1,000,000 findings: 100,000 workloads in 5,000 namespaces are
//! judged and stored by the server itself, then each page is asked for as an administrator. It
//! prints the time until all is stored, the time of each page, and the peak of the server's
//! memory (Linux, `/proc`).
//!
//! `interface_scale [STORE]`: `sqlite:FILE` (if nothing is said, in a folder for a while) or
//! `postgres://…`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement for people")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::blocking::Client;
use serde_json::Value;

const NAMESPACES: usize = 5_000;
const WORKLOADS: usize = 20;

/// How often each page is asked for.
const ASKED: usize = 40;

/// Between two requests: one user may ask thirty times a second.
const PAUSE: Duration = Duration::from_millis(35);

fn main() {
    let folder = std::env::temp_dir().join(format!("bollwerk-interface-{}", std::process::id()));
    let manifests = folder.join("manifests");
    std::fs::create_dir_all(&manifests).unwrap();
    (0..NAMESPACES).for_each(|number| write(&manifests, number));
    let own = format!("sqlite:{}", folder.join("bollwerk.db").display());
    let store = std::env::args().nth(1).unwrap_or(own);
    let began = Instant::now();
    let (mut process, address) = start(&manifests, &store);
    let client = Client::builder().timeout(Duration::from_mins(1)).build().unwrap();
    let asked = |path: &str| {
        let began = Instant::now();
        let request = client.get(format!("{address}{path}")).header("accept", "text/html");
        let answer = request.send().unwrap();
        let (status, text) = (answer.status(), answer.text().unwrap());
        assert_eq!(status, 200, "{path}: {text}");
        (began.elapsed(), text)
    };
    loop {
        let (_, text) = asked("/api/v1/health");
        let said: Value = serde_json::from_str(&text).unwrap();
        if said["assessedAt"].is_string() {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let (_, text) = asked("/api/v1/findings?limit=1");
    let said: Value = serde_json::from_str(&text).unwrap();
    println!(
        "{} findings judged and stored in {:.1} s",
        said["total"],
        began.elapsed().as_secs_f64()
    );
    println!("peak {} MiB", peak(&process));
    // Somewhere in the middle, as a reader who goes on comes there.
    let mut next = said["next"].as_str().unwrap().to_owned();
    for _ in 0..20 {
        std::thread::sleep(PAUSE);
        let (_, text) = asked(&format!("/api/v1/findings?limit=500&after={next}"));
        let said: Value = serde_json::from_str(&text).unwrap();
        said["next"].as_str().unwrap().clone_into(&mut next);
    }
    for page in pages(&next) {
        let times = (0..ASKED).map(|_| {
            std::thread::sleep(PAUSE);
            let (time, text) = asked(&page);
            (time, text.len())
        });
        let mut times: Vec<(Duration, usize)> = times.collect();
        times.sort_unstable();
        let at = |part: usize| times[times.len() * part / 100].0.as_secs_f64() * 1e3;
        let (median, p95, bytes) = (at(50), at(95), times[0].1 >> 10);
        println!("{median:7.1} ms median, {p95:7.1} ms p95, {bytes:4} KiB  {page}");
    }
    println!("peak {} MiB", peak(&process));
    process.kill().unwrap();
    process.wait().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Pages that are asked for; `next` is a place in the middle.
fn pages(next: &str) -> Vec<String> {
    let middle = format!("/findings?after={next}");
    let pages = [
        "/",
        "/?namespace=namespace-7",
        "/findings",
        &middle,
        "/findings?namespace=namespace-7",
        "/findings?control=seccomp-not-set",
        "/findings?severity=high&kind=Deployment",
        "/findings?order=newest",
        "/findings?q=workload-4711-3",
        "/findings?q=root",
        "/workloads",
        "/workloads?q=workload-4711",
        "/exceptions",
        "/health",
        "/network?namespace=namespace-7",
        "/compliance/cis-1.12",
    ];
    pages.map(str::to_owned).to_vec()
}

/// The manifests of one namespace, none of them hardened.
fn write(folder: &Path, namespace: usize) {
    let mut text =
        format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: namespace-{namespace}\n");
    for number in 0..WORKLOADS {
        let _ = write!(
            text,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: \
             workload-{namespace}-{number}\n  namespace: namespace-{namespace}\nspec:\n  replicas: \
             2\n  selector:\n    matchLabels:\n      app: workload-{number}\n  template:\n    \
             metadata:\n      labels:\n        app: workload-{number}\n    spec:\n      \
             containers:\n      - name: it\n        image: registry.example.com/it:{number}\n"
        );
    }
    std::fs::write(folder.join(format!("{namespace}.yaml")), text).unwrap();
}

/// The program beside this one: it has to be built in the same profile.
fn start(manifests: &Path, store: &str) -> (Child, String) {
    let own = std::env::current_exe().unwrap();
    let program = own.ancestors().nth(2).unwrap().join("bollwerk-server");
    let mut process = Command::new(program)
        .args(["demo", "--listen", "127.0.0.1:0", "--store", store, "--manifests"])
        .arg(manifests)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (process, line.trim().trim_end_matches('/').to_owned())
}

/// The peak of its memory, in MiB.
fn peak(process: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
}
