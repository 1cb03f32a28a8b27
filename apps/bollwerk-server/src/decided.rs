//! What the webhook refused and warned of, on its way to the store.

use std::sync::Arc;

use admission::{Decision, Review};
use jiff::Timestamp;
use store::Store;
use tokio::sync::mpsc;

use crate::leading::Leading;

/// Decisions that wait to be stored. What comes beyond it is counted and not stored: an answer
/// never waits for a disk.
const WAITING_MAX: usize = 10_000;

/// Decisions that are stored at once.
const BATCH: usize = 1_000;

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
    leading: Arc<Leading>,
) {
    let mut some = Vec::with_capacity(BATCH);
    while told.recv_many(&mut some, BATCH).await > 0 {
        let (store, cluster) = (store.clone(), cluster.clone());
        let (batch, leading) = (std::mem::take(&mut some), Arc::clone(&leading));
        let done = tokio::task::spawn_blocking(move || {
            // Every server answers reviews; what one that does not write was told is stored too.
            let store = leading.store(&store)?.unwrap_or(store);
            store.record_decisions(&cluster, &batch)
        });
        match done.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "decisions are not stored"),
            Err(error) => tracing::error!(%error, "storing decisions ended before its time"),
        }
    }
}
