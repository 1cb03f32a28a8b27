//! Lists of findings.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::counts::total;
use crate::filter::{Filter, Lens};
use crate::finding::{Finding, History, State, What, namespace_of, severity_of};
use crate::query::{Conditions, Sight};
use crate::search::{COUNTED_MAX, Hit, Search};
use crate::transaction::{Row, Transaction, Value};
use crate::{Page, PageRequest, Store, StoreError};

/// The most events that are told of one finding.
const EVENTS_MAX: usize = 1_000;

/// In which order findings are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// The worst first; of equally bad ones those that changed last.
    Worst,
    /// Those that changed last first.
    Newest,
    /// Those that are known longest first.
    Oldest,
}

/// Which events are asked for. What is empty or none asks for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Of findings of this cluster.
    pub cluster: Option<String>,
    /// Then or later.
    pub since: Option<Timestamp>,
    /// One of these.
    pub what: Vec<What>,
}

impl Store {
    /// A page of the findings a user may see.
    pub fn findings(
        &self,
        sight: &Sight,
        filter: &Filter,
        order: Order,
        page: &PageRequest,
    ) -> Result<Page<Finding>, StoreError> {
        self.read(|transaction| {
            let lens = filter.lens(transaction, sight)?;
            let after = page.keys::<3>(order.list())?;
            let limit = page.rows() + 1;
            let Some(part) = &lens.part else {
                let rows = rows(transaction, &lens, order, after, limit)?;
                let total = total(transaction, &lens)?;
                return Ok(Page::of(order.list(), page, rows, total));
            };
            let texts = self.texts().read(transaction)?;
            let search = Search::new(transaction, &lens, &texts, part)?;
            let hits = search.hits(transaction, order, after, limit)?;
            let all = search.all().map(<[Hit]>::len);
            let rows = chosen(transaction, &hits)?;
            let total = all.unwrap_or(COUNTED_MAX) as u64;
            Ok(Page { is_least: all.is_none(), ..Page::of(order.list(), page, rows, total) })
        })
    }

    /// A finding with what happened to it, the first event first. None when there is none that
    /// the user may see.
    pub fn finding(
        &self,
        sight: &Sight,
        fingerprint: &str,
    ) -> Result<Option<(Finding, Vec<History>)>, StoreError> {
        self.read(|transaction| {
            let fingerprint = Some(fingerprint.to_owned());
            let filter = Filter { fingerprint, ..Filter::default() };
            let lens = filter.lens(transaction, sight)?;
            let rows = rows(transaction, &lens, Order::Oldest, None, 1)?;
            let Some(([_, _, id], finding)) = rows.into_iter().next() else { return Ok(None) };
            let mut conditions = Conditions::default();
            conditions.compare("h.finding", "=", id);
            let mut events = events(transaction, &conditions, "h.seq DESC", EVENTS_MAX)?;
            events.reverse();
            Ok(Some((finding, events)))
        })
    }

    /// What happened to the findings a user may see, the last event first, `limit` events at most.
    pub fn history(
        &self,
        sight: &Sight,
        filter: &HistoryFilter,
        limit: usize,
    ) -> Result<Vec<History>, StoreError> {
        self.read(|transaction| {
            let mut conditions = Conditions::default();
            conditions.sight(transaction, "h.scope", sight);
            if let Some(cluster) = &filter.cluster {
                conditions.compare("cl.name", "=", cluster.as_str());
            }
            if let Some(since) = filter.since {
                conditions.compare("h.at", ">=", since);
            }
            if !filter.what.is_empty() {
                let what: Vec<i64> = filter.what.iter().map(|what| what.number()).collect();
                conditions.within(transaction, "h.what", what.into());
            }
            let by = "h.at DESC, h.seq DESC";
            events(transaction, &conditions, by, PageRequest::first(limit).rows())
        })
    }

    /// What happened after the event `seq`, the first first, `limit` events at most: for whoever
    /// follows along. Begin with [`Store::last_event`].
    pub fn history_after(
        &self,
        sight: &Sight,
        seq: i64,
        limit: usize,
    ) -> Result<Vec<History>, StoreError> {
        self.read(|transaction| {
            let mut conditions = Conditions::default();
            conditions.compare("h.seq", ">", seq);
            conditions.sight(transaction, "h.scope", sight);
            events(transaction, &conditions, "h.seq", PageRequest::first(limit).rows())
        })
    }

    /// The number of the last event; 0 before the first.
    pub fn last_event(&self) -> Result<i64, StoreError> {
        let sql = "SELECT COALESCE(MAX(last), 0) FROM sequences WHERE name = 'history'";
        self.read(|transaction| transaction.integer(sql, &[]))
    }
}

impl Order {
    fn list(self) -> char {
        match self {
            Self::Worst => 'w',
            Self::Newest => 'n',
            Self::Oldest => 'o',
        }
    }

    /// What rows are ordered by.
    pub(crate) fn by(self) -> &'static str {
        match self {
            Self::Worst => "f.severity DESC, f.changed_at DESC, f.id DESC",
            Self::Newest => "f.changed_at DESC, f.id DESC",
            // Numbers are given in the order of being found.
            Self::Oldest => "f.id",
        }
    }

    /// The condition of rows behind one with this severity, time and number.
    pub(crate) fn after(self, conditions: &mut Conditions<'_>, [severity, time, id]: [i64; 3]) {
        let mut value = |value: i64| conditions.value(value);
        let condition = match self {
            Self::Worst => format!(
                "(f.severity, f.changed_at, f.id) < (${}, ${}, ${})",
                value(severity),
                value(time),
                value(id)
            ),
            Self::Newest => format!("(f.changed_at, f.id) < (${}, ${})", value(time), value(id)),
            Self::Oldest => format!("f.id > ${}", value(id)),
        };
        conditions.add(condition);
    }

    /// What comes first is the smallest.
    pub(crate) fn key(self, [severity, time, id]: [i64; 3]) -> [i64; 3] {
        match self {
            Self::Worst => [-severity, -time, -id],
            Self::Newest => [-time, -id, 0],
            Self::Oldest => [id, 0, 0],
        }
    }
}

/// Rows of a list behind a place, each with what it is ordered by, its number last.
fn rows(
    transaction: &mut Transaction<'_>,
    lens: &Lens,
    order: Order,
    after: Option<[i64; 3]>,
    limit: usize,
) -> Result<Vec<([i64; 3], Finding)>, StoreError> {
    let mut conditions = lens.all(transaction);
    if let Some(after) = after {
        order.after(&mut conditions, after);
    }
    let limit = conditions.value(limit);
    // First which rows, then what they say: texts are read for those of the page only.
    let by = order.by();
    let sql = format!(
        "WITH page AS (SELECT f.id AS page_id FROM findings f {} ORDER BY {by} LIMIT ${limit}) \
         {FINDING} FROM page JOIN findings f ON f.id = page.page_id {FINDING_JOINS} ORDER BY {by}",
        conditions.clause()
    );
    transaction.all(&sql, &conditions.values, keyed)
}

/// The rows of a search's hits, in their order.
fn chosen(
    transaction: &mut Transaction<'_>,
    hits: &[Hit],
) -> Result<Vec<([i64; 3], Finding)>, StoreError> {
    let places: HashMap<i64, usize> =
        hits.iter().enumerate().map(|(place, hit)| (hit.id, place)).collect();
    let ids: Vec<i64> = hits.iter().map(|hit| hit.id).collect();
    let within = transaction.within("f.id", 1);
    let sql = format!("{FINDING} FROM findings f {FINDING_JOINS} WHERE {within}");
    let mut rows = transaction.all(&sql, &[Value::Ints(ids.into())], keyed)?;
    rows.sort_unstable_by_key(|([.., id], _)| places.get(id).copied());
    Ok(rows)
}

fn keyed(row: &Row<'_>) -> Result<([i64; 3], Finding), StoreError> {
    Ok(([row.int(5)?, row.int(17)?, row.int(0)?], finding(row)?))
}

const FINDING: &str = "SELECT f.id, cl.name, f.fingerprint, c.name, c.code, f.severity, \
    s.api_group, s.kind, s.namespace, n.text, t.path, m.text, o.name, t.exception, t.detail, \
    f.state, f.first_seen, f.changed_at, f.fixed_at, t.cause";
const FINDING_JOINS: &str = "JOIN finding_texts t ON t.finding = f.id \
    JOIN texts n ON n.id = f.name JOIN texts m ON m.id = f.message \
    JOIN scopes s ON s.id = f.scope JOIN clusters cl ON cl.id = f.cluster \
    JOIN controls c ON c.id = f.control JOIN owners o ON o.id = f.owner";

fn finding(row: &Row<'_>) -> Result<Finding, StoreError> {
    Ok(Finding {
        cluster: row.string(1)?,
        fingerprint: row.string(2)?,
        control: row.string(3)?,
        id: row.string(4)?,
        severity: severity_of(row.int(5)?)?,
        group: row.string(6)?,
        kind: row.string(7)?,
        namespace: namespace_of(row.text(8)?),
        name: row.string(9)?,
        path: row.string(10)?,
        message: row.string(11)?,
        owner: namespace_of(row.text(12)?),
        exception: row.string_or_null(13)?,
        detail: row.string(14)?,
        state: State::of(row.int(15)?)?,
        first_seen: row.time(16)?,
        changed_at: row.time(17)?,
        fixed_at: row.time_or_null(18)?,
        cause: row.string_or_null(19)?,
    })
}

/// Events by their number.
fn events(
    transaction: &mut Transaction<'_>,
    conditions: &Conditions<'_>,
    by: &str,
    limit: usize,
) -> Result<Vec<History>, StoreError> {
    let mut values = conditions.values.clone();
    values.push(limit.into());
    let sql = format!(
        "SELECT h.seq, h.at, h.what, cl.name, f.fingerprint, c.name, h.severity, s.api_group, \
         s.kind, s.namespace, n.text, h.cause FROM history h JOIN findings f ON f.id = h.finding \
         JOIN texts n ON n.id = f.name JOIN scopes s ON s.id = h.scope \
         JOIN clusters cl ON cl.id = s.cluster JOIN controls c ON c.id = f.control {} \
         ORDER BY {by} LIMIT ${}",
        conditions.clause(),
        values.len(),
    );
    transaction.all(&sql, &values, |row| {
        Ok(History {
            seq: row.int(0)?,
            at: row.time(1)?,
            what: What::of(row.int(2)?)?,
            cluster: row.string(3)?,
            fingerprint: row.string(4)?,
            control: row.string(5)?,
            severity: severity_of(row.int(6)?)?,
            group: row.string(7)?,
            kind: row.string(8)?,
            namespace: namespace_of(row.text(9)?),
            name: row.string(10)?,
            cause: row.string_or_null(11)?,
        })
    })
}
