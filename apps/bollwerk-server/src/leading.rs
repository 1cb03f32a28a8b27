//! Whether this server writes what it finds.

use std::sync::{Mutex, PoisonError};

use store::{Store, StoreError, Term};
use tokio::sync::watch;

/// Whether this server is the one that writes.
pub(crate) enum Leading {
    /// It has its store for itself.
    Always,
    /// It shares its store, and writes while it holds a lease.
    WhileHeld {
        /// Whether it holds it.
        held: watch::Receiver<bool>,
        /// Who it is.
        own: String,
        /// The term that it took when it came to hold it.
        term: Mutex<Option<Term>>,
    },
}

impl Leading {
    /// The store to write to; none while another server writes. A store that was given out writes
    /// nothing any more once another server's term has begun.
    pub(crate) fn store(&self, store: &Store) -> Result<Option<Store>, StoreError> {
        let Self::WhileHeld { held, own, term } = self else { return Ok(Some(store.clone())) };
        let mut term = term.lock().unwrap_or_else(PoisonError::into_inner);
        if !*held.borrow() {
            *term = None;
            return Ok(None);
        }
        if let Some(taken) = *term {
            return Ok(Some(store.in_term(taken)));
        }
        let taken = store.take_term(own)?;
        tracing::info!(term = taken.number(), "this server writes from now on");
        *term = Some(taken);
        Ok(Some(store.in_term(taken)))
    }

    /// Another server's term has begun: a new one has to be taken first.
    pub(crate) fn lost(&self) {
        if let Self::WhileHeld { term, .. } = self {
            *term.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}
