//! Who leads, when several servers share a database: a leader that lost its place, and does not
//! know yet, writes nothing any more.

use crate::transaction::{Transaction, Value};
use crate::{Store, StoreError, text};

/// The time in which one server leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term(pub(crate) i64);

impl Term {
    /// Its number; later ones are higher.
    pub fn number(self) -> i64 {
        self.0
    }
}

impl Store {
    /// Begins a new term: from now on, what is written through a store of an earlier one is
    /// refused.
    pub fn take_term(&self, holder: &str) -> Result<Term, StoreError> {
        let sql = "INSERT INTO terms (id, term, holder) VALUES (1, 1, $1) \
                   ON CONFLICT (id) DO UPDATE SET term = terms.term + 1, \
                   holder = excluded.holder RETURNING term";
        let holder = [Value::Text(text::line(holder))];
        self.write(|transaction| transaction.integer(sql, &holder)).map(Term)
    }

    /// The same store, for the writer of a term: each of its transactions, ledgers' included, is
    /// [`StoreError::Fenced`] once another term has begun.
    #[must_use]
    pub fn in_term(&self, term: Term) -> Self {
        let mut store = self.clone();
        store.term = Some(term);
        store
    }
}

/// Refuses a writer whose term is over. Writers come one after the other, so what holds here holds
/// until the transaction ends.
pub(crate) fn check(transaction: &mut Transaction<'_>, term: Term) -> Result<(), StoreError> {
    let sql = "SELECT term, holder FROM terms WHERE id = 1";
    let found = transaction.first(sql, &[], |row| Ok((row.int(0)?, row.string(1)?)))?;
    match found {
        Some((current, _)) if current == term.0 => Ok(()),
        Some((current, holder)) => Err(StoreError::Fenced { term: term.0, current, holder }),
        None => Err(StoreError::Fenced { term: term.0, current: 0, holder: String::new() }),
    }
}
