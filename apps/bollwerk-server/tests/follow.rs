//! How a cluster is followed when its API server misbehaves.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod fake_api;

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bollwerk_server::live::{self, Live, WORLD};
use collect::cluster::{Connection, From};
use fake_api::{FakeApi, Fault, Served};
use model::DigestKey;
use serde_json::json;

/// Longest wait for something to be known.
const WAIT: Duration = Duration::from_mins(1);

/// Namespaces `n0`, `n1` …, of which each has a label with its number.
fn namespaces(count: usize) -> Served {
    Served {
        group: "",
        version: "v1",
        name: "namespaces",
        kind: "Namespace",
        count,
        items: Box::new(|range, out| {
            let first = range.start;
            for number in range {
                let comma = if number == first { "" } else { "," };
                write!(
                    out,
                    r#"{comma}{{"metadata":{{"name":"n{number}","labels":{{"n":"{number}"}}}}}}"#
                )
                .unwrap();
            }
        }),
    }
}

/// A folder of the test's own.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("bollwerk-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

async fn followed(api: &FakeApi) -> Live {
    let from = From { kubeconfig: Some(api.kubeconfig.clone()), context: None };
    let connection = Arc::new(Connection::open(&from).await.unwrap());
    let (version, resources) = live::served(&connection, &[], false).await;
    let live = Live::new("fake", version, jiff::Timestamp::UNIX_EPOCH, &resources);
    let limits = yaml::Limits::default();
    let key = DigestKey::new(&[5; 32]);
    tokio::spawn(live::follow(connection, version, live.clone(), resources, key, limits));
    live
}

/// Waits until something holds.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < WAIT, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The label of a namespace, as it is known now.
fn label(live: &Live, name: &str) -> Option<String> {
    let state = live.read();
    let found = state.snapshot.namespaces(WORLD, name).next()?;
    found.label("n").map(str::to_owned)
}

fn event(kind: &str, name: &str, label: &str, version: &str) -> String {
    json!({"type": kind, "object": {"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": {"n": label}, "resourceVersion": version}}})
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_taken_in_as_they_come() {
    let folder = folder("changes");
    let api = FakeApi::start(vec![namespaces(1200)], &folder);
    api.fail(Fault::ForgottenPage);
    let live = followed(&api).await;
    until("the list is read", || live.read().is_ready()).await;
    // Three pages, of which the second was forgotten: it began anew.
    assert_eq!((live.read().snapshot.len(), api.lists("namespaces")), (1200, 2));
    assert_eq!(label(&live, "n1199").as_deref(), Some("1199"));
    until("it is watched", || api.watches("namespaces") == 1).await;

    api.tell("namespaces", &event("MODIFIED", "n3", "new", "8"));
    api.tell("namespaces", &event("DELETED", "n4", "4", "9"));
    api.tell("namespaces", &event("ADDED", "other", "5", "10"));
    until("the change is known", || label(&live, "other").is_some()).await;
    assert_eq!(label(&live, "n3").as_deref(), Some("new"));
    assert_eq!((label(&live, "n4"), live.read().snapshot.len()), (None, 1200));

    // A watch that ends goes on where it was, in order or not; nothing is listed again.
    for (number, end) in [FakeApi::end, FakeApi::hang_up].iter().enumerate() {
        end(&api);
        until("it is watched again", || api.watches("namespaces") == 2 + number).await;
    }
    assert_eq!(api.lists("namespaces"), 2);

    // What the server has forgotten, or nobody can read, is listed anew.
    let expired = json!({"type": "ERROR", "object": {"kind": "Status", "code": 410}});
    for (number, line) in [expired.to_string(), "{\"type\":".to_owned()].iter().enumerate() {
        api.tell("namespaces", line);
        until("it is listed anew", || api.lists("namespaces") == 3 + number).await;
        until("it is watched anew", || api.watches("namespaces") == 4 + number).await;
        until("it is as listed", || label(&live, "n4").as_deref() == Some("4")).await;
        assert_eq!((label(&live, "other"), label(&live, "n3").as_deref()), (None, Some("3")));
    }
    until("nothing is unknown any more", || live.read().gaps().next().is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_known_stays_while_nothing_can_be_had() {
    let folder = folder("stays");
    let api = FakeApi::start(vec![namespaces(10)], &folder);
    let live = followed(&api).await;
    until("it is watched", || api.watches("namespaces") == 1).await;
    api.fail(Fault::Vanished);
    api.hang_up();
    until("it is told", || live.read().gaps().next().is_some()).await;
    assert_eq!(live.read().snapshot.len(), 10);
    assert!(live.read().is_ready());
    api.fail(Fault::None);
    until("nothing is unknown any more", || live.read().gaps().next().is_none()).await;
    assert_eq!(live.read().snapshot.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_listed_is_told() {
    let folder = folder("forbidden");
    let api = FakeApi::start(vec![namespaces(10)], &folder);
    api.fail(Fault::Forbidden);
    let live = followed(&api).await;
    until("it is told", || live.read().gaps().next().is_some()).await;
    let state = live.read();
    let gap = state.gaps().next().unwrap();
    assert_eq!((gap.kind, gap.subject.as_str()), (model::GapKind::Forbidden, "namespaces of fake"));
    assert!(state.is_ready() && state.snapshot.is_empty());
}

/// Objects that are changed again and again leave nothing behind.
#[tokio::test(flavor = "multi_thread")]
async fn memory_is_given_back() {
    let folder = folder("memory");
    let api = FakeApi::start(vec![namespaces(10)], &folder);
    let live = followed(&api).await;
    until("it is watched", || api.watches("namespaces") == 1).await;
    for round in 0..12_000 {
        let number = round % 10;
        let change = event("MODIFIED", &format!("n{number}"), &round.to_string(), "8");
        api.tell("namespaces", &change);
    }
    until("the last is known", || label(&live, "n9").as_deref() == Some("11999")).await;
    let state = live.read();
    assert_eq!(state.snapshot.len(), 10);
    assert!(state.snapshot.removed() < 4200, "{}", state.snapshot.removed());
    for number in 0..10 {
        let known = state.snapshot.namespaces(WORLD, &format!("n{number}")).count();
        assert_eq!(known, 1);
    }
}
