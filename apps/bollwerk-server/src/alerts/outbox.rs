//! What is to be sent, kept until it has arrived.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bollwerk::config::alerts::{AlertSettings, Receiver, ReceiverKind};
use jiff::Timestamp;

use super::message::{Message, State};
use super::{alertmanager, card, cloud_event, slack};

/// A message for one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Tells it from all others: made of the message's id and the receiver, so that the same
    /// message is put in once.
    pub id: String,
    /// The receiver's name.
    pub receiver: String,
    /// What is sent, as JSON. It holds neither the address nor any secret.
    pub body: String,
    /// When it is to be sent.
    pub next: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
}

/// Where envelopes are kept: in the store, so that none is lost with the process.
pub trait Outbox: Send + Sync {
    /// Puts one in, unless it is there.
    fn add(&self, envelope: Envelope) -> Result<(), String>;
    /// Those that are due, the oldest first.
    fn due(&self, limit: usize, now: Timestamp) -> Result<Vec<Envelope>, String>;
    /// One has arrived, or is given up.
    fn done(&self, id: &str) -> Result<(), String>;
    /// One could not be sent, and is tried again then.
    fn failed(&self, id: &str, next: Timestamp, attempts: u32) -> Result<(), String>;
}

/// An outbox that ends with the process: for `demo` and tests.
#[derive(Default)]
pub struct MemoryOutbox(Mutex<BTreeMap<String, Envelope>>);

impl Outbox for MemoryOutbox {
    fn add(&self, envelope: Envelope) -> Result<(), String> {
        self.all().entry(envelope.id.clone()).or_insert(envelope);
        Ok(())
    }

    fn due(&self, limit: usize, now: Timestamp) -> Result<Vec<Envelope>, String> {
        let all = self.all();
        let mut due: Vec<Envelope> = all.values().filter(|it| it.next <= now).cloned().collect();
        due.sort_by_key(|it| it.next);
        due.truncate(limit);
        Ok(due)
    }

    fn done(&self, id: &str) -> Result<(), String> {
        self.all().remove(id);
        Ok(())
    }

    fn failed(&self, id: &str, next: Timestamp, attempts: u32) -> Result<(), String> {
        if let Some(envelope) = self.all().get_mut(id) {
            (envelope.next, envelope.attempts) = (next, attempts);
        }
        Ok(())
    }
}

impl MemoryOutbox {
    fn all(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Envelope>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message, written for every receiver that wants it. What is not critical waits for the end of
/// a receiver's quiet hours.
pub fn envelopes(settings: &AlertSettings, message: &Message, now: Timestamp) -> Vec<Envelope> {
    let wants = |it: &&Receiver| {
        let (namespace, owner) = (message.namespace.as_deref(), message.owner.as_deref());
        let is_told = message.state == State::Firing || it.resolved;
        is_told && it.wants(message.severity, namespace, owner)
    };
    let written = |it: &Receiver| {
        let quiet = it.quiet.filter(|_| message.severity < model::Severity::Critical);
        Envelope {
            id: format!("{}-{}", message.id, it.name),
            receiver: it.name.clone(),
            body: body(it.kind, message, settings.link.as_deref()),
            next: quiet.and_then(|it| it.until(now)).unwrap_or(now),
            attempts: 0,
        }
    };
    settings.receivers.iter().filter(wants).map(written).collect()
}

fn body(kind: ReceiverKind, message: &Message, link: Option<&str>) -> String {
    let value = match kind {
        ReceiverKind::Webhook => cloud_event::written(message, link),
        ReceiverKind::Slack => slack::written(message, link),
        ReceiverKind::Teams => card::written(message, link),
        ReceiverKind::Alertmanager => alertmanager::written(message, link),
    };
    value.to_string()
}
