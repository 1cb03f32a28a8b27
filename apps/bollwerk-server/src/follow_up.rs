//! What follows from an assessment: what runs is recorded and its images are scanned, people are
//! told of changes, and what is old is forgotten.

mod outbox;
mod scanned;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bollwerk::config::alerts::AlertSettings;
use jiff::{SignedDuration, Timestamp};
use model::Snapshot;
use store::{Old, Sight, Store, StoreError};
use tokio::sync::watch;

use crate::alerts::{self, Groups, Outbox};
use crate::images::{self, Running, Schedule};
use crate::leading::Leading;
use crate::live::WORLD;
use crate::settings::Settings;
use crate::workloads::Workload;

use outbox::StoreOutbox;

/// How long what is no more is kept.
const KEPT: &[(Old, SignedDuration)] = &[
    (Old::Fixed, SignedDuration::from_hours(24 * 180)),
    (Old::History, SignedDuration::from_hours(24 * 365)),
    (Old::Days, SignedDuration::from_hours(24 * 730)),
    (Old::Decisions, SignedDuration::from_hours(24 * 30)),
    (Old::Actions, SignedDuration::from_hours(24 * 365)),
];

/// How often it is looked for what is old.
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// Shortest time between two looks for changes that somebody has to be told of.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Changes that are told of in one look.
const CHANGES_MAX: usize = 1_000;

/// The place up to which people were told.
const TOLD: &str = "alerts";

/// What runs, for whoever follows it.
pub(crate) type RunningNow = Arc<[Running]>;

/// Images that could not be had, and why.
pub(crate) type Missed = Arc<Mutex<BTreeMap<String, String>>>;

/// Follows the assessments of all clusters: an image that runs in two is asked for once.
pub(crate) struct FollowUp {
    /// What runs in each cluster.
    by_cluster: Mutex<BTreeMap<String, RunningNow>>,
    running: watch::Sender<RunningNow>,
    /// Images that could not be had.
    missed: Missed,
}

impl FollowUp {
    /// Begins what goes on beside assessments.
    pub(crate) fn begin(
        settings: &Settings,
        store: &Store,
        clusters: &[String],
        leading: &Arc<Leading>,
    ) -> Self {
        let (running, changes) = watch::channel(Arc::from([]));
        let missed = Missed::default();
        let tell = scanned::teller(store.clone(), Arc::clone(&missed));
        tokio::spawn(images::follow(settings.images.clone(), changes, Schedule::default(), tell));
        tokio::spawn(forget(store.clone(), Arc::clone(leading)));
        if !settings.alerts.receivers.is_empty() {
            let (alerts, outbox) = (Arc::new(settings.alerts.clone()), outbox(store));
            let people = People {
                settings: Arc::clone(&alerts),
                store: store.clone(),
                clusters: clusters.to_vec(),
                outbox: Arc::clone(&outbox),
                leading: Arc::clone(leading),
            };
            tokio::spawn(Arc::new(people).keep());
            tokio::spawn(alerts::deliver(alerts, outbox, |_, _| {}));
        }
        Self { by_cluster: Mutex::default(), running, missed }
    }

    /// Takes in an assessment.
    pub(crate) fn assessed(
        &self,
        store: &Store,
        cluster: &str,
        snapshot: &Snapshot,
        workloads: &[Workload],
    ) -> Result<(), StoreError> {
        let running: RunningNow = images::running(snapshot, WORLD).into();
        let groups: BTreeMap<(&str, &str, &str), &str> = workloads
            .iter()
            .map(|it| ((&*it.namespace, &*it.kind, &*it.name), &*it.group))
            .collect();
        let row = |it: &Running| {
            let key = (&*it.namespace, &*it.workload_kind, &*it.workload);
            scanned::running_row(it, groups.get(&key).copied())
        };
        let rows: Vec<store::Running> = running.iter().map(row).collect();
        store.record_running(cluster, snapshot.taken_at, &rows)?;
        let running = self.everywhere(cluster, running);
        self.running.send_if_modified(|known| {
            let is_new = **known != *running;
            *known = running;
            is_new
        });
        Ok(())
    }
}

impl FollowUp {
    /// What runs in all clusters, now that this runs in one of them.
    fn everywhere(&self, cluster: &str, running: RunningNow) -> RunningNow {
        let mut all = self.by_cluster.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(cluster.to_owned(), Arc::clone(&running));
        if all.len() == 1 { running } else { all.values().flat_map(|it| it.to_vec()).collect() }
    }

    /// Images that could not be had and why, of those that run in one of these clusters; all of
    /// them if no cluster is named.
    pub(crate) fn missed(&self, clusters: Option<&[&str]>) -> Vec<(String, String)> {
        let all = self.by_cluster.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = |what: &str| {
            let Some(clusters) = clusters else { return true };
            let of = clusters.iter().filter_map(|it| all.get(*it));
            of.flat_map(|it| it.iter()).any(|it| it.pull == what || it.reference == what)
        };
        let missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = missed.iter().filter(|(what, _)| runs(what));
        shown.map(|(what, why)| (what.clone(), why.clone())).collect()
    }
}

fn outbox(store: &Store) -> Arc<dyn Outbox> {
    Arc::new(StoreOutbox::new(store.clone()))
}

/// Whoever is told of changes.
struct People {
    settings: Arc<AlertSettings>,
    store: Store,
    clusters: Vec<String>,
    outbox: Arc<dyn Outbox>,
    leading: Arc<Leading>,
}

impl People {
    /// Tells of what happened since the last time, for as long as the program runs. A place in
    /// the history is kept: what happened before a server was killed is told by the next one.
    async fn keep(self: Arc<Self>) {
        let mut look = tokio::time::interval(self.settings.window.max(LOOK_EVERY));
        loop {
            look.tick().await;
            let this = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || this.tell()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(error, "nobody was told of what changed yet"),
                Err(error) => tracing::error!(%error, "telling people ended before its time"),
            }
        }
    }

    fn tell(&self) -> Result<(), String> {
        let failed = |error: StoreError| error.to_string();
        let Some(store) = self.leading.store(&self.store).map_err(failed)? else { return Ok(()) };
        let Some(told) = store.cursor(TOLD).map_err(failed)? else {
            // Whoever is told for the first time is told of what comes, not of all there is.
            let last = store.last_event().map_err(failed)?;
            return store.set_cursor(TOLD, last).map_err(failed);
        };
        let events = store.history_after(&Sight::All, told, CHANGES_MAX).map_err(failed)?;
        let Some(last) = events.last().map(|it| it.seq) else { return Ok(()) };
        let mut groups = Groups::new(Duration::ZERO);
        for event in events.iter().filter(|it| self.clusters.contains(&it.cluster)) {
            let Some(what) = outbox::what(event) else { continue };
            let finding = store.finding(&Sight::All, &event.fingerprint).map_err(failed)?;
            groups.add(outbox::change(event, what, finding.map(|(finding, _)| finding)));
        }
        let now = Timestamp::now();
        for message in groups.due(now) {
            for envelope in alerts::envelopes(&self.settings, &message, now) {
                self.outbox.add(envelope)?;
            }
        }
        store.set_cursor(TOLD, last).map_err(failed)
    }
}

/// Forgets what is old, step by step.
async fn forget(store: Store, leading: Arc<Leading>) {
    let mut look = tokio::time::interval(FORGET_EVERY);
    loop {
        look.tick().await;
        let (store, leading) = (store.clone(), Arc::clone(&leading));
        let done = tokio::task::spawn_blocking(move || -> Result<(), StoreError> {
            let Some(store) = leading.store(&store)? else { return Ok(()) };
            let now = Timestamp::now();
            store.sweep_sessions(now)?;
            for (old, kept) in KEPT {
                while store.forget(*old, now - *kept)? > 0 {}
            }
            Ok(())
        });
        match done.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "what is old is not forgotten yet"),
            Err(error) => tracing::error!(%error, "forgetting ended before its time"),
        }
    }
}
