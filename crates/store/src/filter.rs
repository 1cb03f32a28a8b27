//! Which findings are asked for.

use std::sync::Arc;

use jiff::Timestamp;
use model::Severity;

use crate::finding::{State, severity_number};
use crate::query::{Conditions, Sight};
use crate::transaction::{Transaction, Value};
use crate::{Scope, Store, StoreError, text, texts};

/// The most values one condition may name.
pub const CHOICES_MAX: usize = 10_000;
/// Characters of a search.
pub const SEARCH_MAX: usize = 200;

/// Which findings are asked for. What is empty or none asks for all; conditions must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The cluster.
    pub cluster: Option<String>,
    /// A text in the object's name, the message or the control's name; case does not count.
    pub text: Option<String>,
    /// One of these severities.
    pub severities: Vec<Severity>,
    /// One of these controls, by name.
    pub controls: Vec<String>,
    /// An object of one of these kinds.
    pub kinds: Vec<String>,
    /// An object in one of these namespaces; the empty one is that of objects that stand in none.
    pub namespaces: Vec<String>,
    /// An object of this name.
    pub name: Option<String>,
    /// An object of this owner; the empty one is nobody known.
    pub owner: Option<String>,
    /// In one of these states.
    pub states: Vec<State>,
    /// Changed then or later.
    pub since: Option<Timestamp>,
    /// This finding.
    pub fingerprint: Option<String>,
}

/// A filter and what a user may see, as the numbers that stand in the rows.
#[derive(Clone)]
pub(crate) struct Lens {
    /// The scopes that are asked for and may be seen; none when that is all of them.
    pub(crate) scopes: Option<Arc<[i64]>>,
    severities: Option<Arc<[i64]>>,
    controls: Option<Arc<[i64]>>,
    states: Option<Arc<[i64]>>,
    owner: Option<i64>,
    since: Option<i64>,
    /// A part of their texts, in small letters: see `search.rs`.
    pub(crate) part: Option<String>,
    name: Option<i64>,
    fingerprint: Option<String>,
}

impl Store {
    /// The scopes of a cluster: what [`Sight::Scopes`] chooses from.
    pub fn scopes(&self, cluster: &str) -> Result<Vec<Scope>, StoreError> {
        self.read(|transaction| {
            let sql = "SELECT s.id, s.api_group, s.kind, s.namespace FROM scopes s \
                       JOIN clusters c ON c.id = s.cluster WHERE c.name = $1 ORDER BY s.id";
            transaction.all(sql, &[cluster.into()], |row| {
                let (id, group, kind) = (row.int(0)?, row.string(1)?, row.string(2)?);
                let namespace = crate::finding::namespace_of(row.text(3)?);
                Ok(Scope { id, group, kind, namespace })
            })
        })
    }
}

impl Filter {
    pub(crate) fn lens(
        &self,
        transaction: &mut Transaction<'_>,
        sight: &Sight,
    ) -> Result<Lens, StoreError> {
        self.check()?;
        let scopes = self.scopes(transaction, sight)?;
        let controls = if self.controls.is_empty() {
            None
        } else {
            Some(numbers(transaction, "controls", &self.controls)?)
        };
        let owner = match &self.owner {
            None => None,
            // An owner nobody ever named has no findings.
            Some(owner) => {
                let found = numbers(transaction, "owners", std::slice::from_ref(owner))?;
                Some(found.first().copied().unwrap_or(0))
            }
        };
        let name = match &self.name {
            None => None,
            // A name nobody ever had has no findings.
            Some(name) => Some(texts::number(transaction, &text::line(name))?.unwrap_or(0)),
        };
        let set = |numbers: Vec<i64>| (!numbers.is_empty()).then(|| numbers.into());
        Ok(Lens {
            scopes,
            controls,
            owner,
            severities: set(self.severities.iter().copied().map(severity_number).collect()),
            states: set(self.states.iter().map(|state| state.number()).collect()),
            since: self.since.map(Timestamp::as_microsecond),
            part: self.text.as_deref().map(part).transpose()?.flatten(),
            name,
            fingerprint: self.fingerprint.clone(),
        })
    }

    fn check(&self) -> Result<(), StoreError> {
        let lists = [self.controls.len(), self.kinds.len(), self.namespaces.len()];
        for length in lists {
            if length > CHOICES_MAX {
                let what = "a filter's list of choices";
                return Err(StoreError::TooLong { what, length, most: CHOICES_MAX });
            }
        }
        Ok(())
    }

    /// Whether the cluster that is asked for, if one is, is the only one.
    fn is_every_cluster(&self, transaction: &mut Transaction<'_>) -> Result<bool, StoreError> {
        let Some(cluster) = &self.cluster else { return Ok(true) };
        let sql = "SELECT name FROM clusters LIMIT 2";
        Ok(transaction.all(sql, &[], |row| row.string(0))? == [cluster.as_str()])
    }

    /// The scopes that are asked for and may be seen.
    fn scopes(
        &self,
        transaction: &mut Transaction<'_>,
        sight: &Sight,
    ) -> Result<Option<Arc<[i64]>>, StoreError> {
        let is_narrow = !self.kinds.is_empty() || !self.namespaces.is_empty();
        if !is_narrow && self.is_every_cluster(transaction)? {
            return Ok(match sight {
                Sight::All => None,
                Sight::Scopes(scopes) => Some(Arc::clone(scopes)),
            });
        }
        let mut conditions = Conditions::default();
        conditions.sight(transaction, "s.id", sight);
        if let Some(cluster) = &self.cluster {
            conditions.compare("c.name", "=", cluster.as_str());
        }
        for (column, names) in [("s.kind", &self.kinds), ("s.namespace", &self.namespaces)] {
            if !names.is_empty() {
                choices(&mut conditions, column, names);
            }
        }
        let sql = format!(
            "SELECT s.id FROM scopes s JOIN clusters c ON c.id = s.cluster {} ORDER BY s.id",
            conditions.clause()
        );
        let found = transaction.all(&sql, &conditions.values, |row| row.int(0))?;
        let is_all = *sight == Sight::All && {
            let all = transaction.count("SELECT COUNT(*) FROM scopes", &[])?;
            found.len() as u64 == all
        };
        Ok((!is_all).then(|| found.into()))
    }
}

impl Lens {
    /// Whether kept counters can answer it.
    pub(crate) fn is_countable(&self) -> bool {
        self.since.is_none()
            && self.part.is_none()
            && self.name.is_none()
            && self.fingerprint.is_none()
    }

    /// The same of other scopes.
    pub(crate) fn with_scopes(&self, scopes: Arc<[i64]>) -> Self {
        Self { scopes: Some(scopes), ..self.clone() }
    }

    /// The lens with its choice of controls, if it has one.
    pub(crate) fn has_controls(&self) -> bool {
        self.controls.is_some()
    }

    /// The severities that are asked for.
    pub(crate) fn asked_severities(&self) -> Vec<Severity> {
        let is_asked = |severity: &Severity| {
            let number = severity_number(*severity);
            self.severities.as_ref().is_none_or(|asked| asked.contains(&number))
        };
        Severity::ALL.iter().copied().filter(is_asked).collect()
    }

    /// What counters and findings have in common.
    pub(crate) fn counted(
        &self,
        transaction: &Transaction<'_>,
        table: &str,
        conditions: &mut Conditions<'_>,
    ) {
        if let Some(states) = &self.states {
            conditions.within(transaction, &format!("{table}.state"), Arc::clone(states));
        }
        if let Some(owner) = self.owner {
            conditions.compare(&format!("{table}.owner"), "=", owner);
        }
    }

    /// The choice of controls, for tables that have them.
    pub(crate) fn controls(
        &self,
        transaction: &Transaction<'_>,
        table: &str,
        conditions: &mut Conditions<'_>,
    ) {
        if let Some(controls) = &self.controls {
            conditions.within(transaction, &format!("{table}.control"), Arc::clone(controls));
        }
    }

    /// The scopes that may be seen, for tables that have them.
    pub(crate) fn sight(
        &self,
        transaction: &Transaction<'_>,
        column: &str,
        conditions: &mut Conditions<'_>,
    ) {
        if let Some(scopes) = &self.scopes {
            conditions.scopes(transaction, column, Arc::clone(scopes));
        }
    }

    /// Everything but the part of texts, for the table of findings under the name `f`.
    pub(crate) fn all<'a>(&'a self, transaction: &Transaction<'_>) -> Conditions<'a> {
        let mut conditions = Conditions::default();
        self.sight(transaction, "f.scope", &mut conditions);
        self.counted(transaction, "f", &mut conditions);
        self.controls(transaction, "f", &mut conditions);
        if let Some(severities) = &self.severities {
            conditions.within(transaction, "f.severity", Arc::clone(severities));
        }
        if let Some(since) = self.since {
            conditions.compare("f.changed_at", ">=", since);
        }
        if let Some(name) = &self.name {
            conditions.compare("f.name", "=", *name);
        }
        if let Some(fingerprint) = &self.fingerprint {
            conditions.compare("f.fingerprint", "=", fingerprint.as_str());
        }
        conditions
    }
}

/// What is looked for, in small letters. None when it is nothing.
fn part(text: &str) -> Result<Option<String>, StoreError> {
    let text = text.trim();
    let length = text.chars().count();
    if length > SEARCH_MAX {
        return Err(StoreError::TooLong { what: "a search", length, most: SEARCH_MAX });
    }
    Ok((!text.is_empty()).then(|| text.to_ascii_lowercase()))
}

/// A search as a pattern: its own wildcards are letters like others. None when it asks for
/// nothing.
pub(crate) fn pattern(text: &str) -> Result<Option<String>, StoreError> {
    let Some(text) = part(text)? else { return Ok(None) };
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    Ok(Some(pattern))
}

/// One of the columns holds the pattern that parameter `number` is.
pub(crate) fn like(columns: &[&str], number: usize) -> String {
    let is = |column: &&str| format!("LOWER({column}) LIKE ${number} ESCAPE '!'");
    format!("({})", columns.iter().map(is).collect::<Vec<_>>().join(" OR "))
}

/// The column's value is one of these names.
pub(crate) fn choices<'a>(conditions: &mut Conditions<'a>, column: &str, names: &'a [String]) {
    if names.is_empty() {
        return conditions.add("1 = 0".to_owned());
    }
    let mut places = Vec::new();
    for name in names {
        places.push(format!("${}", conditions.value(name.as_str())));
    }
    conditions.add(format!("{column} IN ({})", places.join(", ")));
}

/// The numbers of those names that were ever stored.
fn numbers(
    transaction: &mut Transaction<'_>,
    table: &str,
    names: &[String],
) -> Result<Arc<[i64]>, StoreError> {
    let mut conditions = Conditions::default();
    choices(&mut conditions, "name", names);
    let sql = format!("SELECT id FROM {table} {} ORDER BY id", conditions.clause());
    let values: Vec<Value<'_>> = conditions.values;
    Ok(transaction.all(&sql, &values, |row| row.int(0))?.into())
}
