//! Metrics, their page, the dashboard and the alert rules speak of the same.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

#[path = "../../bollwerk/tests/control_plane/mod.rs"]
mod control_plane;
mod fake_api;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use fake_api::FakeApi;
use serde_json::{Value, json};
use server::Server;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
}

/// Names and kinds of all that is told at `/metrics`.
fn told() -> BTreeMap<String, String> {
    let folder = std::env::temp_dir().join(format!("bollwerk-metrics-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let api = FakeApi::start(Vec::new(), &folder);
    // With a store and a receiver there is more to tell.
    let config = "version: 1\nalerts: {receivers: [{name: ops, kind: slack, url: \
                  'http://127.0.0.1:9/'}]}\n";
    let more = ["--listen-interface", "127.0.0.1:0", "--store", "sqlite:bollwerk.db"];
    let mut server = Server::start_with(config, &api.kubeconfig, &more);
    // What is told by labels is there once it has happened: a review that finds something, and
    // one that cannot be read.
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "it"},
        "spec": {"containers": [{"name": "it", "image": "it",
            "securityContext": {"privileged": true}}]}});
    let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {"uid": "1", "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "namespace": "shop", "operation": "CREATE", "userInfo": {"username": "it"},
            "object": pod}});
    let (client, began) = (server.client(), Instant::now());
    for (body, status) in [(review.to_string(), 200), ("{".to_owned(), 400)] {
        let url = format!("https://{}/admission/open", server.address);
        let answer = client.post(url).body(body).send().unwrap();
        assert_eq!(answer.status().as_u16(), status);
    }
    let is_all = |text: &str| {
        ["bollwerk_store_write_seconds_bucket", "bollwerk_alerts_total{"]
            .iter()
            .all(|part| text.contains(part))
    };
    let text = loop {
        let text = server.asked("/metrics");
        if is_all(&text) {
            break text;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{text}");
        std::thread::sleep(Duration::from_millis(50));
    };
    server.kill();
    std::fs::remove_dir_all(&folder).unwrap();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let found: BTreeMap<String, String> =
        types.map(|(name, kind)| (name.to_owned(), kind.trim().to_owned())).collect();
    assert!(found.len() > 5, "{text}");
    found
}

/// Names of metrics in a text.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |it: char| it.is_ascii_lowercase() || it == '_';
    let starts = text.match_indices("bollwerk_");
    starts.map(|(at, _)| text[at..].chars().take_while(|it| is_part(*it)).collect()).collect()
}

/// The series that a metric of this kind has (`OpenMetrics` 1.0).
fn series(name: &str, kind: &str) -> Vec<String> {
    let suffixes: &[&str] = match kind {
        "counter" => &["_total"],
        "histogram" => &["_bucket", "_count", "_sum"],
        "info" => &["_info"],
        _ => &[""],
    };
    suffixes.iter().map(|suffix| format!("{name}{suffix}")).collect()
}

#[test]
fn nobody_speaks_of_a_metric_that_is_not_there() {
    let told = told();
    let all: BTreeSet<String> = told.iter().flat_map(|(name, kind)| series(name, kind)).collect();
    let dashboard: Value = serde_json::from_str(&read("docs/grafana/bollwerk.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.iter().all(|it| it["targets"][0]["expr"].is_string()));
    for (what, text) in [
        ("the dashboard", dashboard.to_string()),
        ("the alert rules", read("docs/grafana/alerts.yaml")),
    ] {
        let used = named(&text);
        let unknown: Vec<_> = used.difference(&all).collect();
        assert!(!used.is_empty() && unknown.is_empty(), "{what}: {unknown:?} of {all:?}");
    }
    // The page tells all of them, by the name that is asked for; a histogram by its own.
    let page = named(&read("docs/server.md"));
    for (name, kind) in &told {
        let is_told = page.contains(name) || series(name, kind).iter().any(|it| page.contains(it));
        assert!(is_told, "docs/server.md does not tell of {name}");
    }
    let known = |it: &&String| all.contains(*it) || told.contains_key(*it);
    let gone: Vec<_> = page.iter().filter(|it| !known(it)).collect();
    assert!(gone.is_empty(), "docs/server.md tells of {gone:?}");
}
