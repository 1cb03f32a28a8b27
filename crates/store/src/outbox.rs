//! Alerts that are still to be sent: they survive a restart, and are sent at least once.

use jiff::Timestamp;

use crate::transaction::Value;
use crate::{PageRequest, Store, StoreError, text};

/// Bytes of an alert.
pub const ALERT_BYTES_MAX: usize = 1 << 20;

/// An alert that is still to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its number.
    pub id: i64,
    /// When it was made.
    pub made_at: Timestamp,
    /// How often sending it failed.
    pub attempts: u32,
    /// The name of the receiver it is for.
    pub receiver: String,
    /// What is sent.
    pub body: String,
}

impl Store {
    /// Adds an alert that is due at once; its number.
    pub fn add_alert(&self, receiver: &str, body: &str, at: Timestamp) -> Result<i64, StoreError> {
        let length = body.len();
        if length > ALERT_BYTES_MAX {
            return Err(StoreError::TooLong { what: "an alert", length, most: ALERT_BYTES_MAX });
        }
        let sql = "INSERT INTO outbox (id, made_at, next_at, attempts, receiver, body) \
                   VALUES ($1, $2, $2, 0, $3, $4)";
        self.write(|transaction| {
            let id = transaction.take("outbox", 1)?;
            let receiver = Value::Text(text::line(receiver));
            let body = Value::from(body.replace('\0', "\u{fffd}"));
            transaction.execute(sql, &[id.into(), at.into(), receiver, body])?;
            Ok(id)
        })
    }

    /// The alerts that are due, the one that waits longest first.
    pub fn due_alerts(&self, limit: usize, now: Timestamp) -> Result<Vec<Alert>, StoreError> {
        let sql = "SELECT id, made_at, attempts, receiver, body FROM outbox WHERE next_at <= $1 \
                   ORDER BY next_at, id LIMIT $2";
        let limit = PageRequest::first(limit).rows();
        self.read(|transaction| {
            transaction.all(sql, &[now.into(), limit.into()], |row| {
                Ok(Alert {
                    id: row.int(0)?,
                    made_at: row.time(1)?,
                    attempts: u32::try_from(row.int(2)?).unwrap_or(u32::MAX),
                    receiver: row.string(3)?,
                    body: row.string(4)?,
                })
            })
        })
    }

    /// How many alerts wait for each receiver that some wait for.
    pub fn waiting_alerts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT receiver, COUNT(*) FROM outbox GROUP BY receiver ORDER BY receiver";
        self.read(|transaction| {
            transaction.all(sql, &[], |row| Ok((row.string(0)?, row.count(1)?)))
        })
    }

    /// An alert was sent: it is forgotten. Whether it was still there.
    pub fn alert_done(&self, id: i64) -> Result<bool, StoreError> {
        let sql = "DELETE FROM outbox WHERE id = $1";
        self.write(|transaction| Ok(transaction.execute(sql, &[id.into()])? > 0))
    }

    /// Sending an alert failed: it is due again at `next_at`. Whether it was still there.
    pub fn alert_failed(&self, id: i64, next_at: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE outbox SET next_at = $2, attempts = attempts + 1 WHERE id = $1";
        self.write(|transaction| Ok(transaction.execute(sql, &[id.into(), next_at.into()])? > 0))
    }

    /// How far somebody who follows the history has come; none who has not begun.
    pub fn cursor(&self, name: &str) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT last FROM sequences WHERE name = $1";
        let name = [Value::from(format!("cursor {name}"))];
        self.read(|transaction| transaction.first(sql, &name, |row| row.int(0)))
    }

    /// Keeps how far somebody has come.
    pub fn set_cursor(&self, name: &str, seq: i64) -> Result<(), StoreError> {
        let sql = "INSERT INTO sequences (name, last) VALUES ($1, $2) \
                   ON CONFLICT (name) DO UPDATE SET last = excluded.last";
        let values = [Value::from(format!("cursor {name}")), seq.into()];
        self.write(|transaction| transaction.execute(sql, &values).map(drop))
    }
}
