//! How many findings there are, by what they have in common, and how that went on.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use model::Severity;

use crate::filter::{Filter, Lens};
use crate::finding::{State, severity_of};
use crate::query::{Conditions, Sight};
use crate::transaction::{Transaction, Value};
use crate::{Store, StoreError};

/// The longest trend.
pub const TREND_DAYS_MAX: u32 = 3_660;

/// What findings are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// The severity.
    Severity,
    /// The control.
    Control,
    /// The namespace; the empty one is that of objects that stand in none.
    Namespace,
    /// The kind.
    Kind,
    /// The owner; the empty one is nobody known.
    Owner,
    /// The state.
    State,
}

/// How many findings there are of one key, by severity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// The severity, control, namespace, kind, owner or state.
    pub key: String,
    /// How many critical ones.
    pub critical: u64,
    /// How many high ones.
    pub high: u64,
    /// How many medium ones.
    pub medium: u64,
    /// How many low ones.
    pub low: u64,
    /// How many that are only worth knowing.
    pub info: u64,
}

/// One day of a trend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day, in UTC.
    pub date: Date,
    /// How many findings became open, for the first time or again.
    pub opened: u64,
    /// How many open ones were fixed.
    pub fixed: u64,
    /// How many open ones were excepted.
    pub excepted: u64,
    /// How many were open at its end.
    pub open: u64,
}

impl Count {
    /// All of them.
    pub fn all(&self) -> u64 {
        self.critical + self.high + self.medium + self.low + self.info
    }

    fn add(&mut self, severity: Severity, findings: u64) {
        *match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
            Severity::Info => &mut self.info,
        } += findings;
    }
}

impl Store {
    /// How many findings a user may see, by what they have in common, in the order of the keys.
    /// Keys without findings are left out.
    pub fn counts(&self, sight: &Sight, filter: &Filter, by: By) -> Result<Vec<Count>, StoreError> {
        self.read(|transaction| {
            let lens = filter.lens(transaction, sight)?;
            count(transaction, &lens, by)
        })
    }

    /// How the findings a user may see went on over the last days until `today`, the first day
    /// first.
    pub fn trend(
        &self,
        sight: &Sight,
        cluster: Option<&str>,
        today: Date,
        days: u32,
    ) -> Result<Vec<Day>, StoreError> {
        self.read(|transaction| {
            let cluster = cluster.map(str::to_owned);
            let filter = Filter { cluster, states: vec![State::Open], ..Filter::default() };
            let lens = filter.lens(transaction, sight)?;
            let open = total(transaction, &lens)?.cast_signed();
            trend(transaction, &lens, open, today, days.min(TREND_DAYS_MAX))
        })
    }
}

/// Where something is counted.
struct Source {
    table: &'static str,
    findings: &'static str,
    has_scope: bool,
    has_control: bool,
}

const SCOPES: Source =
    Source { table: "tallies", findings: "f.findings", has_scope: true, has_control: false };
const CONTROLS: Source = Source {
    table: "control_tallies",
    findings: "f.findings",
    has_scope: false,
    has_control: true,
};
const FINDINGS: Source =
    Source { table: "findings", findings: "1", has_scope: true, has_control: true };

/// The smallest table that can tell.
fn source(lens: &Lens, needs_scope: bool, needs_control: bool) -> &'static Source {
    let needs_scope = needs_scope || lens.scopes.is_some();
    let needs_control = needs_control || lens.has_controls();
    match (lens.is_countable(), needs_scope, needs_control) {
        (true, false, _) => &CONTROLS,
        (true, true, false) => &SCOPES,
        _ => &FINDINGS,
    }
}

impl Source {
    fn conditions<'a>(&self, transaction: &Transaction<'_>, lens: &'a Lens) -> Conditions<'a> {
        if self.table == FINDINGS.table {
            return lens.all(transaction);
        }
        let mut conditions = Conditions::default();
        if self.has_scope {
            lens.sight(transaction, "f.scope", &mut conditions);
        }
        if self.has_control {
            lens.controls(transaction, "f", &mut conditions);
        }
        lens.counted(transaction, "f", &mut conditions);
        conditions
    }
}

/// How many findings a lens shows.
pub(crate) fn total(transaction: &mut Transaction<'_>, lens: &Lens) -> Result<u64, StoreError> {
    let source = source(lens, false, false);
    let conditions = source.conditions(transaction, lens);
    let Source { table, findings, .. } = source;
    let sql = format!(
        "SELECT CAST(COALESCE(SUM({findings}), 0) AS BIGINT) FROM {table} f {}",
        conditions.clause()
    );
    transaction.count(&sql, &conditions.values)
}

fn count(transaction: &mut Transaction<'_>, lens: &Lens, by: By) -> Result<Vec<Count>, StoreError> {
    let (needs_scope, needs_control, key, join) = match by {
        By::Severity => (false, false, "f.severity", None),
        By::State => (false, false, "f.state", None),
        By::Owner => (false, false, "f.owner", Some("owners")),
        By::Control => (false, true, "f.control", Some("controls")),
        By::Kind | By::Namespace => (true, false, "f.scope", None),
    };
    let source = source(lens, needs_scope, needs_control);
    let conditions = source.conditions(transaction, lens);
    let Source { table, findings, .. } = source;
    let counted = format!(
        "SELECT {key} AS key, f.severity AS severity, CAST(SUM({findings}) AS BIGINT) AS findings \
         FROM {table} f {} GROUP BY {key}, f.severity",
        conditions.clause()
    );
    let sql = match join {
        Some(names) => format!(
            "SELECT n.name, counted.severity, counted.findings FROM ({counted}) counted \
             JOIN {names} n ON n.id = counted.key"
        ),
        None => counted,
    };
    // Joined here: scopes are many, and texts are dear to group by.
    let names = match by {
        By::Kind => scope_names(transaction, lens, "kind")?,
        By::Namespace => scope_names(transaction, lens, "namespace")?,
        _ => HashMap::new(),
    };
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    transaction.each(&sql, &conditions.values, |row| {
        let (severity, findings) = (severity_of(row.int(1)?)?, row.count(2)?);
        let key = match by {
            By::Owner | By::Control => row.text(0)?,
            By::State => State::of(row.int(0)?)?.name(),
            By::Severity => severity.name(),
            By::Kind | By::Namespace => names
                .get(&row.int(0)?)
                .ok_or_else(|| StoreError::Corrupt("a scope has no name".to_owned()))?,
        };
        match counts.get_mut(key) {
            Some(count) => count.add(severity, findings),
            None if findings > 0 => {
                let mut count = Count { key: key.to_owned(), ..Count::default() };
                count.add(severity, findings);
                counts.insert(key.to_owned(), count);
            }
            None => {}
        }
        Ok(())
    })?;
    Ok(counts.into_values().collect())
}

/// What scopes have in a column, by their numbers.
fn scope_names(
    transaction: &mut Transaction<'_>,
    lens: &Lens,
    column: &str,
) -> Result<HashMap<i64, String>, StoreError> {
    let mut conditions = Conditions::default();
    lens.sight(transaction, "s.id", &mut conditions);
    let sql = format!("SELECT s.id, s.{column} FROM scopes s {}", conditions.clause());
    let mut names = HashMap::new();
    transaction.each(&sql, &conditions.values, |row| {
        names.insert(row.int(0)?, row.string(1)?);
        Ok(())
    })?;
    Ok(names)
}

fn trend(
    transaction: &mut Transaction<'_>,
    lens: &Lens,
    mut open: i64,
    today: Date,
    days: u32,
) -> Result<Vec<Day>, StoreError> {
    let today_number = day_number(today);
    let first = today_number - i64::from(days) + 1;
    let mut conditions = Conditions::default();
    conditions.compare("d.day", ">=", Value::Int(first));
    lens.sight(transaction, "d.scope", &mut conditions);
    let sql = format!(
        "SELECT d.day, CAST(SUM(d.opened) AS BIGINT), CAST(SUM(d.fixed) AS BIGINT), \
         CAST(SUM(d.excepted) AS BIGINT) FROM days d {} GROUP BY d.day",
        conditions.clause()
    );
    let mut changes = BTreeMap::new();
    transaction.each(&sql, &conditions.values, |row| {
        changes.insert(row.int(0)?, [row.int(1)?, row.int(2)?, row.int(3)?]);
        Ok(())
    })?;
    // From how many are open now, back to how many were.
    for (_, [opened, fixed, excepted]) in changes.range(today_number + 1..) {
        open -= opened - fixed - excepted;
    }
    let mut trend = Vec::new();
    let mut date = today;
    for number in (first..=today_number).rev() {
        let [opened, fixed, excepted] = changes.get(&number).copied().unwrap_or_default();
        trend.push(Day {
            date,
            opened: opened.cast_unsigned(),
            fixed: fixed.cast_unsigned(),
            excepted: excepted.cast_unsigned(),
            open: open.max(0).cast_unsigned(),
        });
        open -= opened - fixed - excepted;
        let Ok(yesterday) = date.yesterday() else { break };
        date = yesterday;
    }
    trend.reverse();
    Ok(trend)
}

/// A day as days since 1970.
pub(crate) fn day_number(date: Date) -> i64 {
    const EPOCH: Date = jiff::civil::date(1970, 1, 1);
    date.duration_since(EPOCH).as_hours() / 24
}

/// The date of a day since 1970.
pub(crate) fn date_of(number: i64) -> Result<Date, StoreError> {
    let seconds = number.checked_mul(86_400);
    let time = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let time = time.ok_or_else(|| StoreError::Corrupt(format!("{number} is no day")))?;
    Ok(jiff::tz::Offset::UTC.to_datetime(time).date())
}
