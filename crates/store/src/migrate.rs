//! The schema, step by step.

use crate::StoreError;
use crate::transaction::{Transaction, Value};

/// Every step, in order; the number of a step is its place, from 1. A step that was released is
/// never changed.
const STEPS: &[&str] =
    &[include_str!("../migrations/0001_start.sql"), include_str!("../migrations/0002_images.sql")];

/// The newest schema this program knows.
pub(crate) fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Brings a database to the schema of this program, all steps or none.
pub(crate) fn migrate(transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
    transaction.script("CREATE TABLE IF NOT EXISTS bollwerk_schema (version BIGINT NOT NULL)")?;
    let sql = "SELECT COALESCE(MAX(version), 0) FROM bollwerk_schema";
    let found = transaction.integer(sql, &[])?;
    if found > known() {
        return Err(StoreError::Newer { found, known: known() });
    }
    for (number, step) in (1..).zip(STEPS).skip(usize::try_from(found).unwrap_or(0)) {
        transaction.script(step)?;
        let sql = "INSERT INTO bollwerk_schema (version) VALUES ($1)";
        transaction.execute(sql, &[Value::Int(number)])?;
    }
    Ok(())
}
