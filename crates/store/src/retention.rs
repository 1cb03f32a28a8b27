//! What is forgotten after some time, step by step.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::finding::State;
use crate::ledger::tally::{Counted, Tally};
use crate::transaction::{Transaction, Value};
use crate::{Store, StoreError, counts};

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
}

impl Store {
    /// Forgets up to [`FORGET_ROWS_MAX`] rows of before a time; how many. It is called again until
    /// none is left, so that other writers come in between.
    pub fn forget(&self, old: Old, before: Timestamp) -> Result<u64, StoreError> {
        let forgotten = self.write(|transaction| match old {
            Old::Fixed => forget_fixed(transaction, before),
            Old::History => forget(transaction, "history", "seq", "at", before.into()),
            Old::Decisions => forget(transaction, "decisions", "id", "at", before.into()),
            Old::Actions => forget(transaction, "actions", "id", "at", before.into()),
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
