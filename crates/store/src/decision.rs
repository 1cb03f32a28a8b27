//! What admission decided.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::filter::{like, pattern};
use crate::finding::namespace_of;
use crate::names;
use crate::query::{Conditions, Sight};
use crate::transaction::{Columns, Kind, Rows, Value};
use crate::{Page, PageRequest, Store, StoreError, text};

/// The most decisions of one batch.
pub const DECISIONS_MAX: usize = 10_000;

/// An answer of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// The review's `uid`.
    pub uid: String,
    /// The object's API group; empty for the core group.
    pub group: String,
    /// The object's kind.
    pub kind: String,
    /// The object's namespace; none where its kind has none.
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
    /// Who asked.
    pub user: String,
    /// Which webhook answered.
    pub webhook: String,
    /// Whether it was let in.
    pub allowed: bool,
    /// Whether it was only tried.
    pub dry_run: bool,
    /// The controls that refused, warned or noted it.
    pub controls: Vec<String>,
}

/// Which decisions are asked for. What is none asks for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecisionFilter {
    /// In this namespace; the empty one is that of objects that stand in none.
    pub namespace: Option<String>,
    /// Asked by this user.
    pub user: Option<String>,
    /// Let in, or refused.
    pub allowed: Option<bool>,
    /// Refused, warned or noted by this control.
    pub control: Option<String>,
    /// Then or later.
    pub since: Option<Timestamp>,
}

const DECISIONS: Columns = Columns {
    table: "decisions",
    columns: &[
        ("id", Kind::Int),
        ("at", Kind::Int),
        ("scope", Kind::Int),
        ("uid", Kind::Text),
        ("name", Kind::Text),
        ("person", Kind::Text),
        ("webhook", Kind::Text),
        ("allowed", Kind::Int),
        ("dry_run", Kind::Int),
        ("controls_json", Kind::Text),
    ],
};

impl Store {
    /// Records decisions of a cluster's webhooks, [`DECISIONS_MAX`] at most.
    pub fn record_decisions(
        &self,
        cluster: &str,
        decisions: &[Decision],
    ) -> Result<(), StoreError> {
        let length = decisions.len();
        if length > DECISIONS_MAX {
            let what = "a batch of decisions";
            return Err(StoreError::TooLong { what, length, most: DECISIONS_MAX });
        }
        if decisions.is_empty() {
            return Ok(());
        }
        self.write(|transaction| {
            let cluster = names::number(transaction, "clusters", cluster)?;
            let mut scopes = HashMap::new();
            let first = transaction.take("decisions", decisions.len())?;
            let mut rows = Rows::of(&DECISIONS);
            for (id, decision) in (first..).zip(decisions) {
                let namespace = decision.namespace.as_deref().unwrap_or_default();
                let key = [decision.group.as_str(), decision.kind.as_str(), namespace];
                let scope = if let Some(scope) = scopes.get(&key) {
                    *scope
                } else {
                    let scope = names::scope(transaction, cluster, key.map(text::line))?;
                    scopes.insert(key, scope);
                    scope
                };
                rows.push(row(id, scope, decision));
            }
            transaction.insert(&DECISIONS, &rows, "")
        })
    }

    /// The decisions about objects a user may see, the last first.
    pub fn decisions(
        &self,
        sight: &Sight,
        filter: &DecisionFilter,
        page: &PageRequest,
    ) -> Result<Page<Decision>, StoreError> {
        // As it stands in the list, quotes and all.
        let quoted = |name: &String| serde_json::Value::from(name.as_str()).to_string();
        let control = filter.control.as_ref().map(quoted);
        let control = control.as_deref().map(pattern).transpose()?.flatten();
        self.read(|transaction| {
            let mut conditions = Conditions::default();
            conditions.sight(transaction, "d.scope", sight);
            if let Some(namespace) = &filter.namespace {
                conditions.compare("s.namespace", "=", namespace.as_str());
            }
            if let Some(user) = &filter.user {
                conditions.compare("d.person", "=", user.as_str());
            }
            if let Some(allowed) = filter.allowed {
                conditions.compare("d.allowed", "=", allowed);
            }
            if let Some(control) = &control {
                let number = conditions.value(control.as_str());
                conditions.add(like(&["d.controls_json"], number));
            }
            if let Some(since) = filter.since {
                conditions.compare("d.at", ">=", since);
            }
            let from = "FROM decisions d JOIN scopes s ON s.id = d.scope";
            let sql = format!("SELECT COUNT(*) {from} {}", conditions.clause());
            let total = transaction.count(&sql, &conditions.values)?;
            if let Some([id]) = page.keys('d')? {
                conditions.compare("d.id", "<", id);
            }
            let limit = conditions.value(page.rows() + 1);
            let sql = format!(
                "SELECT d.id, d.at, d.uid, s.api_group, s.kind, s.namespace, d.name, d.person, \
                 d.webhook, d.allowed, d.dry_run, d.controls_json {from} {} \
                 ORDER BY d.id DESC LIMIT ${limit}",
                conditions.clause()
            );
            let rows = transaction.all(&sql, &conditions.values, |row| {
                let controls = serde_json::from_str(row.text(11)?)
                    .map_err(|error| StoreError::Corrupt(error.to_string()))?;
                let decision = Decision {
                    at: row.time(1)?,
                    uid: row.string(2)?,
                    group: row.string(3)?,
                    kind: row.string(4)?,
                    namespace: namespace_of(row.text(5)?),
                    name: row.string(6)?,
                    user: row.string(7)?,
                    webhook: row.string(8)?,
                    allowed: row.int(9)? != 0,
                    dry_run: row.int(10)? != 0,
                    controls,
                };
                Ok(([row.int(0)?], decision))
            })?;
            Ok(Page::of('d', page, rows, total))
        })
    }
}

fn row(id: i64, scope: i64, decision: &Decision) -> [Value<'_>; 10] {
    let [uid, name, user, webhook] =
        [&decision.uid, &decision.name, &decision.user, &decision.webhook]
            .map(|part| Value::Text(text::line(part)));
    let controls: Vec<_> = decision.controls.iter().map(|control| text::line(control)).collect();
    [
        id.into(),
        decision.at.into(),
        scope.into(),
        uid,
        name,
        user,
        webhook,
        decision.allowed.into(),
        decision.dry_run.into(),
        serde_json::Value::from(controls).to_string().into(),
    ]
}
