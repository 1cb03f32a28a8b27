//! What runs, by the digests that pods tell.

use std::collections::{BTreeSet, HashMap};
use std::sync::PoisonError;

use jiff::Timestamp;

use crate::names::Names;
use crate::query::{Conditions, Sight};
use crate::transaction::{Columns, Kind, Row, Rows, Transaction, Value};
use crate::{Store, StoreError, text};

/// Rows that are written in one transaction.
const BATCH: usize = 2_000;

/// A container of a workload, with the image its pods run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Running {
    /// The namespace.
    pub namespace: String,
    /// The workload's API group; empty for the core group.
    pub workload_group: String,
    /// The workload's kind.
    pub workload_kind: String,
    /// The workload's name.
    pub workload: String,
    /// The container's name.
    pub container: String,
    /// The image as the pod's specification names it.
    pub reference: String,
    /// The digest of what runs; none when no pod tells it.
    pub digest: Option<String>,
    /// How many pods run it.
    pub pods: u32,
    /// Who answers for the workload, if known.
    pub owner: Option<String>,
    /// Whether it is reached from outside of the cluster; none when that is not known.
    pub exposed: Option<bool>,
}

/// What a tag named when it was last looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The reference, with its tag.
    pub reference: String,
    /// The digest it named.
    pub digest: String,
    /// When it was looked at.
    pub looked_at: Timestamp,
}

/// What of a running container does not change while it is the same.
type Key = (i64, String, String, String, Option<String>);
/// Its number and what may change: pods, owner, shelter.
type Stored = (i64, i64, Option<String>, i64);

impl Store {
    /// Records everything that runs in a cluster. What stays keeps the time since when it runs;
    /// what is not among it any more is forgotten.
    ///
    /// It is written in transactions of bounded size: after an error the next call writes the
    /// rest. Of several rows for the same container and digest the first counts.
    pub fn record_running(
        &self,
        cluster: &str,
        at: Timestamp,
        running: &[Running],
    ) -> Result<(), StoreError> {
        let _alone = self.recording().lock().unwrap_or_else(PoisonError::into_inner);
        let (mut names, mut stored) = self.write(|transaction| {
            let names = Names::read(transaction, cluster)?;
            let stored = stored(transaction, names.cluster)?;
            Ok((names, stored))
        })?;
        let mut seen = std::collections::HashSet::new();
        for part in running.chunks(BATCH) {
            self.write(|transaction| {
                names.add_scopes(transaction, part.iter().map(scope))?;
                let mut added = Vec::new();
                let mut changed = Rows::of(&CHANGED);
                for running in part {
                    let key = key(&names, running)?;
                    if !seen.insert(key.clone()) {
                        continue;
                    }
                    match stored.remove(&key) {
                        Some((_, pods, owner, shelter))
                            if pods == i64::from(running.pods)
                                && owner == running.owner
                                && shelter == self::shelter(running.exposed) => {}
                        Some((id, ..)) => changed.push(change(id, running)),
                        None => added.push((key, running)),
                    }
                }
                let mut rows = Rows::of(&ADDED);
                if !added.is_empty() {
                    let first = transaction.take("running", added.len())?;
                    for (id, (key, running)) in (first..).zip(added) {
                        rows.push(add(id, names.cluster, at, key, running));
                    }
                }
                transaction.insert(&ADDED, &rows, "")?;
                transaction.update(&CHANGED, &changed)
            })?;
        }
        let gone: Vec<i64> = stored.into_values().map(|(id, ..)| id).collect();
        for part in gone.chunks(BATCH) {
            self.write(|transaction| {
                let sql = format!("DELETE FROM running WHERE {}", transaction.within("id", 1));
                transaction.execute(&sql, &[Value::Ints(part.into())])
            })?;
        }
        Ok(())
    }

    /// Records what a tag names.
    pub fn record_tag(&self, tag: &Tag) -> Result<(), StoreError> {
        let sql = "INSERT INTO tags (reference, digest, looked_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (reference) DO UPDATE SET digest = excluded.digest, \
                   looked_at = excluded.looked_at";
        let [reference, digest] =
            [&tag.reference, &tag.digest].map(|part| Value::Text(text::line(part)));
        self.write(|transaction| {
            transaction.execute(sql, &[reference, digest, tag.looked_at.into()]).map(drop)
        })
    }

    /// What every tag named when it was last looked at, by reference.
    pub fn tags(&self) -> Result<Vec<Tag>, StoreError> {
        let sql = "SELECT reference, digest, looked_at FROM tags ORDER BY reference";
        self.read(|transaction| transaction.all(sql, &[], tag))
    }
}

/// A tag from its three columns.
pub(crate) fn tag(row: &Row<'_>) -> Result<Tag, StoreError> {
    let (reference, digest) = (row.string(0)?, row.string(1)?);
    Ok(Tag { reference, digest, looked_at: row.time(2)? })
}

/// That what runs, of table `r`, is not what its tag names now. Only references that may name
/// something else tomorrow are among the tags.
pub(crate) const DRIFTED: &str = "r.pods > 0 AND EXISTS (SELECT 1 FROM tags d \
    WHERE d.reference = r.reference AND d.digest <> r.digest)";

/// What the references named when they were last looked at.
pub(crate) fn tags_of(
    transaction: &mut Transaction<'_>,
    running: &[(String, Running, Timestamp)],
) -> Result<Vec<Tag>, StoreError> {
    let references: BTreeSet<&str> = running.iter().map(|(_, it, _)| &*it.reference).collect();
    let sql = "SELECT reference, digest, looked_at FROM tags WHERE reference = $1";
    let mut tags = Vec::new();
    for reference in references {
        tags.extend(transaction.first(sql, &[reference.into()], tag)?);
    }
    Ok(tags)
}

/// Where something is reached from, as it is stored: in the order of concern.
pub(crate) fn shelter(exposed: Option<bool>) -> i64 {
    match exposed {
        Some(true) => 0,
        None => 1,
        Some(false) => 2,
    }
}

/// The columns of a running container, whose tables are `r`, `s` (scope) and `cl` (cluster).
pub(crate) const COLUMNS: &str = "r.id, cl.name, s.namespace, s.api_group, s.kind, r.workload, \
    r.container, r.reference, r.digest, r.pods, r.owner, r.shelter, r.since";
/// How many they are.
pub(crate) const COLUMN_COUNT: usize = 13;

/// The cluster, what runs and since when.
pub(crate) fn read(row: &Row<'_>) -> Result<(String, Running, Timestamp), StoreError> {
    let exposed = match row.int(11)? {
        0 => Some(true),
        2 => Some(false),
        _ => None,
    };
    let running = Running {
        namespace: row.string(2)?,
        workload_group: row.string(3)?,
        workload_kind: row.string(4)?,
        workload: row.string(5)?,
        container: row.string(6)?,
        reference: row.string(7)?,
        digest: row.string_or_null(8)?,
        pods: u32::try_from(row.int(9)?).unwrap_or(u32::MAX),
        owner: row.string_or_null(10)?,
        exposed,
    };
    Ok((row.string(1)?, running, row.time(12)?))
}

/// Where an image runs, as far as a user may see.
pub(crate) fn of_image(
    transaction: &mut Transaction<'_>,
    sight: &Sight,
    digest: &str,
) -> Result<Vec<(String, Running, Timestamp)>, StoreError> {
    let mut conditions = Conditions::default();
    conditions.compare("r.digest", "=", digest);
    conditions.sight(transaction, "r.scope", sight);
    let sql = format!(
        "SELECT {COLUMNS} FROM running r JOIN scopes s ON s.id = r.scope \
         JOIN clusters cl ON cl.id = s.cluster {} ORDER BY r.shelter, r.id",
        conditions.clause()
    );
    transaction.all(&sql, &conditions.values, read)
}

fn stored(
    transaction: &mut Transaction<'_>,
    cluster: i64,
) -> Result<HashMap<Key, Stored>, StoreError> {
    let sql = "SELECT id, scope, workload, container, reference, digest, pods, owner, shelter \
               FROM running WHERE cluster = $1";
    let mut stored = HashMap::new();
    transaction.each(sql, &[cluster.into()], |row| {
        let key =
            (row.int(1)?, row.string(2)?, row.string(3)?, row.string(4)?, row.string_or_null(5)?);
        let rest = (row.int(0)?, row.int(6)?, row.string_or_null(7)?, row.int(8)?);
        stored.insert(key, rest);
        Ok(())
    })?;
    Ok(stored)
}

/// Group, kind and namespace of a workload, as they are kept.
fn scope(running: &Running) -> [String; 3] {
    [&running.workload_group, &running.workload_kind, &running.namespace]
        .map(|part| text::line(part).into_owned())
}

fn key(names: &Names, running: &Running) -> Result<Key, StoreError> {
    let [workload, container, reference] =
        [&running.workload, &running.container, &running.reference]
            .map(|part| text::line(part).into_owned());
    let digest = running.digest.as_deref().map(|digest| text::line(digest).into_owned());
    Ok((names.scope(&scope(running))?, workload, container, reference, digest))
}

fn change(id: i64, running: &Running) -> [Value<'_>; 4] {
    let owner = running.owner.as_deref().map(text::line);
    [
        id.into(),
        i64::from(running.pods).into(),
        owner.map_or(Value::Null, Value::Text),
        shelter(running.exposed).into(),
    ]
}

fn add(id: i64, cluster: i64, at: Timestamp, key: Key, running: &Running) -> [Value<'_>; 12] {
    let (scope, workload, container, reference, digest) = key;
    let [id, pods, owner, shelter] = change(id, running);
    [
        id,
        cluster.into(),
        scope.into(),
        format!("{scope}/{workload}").into(),
        workload.into(),
        container.into(),
        reference.into(),
        digest.map_or(Value::Null, Value::from),
        pods,
        owner,
        shelter,
        at.into(),
    ]
}

const ADDED: Columns = Columns {
    table: "running",
    columns: &[
        ("id", Kind::Int),
        ("cluster", Kind::Int),
        ("scope", Kind::Int),
        ("workload_key", Kind::Text),
        ("workload", Kind::Text),
        ("container", Kind::Text),
        ("reference", Kind::Text),
        ("digest", Kind::Text),
        ("pods", Kind::Int),
        ("owner", Kind::Text),
        ("shelter", Kind::Int),
        ("since", Kind::Int),
    ],
};
const CHANGED: Columns = Columns {
    table: "running",
    columns: &[
        ("id", Kind::Int),
        ("pods", Kind::Int),
        ("owner", Kind::Text),
        ("shelter", Kind::Int),
    ],
};
