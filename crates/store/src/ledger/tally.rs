//! The kept counters, changed in the same transaction as what they count.

use std::collections::BTreeMap;

use crate::StoreError;
use crate::finding::State;
use crate::transaction::{Columns, Kind, Rows, Transaction, Value};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// What of a finding is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) control: i64,
    pub(crate) severity: i64,
    pub(crate) scope: i64,
    pub(crate) owner: i64,
    pub(crate) state: State,
}

/// Changes of the counters of one cluster. Sorted, so that they are written in the order of their
/// keys.
#[derive(Default)]
pub(crate) struct Tally {
    /// By scope, state and owner; by severity.
    scopes: BTreeMap<[i64; 3], [i64; 5]>,
    /// By control, state and owner; by severity.
    controls: BTreeMap<[i64; 3], [i64; 5]>,
    days: BTreeMap<[i64; 2], [i64; 3]>,
}

impl Tally {
    /// A finding was like this and is like that, from this moment on.
    pub(crate) fn change(&mut self, at: i64, from: Option<&Counted>, to: Option<&Counted>) {
        for (counted, by) in [(from, -1), (to, 1)] {
            let Some(Counted { control, severity, scope, owner, state }) = counted else {
                continue;
            };
            let (state, severity) = (state.number(), usize::try_from(*severity).unwrap_or(0));
            for counts in [
                self.scopes.entry([*scope, state, *owner]).or_default(),
                self.controls.entry([*control, state, *owner]).or_default(),
            ] {
                if let Some(count) = counts.get_mut(severity) {
                    *count += by;
                }
            }
        }
        let Some(to) = to else { return };
        let was_open = from.is_some_and(|from| from.state == State::Open);
        let column = match (was_open, to.state) {
            (false, State::Open) => 0,
            (true, State::Fixed) => 1,
            (true, State::Excepted) => 2,
            _ => return,
        };
        self.days.entry([at.div_euclid(DAY), to.scope]).or_default()[column] += 1;
    }

    /// Writes the changes.
    pub(crate) fn write(
        &self,
        transaction: &mut Transaction<'_>,
        cluster: i64,
    ) -> Result<(), StoreError> {
        let mut rows = Rows::of(&SCOPES);
        for (key, counts) in self.scopes.iter().filter(|(_, counts)| **counts != [0; 5]) {
            let ([scope, state, owner], counts) = (key.map(Value::Int), counts.map(Value::Int));
            let [info, low, medium, high, critical] = counts;
            rows.push([scope, state, owner, info, low, medium, high, critical]);
        }
        let sums = added("tallies");
        let conflict = format!("ON CONFLICT (scope, state, owner) DO UPDATE SET {sums}");
        transaction.insert(&SCOPES, &rows, &conflict)?;
        let mut rows = Rows::of(&CONTROLS);
        for (key, counts) in self.controls.iter().filter(|(_, counts)| **counts != [0; 5]) {
            let ([control, state, owner], counts) = (key.map(Value::Int), counts.map(Value::Int));
            let [info, low, medium, high, critical] = counts;
            let cluster = Value::Int(cluster);
            rows.push([cluster, control, state, owner, info, low, medium, high, critical]);
        }
        let sums = added("control_tallies");
        let conflict = format!("ON CONFLICT (cluster, control, state, owner) DO UPDATE SET {sums}");
        transaction.insert(&CONTROLS, &rows, &conflict)?;
        let mut rows = Rows::of(&DAYS);
        for (key, by) in &self.days {
            let ([day, scope], [opened, fixed, excepted]) =
                (key.map(Value::Int), by.map(Value::Int));
            rows.push([day, scope, opened, fixed, excepted]);
        }
        transaction.insert(
            &DAYS,
            &rows,
            "ON CONFLICT (day, scope) DO UPDATE SET opened = days.opened + excluded.opened, \
             fixed = days.fixed + excluded.fixed, excepted = days.excepted + excluded.excepted",
        )
    }
}

/// The counters of a table with those of a new row added.
fn added(table: &str) -> String {
    let add = |name: &&str| format!("{name} = {table}.{name} + excluded.{name}");
    SEVERITIES.iter().map(add).collect::<Vec<_>>().join(", ")
}

/// The columns of severities, by their number.
pub(crate) const SEVERITIES: [&str; 5] = ["info", "low", "medium", "high", "critical"];

const SCOPES: Columns = Columns {
    table: "tallies",
    columns: &[
        ("scope", Kind::Int),
        ("state", Kind::Int),
        ("owner", Kind::Int),
        ("info", Kind::Int),
        ("low", Kind::Int),
        ("medium", Kind::Int),
        ("high", Kind::Int),
        ("critical", Kind::Int),
    ],
};
const CONTROLS: Columns = Columns {
    table: "control_tallies",
    columns: &[
        ("cluster", Kind::Int),
        ("control", Kind::Int),
        ("state", Kind::Int),
        ("owner", Kind::Int),
        ("info", Kind::Int),
        ("low", Kind::Int),
        ("medium", Kind::Int),
        ("high", Kind::Int),
        ("critical", Kind::Int),
    ],
};
const DAYS: Columns = Columns {
    table: "days",
    columns: &[
        ("day", Kind::Int),
        ("scope", Kind::Int),
        ("opened", Kind::Int),
        ("fixed", Kind::Int),
        ("excepted", Kind::Int),
    ],
};
