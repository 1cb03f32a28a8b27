//! The seam: what the two databases have in common, as statements with `$1` parameters and rows of
//! integers and texts. Where their dialects differ, a function here has the difference.

use std::borrow::Cow;
use std::sync::Arc;

use ::postgres::fallible_iterator::FallibleIterator as _;
use ::postgres::types::ToSql;

use crate::StoreError;
use crate::postgres::{self, PostgresTransaction};

/// A parameter, or a value to write.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(Cow<'a, str>),
    /// A set of integers, for [`Transaction::within`].
    Ints(Arc<[i64]>),
    /// A set of texts, for the same.
    Texts(Vec<&'a str>),
}

impl<'a> Value<'a> {
    pub(crate) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub(crate) fn int_or_null(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::Int)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<usize> for Value<'_> {
    fn from(number: usize) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value<'_> {
    fn from(is: bool) -> Self {
        Self::Int(i64::from(is))
    }
}

impl From<jiff::Timestamp> for Value<'_> {
    fn from(time: jiff::Timestamp) -> Self {
        Self::Int(time.as_microsecond())
    }
}

/// What a column of a bulk write holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Text,
}

/// A table's columns, as a bulk write fills them.
pub(crate) struct Columns {
    pub(crate) table: &'static str,
    pub(crate) columns: &'static [(&'static str, Kind)],
}

/// Rows to write, one after the other in one list.
pub(crate) struct Rows<'a> {
    width: usize,
    values: Vec<Value<'a>>,
}

impl<'a> Rows<'a> {
    pub(crate) fn of(columns: &Columns) -> Self {
        Self { width: columns.columns.len(), values: Vec::new() }
    }

    pub(crate) fn push<const WIDTH: usize>(&mut self, row: [Value<'a>; WIDTH]) {
        debug_assert_eq!(WIDTH, self.width);
        self.values.extend(row);
    }

    /// Adds values that are a row of these columns.
    pub(crate) fn extend(&mut self, row: Vec<Value<'a>>) {
        debug_assert_eq!(row.len(), self.width);
        self.values.extend(row);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[Value<'a>]> {
        self.values.chunks_exact(self.width)
    }
}

/// An open transaction. Dropped without [`Transaction::commit`], nothing of it is kept.
pub(crate) enum Transaction<'a> {
    Sqlite(rusqlite::Transaction<'a>),
    Postgres(PostgresTransaction<'a>),
}

/// A row that a statement gave.
pub(crate) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a ::postgres::Row),
}

impl Row<'_> {
    pub(crate) fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.int_or_null(column)?.ok_or_else(|| absent(column))
    }

    pub(crate) fn int_or_null(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self {
            Self::Sqlite(row) => Ok(row.get(column)?),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// How many: never negative.
    pub(crate) fn count(&self, column: usize) -> Result<u64, StoreError> {
        let number = self.int(column)?;
        u64::try_from(number).map_err(|_| StoreError::Corrupt(format!("{number} is no count")))
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.text_or_null(column)?.ok_or_else(|| absent(column))
    }

    pub(crate) fn text_or_null(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self {
            Self::Sqlite(row) => row
                .get_ref(column)?
                .as_str_or_null()
                .map_err(|error| StoreError::Corrupt(error.to_string())),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    pub(crate) fn string(&self, column: usize) -> Result<String, StoreError> {
        self.text(column).map(str::to_owned)
    }

    pub(crate) fn string_or_null(&self, column: usize) -> Result<Option<String>, StoreError> {
        Ok(self.text_or_null(column)?.map(str::to_owned))
    }

    pub(crate) fn time(&self, column: usize) -> Result<jiff::Timestamp, StoreError> {
        self.time_or_null(column)?.ok_or_else(|| absent(column))
    }

    pub(crate) fn time_or_null(
        &self,
        column: usize,
    ) -> Result<Option<jiff::Timestamp>, StoreError> {
        let time = self.int_or_null(column)?.map(jiff::Timestamp::from_microsecond);
        time.transpose().map_err(|error| StoreError::Corrupt(error.to_string()))
    }
}

fn absent(column: usize) -> StoreError {
    StoreError::Corrupt(format!("column {column} of a row is empty"))
}

impl Transaction<'_> {
    /// Runs a statement; how many rows it touched.
    pub(crate) fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(&numbered(sql))?;
                bind(&mut statement, values)?;
                Ok(statement.raw_execute()? as u64)
            }
            Self::Postgres(transaction) => {
                let statement = transaction.statement(sql)?;
                Ok(transaction.inner.execute(&statement, &parameters(values))?)
            }
        }
    }

    /// Runs a query and reads each of its rows while it is there.
    pub(crate) fn each(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut visit: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(&numbered(sql))?;
                bind(&mut statement, values)?;
                let mut rows = statement.raw_query();
                while let Some(row) = rows.next()? {
                    visit(&Row::Sqlite(row))?;
                }
                Ok(())
            }
            Self::Postgres(transaction) => {
                let statement = transaction.statement(sql)?;
                let mut rows = transaction.inner.query_raw(&statement, parameters(values))?;
                while let Some(row) = rows.next()? {
                    visit(&Row::Postgres(&row))?;
                }
                Ok(())
            }
        }
    }

    /// All rows of a query.
    pub(crate) fn all<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        self.each(sql, values, |row| {
            all.push(read(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// The first row of a query.
    pub(crate) fn first<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.all(sql, values, read)?.into_iter().next())
    }

    /// The one integer a query gives.
    pub(crate) fn integer(&mut self, sql: &str, values: &[Value<'_>]) -> Result<i64, StoreError> {
        self.first(sql, values, |row| row.int(0))?
            .ok_or_else(|| StoreError::Corrupt("a query that always has a row has none".to_owned()))
    }

    /// The one count a query gives.
    pub(crate) fn count(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let number = self.integer(sql, values)?;
        u64::try_from(number).map_err(|_| StoreError::Corrupt(format!("{number} is no count")))
    }

    /// Takes numbers of a sequence; the first of them. None is ever given twice.
    pub(crate) fn take(&mut self, sequence: &str, count: usize) -> Result<i64, StoreError> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let sql = "INSERT INTO sequences (name, last) VALUES ($1, $2) ON CONFLICT (name) \
                   DO UPDATE SET last = sequences.last + excluded.last RETURNING last";
        Ok(self.integer(sql, &[sequence.into(), count.into()])? - count + 1)
    }

    /// Inserts rows; `conflict` is an `ON CONFLICT` clause or empty.
    pub(crate) fn insert(
        &mut self,
        columns: &Columns,
        rows: &Rows<'_>,
        conflict: &str,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        match self {
            Self::Sqlite(connection) => {
                let names: Vec<&str> = columns.columns.iter().map(|(name, _)| *name).collect();
                let (table, names) = (columns.table, names.join(", "));
                let places: Vec<String> =
                    (1..=columns.columns.len()).map(|number| format!("?{number}")).collect();
                let places = places.join(", ");
                let sql = format!("INSERT INTO {table} ({names}) VALUES ({places}) {conflict}");
                run_each(connection, &sql, rows)
            }
            Self::Postgres(transaction) => postgres::insert(transaction, columns, rows, conflict),
        }
    }

    /// Changes rows that are known by their first column.
    pub(crate) fn update(&mut self, columns: &Columns, rows: &Rows<'_>) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let table = columns.table;
        let names = columns.columns.iter().map(|(name, _)| *name);
        match self {
            Self::Sqlite(connection) => {
                let mut changes = Vec::new();
                for (number, name) in names.clone().enumerate().skip(1) {
                    changes.push(format!("{name} = ?{}", number + 1));
                }
                let key = names.clone().next().unwrap_or_default();
                let changes = changes.join(", ");
                let sql = format!("UPDATE {table} SET {changes} WHERE {key} = ?1");
                run_each(connection, &sql, rows)
            }
            Self::Postgres(transaction) => postgres::update(transaction, columns, rows),
        }
    }

    /// A condition: the column's value is in the set that parameter `number` holds.
    pub(crate) fn within(&self, column: &str, number: usize) -> String {
        match self {
            Self::Sqlite(_) => format!("{column} IN (SELECT value FROM json_each(${number}))"),
            Self::Postgres(_) => format!("{column} = ANY(${number})"),
        }
    }

    /// Runs statements that have no parameters.
    pub(crate) fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        match self {
            // The one type by which SQLite numbers its rows itself.
            Self::Sqlite(connection) => Ok(connection
                .execute_batch(&sql.replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY"))?),
            // Texts are ordered by their bytes, whatever language the server speaks.
            Self::Postgres(transaction) => {
                Ok(transaction.inner.batch_execute(&sql.replace(" TEXT", " TEXT COLLATE \"C\""))?)
            }
        }
    }

    /// Keeps what was written.
    pub(crate) fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => Ok(connection.commit()?),
            Self::Postgres(transaction) => Ok(transaction.inner.commit()?),
        }
    }
}

fn parameters<'a>(values: &'a [Value<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// SQLite numbers `?1`, while `$1` is a name to it.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

fn bind(statement: &mut rusqlite::Statement<'_>, values: &[Value<'_>]) -> rusqlite::Result<()> {
    for (number, value) in values.iter().enumerate() {
        match value {
            Value::Null => statement.raw_bind_parameter(number + 1, rusqlite::types::Null)?,
            Value::Int(value) => statement.raw_bind_parameter(number + 1, value)?,
            Value::Text(text) => statement.raw_bind_parameter(number + 1, text.as_ref())?,
            Value::Ints(set) => statement.raw_bind_parameter(number + 1, list(set))?,
            Value::Texts(set) => {
                statement.raw_bind_parameter(number + 1, serde_json::json!(set).to_string())?;
            }
        }
    }
    Ok(())
}

/// Integers as a JSON array.
fn list(set: &[i64]) -> String {
    let mut text = String::with_capacity(set.len() * 7 + 2);
    text.push('[');
    for (number, value) in set.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        text.push_str(&value.to_string());
    }
    text.push(']');
    text
}

fn run_each(
    connection: &rusqlite::Connection,
    sql: &str,
    rows: &Rows<'_>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    for row in rows.iter() {
        bind(&mut statement, row)?;
        statement.raw_execute()?;
    }
    Ok(())
}
