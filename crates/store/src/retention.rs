//! What is forgotten after some time, step by step.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::finding::State;
use crate::ledger::tally::{Counted, Tally};
use crate::transaction::{Transaction, Value};
use crate::{Store, StoreError, counts, image};

/// The most rows that one step forgets.
pub const FORGET_ROWS_MAX: usize = 5_000;

/// What is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Old {
    /// Findings that were fixed before, with their history.
    Fixed,
    /// Events of before; the findings stay.
    History,
    /// The days of trends of before.
    Days,
    /// Decisions of before.
    Decisions,
    /// Entries of the audit log of before.
    Actions,
    /// Texts that no finding has any more, whenever that was.
    Texts,
    /// Images that do not run and were scanned before, and tags of none that runs.
    Images,
}

/// What is only added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Log {
    /// What happened to findings.
    History,
    /// What webhooks decided.
    Decisions,
    /// The audit log.
    Actions,
}

/// Images that one step forgets: each may have thousands of findings.
const FORGET_IMAGES_MAX: usize = 50;

impl Store {
    /// Forgets up to [`FORGET_ROWS_MAX`] rows of before a time; how many. It is called again until
    /// none is left, so that other writers come in between.
    pub fn forget(&self, old: Old, before: Timestamp) -> Result<u64, StoreError> {
        let forgotten = self.write(|transaction| match old {
            Old::Fixed => forget_fixed(transaction, before),
            Old::History => forget(transaction, "history", "seq", "at", before.into()),
            Old::Decisions => forget(transaction, "decisions", "id", "at", before.into()),
            Old::Actions => forget(transaction, "actions", "id", "at", before.into()),
            Old::Images => forget_images(transaction, before),
            Old::Days => {
                let day = jiff::tz::Offset::UTC.to_datetime(before).date();
                let sql = "DELETE FROM days WHERE day < $1";
                transaction.execute(sql, &[counts::day_number(day).into()])
            }
            Old::Texts => {
                let sql = "DELETE FROM texts WHERE id IN (SELECT t.id FROM texts t WHERE \
                           NOT EXISTS (SELECT 1 FROM findings f WHERE f.name = t.id) AND \
                           NOT EXISTS (SELECT 1 FROM findings f WHERE f.message = t.id) LIMIT $1)";
                transaction.execute(sql, &[FORGET_ROWS_MAX.into()])
            }
        })?;
        if old == Old::Texts && forgotten > 0 {
            self.texts().clear();
        }
        Ok(forgotten)
    }
}

impl Store {
    /// Forgets up to [`FORGET_ROWS_MAX`] of the oldest rows of what would be more than `most` rows;
    /// how many. It is called again until none is left.
    pub fn forget_beyond(&self, log: Log, most: u64) -> Result<u64, StoreError> {
        let (table, key) = match log {
            Log::History => ("history", "seq"),
            Log::Decisions => ("decisions", "id"),
            Log::Actions => ("actions", "id"),
        };
        // Numbers are given one after the other: nobody counts rows.
        let sql = format!(
            "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {key} <= \
             (SELECT COALESCE(MAX({key}), 0) FROM {table}) - $1 ORDER BY {key} LIMIT $2)"
        );
        self.write(|transaction| transaction.execute(&sql, &[most.into(), FORGET_ROWS_MAX.into()]))
    }
}

fn forget_images(transaction: &mut Transaction<'_>, before: Timestamp) -> Result<u64, StoreError> {
    let sql = "SELECT id FROM images WHERE scanned_at < $1 AND NOT EXISTS \
               (SELECT 1 FROM running r WHERE r.digest = images.digest) \
               ORDER BY scanned_at, id LIMIT $2";
    let values = [before.into(), FORGET_IMAGES_MAX.into()];
    let ids = transaction.all(sql, &values, |row| row.int(0))?;
    let count = ids.len() as u64;
    image::forget(transaction, ids)?;
    let sql = "DELETE FROM tags WHERE looked_at < $1 AND NOT EXISTS \
               (SELECT 1 FROM running r WHERE r.reference = tags.reference)";
    Ok(count + transaction.execute(sql, &[before.into()])?)
}

fn forget(
    transaction: &mut Transaction<'_>,
    table: &str,
    key: &str,
    column: &str,
    before: Value<'_>,
) -> Result<u64, StoreError> {
    let sql = format!(
        "DELETE FROM {table} WHERE {key} IN \
         (SELECT {key} FROM {table} WHERE {column} < $1 ORDER BY {column}, {key} LIMIT $2)"
    );
    transaction.execute(&sql, &[before, FORGET_ROWS_MAX.into()])
}

fn forget_fixed(transaction: &mut Transaction<'_>, before: Timestamp) -> Result<u64, StoreError> {
    let sql = "SELECT id, cluster, control, severity, scope, owner FROM findings \
               WHERE state = $1 AND changed_at < $2 ORDER BY changed_at, id LIMIT $3";
    let values = [State::Fixed.number().into(), before.into(), FORGET_ROWS_MAX.into()];
    let mut ids = Vec::new();
    let mut tallies: BTreeMap<i64, Tally> = BTreeMap::new();
    transaction.each(sql, &values, |row| {
        ids.push(row.int(0)?);
        let counted = Counted {
            control: row.int(2)?,
            severity: row.int(3)?,
            scope: row.int(4)?,
            owner: row.int(5)?,
            state: State::Fixed,
        };
        tallies.entry(row.int(1)?).or_default().change(0, Some(&counted), None);
        Ok(())
    })?;
    let count = ids.len() as u64;
    let ids = [Value::Ints(ids.into())];
    for (table, key) in [("history", "finding"), ("finding_texts", "finding"), ("findings", "id")] {
        let sql = format!("DELETE FROM {table} WHERE {}", transaction.within(key, 1));
        transaction.execute(&sql, &ids)?;
    }
    for (cluster, tally) in tallies {
        tally.write(transaction, cluster)?;
    }
    Ok(count)
}
