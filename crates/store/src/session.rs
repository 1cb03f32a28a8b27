//! Sessions of people who logged in, and what was done in their name.

use jiff::Timestamp;

use crate::filter::choices;
use crate::query::Conditions;
use crate::transaction::Value;
use crate::{Page, PageRequest, Store, StoreError, text};

/// Somebody who logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The user's name.
    pub user: String,
    /// The user's groups.
    pub groups: Vec<String>,
    /// The only cluster in which the name and the groups mean this user; none: in every.
    pub cluster: Option<String>,
    /// When the session began.
    pub made_at: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
}

/// Something that was done through bollwerk: an entry of its audit log, which is only added to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub user: String,
    /// What was done: `create-exception`.
    pub verb: String,
    /// To what.
    pub target: String,
    /// In which cluster; empty for what is about none.
    pub cluster: String,
    /// How it ended: `done`, or why it was refused.
    pub outcome: String,
}

/// Which actions are asked for. What is none asks for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionFilter {
    /// Of this user.
    pub user: Option<String>,
    /// Of this kind.
    pub verb: Option<String>,
    /// Then or later.
    pub since: Option<Timestamp>,
    /// In one of these clusters; the empty one is that of what is about none.
    pub clusters: Option<Vec<String>>,
}

impl Store {
    /// Stores a session under the digest of its token; the token itself is never stored.
    pub fn create_session(&self, digest: &[u8; 32], session: &Session) -> Result<(), StoreError> {
        let groups = serde_json::Value::from(session.groups.clone()).to_string();
        let sql = "INSERT INTO sessions (token, person, groups_json, made_at, until, cluster) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = [
            hexadecimal(digest).into(),
            Value::Text(text::line(&session.user)),
            Value::Text(groups.into()),
            session.made_at.into(),
            session.until.into(),
            session.cluster.as_deref().map_or(Value::Null, |it| Value::Text(text::line(it))),
        ];
        self.write(|transaction| transaction.execute(sql, &values).map(drop))
    }

    /// The session of a token, if it has not ended.
    pub fn session(
        &self,
        digest: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let sql = "SELECT person, groups_json, made_at, until, cluster FROM sessions \
                   WHERE token = $1 AND until > $2";
        let values = [hexadecimal(digest).into(), now.into()];
        self.read(|transaction| {
            transaction.first(sql, &values, |row| {
                let groups = serde_json::from_str(row.text(1)?)
                    .map_err(|error| StoreError::Corrupt(error.to_string()))?;
                let (made_at, until) = (row.time(2)?, row.time(3)?);
                let cluster = row.string_or_null(4)?;
                Ok(Session { user: row.string(0)?, groups, cluster, made_at, until })
            })
        })
    }

    /// Ends a session; whether there was one.
    pub fn end_session(&self, digest: &[u8; 32]) -> Result<bool, StoreError> {
        let values = [hexadecimal(digest).into()];
        let sql = "DELETE FROM sessions WHERE token = $1";
        self.write(|transaction| Ok(transaction.execute(sql, &values)? > 0))
    }

    /// Ends all sessions of a user; how many.
    pub fn end_sessions_of(&self, user: &str) -> Result<u64, StoreError> {
        let values = [Value::Text(text::line(user))];
        let sql = "DELETE FROM sessions WHERE person = $1";
        self.write(|transaction| transaction.execute(sql, &values))
    }

    /// Removes sessions that have ended; how many.
    pub fn sweep_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let sql = "DELETE FROM sessions WHERE until <= $1";
        self.write(|transaction| transaction.execute(sql, &[now.into()]))
    }

    /// Adds to the audit log.
    pub fn record_action(&self, action: &Action) -> Result<(), StoreError> {
        let sql = "INSERT INTO actions (id, at, person, verb, target, outcome, cluster) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        self.write(|transaction| {
            let id = transaction.take("actions", 1)?;
            let Action { at, user, verb, target, cluster, outcome } = action;
            let [user, verb, target, outcome, cluster] =
                [user, verb, target, outcome, cluster].map(|part| Value::Text(text::line(part)));
            let values = [id.into(), (*at).into(), user, verb, target, outcome, cluster];
            transaction.execute(sql, &values).map(drop)
        })
    }

    /// The audit log, the last action first.
    pub fn actions(
        &self,
        filter: &ActionFilter,
        page: &PageRequest,
    ) -> Result<Page<Action>, StoreError> {
        self.read(|transaction| {
            let mut conditions = Conditions::default();
            for (column, text) in [("person", &filter.user), ("verb", &filter.verb)] {
                if let Some(text) = text {
                    conditions.compare(column, "=", text.as_str());
                }
            }
            if let Some(since) = filter.since {
                conditions.compare("at", ">=", since);
            }
            if let Some(clusters) = &filter.clusters {
                choices(&mut conditions, "cluster", clusters);
            }
            let sql = format!("SELECT COUNT(*) FROM actions {}", conditions.clause());
            let total = transaction.count(&sql, &conditions.values)?;
            if let Some([id]) = page.keys('a')? {
                conditions.compare("id", "<", id);
            }
            let limit = conditions.value(page.rows() + 1);
            let sql = format!(
                "SELECT id, at, person, verb, target, outcome, cluster FROM actions {} \
                 ORDER BY id DESC LIMIT ${limit}",
                conditions.clause()
            );
            let rows = transaction.all(&sql, &conditions.values, |row| {
                let (at, user, verb) = (row.time(1)?, row.string(2)?, row.string(3)?);
                let (target, outcome) = (row.string(4)?, row.string(5)?);
                let cluster = row.string(6)?;
                Ok(([row.int(0)?], Action { at, user, verb, target, cluster, outcome }))
            })?;
            Ok(Page::of('a', page, rows, total))
        })
    }
}

fn hexadecimal(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
