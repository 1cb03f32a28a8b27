//! What follows from an assessment: what runs is recorded and its images are scanned, people are
//! told of changes, and what is old is forgotten.

mod outbox;
mod scanned;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bollwerk::config::alerts::{AlertSettings, Receiver};
use bollwerk::config::images::ImageSettings;
use jiff::{SignedDuration, Timestamp};
use model::Snapshot;
use store::{Log, Old, Sight, Store, StoreError};
use tokio::sync::watch;

use crate::alerts::{self, Groups, Outbox};
use crate::images::{self, Job, KnownImages, Running};
use crate::leading::Leading;
use crate::live::WORLD;
use crate::settings::{Retention, Settings};
use crate::telemetry::Telemetry;
use crate::workloads::Workload;

use outbox::StoreOutbox;
use scanned::Recorder;

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

/// Images and tags that could not be had, and why.
pub(crate) type Missed = Arc<Mutex<BTreeMap<Job, String>>>;

/// What goes on beside assessments, and what it needs.
pub(crate) struct Beside {
    pub(crate) settings: Arc<Settings>,
    pub(crate) store: Store,
    pub(crate) clusters: Vec<String>,
    pub(crate) leading: Arc<Leading>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) known: Arc<KnownImages>,
}

/// Follows the assessments of all clusters: an image that runs in two is asked for once.
pub(crate) struct FollowUp {
    /// What runs in each cluster.
    by_cluster: Mutex<BTreeMap<String, RunningNow>>,
    running: watch::Sender<RunningNow>,
    known: Arc<KnownImages>,
    leading: Arc<Leading>,
    telemetry: Arc<Telemetry>,
    /// Images that could not be had.
    missed: Missed,
}

impl FollowUp {
    /// Begins what goes on beside assessments.
    pub(crate) fn begin(beside: Beside) -> Self {
        let Beside { settings, store, clusters, leading, telemetry, known } = beside;
        let (running, changes) = watch::channel(Arc::from([]));
        let missed = Missed::default();
        let recorder = Recorder {
            store: store.clone(),
            leading: Arc::clone(&leading),
            missed: Arc::clone(&missed),
            known: Arc::clone(&known),
            telemetry: Arc::clone(&telemetry),
        };
        tokio::spawn(scan(settings.images.clone(), changes, Arc::new(recorder)));
        let kept = settings.retention.clone();
        tokio::spawn(forget(kept, store.clone(), Arc::clone(&leading), Arc::clone(&telemetry)));
        if !settings.alerts.receivers.is_empty() {
            let alerts = Arc::new(settings.alerts.clone());
            let outbox =
                StoreOutbox::new(store.clone(), Arc::clone(&leading), Arc::clone(&telemetry));
            let outbox: Arc<dyn Outbox> = Arc::new(outbox);
            telemetry.metrics.know_receivers(&alerts.receivers);
            let people = People {
                settings: Arc::clone(&alerts),
                store,
                clusters,
                outbox: Arc::clone(&outbox),
                leading: Arc::clone(&leading),
                telemetry: Arc::clone(&telemetry),
            };
            tokio::spawn(Arc::new(people).keep());
            let of = Arc::clone(&telemetry);
            let count = move |receiver: &Receiver, outcome| {
                of.metrics.alerted(&receiver.name, outcome);
            };
            tokio::spawn(alerts::deliver(alerts, outbox, count));
        }
        let by_cluster = Mutex::default();
        Self { by_cluster, running, known, leading, telemetry, missed }
    }

    /// Another server writes: this one asks no registry.
    pub(crate) fn rest(&self) {
        self.running.send_if_modified(|known| {
            let is_new = !known.is_empty();
            *known = Arc::from([]);
            is_new
        });
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
        let record = || store.record_running(cluster, snapshot.taken_at, &rows);
        self.leading.learn(self.telemetry.metrics.write("running", record))?;
        let running = self.everywhere(cluster, running);
        let is_new = self.running.send_if_modified(|known| {
            let is_new = **known != *running;
            *known = Arc::clone(&running);
            is_new
        });
        if is_new {
            self.known.changed();
            self.forget_missed(&running);
        }
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

    /// What could not be had (its kind, what it is, and why), of what runs in one of these
    /// clusters; all of it if no cluster is named.
    pub(crate) fn missed(&self, clusters: Option<&[&str]>) -> Vec<(&'static str, String, String)> {
        let all = self.by_cluster.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = |what: &str| {
            let Some(clusters) = clusters else { return true };
            let of = clusters.iter().filter_map(|it| all.get(*it));
            of.flat_map(|it| it.iter()).any(|it| it.pull == what || it.reference == what)
        };
        let missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        let told = missed.iter().map(|(job, why)| match job {
            Job::Scan(what) => ("image", what.clone(), why.clone()),
            Job::Tag(what) => ("tag", what.clone(), why.clone()),
        });
        told.filter(|(_, what, _)| runs(what)).collect()
    }

    /// What runs no more is not missed.
    fn forget_missed(&self, running: &[Running]) {
        let pulls: BTreeSet<&str> = running.iter().map(|it| &*it.pull).collect();
        let references: BTreeSet<&str> = running.iter().map(|it| &*it.reference).collect();
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        missed.retain(|job, _| match job {
            Job::Scan(pull) => pulls.contains(pull.as_str()),
            Job::Tag(reference) => references.contains(reference.as_str()),
        });
    }
}

/// Asks registries for what runs, for as long as the program runs.
async fn scan(
    settings: ImageSettings,
    running: watch::Receiver<RunningNow>,
    recorder: Arc<Recorder>,
) {
    let of = Arc::clone(&recorder);
    let Ok(schedule) = tokio::task::spawn_blocking(move || of.schedule()).await else { return };
    let waiting = Arc::clone(&recorder);
    let wait = move |count| waiting.telemetry.metrics.images_wait(count);
    images::follow(settings, running, schedule, move |told| recorder.take(told), wait).await;
}

/// Whoever is told of changes.
struct People {
    settings: Arc<AlertSettings>,
    store: Store,
    clusters: Vec<String>,
    outbox: Arc<dyn Outbox>,
    leading: Arc<Leading>,
    telemetry: Arc<Telemetry>,
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
        let Some(store) = self.leading.store(&self.store).map_err(failed)? else {
            // The server that sends counts.
            self.telemetry.metrics.know_receivers(&self.settings.receivers);
            return Ok(());
        };
        let keep = |seq| {
            let set = || store.set_cursor(TOLD, seq);
            self.leading.learn(self.telemetry.metrics.write("alerts", set)).map_err(failed)
        };
        self.count_waiting(&store).map_err(failed)?;
        let Some(told) = store.cursor(TOLD).map_err(failed)? else {
            // Whoever is told for the first time is told of what comes, not of all there is.
            let last = store.last_event().map_err(failed)?;
            return keep(last);
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
        keep(last)
    }

    fn count_waiting(&self, store: &Store) -> Result<(), StoreError> {
        let waiting: BTreeMap<String, u64> = store.waiting_alerts()?.into_iter().collect();
        for receiver in &self.settings.receivers {
            let count = waiting.get(&receiver.name).copied().unwrap_or_default();
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            self.telemetry.metrics.alerts_wait(&receiver.name, count);
        }
        Ok(())
    }
}

/// How many days what is no more is kept.
fn days(kept: &Retention) -> [(Old, u32); 7] {
    [
        (Old::Fixed, kept.fixed_days),
        (Old::History, kept.history_days),
        (Old::Days, kept.trend_days),
        (Old::Decisions, kept.decision_days),
        (Old::Actions, kept.action_days),
        (Old::Images, kept.image_days),
        // What nothing names any more is of no use.
        (Old::Texts, 0),
    ]
}

/// How many rows of what is only added to are kept.
fn rows(kept: &Retention) -> [(Log, u64); 3] {
    [
        (Log::History, kept.history_rows),
        (Log::Decisions, kept.decision_rows),
        (Log::Actions, kept.action_rows),
    ]
}

/// Forgets what is old, step by step.
async fn forget(kept: Retention, store: Store, leading: Arc<Leading>, telemetry: Arc<Telemetry>) {
    let mut look = tokio::time::interval(FORGET_EVERY);
    loop {
        look.tick().await;
        let (kept, store, leading) = (kept.clone(), store.clone(), Arc::clone(&leading));
        let telemetry = Arc::clone(&telemetry);
        let done = tokio::task::spawn_blocking(move || -> Result<(), StoreError> {
            let Some(store) = leading.store(&store)? else { return Ok(()) };
            let write = |step: &dyn Fn() -> Result<u64, StoreError>| {
                leading.learn(telemetry.metrics.write("forgetting", step))
            };
            let now = Timestamp::now();
            write(&|| store.sweep_sessions(now))?;
            for (old, days) in days(&kept) {
                let before = now - SignedDuration::from_hours(24 * i64::from(days));
                while write(&|| store.forget(old, before))? > 0 {}
            }
            for (log, rows) in rows(&kept) {
                while write(&|| store.forget_beyond(log, rows))? > 0 {}
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
