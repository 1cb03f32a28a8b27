//! Statements put together from conditions, and who may see what.

use std::borrow::Cow;
use std::sync::Arc;

use crate::transaction::{Transaction, Value};

/// How many scopes are looked up one by one.
const SCOPES_LOOKED_UP_MAX: usize = 2_000;

/// What a user may see: decided by the caller, applied inside every query, count and trend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Everything.
    All,
    /// What stands in one of these scopes, by [`Scope::id`](crate::Scope::id).
    Scopes(Arc<[i64]>),
}

/// Conditions that must all hold, and their parameters.
#[derive(Default)]
pub(crate) struct Conditions<'a> {
    conditions: Vec<String>,
    pub(crate) values: Vec<Value<'a>>,
}

impl<'a> Conditions<'a> {
    /// Adds a parameter; the number it has in the statement.
    pub(crate) fn value(&mut self, value: impl Into<Value<'a>>) -> usize {
        self.values.push(value.into());
        self.values.len()
    }

    pub(crate) fn add(&mut self, condition: String) {
        self.conditions.push(condition);
    }

    /// `⟨column⟩ ⟨operator⟩ ⟨value⟩`.
    pub(crate) fn compare(&mut self, column: &str, operator: &str, value: impl Into<Value<'a>>) {
        let number = self.value(value);
        self.add(format!("{column} {operator} ${number}"));
    }

    /// The column's value is one of these.
    pub(crate) fn within(&mut self, transaction: &Transaction<'_>, column: &str, set: Arc<[i64]>) {
        // Databases read on along an index behind one value only.
        if let [one] = *set {
            return self.compare(column, "=", one);
        }
        let number = self.value(Value::Ints(set));
        self.add(transaction.within(column, number));
    }

    /// What a user may see, by the column that holds the scope.
    pub(crate) fn sight(&mut self, transaction: &Transaction<'_>, column: &str, sight: &Sight) {
        if let Sight::Scopes(scopes) = sight {
            self.scopes(transaction, column, Arc::clone(scopes));
        }
    }

    /// The scope is one of these. Rows of few scopes are looked up; where there are many, rows are
    /// read in the order that is asked for, and each is tested: the `+` keeps both databases from
    /// using an index for it.
    pub(crate) fn scopes(
        &mut self,
        transaction: &Transaction<'_>,
        column: &str,
        scopes: Arc<[i64]>,
    ) {
        if scopes.len() > SCOPES_LOOKED_UP_MAX {
            self.within(transaction, &format!("+{}", column.trim_start_matches('+')), scopes);
        } else {
            self.within(transaction, column, scopes);
        }
    }

    /// `WHERE …`, or nothing.
    pub(crate) fn clause(&self) -> String {
        if self.conditions.is_empty() {
            return String::new();
        }
        format!("WHERE {}", self.conditions.join(" AND "))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}
