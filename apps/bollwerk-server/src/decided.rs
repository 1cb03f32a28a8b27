//! What the webhook refused and warned of, on its way to the store.

use std::sync::Arc;
use std::time::Duration;

use admission::{Decision, Review};
use jiff::Timestamp;
use store::{Store, StoreError};
use tokio::sync::mpsc;

use crate::telemetry::Telemetry;

/// Decisions that wait to be stored. What comes beyond it is counted and not stored: an answer
/// never waits for a disk.
const WAITING_MAX: usize = 10_000;

/// Decisions that are stored at once.
const BATCH: usize = 1_000;

/// Shortest and longest wait before a store that is away is asked again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));

/// Where decisions are told.
pub(crate) type Teller = mpsc::Sender<store::Decision>;

/// A way to the store, and its end.
pub(crate) fn channel() -> (Teller, mpsc::Receiver<store::Decision>) {
    mpsc::channel(WAITING_MAX)
}

/// Tells of a review that was refused, or warned of; all others are as they should be.
pub(crate) fn tell(teller: &Teller, review: &Review<'_>, decision: &Decision, webhook: &str) {
    if decision.is_allowed() && decision.warned.is_empty() {
        return;
    }
    let object = review.object.or(review.old_object);
    let name = object.and_then(|it| it.get("metadata")).and_then(|it| it.get("name"));
    let told = decision.refused.iter().chain(&decision.warned);
    let mut controls: Vec<String> = told.map(|it| it.finding.control.to_owned()).collect();
    controls.dedup();
    let row = store::Decision {
        at: Timestamp::now(),
        uid: review.uid.to_owned(),
        group: review.group.to_owned(),
        kind: review.kind.to_owned(),
        namespace: review.namespace.map(str::to_owned),
        name: name.and_then(yaml::Node::as_str).unwrap_or_default().to_owned(),
        user: review.user.to_owned(),
        webhook: webhook.to_owned(),
        allowed: decision.is_allowed(),
        dry_run: review.is_dry_run,
        controls,
    };
    if teller.try_send(row).is_err() {
        tracing::warn!("a decision is not stored: too many wait");
    }
}

/// Stores what is told, for as long as the program runs.
pub(crate) async fn keep(
    mut told: mpsc::Receiver<store::Decision>,
    store: Store,
    cluster: String,
    telemetry: Arc<Telemetry>,
) {
    let mut some = Vec::with_capacity(BATCH);
    while told.recv_many(&mut some, BATCH).await > 0 {
        let batch = Arc::new(std::mem::take(&mut some));
        let mut wait = BACK_OFF.0;
        loop {
            let (store, cluster) = (store.clone(), cluster.clone());
            let (batch, telemetry) = (Arc::clone(&batch), Arc::clone(&telemetry));
            let done = tokio::task::spawn_blocking(move || {
                // Every server answers reviews, whoever leads: what each was asked is stored.
                let record = || store.record_decisions(&cluster, &batch);
                telemetry.metrics.write("decisions", record)
            });
            match done.await {
                Ok(Ok(())) => break,
                // A store that is away comes back: others wait meanwhile, as many as may.
                Ok(Err(error @ (StoreError::Busy | StoreError::Gone(_)))) => {
                    tracing::warn!(%error, "decisions are not stored yet");
                    tokio::time::sleep(wait).await;
                    wait = (2 * wait).min(BACK_OFF.1);
                }
                Ok(Err(error)) => {
                    tracing::warn!(%error, "decisions are not stored");
                    break;
                }
                Err(error) => {
                    tracing::error!(%error, "storing decisions ended before its time");
                    break;
                }
            }
        }
    }
}
