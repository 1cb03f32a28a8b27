//! SQLite: one connection writes, a few read, all see what was committed.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::StoreError;
use crate::transaction::Transaction;

/// Connections that read at the same time.
const READERS: usize = 4;
/// Milliseconds to wait for another process's lock.
const BUSY_MILLISECONDS: u32 = 5_000;
/// Statements a connection keeps prepared.
const STATEMENTS: usize = 128;
/// Kibibytes of pages a connection that reads keeps, and the one that writes: it has to find the
/// places of a million findings again.
const CACHE_KIB: u32 = 16_384;
const WRITER_CACHE_KIB: u32 = 65_536;
/// Pages of the log that are copied into the database at once: each page only as it is last.
const LOG_PAGES: u32 = 10_000;
/// Bytes of the log that are kept on the disk when it is empty.
const LOG_BYTES: u32 = 64 << 20;

/// A database file, or one in memory.
pub(crate) struct Sqlite {
    writer: Mutex<Connection>,
    /// None where there is one connection only.
    readers: Option<Readers>,
    /// Held for as long as the store is open.
    _lock: Option<File>,
}

struct Readers {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl Sqlite {
    /// A database in memory.
    pub(crate) fn memory() -> Result<Self, StoreError> {
        let writer = Connection::open_in_memory()?;
        prepare(&writer)?;
        Ok(Self { writer: Mutex::new(writer), readers: None, _lock: None })
    }

    /// A database file, made when it is not there, for its owner alone.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = lock(path)?;
        // Before SQLite has it open: closing a file drops all locks of the process on it.
        owned(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || {
            let connection = Connection::open_with_flags(path, flags)?;
            prepare(&connection)?;
            Ok(connection)
        };
        let writer = open().map_err(|error| foreign(path, error))?;
        writer.pragma_update(None, "cache_size", -i64::from(WRITER_CACHE_KIB))?;
        let mut idle = Vec::new();
        for _ in 0..READERS {
            let reader = open()?;
            reader.pragma_update(None, "query_only", true)?;
            idle.push(reader);
        }
        let readers = Readers { idle: Mutex::new(idle), returned: Condvar::new() };
        Ok(Self { writer: Mutex::new(writer), readers: Some(readers), _lock: Some(lock) })
    }

    /// A database file that a server may have open: it is only read.
    pub(crate) fn open_beside(path: &Path) -> Result<Self, StoreError> {
        std::fs::metadata(path).map_err(|error| refused(path, &error))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let only = Connection::open_with_flags(path, flags)?;
        prepare(&only).map_err(|error| foreign(path, error))?;
        only.pragma_update(None, "query_only", true)?;
        Ok(Self { writer: Mutex::new(only), readers: None, _lock: None })
    }

    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Some(readers) = &self.readers else {
            return run(&self.writer(), TransactionBehavior::Deferred, read);
        };
        let loan = readers.take();
        match &loan.connection {
            Some(connection) => run(connection, TransactionBehavior::Deferred, read),
            None => Err(StoreError::Gone("a connection was given back too early".to_owned())),
        }
    }

    pub(crate) fn write<T>(
        &self,
        write: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        run(&self.writer(), TransactionBehavior::Immediate, write)
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        // A panic below left no transaction open, so that the connection is as good as new.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that is something else is told as that.
fn foreign(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Corrupt(text) if text.contains("not a database") => {
            StoreError::Foreign(path.display().to_string())
        }
        error => error,
    }
}

fn run<T>(
    connection: &Connection,
    behavior: TransactionBehavior,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let inner = rusqlite::Transaction::new_unchecked(connection, behavior)?;
    let mut transaction = Transaction::Sqlite(inner);
    let done = work(&mut transaction)?;
    transaction.commit()?;
    Ok(done)
}

/// A connection that is given back when this is dropped, also by a panic.
struct Loan<'a> {
    connection: Option<Connection>,
    readers: &'a Readers,
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut idle = self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.connection.take());
        self.readers.returned.notify_one();
    }
}

impl Readers {
    fn take(&self) -> Loan<'_> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(connection) = idle.pop() {
                return Loan { connection: Some(connection), readers: self };
            }
            idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(std::time::Duration::from_millis(u64::from(BUSY_MILLISECONDS)))?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // What was acknowledged is on the disk, also when the power fails.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "cache_size", -i64::from(CACHE_KIB))?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    Ok(())
}

/// Takes the lock by which two servers on one file are told apart. It is a file of its own, as
/// SQLite's locks on the database would be lost with ours.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = create(&PathBuf::from(name))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(path.display().to_string())),
        Err(TryLockError::Error(error)) => Err(refused(path, &error)),
    }
}

fn owned(path: &Path) -> Result<(), StoreError> {
    create(path).map(drop)
}

fn create(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(|error| refused(path, &error))
}

fn refused(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Open { path: path.display().to_string(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::Sqlite;
    use crate::transaction::Value;
    use crate::{StoreError, migrate};

    #[test]
    fn a_full_disk_is_told_and_nothing_is_half_written() {
        let sqlite = Sqlite::memory().unwrap();
        sqlite.write(migrate::migrate).unwrap();
        let limit = |pages: i64| {
            sqlite.writer().pragma_update(None, "max_page_count", pages).unwrap();
        };
        let pages: i64 =
            sqlite.writer().pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        limit(pages + 8);
        let add = |number: i64| {
            sqlite.write(|transaction| {
                let sql = "INSERT INTO owners (id, name) VALUES ($1, $2)";
                let name = format!("{number}-{}", "x".repeat(3_000));
                transaction.execute(sql, &[number.into(), name.into()])
            })
        };
        let written = (1..).take_while(|number| match add(*number) {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error, StoreError::Full);
                false
            }
        });
        let written = i64::try_from(written.count()).unwrap();
        assert!(written > 0);
        let count = || {
            let sql = "SELECT COUNT(*) FROM owners WHERE id > $1";
            sqlite.read(|transaction| transaction.integer(sql, &[Value::Int(0)])).unwrap()
        };
        assert_eq!(count(), written);
        limit(pages + 100);
        add(written + 1).unwrap();
        assert_eq!(count(), written + 1);
    }
}
