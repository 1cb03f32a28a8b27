//! The cluster judged again and again as it changes: what differs is remembered, and the newest
//! assessment is what pages show.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use analyze::exception::{Exception, Place, Scope};
use bollwerk::assess::Assessment;
use bollwerk::{AccessQuestions, NetworkQuestions};
use collect::manifests::Sources;
use model::compliance::Compliance;
use model::{DigestKey, Finding, Gap, Location, Snapshot, Subject};
use store::{AssessedGap, NewFinding, PAGE_ROWS_MAX, PageRequest, Store, StoreError, Unseen};
use tokio::sync::{Notify, watch};

use crate::causes::Causes;
use crate::follow_up::FollowUp;
use crate::leading::Leading;
use crate::live::{Live, State, WORLD};
use crate::settings::Settings;
use crate::telemetry::Telemetry;
use crate::workloads::{self, Workload};

/// Shortest time from the end of an assessment to the beginning of the next.
const PAUSE: Duration = Duration::from_secs(1);

/// An assessment begins after as many times of what the last took: at most a tenth of one
/// processor is used for it.
const PAUSE_FACTOR: u32 = 9;

/// Longest time without an assessment: exceptions end, and certificates expire, by themselves.
const REST: Duration = Duration::from_mins(10);

/// Exceptions of the interface that are looked at, the newest first.
const EXCEPTIONS_MAX: usize = 10_000;

/// What was said of frameworks, by their names.
pub(crate) type KnownCompliance = Mutex<HashMap<&'static str, Arc<Compliance>>>;

/// What was said of the cluster at one time.
pub(crate) struct Assessed {
    /// Counted from 1; 0 is before the first.
    pub(crate) number: u64,
    /// What was judged.
    pub(crate) snapshot: Snapshot,
    /// What is wrong.
    pub(crate) findings: Vec<Finding>,
    /// What exceptions hide.
    pub(crate) hidden: Vec<Finding>,
    /// What could not be read or decided.
    pub(crate) gaps: Vec<Gap>,
    /// What runs, with what is wrong with it.
    pub(crate) workloads: Vec<Workload>,
    /// How many images these run, told apart as they are written.
    pub(crate) images: u64,
    /// What was said of frameworks, to whom nothing is hidden.
    pub(crate) compliance: KnownCompliance,
    access: OnceLock<AccessQuestions>,
    network: OnceLock<NetworkQuestions>,
}

impl Assessed {
    /// Nothing was said yet.
    pub(crate) fn nothing(snapshot: Snapshot) -> Self {
        Self {
            number: 0,
            snapshot,
            findings: Vec::new(),
            hidden: Vec::new(),
            gaps: Vec::new(),
            workloads: Vec::new(),
            images: 0,
            compliance: Mutex::default(),
            access: OnceLock::new(),
            network: OnceLock::new(),
        }
    }

    /// Who may do what. The first to ask waits until all roles are read.
    pub(crate) fn access(&self) -> &AccessQuestions {
        self.access.get_or_init(|| AccessQuestions::new(self.snapshot.clone(), WORLD))
    }

    /// What reaches what. The first to ask waits until all policies are read.
    pub(crate) fn network(&self) -> &NetworkQuestions {
        self.network.get_or_init(|| NetworkQuestions::new(self.snapshot.clone(), WORLD))
    }
}

/// Assesses a cluster.
pub(crate) struct Assessor {
    pub(crate) live: Live,
    pub(crate) assessing: Assessing,
}

/// What an assessment needs beside the cluster.
pub(crate) struct Assessing {
    pub(crate) settings: Arc<Settings>,
    pub(crate) store: Store,
    pub(crate) key: DigestKey,
    pub(crate) cluster: String,
    /// Files in which a cloud describes the cluster.
    pub(crate) managed_clusters: Vec<PathBuf>,
    /// What brings findings about, as far as the webhook is told.
    pub(crate) causes: Arc<Causes>,
    /// Told when an exception was made or ended: the next assessment does not wait.
    pub(crate) hurry: Arc<Notify>,
    /// Whether what is found is written by this server.
    pub(crate) leading: Arc<Leading>,
    pub(crate) follow_up: Arc<FollowUp>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) publish: watch::Sender<Arc<Assessed>>,
}

impl Assessor {
    /// Assesses for as long as the program runs.
    pub(crate) async fn keep(self: Arc<Self>) {
        let mut changes = self.live.changes();
        loop {
            let began = Instant::now();
            let this = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || this.once()).await {
                Ok(Ok(None)) => {}
                Ok(Ok(Some(findings))) => {
                    self.assessing.telemetry.assessed(began.elapsed(), Ok(findings));
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, "what was found is not stored yet; it is tried again");
                    self.assessing.telemetry.assessed(began.elapsed(), Err(error.to_string()));
                }
                Err(error) => {
                    tracing::error!(%error, "an assessment ended before its time");
                    self.assessing
                        .telemetry
                        .assessed(began.elapsed(), Err("it panicked".to_owned()));
                }
            }
            let pause = PAUSE.max(began.elapsed() * PAUSE_FACTOR);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.assessing.hurry.notified() => continue,
            }
            tokio::select! {
                _ = changes.changed() => {}
                () = self.assessing.hurry.notified() => {}
                () = tokio::time::sleep(REST) => {}
            }
        }
    }

    /// Judges the cluster as it is now, and tells the store what differs. How much was found; none
    /// while the cluster is not known.
    fn once(&self) -> Result<Option<usize>, StoreError> {
        let (mut snapshot, mut unseen) = {
            let state = self.live.read();
            if !state.is_ready() {
                // Half a cluster would look like one that mended itself.
                return Ok(None);
            }
            let mut snapshot = state.snapshot.clone();
            snapshot.gaps.extend(state.gaps().cloned());
            (snapshot, unseen(&state))
        };
        unseen.extend(self.assessing.add_managed_clusters(&mut snapshot));
        self.assessing.assess(snapshot, &unseen)
    }
}

impl Assessing {
    fn assess(&self, snapshot: Snapshot, unseen: &[Unseen]) -> Result<Option<usize>, StoreError> {
        let mut settings = Settings::clone(&self.settings);
        settings.exceptions.extend(self.exceptions()?);
        let sources = Sources::none(self.key.clone());
        let said = bollwerk::assess::judge(snapshot, &sources, &settings, false);
        let assessed = store::Assessed {
            at: said.snapshot.taken_at,
            objects: said.snapshot.len() as u64,
            workloads: said.coverage.workloads,
            gaps: said.gaps.iter().map(gap).collect(),
        };
        let count = said.findings.len() + said.hidden.len();
        let Some(store) = self.leading.store(&self.store)? else {
            let workloads = workloads::of(&said.snapshot, &said.findings);
            self.follow_up.rest();
            self.tell(said, workloads);
            return Ok(Some(count));
        };
        let cause =
            |it: &store::Touched<'_>| self.causes.of(it.group, it.kind, it.namespace, it.name);
        let record = || store.ledger(&self.cluster).record(&assessed, &Said(&said), unseen, &cause);
        let recorded = self.leading.learn(self.telemetry.metrics.write("assessment", record))?;
        tracing::debug!(
            findings = said.findings.len(),
            appeared = recorded.appeared.len(),
            fixed = recorded.fixed.len(),
            "assessed"
        );
        let workloads = workloads::of(&said.snapshot, &said.findings);
        self.follow_up.assessed(&store, &self.cluster, &said.snapshot, &workloads)?;
        self.tell(said, workloads);
        Ok(Some(count))
    }

    /// Adds what the cloud says of the cluster. What of it could not be read was not seen: its
    /// findings are not gone.
    fn add_managed_clusters(&self, snapshot: &mut Snapshot) -> Option<Unseen> {
        let mut is_whole = true;
        for path in &self.managed_clusters {
            let limits = &self.settings.collect.limits;
            let key = &self.key;
            is_whole &=
                collect::manifests::add_managed_clusters(snapshot, path, WORLD, limits, key);
        }
        let group = Some(model::cloud::GROUP.to_owned());
        (!is_whole).then_some(Unseen { group, kind: None, namespace: None })
    }

    fn tell(&self, said: Assessment, workloads: Vec<Workload>) {
        let number = self.publish.borrow().number + 1;
        self.publish.send_replace(Arc::new(Assessed {
            number,
            findings: said.findings,
            hidden: said.hidden.into_iter().map(|(finding, _)| finding).collect(),
            gaps: said.gaps,
            workloads,
            images: said.coverage.images,
            ..Assessed::nothing(said.snapshot)
        }));
    }

    /// The exceptions that were made in the interface for this cluster and not ended.
    fn exceptions(&self) -> Result<Vec<Exception>, StoreError> {
        let mut all = Vec::new();
        let mut page = PageRequest::first(PAGE_ROWS_MAX);
        let own = std::slice::from_ref(&self.cluster);
        loop {
            let found = self.store.exceptions(Some(own), false, &page)?;
            all.extend(found.rows.into_iter().map(exception));
            if found.next.is_none() || all.len() >= EXCEPTIONS_MAX {
                return Ok(all);
            }
            page.after = found.next;
        }
    }
}

/// What could not be seen: findings there are not gone because nobody sees them.
fn unseen(state: &State) -> Vec<Unseen> {
    let of = |resource: &collect::cluster::Resource| Unseen {
        group: Some(resource.group.clone()),
        kind: Some(resource.kind.clone()),
        namespace: None,
    };
    state.unseen().map(of).collect()
}

fn gap(gap: &Gap) -> AssessedGap {
    AssessedGap {
        kind: gap.kind.name().to_owned(),
        subject: gap.subject.clone(),
        reason: gap.reason.clone(),
    }
}

/// An exception of the store as the judge knows them.
fn exception(row: store::Exception) -> Exception {
    let place = Location {
        file: format!("exception {} of {}", row.id, row.made_by),
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 1,
    };
    Exception {
        control: row.made.control,
        scope: Scope {
            kind: row.made.kind,
            namespace: row.made.namespace,
            name: row.made.name,
            ..Scope::default()
        },
        reason: row.made.reason,
        owner: row.made.owner,
        until: row.made.until,
        place: Place::Central(place),
    }
}

/// What was found, as the store keeps it: what is open, then what exceptions hide.
struct Said<'a>(&'a Assessment);

impl Said<'_> {
    fn at(&self, place: usize) -> (&Finding, Option<&str>) {
        let open = &self.0.findings;
        if let Some(finding) = open.get(place) {
            return (finding, None);
        }
        let (finding, why) = &self.0.hidden[place - open.len()];
        (finding, Some(&why.reason))
    }
}

impl store::Findings for Said<'_> {
    fn count(&self) -> usize {
        self.0.findings.len() + self.0.hidden.len()
    }

    fn fingerprint(&self, place: usize) -> &str {
        self.at(place).0.fingerprint.as_str()
    }

    fn finding(&self, place: usize) -> Cow<'_, NewFinding> {
        let (finding, exception) = self.at(place);
        Cow::Owned(new_finding(finding, exception.map(str::to_owned)))
    }
}

fn new_finding(finding: &Finding, exception: Option<String>) -> NewFinding {
    let (group, kind, namespace, name) = parts(&finding.subject);
    NewFinding {
        fingerprint: finding.fingerprint.as_str().to_owned(),
        control: finding.control.to_owned(),
        id: finding.id.to_owned(),
        severity: finding.severity,
        group: group.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
        path: finding.path.to_string(),
        message: finding.message.clone(),
        owner: finding.owner.clone(),
        exception,
        detail: report::finding_as_json(finding).to_string(),
    }
}

/// Group, kind, namespace and name of what a finding is about; a file is of no kind.
pub(crate) fn parts(subject: &Subject) -> (&str, &str, Option<&str>, &str) {
    match subject {
        Subject::Object { api_version, kind, namespace, name } => {
            let group = api_version.split_once('/').map_or("", |(group, _)| group);
            (group, kind, namespace.as_deref(), name)
        }
        Subject::File(name) => ("", "", None, name),
        Subject::CloudResource { kind, name } => (model::cloud::GROUP, kind, None, name),
    }
}
