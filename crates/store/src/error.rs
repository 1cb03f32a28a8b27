//! What can go wrong with a store, and what to do about it.

use thiserror::Error;

/// Why the store did not do what it was asked. Nothing of a call that failed was kept, unless its
/// documentation says that it works in steps.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// An address that names no store.
    #[error("`{0}` names no store: write `memory`, `sqlite:PATH` or `postgres://HOST/DATABASE`")]
    Address(String),
    /// Another process holds the database's lock for longer than was waited.
    #[error("the database is locked by another process: end what else writes to it, then repeat")]
    Busy,
    /// Another server has the file open.
    #[error("`{0}` is in use by another server: end it, or give this one a file of its own")]
    InUse(String),
    /// There is no room left.
    #[error("the database cannot grow, its disk or its limit is full: make room, then repeat")]
    Full,
    /// The database cannot be reached any more.
    #[error("the database cannot be reached: {0}; the call may be repeated once it is back")]
    Gone(String),
    /// A newer program wrote the database.
    #[error(
        "the database has schema {found} and this program knows up to {known}: use the newer \
         program, or restore a backup of before it"
    )]
    Newer {
        /// The schema that was found.
        found: i64,
        /// The newest one this program knows.
        known: i64,
    },
    /// The file is something else.
    #[error("`{0}` is no database of bollwerk: name another file, this one was not changed")]
    Foreign(String),
    /// What is stored contradicts itself.
    #[error("the database is damaged ({0}): stop the server and restore a backup")]
    Corrupt(String),
    /// The file cannot be opened or made.
    #[error("`{path}` cannot be opened: {reason}; the folder must exist and be writable")]
    Open {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// Another server leads.
    #[error(
        "term {term} of this server is over, `{holder}` leads in term {current}: nothing was \
         written; become a follower"
    )]
    Fenced {
        /// The term of the writer.
        term: i64,
        /// The term that holds.
        current: i64,
        /// Who took it.
        holder: String,
    },
    /// An older program wrote the database.
    #[error("the database is of an older program: start the server of this one on it first")]
    Older,
    /// A program from before the first release wrote the database.
    #[error("the database is of a program from before the first release: name another one")]
    Unreleased,
    /// The database was never used.
    #[error("the database holds nothing of bollwerk: name the one that the server uses")]
    Empty,
    /// A dump that cannot be written or read.
    #[error("the dump cannot be written or read: {0}; nothing was restored")]
    Dump(String),
    /// A cursor that no page of this list gave.
    #[error("the cursor is none that this list gave: begin at the first page")]
    Cursor,
    /// A value over a limit.
    #[error("{what} has {length}, at most {most} are kept: make it shorter")]
    TooLong {
        /// What was given.
        what: &'static str,
        /// Its size.
        length: usize,
        /// The limit, in the same unit.
        most: usize,
    },
    /// Anything else the database says.
    #[error("the database refused a statement: {0}; this is a fault of bollwerk, please report it")]
    Refused(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(text),
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied,
            ) => Self::Gone(text),
            _ => Self::Refused(text),
        }
    }
}
