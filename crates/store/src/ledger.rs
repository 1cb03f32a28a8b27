//! The writer's side of findings: an assessment is compared with what is stored, and only the
//! difference is written.

mod apply;
pub(crate) mod tally;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;

use aws_lc_rs::digest;
use jiff::Timestamp;
use model::Severity;

use crate::finding::{NewFinding, State, severity_number};
use crate::names::Names;
use crate::transaction::{Columns, Kind, Rows, Transaction, Value};
use crate::{Store, StoreError, text};

/// Changes that are written in one transaction.
const BATCH: usize = 5_000;

/// The writer's ledger of one cluster.
pub struct Ledger {
    store: Store,
    cluster: String,
}

/// What an assessment says besides its findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessed {
    /// When it was made. Open findings were last seen then.
    pub at: Timestamp,
    /// How many objects were judged.
    pub objects: u64,
    /// How many of them make pods.
    pub workloads: u64,
    /// What could not be read or decided.
    pub gaps: Vec<AssessedGap>,
}

/// Something an assessment could not read or decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssessedGap {
    /// The name of its `model::GapKind`.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// Objects an assessment could not see: that a finding of theirs is missing does not say that it
/// was fixed, so it stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unseen {
    /// Their API group; none for every.
    pub group: Option<String>,
    /// Their kind; none for every.
    pub kind: Option<String>,
    /// Their namespace; none for every.
    pub namespace: Option<String>,
}

/// A finding that changes, for whoever knows what brought it about.
#[derive(Clone, Debug)]
pub struct Touched<'a> {
    /// The finding.
    pub fingerprint: &'a str,
    /// Its control's name.
    pub control: &'a str,
    /// The object's API group.
    pub group: &'a str,
    /// The object's kind.
    pub kind: &'a str,
    /// The object's namespace; none where its kind has none.
    pub namespace: Option<&'a str>,
    /// The object's name.
    pub name: &'a str,
}

/// A finding that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The finding.
    pub fingerprint: String,
    /// Its control's name.
    pub control: String,
    /// How bad it was.
    pub severity: Severity,
    /// The object's API group.
    pub group: String,
    /// The object's kind.
    pub kind: String,
    /// The object's namespace; none where its kind has none.
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
    /// Whether an exception had covered it.
    pub was_excepted: bool,
}

/// What an assessment changed: places in the findings it was given, and those that are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Found for the first time, and open.
    pub appeared: Vec<usize>,
    /// Open again.
    pub returned: Vec<usize>,
    /// Covered by an exception from now on.
    pub excepted: Vec<usize>,
    /// As open or excepted as before, in other words.
    pub changed: Vec<usize>,
    /// Gone.
    pub fixed: Vec<Gone>,
}

/// Who tells what brought a change about.
pub type Cause<'a> = dyn Fn(&Touched<'_>) -> Option<String> + 'a;

/// The findings of an assessment. They may be many, and most are as they were: each is made when
/// it is looked at, and not kept.
pub trait Findings {
    /// How many there are.
    fn count(&self) -> usize;
    /// What tells one apart.
    fn fingerprint(&self, place: usize) -> &str;
    /// One of them: the same each time.
    fn finding(&self, place: usize) -> Cow<'_, NewFinding>;
}

impl Findings for [NewFinding] {
    fn count(&self) -> usize {
        self.len()
    }

    fn fingerprint(&self, place: usize) -> &str {
        &self[place].fingerprint
    }

    fn finding(&self, place: usize) -> Cow<'_, NewFinding> {
        Cow::Borrowed(&self[place])
    }
}

/// What of a finding is compared with what is stored.
struct Gist {
    digests: Vec<i64>,
    states: Vec<State>,
}

/// One change to write.
enum Step {
    Insert(usize),
    Update(i64, usize),
    Fix(i64),
}

impl Step {
    /// The place of what it writes.
    fn place(&self) -> Option<usize> {
        match self {
            Self::Insert(place) | Self::Update(_, place) => Some(*place),
            Self::Fix(_) => None,
        }
    }
}

impl Gist {
    fn of<F: Findings + ?Sized>(findings: &F) -> Self {
        let mut gist = Self { digests: Vec::new(), states: Vec::new() };
        for place in 0..findings.count() {
            let finding = findings.finding(place);
            gist.digests.push(digest_of(&finding));
            gist.states.push(state_of(&finding));
        }
        gist
    }
}

impl Store {
    /// The ledger of a cluster.
    pub fn ledger(&self, cluster: &str) -> Ledger {
        Ledger { store: self.clone(), cluster: cluster.to_owned() }
    }

    /// What the last assessment of a cluster said; none before the first was recorded whole.
    pub fn assessed(&self, cluster: &str) -> Result<Option<Assessed>, StoreError> {
        self.read(|transaction| {
            let sql = "SELECT id, assessed_at, objects, workloads FROM clusters \
                       WHERE name = $1 AND assessed_at IS NOT NULL";
            let found = transaction.first(sql, &[cluster.into()], |row| {
                let (objects, workloads) = (row.count(2)?, row.count(3)?);
                let at = row.time(1)?;
                Ok((row.int(0)?, Assessed { at, objects, workloads, gaps: Vec::new() }))
            })?;
            let Some((id, mut assessed)) = found else { return Ok(None) };
            let sql = "SELECT kind, subject, reason FROM gaps WHERE cluster = $1 ORDER BY number";
            assessed.gaps = transaction.all(sql, &[id.into()], |row| {
                let (kind, subject) = (row.string(0)?, row.string(1)?);
                Ok(AssessedGap { kind, subject, reason: row.string(2)? })
            })?;
            Ok(Some(assessed))
        })
    }

    /// Every cluster that was ever recorded, by name.
    pub fn clusters(&self) -> Result<Vec<String>, StoreError> {
        self.read(|transaction| {
            transaction.all("SELECT name FROM clusters ORDER BY name", &[], |row| row.string(0))
        })
    }
}

impl Ledger {
    /// Records an assessment: its findings are all there are, except for those of objects that
    /// are `unseen`. Of several findings with one fingerprint the first counts.
    ///
    /// It is written in transactions of bounded size, the assessment itself in the last. After an
    /// error or the end of the process, what was committed stays, and the next call writes the
    /// rest. A clock that went back does not take the history along: nothing is recorded as
    /// earlier than what was recorded before.
    pub fn record<F: Findings + ?Sized>(
        &self,
        assessed: &Assessed,
        findings: &F,
        unseen: &[Unseen],
        cause: &Cause<'_>,
    ) -> Result<Recorded, StoreError> {
        let recording = self.store.recording();
        let _alone = recording.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut names, written_at) = self.store.write(|transaction| {
            let names = Names::read(transaction, &self.cluster)?;
            let sql = "SELECT written_at FROM clusters WHERE id = $1";
            let written_at = transaction.integer(sql, &[names.cluster.into()])?;
            Ok((names, written_at))
        })?;
        let gist = Gist::of(findings);
        let steps = self.store.read(|transaction| {
            let unseen = unseen_scopes(transaction, names.cluster, unseen)?;
            compare(transaction, names.cluster, findings, &gist, &unseen)
        })?;
        let at = assessed.at.as_microsecond().max(written_at);
        let mut recorded = Recorded::default();
        for steps in steps.chunks(BATCH) {
            let made: Vec<Option<Cow<'_, NewFinding>>> =
                steps.iter().map(|it| it.place().map(|place| findings.finding(place))).collect();
            let digests = &gist.digests;
            let batch = apply::Batch { steps, findings: &made, digests, cause, at };
            // Only what was committed is told.
            let done = self.store.write(|transaction| {
                let done = batch.write(transaction, &mut names)?;
                mark(transaction, names.cluster, at)?;
                Ok(done)
            })?;
            recorded.add(done);
        }
        self.store.write(|transaction| close(transaction, names.cluster, at, assessed))?;
        Ok(recorded)
    }
}

impl Recorded {
    fn add(&mut self, other: Self) {
        self.appeared.extend(other.appeared);
        self.returned.extend(other.returned);
        self.excepted.extend(other.excepted);
        self.changed.extend(other.changed);
        self.fixed.extend(other.fixed);
    }
}

/// What has to be written for the stored findings to be those of an assessment.
fn compare<F: Findings + ?Sized>(
    transaction: &mut Transaction<'_>,
    cluster: i64,
    findings: &F,
    gist: &Gist,
    unseen: &HashSet<i64>,
) -> Result<Vec<Step>, StoreError> {
    let count = findings.count();
    let mut places: HashMap<&str, u32> = HashMap::with_capacity(count);
    for (number, place) in (0u32..).zip(0..count) {
        places.entry(findings.fingerprint(place)).or_insert(number);
    }
    let mut stored = vec![false; count];
    let mut steps = Vec::new();
    let sql = "SELECT id, fingerprint, digest, state, scope FROM findings WHERE cluster = $1";
    transaction.each(sql, &[cluster.into()], |row| {
        let (id, state) = (row.int(0)?, State::of(row.int(3)?)?);
        match places.get(row.text(1)?) {
            Some(place) => {
                let place = *place as usize;
                stored[place] = true;
                if row.int(2)? != gist.digests[place] || state != gist.states[place] {
                    steps.push(Step::Update(id, place));
                }
            }
            None if state == State::Fixed || unseen.contains(&row.int(4)?) => {}
            None => steps.push(Step::Fix(id)),
        }
        Ok(())
    })?;
    for (number, place) in (0u32..).zip(0..count) {
        let is_first = places.get(findings.fingerprint(place)) == Some(&number);
        if is_first && !stored[place] {
            steps.push(Step::Insert(place));
        }
    }
    Ok(steps)
}

fn state_of(finding: &NewFinding) -> State {
    match finding.exception {
        Some(_) => State::Excepted,
        None => State::Open,
    }
}

/// What tells a finding's words from others. An attacker may choose them, so that it is a
/// cryptographic one.
fn digest_of(finding: &NewFinding) -> i64 {
    let mut context = digest::Context::new(&digest::SHA256);
    let NewFinding { fingerprint: _, control, id, severity, group, kind, .. } = finding;
    let NewFinding { namespace, name, path, message, owner, exception, detail, .. } = finding;
    context.update(&severity_number(*severity).to_le_bytes());
    let always = [control, id, group, kind, name, path, message, detail].map(Some);
    let perhaps = [namespace.as_ref(), owner.as_ref(), exception.as_ref()];
    for part in always.into_iter().chain(perhaps) {
        // No text is as long as what stands for none.
        let length = part.map_or(u64::MAX, |part| part.len() as u64);
        context.update(&length.to_le_bytes());
        context.update(part.map_or(&[], |part| part.as_bytes()));
    }
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&context.finish().as_ref()[..8]);
    i64::from_le_bytes(bytes)
}

fn unseen_scopes(
    transaction: &mut Transaction<'_>,
    cluster: i64,
    unseen: &[Unseen],
) -> Result<HashSet<i64>, StoreError> {
    let mut scopes = HashSet::new();
    if unseen.is_empty() {
        return Ok(scopes);
    }
    let sql = "SELECT id, api_group, kind, namespace FROM scopes WHERE cluster = $1";
    transaction.each(sql, &[cluster.into()], |row| {
        let (group, kind, namespace) = (row.text(1)?, row.text(2)?, row.text(3)?);
        let is = |asked: &Option<String>, text: &str| asked.as_ref().is_none_or(|it| it == text);
        if unseen.iter().any(|unseen| {
            is(&unseen.group, group) && is(&unseen.kind, kind) && is(&unseen.namespace, namespace)
        }) {
            scopes.insert(row.int(0)?);
        }
        Ok(())
    })?;
    Ok(scopes)
}

/// Notes when was last written.
fn mark(transaction: &mut Transaction<'_>, cluster: i64, at: i64) -> Result<(), StoreError> {
    let sql = "UPDATE clusters SET written_at = $2 WHERE id = $1";
    transaction.execute(sql, &[cluster.into(), at.into()]).map(drop)
}

/// Writes what the assessment says of itself.
fn close(
    transaction: &mut Transaction<'_>,
    cluster: i64,
    at: i64,
    assessed: &Assessed,
) -> Result<(), StoreError> {
    const GAPS: Columns = Columns {
        table: "gaps",
        columns: &[
            ("cluster", Kind::Int),
            ("number", Kind::Int),
            ("kind", Kind::Text),
            ("subject", Kind::Text),
            ("reason", Kind::Text),
        ],
    };
    let sql = "UPDATE clusters SET assessed_at = $2, written_at = $2, objects = $3, \
               workloads = $4 WHERE id = $1";
    let (objects, workloads) = (assessed.objects.into(), assessed.workloads.into());
    transaction.execute(sql, &[cluster.into(), at.into(), objects, workloads])?;
    transaction.execute("DELETE FROM gaps WHERE cluster = $1", &[cluster.into()])?;
    let mut rows = Rows::of(&GAPS);
    for (number, gap) in (0..).zip(&assessed.gaps) {
        let [kind, subject, reason] =
            [&gap.kind, &gap.subject, &gap.reason].map(|part| Value::Text(text::line(part)));
        rows.push([cluster.into(), Value::Int(number), kind, subject, reason]);
    }
    transaction.insert(&GAPS, &rows, "")
}
