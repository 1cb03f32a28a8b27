//! What is precious, as lines of JSON: it can be read back into an empty store of either kind.
//!
//! Images, what runs, sessions and alerts are not among it: they come again by themselves, or
//! should not.

use std::io::{BufRead, Read as _, Write};

use serde_json::{Value as Json, json};

use crate::transaction::{Columns, Kind, Rows, Transaction, Value};
use crate::{Store, StoreError, migrate};

/// Bytes of a line.
const LINE_BYTES_MAX: u64 = 4 << 20;
/// Rows that are inserted at once.
const BATCH: usize = 1_000;

use Kind::{Int, Text};

/// What is dumped, in the order of restoring.
const TABLES: &[Columns] = &[
    Columns { table: "sequences", columns: &[("name", Text), ("last", Int)] },
    Columns {
        table: "clusters",
        columns: &[
            ("id", Int),
            ("name", Text),
            ("assessed_at", Int),
            ("written_at", Int),
            ("objects", Int),
            ("workloads", Int),
        ],
    },
    Columns {
        table: "scopes",
        columns: &[
            ("id", Int),
            ("cluster", Int),
            ("api_group", Text),
            ("kind", Text),
            ("namespace", Text),
        ],
    },
    Columns { table: "controls", columns: &[("id", Int), ("name", Text), ("code", Text)] },
    Columns { table: "owners", columns: &[("id", Int), ("name", Text)] },
    Columns {
        table: "findings",
        columns: &[
            ("id", Int),
            ("cluster", Int),
            ("fingerprint", Text),
            ("digest", Int),
            ("control", Int),
            ("severity", Int),
            ("scope", Int),
            ("owner", Int),
            ("state", Int),
            ("first_seen", Int),
            ("changed_at", Int),
            ("fixed_at", Int),
            ("name", Text),
        ],
    },
    Columns {
        table: "finding_texts",
        columns: &[
            ("finding", Int),
            ("path", Text),
            ("message", Text),
            ("exception", Text),
            ("cause", Text),
            ("detail", Text),
        ],
    },
    Columns {
        table: "history",
        columns: &[
            ("seq", Int),
            ("at", Int),
            ("what", Int),
            ("finding", Int),
            ("scope", Int),
            ("severity", Int),
            ("cause", Text),
        ],
    },
    Columns {
        table: "tallies",
        columns: &[
            ("scope", Int),
            ("severity", Int),
            ("state", Int),
            ("owner", Int),
            ("findings", Int),
        ],
    },
    Columns {
        table: "control_tallies",
        columns: &[
            ("cluster", Int),
            ("control", Int),
            ("severity", Int),
            ("state", Int),
            ("owner", Int),
            ("findings", Int),
        ],
    },
    Columns {
        table: "days",
        columns: &[
            ("day", Int),
            ("scope", Int),
            ("opened", Int),
            ("fixed", Int),
            ("excepted", Int),
        ],
    },
    Columns {
        table: "exceptions",
        columns: &[
            ("id", Int),
            ("control", Text),
            ("namespace", Text),
            ("kind", Text),
            ("name", Text),
            ("reason", Text),
            ("owner", Text),
            ("until", Int),
            ("made_by", Text),
            ("made_at", Int),
            ("ended_by", Text),
            ("ended_at", Int),
        ],
    },
    Columns {
        table: "decisions",
        columns: &[
            ("id", Int),
            ("at", Int),
            ("scope", Int),
            ("uid", Text),
            ("name", Text),
            ("person", Text),
            ("webhook", Text),
            ("allowed", Int),
            ("dry_run", Int),
            ("controls_json", Text),
        ],
    },
    Columns {
        table: "actions",
        columns: &[
            ("id", Int),
            ("at", Int),
            ("person", Text),
            ("verb", Text),
            ("target", Text),
            ("outcome", Text),
        ],
    },
];

impl Store {
    /// Writes all that is precious, as it was at one moment.
    pub fn dump(&self, to: &mut dyn Write) -> Result<(), StoreError> {
        self.read_once(|transaction| {
            let head = json!({"bollwerk": "dump", "schema": migrate::known()});
            writeln!(to, "{head}").map_err(unwritten)?;
            for table in TABLES {
                dump_table(transaction, table, to)?;
            }
            writeln!(to, "{}", json!({"end": true})).map_err(unwritten)?;
            to.flush().map_err(unwritten)
        })
    }

    /// Reads a dump into a store that is still empty: all of it, or nothing.
    pub fn restore(&self, from: &mut dyn BufRead) -> Result<(), StoreError> {
        self.write(|transaction| {
            let sql = "SELECT (SELECT COUNT(*) FROM sequences) + (SELECT COUNT(*) FROM clusters)";
            if transaction.integer(sql, &[])? > 0 {
                return Err(StoreError::Dump("the store is not empty".to_owned()));
            }
            restore(transaction, from)
        })
    }
}

fn dump_table(
    transaction: &mut Transaction<'_>,
    table: &Columns,
    to: &mut dyn Write,
) -> Result<(), StoreError> {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let (name, names) = (table.table, names.join(", "));
    let sql = format!("SELECT {names} FROM {name}");
    transaction.each(&sql, &[], |row| {
        let mut values = Vec::with_capacity(table.columns.len());
        for (number, (_, kind)) in table.columns.iter().enumerate() {
            values.push(match kind {
                Int => row.int_or_null(number)?.map_or(Json::Null, Json::from),
                Text => row.text_or_null(number)?.map_or(Json::Null, Json::from),
            });
        }
        writeln!(to, "{}", json!({"table": name, "row": values})).map_err(unwritten)
    })
}

fn restore(transaction: &mut Transaction<'_>, from: &mut dyn BufRead) -> Result<(), StoreError> {
    let head = line(from, 1)?;
    if head["bollwerk"] != "dump" {
        return Err(StoreError::Dump("line 1 is not the head of a dump".to_owned()));
    }
    match head["schema"].as_i64() {
        // No step after the first changed a table that is dumped.
        Some(schema) if (1..=migrate::known()).contains(&schema) => {}
        Some(found) if found > migrate::known() => {
            return Err(StoreError::Newer { found, known: migrate::known() });
        }
        _ => return Err(StoreError::Dump("line 1 names a schema that is too old".to_owned())),
    }
    let mut open: Option<(&Columns, Rows<'static>, usize)> = None;
    for number in 2.. {
        let line = line(from, number)?;
        let wrong = |what: &str| StoreError::Dump(format!("line {number} {what}"));
        let is_end = line["end"] == true;
        let table = TABLES.iter().find(|table| line["table"] == table.table);
        let same = |columns: &Columns| table.is_some_and(|it| it.table == columns.table);
        if let Some((columns, rows, _)) =
            open.take_if(|(columns, _, count)| *count >= BATCH || !same(columns))
        {
            transaction.insert(columns, &rows, "")?;
        }
        if is_end {
            return Ok(());
        }
        let table = table.ok_or_else(|| wrong("is of no table that is restored"))?;
        let row = line["row"].as_array().ok_or_else(|| wrong("has no row"))?;
        let (_, rows, count) = open.get_or_insert_with(|| (table, Rows::of(table), 0));
        *count += 1;
        rows.extend(values(table, row).ok_or_else(|| wrong("has other columns"))?);
    }
    Ok(())
}

/// The values of a row, if they are those of the table's columns.
fn values(table: &Columns, row: &[Json]) -> Option<Vec<Value<'static>>> {
    if row.len() != table.columns.len() {
        return None;
    }
    let values = table.columns.iter().zip(row).map(|((_, kind), value)| match (kind, value) {
        (_, Json::Null) => Some(Value::Null),
        (Int, value) => value.as_i64().map(Value::Int),
        (Text, value) => value.as_str().map(|text| text.replace('\0', "\u{fffd}").into()),
    });
    values.collect()
}

fn line(from: &mut dyn BufRead, number: u64) -> Result<Json, StoreError> {
    let mut text = String::new();
    let wrong = |what: String| StoreError::Dump(format!("line {number}: {what}"));
    from.take(LINE_BYTES_MAX).read_line(&mut text).map_err(|error| wrong(error.to_string()))?;
    if text.is_empty() {
        return Err(wrong("the dump ends before its end: it was cut off".to_owned()));
    }
    serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "used to map errors")]
fn unwritten(error: std::io::Error) -> StoreError {
    StoreError::Dump(error.to_string())
}
