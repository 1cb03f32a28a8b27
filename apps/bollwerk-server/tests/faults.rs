//! A server that is killed while it writes, and a store that does not answer: nothing that was
//! acknowledged is lost, and afterwards all is as a fresh server would say.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod demo_server;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use demo_server::{Demo, shop};
use serde_json::{Value, json};

/// How often it is killed.
const KILLS: usize = 20;
const KILLS_PROVE: usize = 200;

fn kills() -> usize {
    if std::env::var_os("BOLLWERK_PROVE").is_some() { KILLS_PROVE } else { KILLS }
}

/// A folder that is gone with its test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("bollwerk-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn store(&self) -> String {
        format!("sqlite:{}", self.0.join("bollwerk.db").display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Numbers below a bound, other ones each time.
fn random(below: u64) -> u64 {
    RandomState::new().hash_one(0) % below
}

/// The manifests of the shop, without some.
fn manifests(into: &Path, without: u64) {
    let _ = std::fs::remove_dir_all(into);
    std::fs::create_dir_all(into).unwrap();
    let mut number = 0;
    for folder in ["data", "ops", "payments", "shop"] {
        for file in std::fs::read_dir(shop().join(folder)).unwrap() {
            let file = file.unwrap().path();
            number += 1;
            if number % 4 != without {
                let name = format!("{folder}-{}", file.file_name().unwrap().to_str().unwrap());
                std::fs::copy(&file, into.join(name)).unwrap();
            }
        }
    }
}

/// Findings that are open or excepted, by fingerprint.
fn state(demo: &Demo) -> BTreeMap<String, String> {
    let one = |it: &Value| {
        let text = |key: &str| it[key].as_str().unwrap_or_default().to_owned();
        (text("fingerprint"), format!("{} {} {}", text("state"), text("severity"), text("message")))
    };
    let mut all = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = demo.data(&format!("/findings?state=open,excepted&limit=500{after}"));
        // Exceptions that hide nothing are told: a fresh server has none.
        let rows = page["findings"].as_array().unwrap().iter().filter(|it| it["kind"] != "");
        all.extend(rows.map(one));
        let Some(next) = page["next"].as_str() else { return all };
        after = format!("&after={next}");
    }
}

/// Asks for an exception; its number once it was acknowledged.
fn except(demo: &Demo, key: &str, name: &str) -> Option<i64> {
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
    let exception = json!({"control": "privileged-container", "kind": "Deployment",
        "namespace": "ops", "name": name, "reason": "tried", "owner": "me", "key": key,
        "until": jiff::tz::Offset::UTC.to_datetime(until).date().to_string()});
    let request = demo.client.post(format!("{}/api/v1/exceptions", demo.address));
    let request = request.header("content-type", "application/json").body(exception.to_string());
    let answer = request.send().ok()?;
    let said: Value = serde_json::from_str(&answer.text().ok()?).ok()?;
    said["id"].as_i64()
}

#[test]
fn what_was_acknowledged_outlives_the_server() {
    let folder = Folder::new("killed");
    let (manifests_in, store) = (folder.0.join("manifests"), folder.store());
    let (mut acknowledged, mut interrupted) = (BTreeMap::new(), 0);
    for round in 0..kills() {
        manifests(&manifests_in, random(4));
        let demo = Demo::begin(&manifests_in, &["--store", &store]);
        if round % 2 == 1 {
            // Amid of judging, or of writing what was found.
            std::thread::sleep(Duration::from_millis(random(15)));
            interrupted += usize::from(!demo.is_judged());
            demo.kill();
            continue;
        }
        // Amid of exceptions.
        let key = demo.form_key("/exceptions");
        let until = Instant::now() + Duration::from_millis(random(60));
        let mut number = 0;
        while Instant::now() < until {
            let name = format!("round-{round}-{number}");
            if let Some(id) = except(&demo, &key, &name) {
                acknowledged.insert(id, name);
            }
            number += 1;
        }
        demo.kill();
    }
    manifests(&manifests_in, 0);
    let demo = Demo::start(&manifests_in, &["--store", &store]);
    let mut kept = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = demo.data(&format!("/exceptions?limit=500{after}"));
        for row in page["exceptions"].as_array().unwrap() {
            kept.insert(row["id"].as_i64().unwrap(), row["name"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    for (id, name) in &acknowledged {
        assert_eq!(kept.get(id), Some(name), "exception {id} was acknowledged and is lost");
    }
    assert!(acknowledged.len() >= kills() / 4, "{} were acknowledged", acknowledged.len());
    let fresh = Demo::start(&manifests_in, &[]);
    assert_eq!(state(&demo), state(&fresh));
    assert!(interrupted > 0, "no assessment was interrupted");
}

#[test]
fn a_store_that_is_locked_is_told_and_waited_for() {
    let folder = Folder::new("locked");
    let demo = Demo::start(&shop(), &["--store", &folder.store()]);
    let key = demo.form_key("/exceptions");
    let other = rusqlite::Connection::open(folder.0.join("bollwerk.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Reading goes on; writing says that it does not.
    assert!(demo.data("/findings")["total"].as_u64().unwrap() > 60);
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
    let exception = json!({"control": "privileged-container", "kind": "DaemonSet",
        "namespace": "ops", "name": "node-agent", "reason": "tried", "owner": "me", "key": key,
        "until": jiff::tz::Offset::UTC.to_datetime(until).date().to_string()});
    let send = || {
        let request = demo.client.post(format!("{}/api/v1/exceptions", demo.address));
        let request = request.header("content-type", "application/json");
        let answer = request.body(exception.to_string()).send().unwrap();
        (answer.status().as_u16(), answer.text().unwrap())
    };
    let (status, text) = send();
    assert_eq!(status, 503, "{text}");
    assert!(text.contains("store"), "{text}");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(send().0, 201);
    assert_eq!(demo.data("/exceptions")["total"], 1);
}

#[test]
fn a_second_server_on_one_file_and_a_file_that_is_none_are_refused() {
    let folder = Folder::new("second");
    let _first = Demo::start(&shop(), &["--store", &folder.store()]);
    let refused = |store: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_bollwerk-server"))
            .args(["demo", "--listen", "127.0.0.1:0", "--store", store, "--manifests"])
            .arg(shop())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{store}");
        String::from_utf8(output.stderr).unwrap()
    };
    let error = refused(&folder.store());
    assert!(error.contains("another"), "{error}");
    std::fs::write(
        folder.0.join("none"),
        "this is no database, whatever it is called\n".repeat(99),
    )
    .unwrap();
    let error = refused(&format!("sqlite:{}", folder.0.join("none").display()));
    assert!(error.contains("none"), "{error}");
}

/// Runs `bollwerk-server store`; its exit code and what it says of errors.
fn store_command(arguments: &[&str]) -> (Option<i32>, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_bollwerk-server"))
        .arg("store")
        .args(arguments)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn what_is_precious_moves_to_another_store() {
    let folder = Folder::new("moved");
    let (first, second) = (folder.store(), format!("sqlite:{}/second.db", folder.0.display()));
    // The server goes on while it is dumped.
    let demo = Demo::start(&shop(), &["--store", &first]);
    let id = except(&demo, &demo.form_key("/exceptions"), "kept").unwrap();
    let dump = folder.0.join("dump.jsonl");
    let dump = dump.to_str().unwrap();
    let (code, error) = store_command(&["dump", "--store", &first, "--output", dump]);
    assert_eq!(code, Some(0), "{error}");
    drop(demo);
    assert_eq!(store_command(&["restore", dump, "--store", &second]).0, Some(0));
    let demo = Demo::start(&shop(), &["--store", &second]);
    let page = demo.data("/exceptions");
    let row = &page["exceptions"][0];
    assert_eq!((row["id"].as_i64(), row["name"].as_str()), (Some(id), Some("kept")));
    drop(demo);
    // Not into a store that holds something, and not what is no dump.
    let (code, error) = store_command(&["restore", dump, "--store", &second]);
    assert!(code == Some(2) && error.contains("empty"), "{error}");
    std::fs::write(folder.0.join("none"), "no dump").unwrap();
    let third = format!("sqlite:{}/third.db", folder.0.display());
    let none = folder.0.join("none");
    let (code, error) = store_command(&["restore", none.to_str().unwrap(), "--store", &third]);
    assert_eq!(code, Some(2), "{error}");
}
