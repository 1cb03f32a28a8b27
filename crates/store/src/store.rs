//! The store: opening it, reading, writing.

use std::sync::{Arc, Mutex};

use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::texts::Texts;
use crate::transaction::Transaction;
use crate::{Address, StoreError, Term, migrate, term};

/// What the server remembers. Cheap to clone; all clones are one store. Every call blocks.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    /// The term whose writer this is, if it is bound to one.
    pub(crate) term: Option<Term>,
}

struct Inner {
    database: Database,
    /// Held while an assessment is recorded, so that one is compared with what the last one left.
    recording: Mutex<()>,
    texts: Texts,
}

enum Database {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Store {
    /// Opens a store and brings its schema up to date.
    ///
    /// A database of a newer program, one in use by another server, and a file that is something
    /// else are refused and left as they are.
    pub fn open(address: &Address) -> Result<Self, StoreError> {
        let database = match address {
            Address::Memory => Database::Sqlite(Sqlite::memory()?),
            Address::Sqlite(path) => Database::Sqlite(Sqlite::open(path)?),
            Address::Postgres(url) => Database::Postgres(Box::new(Postgres::open(url)?)),
        };
        let inner = Inner { database, recording: Mutex::new(()), texts: Texts::default() };
        let store = Self { inner: Arc::new(inner), term: None };
        store.write(migrate::migrate)?;
        Ok(store)
    }

    /// Opens a store that a server may have open, to read what it holds at this moment. Nothing is
    /// made, changed or brought up to date.
    pub fn open_beside(address: &Address) -> Result<Self, StoreError> {
        let database = match address {
            Address::Memory => Database::Sqlite(Sqlite::memory()?),
            Address::Sqlite(path) => Database::Sqlite(Sqlite::open_beside(path)?),
            Address::Postgres(url) => Database::Postgres(Box::new(Postgres::open(url)?)),
        };
        let inner = Inner { database, recording: Mutex::new(()), texts: Texts::default() };
        let store = Self { inner: Arc::new(inner), term: None };
        store.read(migrate::check)?;
        Ok(store)
    }

    /// Reads in one transaction: all its queries see the same state.
    pub(crate) fn read<T>(
        &self,
        read: impl Fn(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.inner.database {
            Database::Sqlite(sqlite) => sqlite.read(read),
            Database::Postgres(postgres) => postgres.read(read),
        }
    }

    /// Reads as [`Store::read`] does, and is never tried again: what it read may be told already.
    pub(crate) fn read_once<T>(
        &self,
        read: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.inner.database {
            Database::Sqlite(sqlite) => sqlite.read(read),
            Database::Postgres(postgres) => postgres.read_once(read),
        }
    }

    /// Writes in one transaction: all of it is kept, or nothing.
    pub(crate) fn write<T>(
        &self,
        write: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let term = self.term;
        let write = |transaction: &mut Transaction<'_>| {
            if let Some(term) = term {
                term::check(transaction, term)?;
            }
            write(transaction)
        };
        match &self.inner.database {
            Database::Sqlite(sqlite) => sqlite.write(write),
            Database::Postgres(postgres) => postgres.write(write),
        }
    }

    pub(crate) fn recording(&self) -> &Mutex<()> {
        &self.inner.recording
    }

    /// What searches read.
    pub(crate) fn texts(&self) -> &Texts {
        &self.inner.texts
    }
}
