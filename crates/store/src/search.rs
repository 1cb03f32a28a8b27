//! Findings by a part of their texts: the object's name, the message or the control's name.
//!
//! Which texts hold the part is found in memory (`texts.rs`). Where they lead to few findings, all
//! of these are looked at, and everything is exact. Where they lead to many, the list is read in
//! its order until a page is full, and counting ends at [`COUNTED_MAX`].

use std::collections::HashMap;

use memchr::memmem::Finder;

use crate::StoreError;
use crate::filter::Lens;
use crate::findings::Order;
use crate::texts::Kept;
use crate::transaction::{Row, Transaction};

/// The most findings of a search that are counted.
pub const COUNTED_MAX: usize = 5_000;
/// Rows that are read at once where many fit: at first, and at most.
const READ_ROWS: usize = 2_000;
const READ_ROWS_MAX: usize = 64_000;

/// A finding that holds what was looked for, as numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) id: i64,
    pub(crate) changed_at: i64,
    pub(crate) severity: i64,
    pub(crate) state: i64,
    pub(crate) scope: i64,
    pub(crate) control: i64,
    pub(crate) owner: i64,
}

const HIT: &str = "f.id, f.changed_at, f.severity, f.state, f.scope, f.control, f.owner";

/// What was looked for, and where it is.
pub(crate) struct Search<'a> {
    lens: &'a Lens,
    texts: &'a Kept,
    finder: Finder<'a>,
    /// The controls whose names hold it.
    controls: Vec<i64>,
    found: Found,
}

/// What is known of the findings that hold what was looked for.
enum Found {
    /// All of them.
    All(Vec<Hit>),
    /// They are more than are counted.
    Many,
    /// Nothing yet: too many texts hold it.
    Unknown,
}

impl<'a> Search<'a> {
    /// Looks for a part, which is in small letters.
    pub(crate) fn new(
        transaction: &mut Transaction<'_>,
        lens: &'a Lens,
        texts: &'a Kept,
        part: &'a str,
    ) -> Result<Self, StoreError> {
        let finder = Finder::new(part);
        let mut controls = Vec::new();
        transaction.each("SELECT id, name FROM controls ORDER BY id", &[], |row| {
            if finder.find(row.text(1)?.to_ascii_lowercase().as_bytes()).is_some() {
                controls.push(row.int(0)?);
            }
            Ok(())
        })?;
        let found = match texts.with(part, COUNTED_MAX) {
            Some(texts) => few(transaction, lens, &texts, &controls)?,
            None => Found::Unknown,
        };
        let mut search = Self { lens, texts, finder, controls, found };
        if matches!(search.found, Found::Unknown) {
            let walked = search.walk(transaction, Order::Worst, None, COUNTED_MAX + 1)?;
            let is_all = walked.len() <= COUNTED_MAX;
            search.found = if is_all { Found::All(walked) } else { Found::Many };
        }
        Ok(search)
    }

    /// The hits behind a place in the list, `limit` at most.
    pub(crate) fn hits(
        &self,
        transaction: &mut Transaction<'_>,
        order: Order,
        after: Option<[i64; 3]>,
        limit: usize,
    ) -> Result<Vec<Hit>, StoreError> {
        let Some(all) = self.all() else { return self.walk(transaction, order, after, limit) };
        let key = |hit: &Hit| order.key(hit.keys());
        let after = after.map(|keys| order.key(keys));
        let mut hits: Vec<Hit> =
            all.iter().filter(|hit| after.is_none_or(|after| key(hit) > after)).copied().collect();
        hits.sort_unstable_by_key(key);
        hits.truncate(limit);
        Ok(hits)
    }

    /// All of them, in no order; none when they are too many.
    pub(crate) fn all(&self) -> Option<&[Hit]> {
        match &self.found {
            Found::All(all) => Some(all),
            Found::Many | Found::Unknown => None,
        }
    }

    /// Reads the list until there are as many hits as wanted.
    fn walk(
        &self,
        transaction: &mut Transaction<'_>,
        order: Order,
        mut after: Option<[i64; 3]>,
        limit: usize,
    ) -> Result<Vec<Hit>, StoreError> {
        let mut hits = Vec::new();
        let mut at_once = READ_ROWS.max(limit);
        loop {
            let mut conditions = self.lens.all(transaction);
            if let Some(after) = after {
                order.after(&mut conditions, after);
            }
            let number = conditions.value(at_once);
            let sql = format!(
                "SELECT {HIT}, f.name, f.message FROM findings f {} ORDER BY {} LIMIT ${number}",
                conditions.clause(),
                order.by()
            );
            let mut rows = 0;
            transaction.each(&sql, &conditions.values, |row| {
                let hit = hit(row)?;
                (rows, after) = (rows + 1, Some(hit.keys()));
                if hits.len() < limit && self.holds(&hit, row)? {
                    hits.push(hit);
                }
                Ok(())
            })?;
            if rows < at_once || hits.len() == limit {
                return Ok(hits);
            }
            at_once = (at_once * 2).min(READ_ROWS_MAX);
        }
    }

    fn holds(&self, hit: &Hit, row: &Row<'_>) -> Result<bool, StoreError> {
        Ok(self.controls.binary_search(&hit.control).is_ok()
            || self.texts.has(row.int(7)?, &self.finder)
            || self.texts.has(row.int(8)?, &self.finder))
    }
}

impl Hit {
    /// What lists are ordered by.
    pub(crate) fn keys(&self) -> [i64; 3] {
        [self.severity, self.changed_at, self.id]
    }
}

fn hit(row: &Row<'_>) -> Result<Hit, StoreError> {
    Ok(Hit {
        id: row.int(0)?,
        changed_at: row.int(1)?,
        severity: row.int(2)?,
        state: row.int(3)?,
        scope: row.int(4)?,
        control: row.int(5)?,
        owner: row.int(6)?,
    })
}

/// The findings with one of these texts or controls.
fn few(
    transaction: &mut Transaction<'_>,
    lens: &Lens,
    texts: &[i64],
    controls: &[i64],
) -> Result<Found, StoreError> {
    let mut hits = HashMap::new();
    for (column, set) in [("f.name", texts), ("f.message", texts), ("f.control", controls)] {
        if set.is_empty() {
            continue;
        }
        let mut conditions = lens.all(transaction);
        conditions.within(transaction, column, set.into());
        let limit = conditions.value(COUNTED_MAX + 1);
        let sql = format!("SELECT {HIT} FROM findings f {} LIMIT ${limit}", conditions.clause());
        transaction.each(&sql, &conditions.values, |row| {
            let hit = hit(row)?;
            hits.insert(hit.id, hit);
            Ok(())
        })?;
        if hits.len() > COUNTED_MAX {
            return Ok(Found::Many);
        }
    }
    Ok(Found::All(hits.into_values().collect()))
}
