//! Whether this server writes what it finds.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use store::{Store, StoreError, Term};
use tokio::sync::watch;

use crate::lease::RENEW_DEADLINE;

/// Whether this server is the one that writes.
pub(crate) enum Leading {
    /// It has its store for itself.
    Always,
    /// It shares its store, and writes while it holds a lease.
    WhileHeld(Holder),
}

/// One of several servers that share a store.
pub(crate) struct Holder {
    /// When it began to renew the lease the last time that it could; none while another holds it.
    renewed: watch::Receiver<Option<Instant>>,
    /// Who it is.
    own: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The term that it took when it came to hold the lease.
    term: Option<Term>,
    /// When it was told that another server's term has begun.
    lost: Option<Instant>,
}

impl Leading {
    /// Writes while the lease is held: it was renewed, and not too long ago.
    pub(crate) fn while_held(renewed: watch::Receiver<Option<Instant>>, own: String) -> Self {
        Self::WhileHeld(Holder { renewed, own, state: Mutex::default() })
    }

    /// The store to write to; none while another server writes. A store that was given out writes
    /// nothing any more once another server's term has begun.
    pub(crate) fn store(&self, store: &Store) -> Result<Option<Store>, StoreError> {
        let Self::WhileHeld(holder) = self else { return Ok(Some(store.clone())) };
        let mut state = holder.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A process that was stopped for a while asks before anybody has told it: the age of the
        // lease is counted here. Whoever lost a term takes the next one by a later lease alone.
        let renewed = *holder.renewed.borrow();
        let renewed = renewed.filter(|at| at.elapsed() < RENEW_DEADLINE);
        let Some(renewed) = renewed.filter(|at| state.lost.is_none_or(|lost| *at > lost)) else {
            state.term = None;
            return Ok(None);
        };
        if let Some(taken) = state.term {
            return Ok(Some(store.in_term(taken)));
        }
        let taken = store.take_term(&holder.own)?;
        if renewed.elapsed() >= RENEW_DEADLINE {
            // It waited for the database for so long.
            return Ok(None);
        }
        tracing::info!(term = taken.number(), "this server writes from now on");
        state.term = Some(taken);
        Ok(Some(store.in_term(taken)))
    }

    /// What came of writing: whoever learns that another server's term has begun writes no more.
    pub(crate) fn learn<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if let (Self::WhileHeld(holder), Err(StoreError::Fenced { .. })) = (self, &done) {
            let mut state = holder.state.lock().unwrap_or_else(PoisonError::into_inner);
            *state = State { term: None, lost: Some(Instant::now()) };
        }
        done
    }
}
