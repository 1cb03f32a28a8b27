//! Many rows in one statement: a column is an array.

use postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::PostgresTransaction;
use crate::StoreError;
use crate::transaction::{Columns, Kind, Rows, Value};

/// Rows of one statement.
const ROWS: usize = 5_000;

/// Inserts rows; `conflict` is an `ON CONFLICT` clause or empty.
pub(crate) fn insert(
    transaction: &mut PostgresTransaction<'_>,
    columns: &Columns,
    rows: &Rows<'_>,
    conflict: &str,
) -> Result<(), StoreError> {
    let names: Vec<&str> = columns.columns.iter().map(|(name, _)| *name).collect();
    let (table, names, arrays) = (columns.table, names.join(", "), arrays(columns));
    let sql = format!("INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) {conflict}");
    run(transaction, &sql, columns, rows)
}

/// Changes rows that are known by their first column.
pub(crate) fn update(
    transaction: &mut PostgresTransaction<'_>,
    columns: &Columns,
    rows: &Rows<'_>,
) -> Result<(), StoreError> {
    let names: Vec<&str> = columns.columns.iter().map(|(name, _)| *name).collect();
    let changes = names.iter().skip(1).map(|name| format!("{name} = new.{name}"));
    let changes = changes.collect::<Vec<_>>().join(", ");
    let key = names.first().copied().unwrap_or_default();
    let (table, names, arrays) = (columns.table, names.join(", "), arrays(columns));
    let sql = format!(
        "UPDATE {table} SET {changes} FROM unnest({arrays}) AS new ({names}) \
         WHERE {table}.{key} = new.{key}"
    );
    run(transaction, &sql, columns, rows)
}

fn arrays(columns: &Columns) -> String {
    let arrays = (1..).zip(columns.columns).map(|(number, (_, kind))| match kind {
        Kind::Int => format!("${number}::bigint[]"),
        Kind::Text => format!("${number}::text[]"),
    });
    arrays.collect::<Vec<_>>().join(", ")
}

fn run(
    transaction: &mut PostgresTransaction<'_>,
    sql: &str,
    columns: &Columns,
    rows: &Rows<'_>,
) -> Result<(), StoreError> {
    let statement = transaction.statement(sql)?;
    let rows: Vec<&[Value<'_>]> = rows.iter().collect();
    for rows in rows.chunks(ROWS) {
        let arrays: Vec<Array<'_>> = (0..columns.columns.len())
            .map(|column| Array::of(columns.columns[column].1, rows, column))
            .collect();
        let arrays: Vec<&(dyn ToSql + Sync)> =
            arrays.iter().map(|array| array as &(dyn ToSql + Sync)).collect();
        transaction.inner.execute(&statement, &arrays)?;
    }
    Ok(())
}

/// A column of many rows.
#[derive(Debug)]
enum Array<'a> {
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<&'a str>>),
}

impl<'a> Array<'a> {
    fn of(kind: Kind, rows: &[&'a [Value<'a>]], column: usize) -> Self {
        let values = rows.iter().map(|row| &row[column]);
        match kind {
            Kind::Int => Self::Ints(
                values
                    .map(|value| match value {
                        Value::Int(number) => Some(*number),
                        _ => None,
                    })
                    .collect(),
            ),
            Kind::Text => Self::Texts(
                values
                    .map(|value| match value {
                        Value::Text(text) => Some(text.as_ref()),
                        _ => None,
                    })
                    .collect(),
            ),
        }
    }
}

impl ToSql for Array<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut postgres::types::private::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Ints(numbers) => numbers.to_sql_checked(kind, out),
            Self::Texts(texts) => texts.to_sql_checked(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
