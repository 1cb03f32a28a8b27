//! The schema, step by step.

use crate::StoreError;
use crate::transaction::{Transaction, Value};

/// The number of the first step. Schema 1 was of no release: its findings held their texts.
const FIRST: i64 = 2;

/// Every step, in order. A step that was released is never changed.
const STEPS: &[&str] = &[
    include_str!("../migrations/0001_start.sql"),
    include_str!("../migrations/0002_clusters.sql"),
    include_str!("../migrations/0003_images.sql"),
];

/// The newest schema this program knows.
pub(crate) fn known() -> i64 {
    FIRST - 1 + i64::try_from(STEPS.len()).unwrap_or(i64::MAX - 1)
}

/// Brings a database to the schema of this program, all steps or none.
pub(crate) fn migrate(transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
    transaction.script("CREATE TABLE IF NOT EXISTS bollwerk_schema (version BIGINT NOT NULL)")?;
    let sql = "SELECT COALESCE(MAX(version), 0) FROM bollwerk_schema";
    let found = transaction.integer(sql, &[])?;
    if found > known() {
        return Err(StoreError::Newer { found, known: known() });
    }
    if found > 0 && found < FIRST {
        return Err(StoreError::Unreleased);
    }
    for (number, step) in (FIRST..).zip(STEPS).filter(|(number, _)| *number > found) {
        transaction.script(step)?;
        let sql = "INSERT INTO bollwerk_schema (version) VALUES ($1)";
        transaction.execute(sql, &[Value::Int(number)])?;
    }
    Ok(())
}

/// Whether a database has the schema of this program.
pub(crate) fn check(transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
    let found = transaction.integer("SELECT COALESCE(MAX(version), 0) FROM bollwerk_schema", &[]);
    match found {
        Ok(found) if found == known() => Ok(()),
        Ok(found) if found > known() => Err(StoreError::Newer { found, known: known() }),
        Ok(_) => Err(StoreError::Older),
        Err(StoreError::Refused(_)) => Err(StoreError::Empty),
        Err(error) => Err(error),
    }
}
