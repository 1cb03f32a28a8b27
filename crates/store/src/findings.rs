//! Lists of findings.

use jiff::Timestamp;

use crate::counts::total;
use crate::filter::{Filter, Lens};
use crate::finding::{Finding, History, State, What, namespace_of, severity_of};
use crate::query::{Conditions, Sight};
use crate::transaction::{Row, Transaction};
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
            let rows = rows(transaction, &lens, order, page)?;
            let total = total(transaction, &lens)?;
            Ok(Page::of(order.list(), page, rows, total))
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
            let rows = rows(transaction, &lens, Order::Oldest, &PageRequest::first(1))?;
            let Some(([_, _, id], finding)) = rows.into_iter().next() else { return Ok(None) };
            let mut conditions = Conditions::default();
            conditions.compare("h.finding", "=", id);
            let mut events = events(transaction, &conditions, "DESC", EVENTS_MAX)?;
            events.reverse();
            Ok(Some((finding, events)))
        })
    }

    /// What happened to the findings a user may see, the last event first.
    pub fn history(
        &self,
        sight: &Sight,
        filter: &HistoryFilter,
        page: &PageRequest,
    ) -> Result<Page<History>, StoreError> {
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
            let joins = match filter.cluster {
                Some(_) => "JOIN scopes s ON s.id = h.scope JOIN clusters cl ON cl.id = s.cluster",
                None => "",
            };
            let sql = format!("SELECT COUNT(*) FROM history h {joins} {}", conditions.clause());
            let total = transaction.count(&sql, &conditions.values)?;
            if let Some([seq]) = page.keys('h')? {
                conditions.compare("h.seq", "<", seq);
            }
            let events = events(transaction, &conditions, "DESC", page.rows() + 1)?;
            let rows = events.into_iter().map(|event| ([event.seq], event)).collect();
            Ok(Page::of('h', page, rows, total))
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
            events(transaction, &conditions, "ASC", PageRequest::first(limit).rows())
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
}

/// Rows of a page and one more, each with what it is ordered by, its number last.
fn rows(
    transaction: &mut Transaction<'_>,
    lens: &Lens,
    order: Order,
    page: &PageRequest,
) -> Result<Vec<([i64; 3], Finding)>, StoreError> {
    let mut conditions = lens.all(transaction);
    if let Some(keys) = page.keys::<3>(order.list())? {
        let [severity, time, id] = keys;
        let severity = match order {
            Order::Worst => conditions.value(severity),
            Order::Newest | Order::Oldest => 0,
        };
        let time = match order {
            Order::Worst | Order::Newest => conditions.value(time),
            Order::Oldest => 0,
        };
        let id = conditions.value(id);
        conditions.add(match order {
            Order::Worst => {
                format!("(f.severity, f.changed_at, f.id) < (${severity}, ${time}, ${id})")
            }
            Order::Newest => format!("(f.changed_at, f.id) < (${time}, ${id})"),
            Order::Oldest => format!("f.id > ${id}"),
        });
    }
    let by = match order {
        Order::Worst => "f.severity DESC, f.changed_at DESC, f.id DESC",
        Order::Newest => "f.changed_at DESC, f.id DESC",
        // Numbers are given in the order of being found.
        Order::Oldest => "f.id",
    };
    let limit = conditions.value(page.rows() + 1);
    // First which rows, then what they say: texts are read for those of the page only.
    let sql = format!(
        "WITH page AS (SELECT f.id AS page_id FROM findings f {} ORDER BY {by} LIMIT ${limit}) \
         {FINDING} FROM page JOIN findings f ON f.id = page.page_id {FINDING_JOINS} ORDER BY {by}",
        conditions.clause()
    );
    transaction.all(&sql, &conditions.values, |row| {
        Ok(([row.int(5)?, row.int(17)?, row.int(0)?], finding(row)?))
    })
}

const FINDING: &str = "SELECT f.id, cl.name, f.fingerprint, c.name, c.code, f.severity, \
    s.api_group, s.kind, s.namespace, f.name, t.path, t.message, o.name, t.exception, t.detail, \
    f.state, f.first_seen, f.changed_at, f.fixed_at, t.cause";
const FINDING_JOINS: &str = "JOIN finding_texts t ON t.finding = f.id \
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
    direction: &str,
    limit: usize,
) -> Result<Vec<History>, StoreError> {
    let mut values = conditions.values.clone();
    values.push(limit.into());
    let sql = format!(
        "SELECT h.seq, h.at, h.what, cl.name, f.fingerprint, c.name, h.severity, s.api_group, \
         s.kind, s.namespace, f.name, h.cause FROM history h JOIN findings f ON f.id = h.finding \
         JOIN scopes s ON s.id = h.scope JOIN clusters cl ON cl.id = s.cluster \
         JOIN controls c ON c.id = f.control {} ORDER BY h.seq {direction} LIMIT ${}",
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
