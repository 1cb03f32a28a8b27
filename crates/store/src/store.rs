//! The store: opening it, reading, writing.

use std::sync::{Arc, Mutex};

use crate::sqlite::Sqlite;
use crate::transaction::Transaction;
use crate::{Address, StoreError, migrate};

/// What the server remembers. Cheap to clone; all clones are one store. Every call blocks.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    /// Held while an assessment is recorded, so that one is compared with what the last one left.
    recording: Mutex<()>,
}

enum Database {
    Sqlite(Sqlite),
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
            Address::Postgres(_) => return Err(StoreError::Address("postgres".to_owned())),
        };
        let store = Self { inner: Arc::new(Inner { database, recording: Mutex::new(()) }) };
        store.write(migrate::migrate)?;
        Ok(store)
    }

    /// Reads in one transaction: all its queries see the same state.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.inner.database {
            Database::Sqlite(sqlite) => sqlite.read(read),
        }
    }

    /// Writes in one transaction: all of it is kept, or nothing.
    pub(crate) fn write<T>(
        &self,
        write: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.inner.database {
            Database::Sqlite(sqlite) => sqlite.write(write),
        }
    }

    pub(crate) fn recording(&self) -> &Mutex<()> {
        &self.inner.recording
    }
}
