//! One batch of changes, written with its history and its counters.

use std::borrow::Cow;
use std::collections::HashMap;

use super::tally::{Counted, Tally};
use super::{Cause, Gone, Recorded, Step, Touched, state_of};
use crate::finding::{NewFinding, State, What, namespace_of, severity_number, severity_of};
use crate::names::Names;
use crate::transaction::{Columns, Kind, Rows, Transaction, Value};
use crate::{StoreError, text};

pub(super) struct Batch<'a> {
    pub(super) steps: &'a [Step],
    /// What each step writes; none where it fixes.
    pub(super) findings: &'a [Option<Cow<'a, NewFinding>>],
    pub(super) digests: &'a [i64],
    pub(super) cause: &'a Cause<'a>,
    pub(super) at: i64,
}

/// A finding as it was before.
struct Before {
    counted: Counted,
    fingerprint: String,
    control: String,
    group: String,
    kind: String,
    namespace: String,
    name: String,
}

/// What a batch writes.
struct Written<'a> {
    inserted: Rows<'a>,
    inserted_texts: Rows<'a>,
    updated: Rows<'a>,
    updated_texts: Rows<'a>,
    fixed: Rows<'a>,
    fixed_texts: Rows<'a>,
    history: Rows<'a>,
    tally: Tally,
    next_seq: i64,
}

/// The numbers of what a finding names.
struct Numbers {
    counted: Counted,
    name: i64,
    message: i64,
}

impl<'a> Batch<'a> {
    pub(super) fn write(
        &self,
        transaction: &mut Transaction<'_>,
        names: &mut Names,
    ) -> Result<Recorded, StoreError> {
        let mut before = read(transaction, self.steps)?;
        self.add_names(transaction, names)?;
        let inserts = self.steps.iter().filter(|step| matches!(step, Step::Insert(_))).count();
        let mut next_id = match inserts {
            0 => 0,
            count => transaction.take("findings", count)?,
        };
        let mut written = Written {
            inserted: Rows::of(&INSERTED),
            inserted_texts: Rows::of(&TEXTS),
            updated: Rows::of(&UPDATED),
            updated_texts: Rows::of(&TEXTS),
            fixed: Rows::of(&FIXED),
            fixed_texts: Rows::of(&FIXED_TEXTS),
            history: Rows::of(&HISTORY),
            tally: Tally::default(),
            next_seq: transaction.take("history", self.steps.len())?,
        };
        let mut recorded = Recorded::default();
        for (step, finding) in self.steps.iter().zip(self.findings) {
            match (step, finding) {
                (Step::Insert(place), Some(finding)) => {
                    let numbers = numbers(transaction, names, finding)?;
                    let ids = [next_id, names.cluster, self.digests[*place]];
                    let what = self.insert(&mut written, ids, finding, &numbers);
                    next_id += 1;
                    tell(&mut recorded, what, *place);
                }
                (Step::Update(id, place), Some(finding)) => {
                    let Some(before) = before.remove(id) else { continue };
                    let numbers = numbers(transaction, names, finding)?;
                    let ids = [*id, self.digests[*place]];
                    let what = self.update(&mut written, ids, finding, &before.counted, &numbers);
                    tell(&mut recorded, what, *place);
                }
                (Step::Fix(id), _) => {
                    let Some(before) = before.remove(id) else { continue };
                    recorded.fixed.push(self.fix(&mut written, *id, before)?);
                }
                (Step::Insert(_) | Step::Update(..), None) => {}
            }
        }
        written.flush(transaction, names.cluster)?;
        Ok(recorded)
    }

    /// Stores the names that are new, all of a kind at once.
    fn add_names(
        &self,
        transaction: &mut Transaction<'_>,
        names: &mut Names,
    ) -> Result<(), StoreError> {
        let findings = || self.findings.iter().flatten();
        names.add_scopes(transaction, findings().map(|it| scope(it)))?;
        let owners: Vec<Cow<'_, str>> = findings().map(|it| owner(it)).collect();
        names.add_owners(transaction, owners.iter().map(AsRef::as_ref))?;
        let texts: Vec<Cow<'_, str>> = findings()
            .flat_map(|it| [&it.name, &it.message].map(|text| text::line(text)))
            .collect();
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        names.add_texts(transaction, &texts)
    }

    fn insert(
        &self,
        written: &mut Written<'a>,
        [id, cluster, digest]: [i64; 3],
        finding: &'a NewFinding,
        Numbers { counted, name, message }: &Numbers,
    ) -> What {
        let at = Value::Int(self.at);
        let Counted { control, severity, scope, owner, state } = *counted;
        written.inserted.push([
            id.into(),
            cluster.into(),
            Value::Text(text::line(&finding.fingerprint)),
            digest.into(),
            control.into(),
            severity.into(),
            scope.into(),
            owner.into(),
            state.number().into(),
            at.clone(),
            at,
            (*name).into(),
            (*message).into(),
        ]);
        let cause = self.cause_of(finding);
        written.inserted_texts.push(texts(id, finding, cause.clone()));
        let what = match state {
            State::Excepted => What::Excepted,
            _ => What::Appeared,
        };
        written.tell(self.at, what, id, counted, cause);
        written.tally.change(self.at, None, Some(counted));
        what
    }

    fn update(
        &self,
        written: &mut Written<'a>,
        [id, digest]: [i64; 2],
        finding: &'a NewFinding,
        before: &Counted,
        Numbers { counted, name, message }: &Numbers,
    ) -> What {
        let Counted { control, severity, scope, owner, state } = *counted;
        written.updated.push([
            id.into(),
            digest.into(),
            control.into(),
            severity.into(),
            scope.into(),
            owner.into(),
            state.number().into(),
            self.at.into(),
            Value::Null,
            (*name).into(),
            (*message).into(),
        ]);
        let cause = self.cause_of(finding);
        written.updated_texts.push(texts(id, finding, cause.clone()));
        let what = match (before.state, state) {
            (before, after) if before == after => What::Changed,
            (_, State::Excepted) => What::Excepted,
            _ => What::Returned,
        };
        written.tell(self.at, what, id, counted, cause);
        written.tally.change(self.at, Some(before), Some(counted));
        what
    }

    fn fix(&self, written: &mut Written<'a>, id: i64, before: Before) -> Result<Gone, StoreError> {
        let cause = (self.cause)(&Touched {
            fingerprint: &before.fingerprint,
            control: &before.control,
            group: &before.group,
            kind: &before.kind,
            namespace: Some(before.namespace.as_str()).filter(|namespace| !namespace.is_empty()),
            name: &before.name,
        });
        let cause = cause_value(cause);
        let at = Value::Int(self.at);
        written.fixed.push([id.into(), State::Fixed.number().into(), at.clone(), at]);
        written.fixed_texts.push([id.into(), Value::Null, cause.clone()]);
        let counted = Counted { state: State::Fixed, ..before.counted };
        written.tell(self.at, What::Fixed, id, &counted, cause);
        written.tally.change(self.at, Some(&before.counted), Some(&counted));
        Ok(Gone {
            fingerprint: before.fingerprint,
            control: before.control,
            severity: severity_of(counted.severity)?,
            group: before.group,
            kind: before.kind,
            namespace: namespace_of(&before.namespace),
            name: before.name,
            was_excepted: before.counted.state == State::Excepted,
        })
    }

    fn cause_of(&self, finding: &NewFinding) -> Value<'static> {
        cause_value((self.cause)(&Touched {
            fingerprint: &finding.fingerprint,
            control: &finding.control,
            group: &finding.group,
            kind: &finding.kind,
            namespace: finding.namespace.as_deref(),
            name: &finding.name,
        }))
    }
}

impl Written<'_> {
    fn tell(&mut self, at: i64, what: What, id: i64, counted: &Counted, cause: Value<'static>) {
        let seq = self.next_seq;
        self.next_seq += 1;
        let numbers = [seq, at, what.number(), id, counted.scope, counted.severity];
        let [seq, at, what, id, scope, severity] = numbers.map(Value::Int);
        self.history.push([seq, at, what, id, scope, severity, cause]);
    }

    fn flush(&self, transaction: &mut Transaction<'_>, cluster: i64) -> Result<(), StoreError> {
        transaction.insert(&INSERTED, &self.inserted, "")?;
        transaction.insert(&TEXTS, &self.inserted_texts, "")?;
        transaction.update(&UPDATED, &self.updated)?;
        transaction.update(&TEXTS, &self.updated_texts)?;
        transaction.update(&FIXED, &self.fixed)?;
        transaction.update(&FIXED_TEXTS, &self.fixed_texts)?;
        transaction.insert(&HISTORY, &self.history, "")?;
        self.tally.write(transaction, cluster)
    }
}

/// Group, kind and namespace, as they are kept.
fn scope(finding: &NewFinding) -> [String; 3] {
    let namespace = finding.namespace.as_deref().unwrap_or_default();
    [&finding.group, &finding.kind, namespace].map(|part| text::line(part).into_owned())
}

fn owner(finding: &NewFinding) -> Cow<'_, str> {
    text::line(finding.owner.as_deref().unwrap_or_default())
}

fn numbers(
    transaction: &mut Transaction<'_>,
    names: &mut Names,
    finding: &NewFinding,
) -> Result<Numbers, StoreError> {
    let [control, code] = [&finding.control, &finding.id].map(|part| text::line(part));
    let counted = Counted {
        control: names.control(transaction, &control, &code)?,
        severity: severity_number(finding.severity),
        scope: names.scope(&scope(finding))?,
        owner: names.owner(&owner(finding))?,
        state: state_of(finding),
    };
    let name = names.text(&text::line(&finding.name))?;
    Ok(Numbers { counted, name, message: names.text(&text::line(&finding.message))? })
}

fn tell(recorded: &mut Recorded, what: What, place: usize) {
    match what {
        What::Appeared => recorded.appeared.push(place),
        What::Returned => recorded.returned.push(place),
        What::Excepted => recorded.excepted.push(place),
        What::Changed | What::Fixed => recorded.changed.push(place),
    }
}

fn cause_value(cause: Option<String>) -> Value<'static> {
    match cause {
        Some(cause) => text::line(&cause).into_owned().into(),
        None => Value::Null,
    }
}

fn texts<'a>(id: i64, finding: &'a NewFinding, cause: Value<'a>) -> [Value<'a>; 5] {
    let exception = finding.exception.as_deref().map(text::line);
    [
        id.into(),
        Value::Text(text::line(&finding.path)),
        exception.map_or(Value::Null, Value::Text),
        cause,
        Value::Text(text::detail(&finding.detail)),
    ]
}

/// The findings that change, as they are stored.
fn read(
    transaction: &mut Transaction<'_>,
    steps: &[Step],
) -> Result<HashMap<i64, Before>, StoreError> {
    let ids = steps.iter().filter_map(|step| match step {
        Step::Insert(_) => None,
        Step::Update(id, _) | Step::Fix(id) => Some(*id),
    });
    let ids: Vec<i64> = ids.collect();
    let mut found = HashMap::with_capacity(ids.len());
    if ids.is_empty() {
        return Ok(found);
    }
    let within = transaction.within("f.id", 1);
    let sql = format!(
        "SELECT f.id, f.control, f.severity, f.scope, f.owner, f.state, f.fingerprint, c.name, \
         s.api_group, s.kind, s.namespace, n.text FROM findings f \
         JOIN texts n ON n.id = f.name JOIN controls c ON c.id = f.control \
         JOIN scopes s ON s.id = f.scope WHERE {within}"
    );
    transaction.each(&sql, &[Value::Ints(ids.into())], |row| {
        let before = Before {
            counted: Counted {
                control: row.int(1)?,
                severity: row.int(2)?,
                scope: row.int(3)?,
                owner: row.int(4)?,
                state: State::of(row.int(5)?)?,
            },
            fingerprint: row.string(6)?,
            control: row.string(7)?,
            group: row.string(8)?,
            kind: row.string(9)?,
            namespace: row.string(10)?,
            name: row.string(11)?,
        };
        found.insert(row.int(0)?, before);
        Ok(())
    })?;
    Ok(found)
}

const INSERTED: Columns = Columns {
    table: "findings",
    columns: &[
        ("id", Kind::Int),
        ("cluster", Kind::Int),
        ("fingerprint", Kind::Text),
        ("digest", Kind::Int),
        ("control", Kind::Int),
        ("severity", Kind::Int),
        ("scope", Kind::Int),
        ("owner", Kind::Int),
        ("state", Kind::Int),
        ("first_seen", Kind::Int),
        ("changed_at", Kind::Int),
        ("name", Kind::Int),
        ("message", Kind::Int),
    ],
};
const UPDATED: Columns = Columns {
    table: "findings",
    columns: &[
        ("id", Kind::Int),
        ("digest", Kind::Int),
        ("control", Kind::Int),
        ("severity", Kind::Int),
        ("scope", Kind::Int),
        ("owner", Kind::Int),
        ("state", Kind::Int),
        ("changed_at", Kind::Int),
        ("fixed_at", Kind::Int),
        ("name", Kind::Int),
        ("message", Kind::Int),
    ],
};
const FIXED: Columns = Columns {
    table: "findings",
    columns: &[
        ("id", Kind::Int),
        ("state", Kind::Int),
        ("changed_at", Kind::Int),
        ("fixed_at", Kind::Int),
    ],
};
const TEXTS: Columns = Columns {
    table: "finding_texts",
    columns: &[
        ("finding", Kind::Int),
        ("path", Kind::Text),
        ("exception", Kind::Text),
        ("cause", Kind::Text),
        ("detail", Kind::Text),
    ],
};
const FIXED_TEXTS: Columns = Columns {
    table: "finding_texts",
    columns: &[("finding", Kind::Int), ("exception", Kind::Text), ("cause", Kind::Text)],
};
const HISTORY: Columns = Columns {
    table: "history",
    columns: &[
        ("seq", Kind::Int),
        ("at", Kind::Int),
        ("what", Kind::Int),
        ("finding", Kind::Int),
        ("scope", Kind::Int),
        ("severity", Kind::Int),
        ("cause", Kind::Text),
    ],
};
