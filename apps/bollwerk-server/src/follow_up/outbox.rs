//! Alerts in the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};
use store::{Finding, History, Store, StoreError};

use crate::alerts::{Change, Envelope, Outbox, Subject, What};
use crate::leading::Leading;
use crate::telemetry::Telemetry;

/// Keeps envelopes in the store until they have arrived. Of several servers one sends.
pub(super) struct StoreOutbox {
    store: Store,
    leading: Arc<Leading>,
    telemetry: Arc<Telemetry>,
    /// Numbers in the store of those that were given out.
    given: Mutex<HashMap<String, i64>>,
}

impl StoreOutbox {
    pub(super) fn new(store: Store, leading: Arc<Leading>, telemetry: Arc<Telemetry>) -> Self {
        Self { store, leading, telemetry, given: Mutex::default() }
    }

    /// Writes, if this server is the one that does.
    fn write<T>(&self, write: impl FnOnce(&Store) -> Result<T, StoreError>) -> Result<T, String> {
        let told = |error: StoreError| error.to_string();
        let store = self.leading.store(&self.store).map_err(told)?;
        let store = store.ok_or("another server sends alerts now")?;
        let done = self.telemetry.metrics.write("alerts", || write(&store));
        self.leading.learn(done).map_err(told)
    }

    fn number(&self, id: &str) -> Option<i64> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied()
    }

    fn settled(&self, id: &str) {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

impl Outbox for StoreOutbox {
    fn add(&self, envelope: Envelope) -> Result<(), String> {
        let body = json!({"id": envelope.id, "body": envelope.body}).to_string();
        let Envelope { receiver, next, .. } = envelope;
        self.write(|store| store.add_alert(&receiver, &body, next).map(drop))
    }

    fn due(&self, limit: usize, now: Timestamp) -> Result<Vec<Envelope>, String> {
        let told = |error: StoreError| error.to_string();
        let Some(store) = self.leading.store(&self.store).map_err(told)? else {
            return Ok(Vec::new());
        };
        let due = store.due_alerts(limit, now).map_err(told)?;
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let envelope = |alert: store::Alert| {
            let kept: Value = serde_json::from_str(&alert.body).unwrap_or_default();
            let text = |key: &str| kept[key].as_str().unwrap_or_default().to_owned();
            given.insert(text("id"), alert.id);
            Envelope {
                id: text("id"),
                receiver: alert.receiver,
                body: text("body"),
                next: now,
                attempts: alert.attempts,
            }
        };
        Ok(due.into_iter().map(envelope).collect())
    }

    fn done(&self, id: &str) -> Result<(), String> {
        if let Some(number) = self.number(id) {
            self.write(|store| store.alert_done(number))?;
        }
        self.settled(id);
        Ok(())
    }

    fn failed(&self, id: &str, next: Timestamp, _: u32) -> Result<(), String> {
        if let Some(number) = self.number(id) {
            self.write(|store| store.alert_failed(number, next))?;
        }
        self.settled(id);
        Ok(())
    }
}

/// What an event is to people; none of one that concerns nobody.
pub(super) fn what(event: &History) -> Option<What> {
    match event.what {
        store::What::Appeared => Some(What::Appeared),
        store::What::Returned => Some(What::Returned),
        // Somebody answers for it now.
        store::What::Fixed | store::What::Excepted => Some(What::Fixed),
        store::What::Changed => None,
    }
}

/// An event of the history as a change that people are told of, with what is known of its
/// finding.
pub(super) fn change(event: &History, what: What, finding: Option<Finding>) -> Change {
    let (message, owner) = finding.map(|it| (it.message, it.owner)).unwrap_or_default();
    Change {
        what,
        cluster: event.cluster.clone(),
        control: event.control.clone(),
        severity: event.severity,
        subject: Subject {
            fingerprint: event.fingerprint.clone(),
            namespace: event.namespace.clone(),
            kind: event.kind.clone(),
            name: event.name.clone(),
            message,
        },
        owner,
        at: event.at,
    }
}
