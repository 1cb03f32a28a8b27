//! How many findings there are, by what they have in common, and how that went on.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;
use model::Severity;

use crate::filter::{Filter, Lens};
use crate::finding::{State, severity_number, severity_of};
use crate::ledger::tally::SEVERITIES;
use crate::query::{Conditions, Sight};
use crate::search::{Hit, Search};
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
    /// Keys without findings are left out. None when a search finds more than
    /// [`COUNTED_MAX`](crate::COUNTED_MAX).
    pub fn counts(
        &self,
        sight: &Sight,
        filter: &Filter,
        by: By,
    ) -> Result<Option<Vec<Count>>, StoreError> {
        self.read(|transaction| {
            let lens = filter.lens(transaction, sight)?;
            let Some(part) = &lens.part else { return count(transaction, &lens, by).map(Some) };
            let texts = self.texts().read(transaction)?;
            let search = Search::new(transaction, &lens, &texts, part)?;
            let Some(hits) = search.all() else { return Ok(None) };
            let names = names(transaction, &lens, by)?;
            let mut counts = Counts::default();
            for hit in hits {
                counts.add(names.of(by.of_hit(hit))?, severity_of(hit.severity)?, 1);
            }
            Ok(Some(counts.sorted()))
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
    has_scope: bool,
    has_control: bool,
}

const SCOPES: Source = Source { table: "tallies", has_scope: true, has_control: false };
const CONTROLS: Source = Source { table: "control_tallies", has_scope: false, has_control: true };
const FINDINGS: Source = Source { table: "findings", has_scope: true, has_control: true };

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
    let mut total = 0;
    let source = source(lens, false, false);
    source.sum(transaction, lens, By::Severity, |_, findings| total += findings)?;
    Ok(total)
}

fn count(transaction: &mut Transaction<'_>, lens: &Lens, by: By) -> Result<Vec<Count>, StoreError> {
    let needs_control = match by {
        By::Severity | By::State | By::Owner => false,
        By::Control => true,
        By::Kind => return count_scopes(transaction, lens, "kind"),
        By::Namespace => return count_scopes(transaction, lens, "namespace"),
    };
    let source = source(lens, false, needs_control);
    let hidden = match by {
        By::Control if source.table == FINDINGS.table => few_hidden(transaction, lens)?,
        _ => None,
    };
    let mut sums: BTreeMap<(i64, Severity), u64> = BTreeMap::new();
    if let Some(hidden) = hidden {
        // Everything is counted already; what is hidden is less than what is seen.
        CONTROLS.sum(transaction, lens, by, |key, findings| {
            *sums.entry(key).or_default() += findings;
        })?;
        FINDINGS.sum(transaction, &lens.with_scopes(hidden), by, |key, findings| {
            let sum = sums.entry(key).or_default();
            *sum = sum.saturating_sub(findings);
        })?;
    } else {
        source.sum(transaction, lens, by, |key, findings| {
            *sums.entry(key).or_default() += findings;
        })?;
    }
    let names = names(transaction, lens, by)?;
    let mut counts = Counts::default();
    for ((key, severity), findings) in sums {
        counts.add(names.of(key)?, severity, findings);
    }
    Ok(counts.sorted())
}

/// Counts by what scopes have in a column. They are many: each is summed up first, and the texts
/// are compared of what is left.
fn count_scopes(
    transaction: &mut Transaction<'_>,
    lens: &Lens,
    column: &str,
) -> Result<Vec<Count>, StoreError> {
    let source = source(lens, true, false);
    let conditions = source.conditions(transaction, lens);
    let severities = lens.asked_severities();
    let (mut inner, mut outer) = (String::new(), String::new());
    for severity in &severities {
        let (sum, name) = (source.sum_of(*severity), severity.name());
        inner.push_str(&format!(", {sum} AS {name}"));
        outer.push_str(&format!(", CAST(SUM(c.{name}) AS BIGINT)"));
    }
    let (table, clause) = (source.table, conditions.clause());
    let sql = format!(
        "SELECT n.{column}{outer} FROM (SELECT f.scope AS scope{inner} FROM {table} f {clause} \
         GROUP BY f.scope) c JOIN scopes n ON n.id = c.scope GROUP BY n.{column}"
    );
    let mut counts = Counts::default();
    transaction.each(&sql, &conditions.values, |row| {
        for (place, severity) in (1..).zip(&severities) {
            counts.add(row.text(0)?, *severity, row.count(place)?);
        }
        Ok(())
    })?;
    Ok(counts.sorted())
}

/// The scopes that are not seen, if kept counters can answer the rest and they are the smaller
/// part.
fn few_hidden(
    transaction: &mut Transaction<'_>,
    lens: &Lens,
) -> Result<Option<Arc<[i64]>>, StoreError> {
    let Some(seen) = lens.scopes.as_ref().filter(|_| lens.is_countable()) else { return Ok(None) };
    let all = transaction.count("SELECT COUNT(*) FROM scopes", &[])?;
    if (all.saturating_sub(seen.len() as u64)) > seen.len() as u64 / 2 {
        return Ok(None);
    }
    let seen: HashSet<i64> = seen.iter().copied().collect();
    let all = transaction.all("SELECT id FROM scopes", &[], |row| row.int(0))?;
    Ok(Some(all.into_iter().filter(|scope| !seen.contains(scope)).collect()))
}

impl Source {
    /// How many findings there are by a key and by severity.
    fn sum(
        &self,
        transaction: &mut Transaction<'_>,
        lens: &Lens,
        by: By,
        mut add: impl FnMut((i64, Severity), u64),
    ) -> Result<(), StoreError> {
        let conditions = self.conditions(transaction, lens);
        let severities = lens.asked_severities();
        // A row for each key, a column for each severity.
        let sums = severities.iter().map(|severity| format!(", {}", self.sum_of(*severity)));
        let sums: String = sums.collect();
        let (key, group) = match by.column() {
            Some(column) => (column, format!("GROUP BY {column}")),
            None => ("0", String::new()),
        };
        let (table, clause) = (self.table, conditions.clause());
        let sql = format!("SELECT {key}{sums} FROM {table} f {clause} {group}");
        transaction.each(&sql, &conditions.values, |row| {
            for (place, severity) in (1..).zip(&severities) {
                let findings = row.count(place)?;
                if findings > 0 {
                    let key = match by {
                        By::Severity => severity_number(*severity),
                        _ => row.int(0)?,
                    };
                    add((key, *severity), findings);
                }
            }
            Ok(())
        })
    }

    /// What sums up the findings of a severity.
    fn sum_of(&self, severity: Severity) -> String {
        let number = severity_number(severity);
        let findings = if self.table == FINDINGS.table {
            format!("CASE WHEN f.severity = {number} THEN 1 ELSE 0 END")
        } else {
            let column = usize::try_from(number).ok().and_then(|it| SEVERITIES.get(it));
            format!("f.{}", column.copied().unwrap_or_default())
        };
        format!("CAST(COALESCE(SUM({findings}), 0) AS BIGINT)")
    }
}

impl By {
    /// The column of findings and their counters that leads to the key; severities have a column
    /// each.
    fn column(self) -> Option<&'static str> {
        match self {
            Self::Severity => None,
            Self::State => Some("f.state"),
            Self::Owner => Some("f.owner"),
            Self::Control => Some("f.control"),
            Self::Kind | Self::Namespace => Some("f.scope"),
        }
    }

    /// The same of what a search found.
    fn of_hit(self, hit: &Hit) -> i64 {
        match self {
            Self::Severity => hit.severity,
            Self::State => hit.state,
            Self::Owner => hit.owner,
            Self::Control => hit.control,
            Self::Kind | Self::Namespace => hit.scope,
        }
    }
}

/// Counts by key, summed up.
#[derive(Default)]
struct Counts(BTreeMap<String, Count>);

impl Counts {
    fn add(&mut self, key: &str, severity: Severity, findings: u64) {
        match self.0.get_mut(key) {
            Some(count) => count.add(severity, findings),
            None if findings > 0 => {
                let mut count = Count { key: key.to_owned(), ..Count::default() };
                count.add(severity, findings);
                self.0.insert(key.to_owned(), count);
            }
            None => {}
        }
    }

    fn sorted(self) -> Vec<Count> {
        self.0.into_values().collect()
    }
}

/// The names of keys, by what leads to them.
enum KeyNames {
    Severities,
    States,
    Stored(HashMap<i64, String>),
}

impl KeyNames {
    fn of(&self, key: i64) -> Result<&str, StoreError> {
        match self {
            Self::Severities => Ok(severity_of(key)?.name()),
            Self::States => Ok(State::of(key)?.name()),
            Self::Stored(names) => names
                .get(&key)
                .map(String::as_str)
                .ok_or_else(|| StoreError::Corrupt("what is counted by has no name".to_owned())),
        }
    }
}

fn names(transaction: &mut Transaction<'_>, lens: &Lens, by: By) -> Result<KeyNames, StoreError> {
    let mut conditions = Conditions::default();
    let (table, column) = match by {
        By::Severity => return Ok(KeyNames::Severities),
        By::State => return Ok(KeyNames::States),
        By::Owner => ("owners", "name"),
        By::Control => ("controls", "name"),
        By::Kind => ("scopes", "kind"),
        By::Namespace => ("scopes", "namespace"),
    };
    if table == "scopes" {
        lens.sight(transaction, "n.id", &mut conditions);
    }
    let sql = format!("SELECT n.id, n.{column} FROM {table} n {}", conditions.clause());
    let mut names = HashMap::new();
    transaction.each(&sql, &conditions.values, |row| {
        names.insert(row.int(0)?, row.string(1)?);
        Ok(())
    })?;
    Ok(KeyNames::Stored(names))
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
