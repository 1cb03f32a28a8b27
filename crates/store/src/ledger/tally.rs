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
    scopes: BTreeMap<[i64; 4], i64>,
    controls: BTreeMap<[i64; 4], i64>,
    days: BTreeMap<[i64; 2], [i64; 3]>,
}

impl Tally {
    /// A finding was like this and is like that, from this moment on.
    pub(crate) fn change(&mut self, at: i64, from: Option<&Counted>, to: Option<&Counted>) {
        for (counted, by) in [(from, -1), (to, 1)] {
            let Some(Counted { control, severity, scope, owner, state }) = counted else {
                continue;
            };
            let state = state.number();
            *self.scopes.entry([*scope, *severity, state, *owner]).or_default() += by;
            *self.controls.entry([*control, *severity, state, *owner]).or_default() += by;
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
        for (key, by) in self.scopes.iter().filter(|(_, by)| **by != 0) {
            let [scope, severity, state, owner] = key.map(Value::Int);
            rows.push([scope, severity, state, owner, Value::Int(*by)]);
        }
        transaction.insert(
            &SCOPES,
            &rows,
            "ON CONFLICT (scope, severity, state, owner) \
             DO UPDATE SET findings = tallies.findings + excluded.findings",
        )?;
        let mut rows = Rows::of(&CONTROLS);
        for (key, by) in self.controls.iter().filter(|(_, by)| **by != 0) {
            let [control, severity, state, owner] = key.map(Value::Int);
            rows.push([Value::Int(cluster), control, severity, state, owner, Value::Int(*by)]);
        }
        transaction.insert(
            &CONTROLS,
            &rows,
            "ON CONFLICT (cluster, control, severity, state, owner) \
             DO UPDATE SET findings = control_tallies.findings + excluded.findings",
        )?;
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

const SCOPES: Columns = Columns {
    table: "tallies",
    columns: &[
        ("scope", Kind::Int),
        ("severity", Kind::Int),
        ("state", Kind::Int),
        ("owner", Kind::Int),
        ("findings", Kind::Int),
    ],
};
const CONTROLS: Columns = Columns {
    table: "control_tallies",
    columns: &[
        ("cluster", Kind::Int),
        ("control", Kind::Int),
        ("severity", Kind::Int),
        ("state", Kind::Int),
        ("owner", Kind::Int),
        ("findings", Kind::Int),
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
