//! What every store does, whatever it is stored in: each test runs on all of them.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod findings;
mod images;
mod model_based;
mod people;
mod places;
#[path = "../postgres_server/mod.rs"]
mod postgres_server;
mod upkeep;

use jiff::Timestamp;
use model::Severity;
use store::{Assessed, NewFinding, Recorded, Store, Unseen};

/// A moment of the tests, in seconds.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// A finding of a Deployment `web` of group `apps`.
fn finding(fingerprint: &str, namespace: &str, control: &str, severity: Severity) -> NewFinding {
    NewFinding {
        fingerprint: fingerprint.to_owned(),
        control: control.to_owned(),
        id: format!("BW-{control}"),
        severity,
        group: "apps".to_owned(),
        kind: "Deployment".to_owned(),
        namespace: Some(namespace.to_owned()),
        name: "web".to_owned(),
        path: "spec.template".to_owned(),
        message: format!("Deployment `web` fails {control}"),
        owner: None,
        exception: None,
        detail: "{}".to_owned(),
    }
}

fn assessed(second: i64) -> Assessed {
    Assessed { at: at(second), objects: 10, workloads: 3, gaps: Vec::new() }
}

/// Records all findings of cluster `prod` without a cause.
fn record(store: &Store, second: i64, findings: &[NewFinding]) -> Recorded {
    record_unseen(store, second, findings, &[])
}

fn record_unseen(
    store: &Store,
    second: i64,
    findings: &[NewFinding],
    unseen: &[Unseen],
) -> Recorded {
    store.ledger("prod").record(&assessed(second), findings, unseen, &|_| None).unwrap()
}
