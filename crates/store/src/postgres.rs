//! PostgreSQL: a pool of connections, made again when the server was restarted.

mod bulk;
mod tls;

use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postgres::config::{Host, SslMode};
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, IsolationLevel, NoTls, Statement};

use crate::StoreError;
use crate::transaction::{Transaction, Value};

pub(crate) use bulk::{insert, update};

/// Connections at the same time.
const CONNECTIONS: usize = 8;
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a statement waits for another writer.
const LOCK_MILLISECONDS: u32 = 5_000;
/// How long a statement may run.
const STATEMENT_MILLISECONDS: u32 = 120_000;
/// How long a transaction may wait for its own program: one that was stopped in the middle of a
/// write must not keep others from writing for much longer than a lease holds.
const IDLE_MILLISECONDS: u32 = 20_000;
/// How long to wait after a connection could not be made: at first, and at most.
const BACK_OFF: Duration = Duration::from_millis(50);
const BACK_OFF_MAX: Duration = Duration::from_secs(5);
/// Statements a connection keeps prepared.
const STATEMENTS: usize = 256;
/// The lock that every writer holds: one at a time, as in SQLite.
const WRITER_LOCK: i64 = 0x626f_6c6c_7765_726b;

/// A database of a PostgreSQL server.
pub(crate) struct Postgres {
    config: Config,
    tls: Option<tls::Tls>,
    pool: Mutex<Pool>,
    returned: Condvar,
}

struct Pool {
    idle: Vec<Connection>,
    /// How many are idle or on loan.
    open: usize,
    /// Since connections cannot be made: why, and when to try again.
    down: Option<Down>,
}

struct Down {
    reason: String,
    wait: Duration,
    until: Instant,
}

/// A connection with what it has prepared.
struct Connection {
    client: Client,
    statements: HashMap<String, Statement>,
}

/// An open transaction.
pub(crate) struct PostgresTransaction<'a> {
    pub(crate) inner: postgres::Transaction<'a>,
    statements: &'a mut HashMap<String, Statement>,
}

impl Postgres {
    /// Connects once, so that a wrong address is told at once.
    pub(crate) fn open(url: &str) -> Result<Self, StoreError> {
        // What a parser says of an address may hold its password.
        let wrong = || StoreError::Address("postgres://…".to_owned());
        let (url, roots) = tls::roots_of(url);
        let mut config: Config = url.parse().map_err(|_| wrong())?;
        config.application_name("bollwerk").connect_timeout(CONNECT_TIMEOUT);
        if !url.contains("sslmode=") {
            // Over a network nobody may read along or answer in the server's place.
            let is_local = config.get_hosts().iter().all(is_local);
            config.ssl_mode(if is_local { SslMode::Disable } else { SslMode::Require });
        }
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => None,
            _ => Some(tls::Tls::new(roots.as_deref())?),
        };
        let pool = Pool { idle: Vec::new(), open: 0, down: None };
        let postgres = Self { config, tls, pool: Mutex::new(pool), returned: Condvar::new() };
        drop(postgres.take()?);
        Ok(postgres)
    }

    /// Reads. What failed because the connection was lost is tried once more.
    pub(crate) fn read<T>(
        &self,
        read: impl Fn(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self.read_once(|transaction| read(transaction)) {
            Err(StoreError::Gone(_)) => self.read_once(read),
            done => done,
        }
    }

    pub(crate) fn read_once<T>(
        &self,
        read: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut loan = self.take()?;
        loan.run(true, read)
    }

    /// Writes, alone among all servers. A connection that was lost before anything was written is
    /// replaced; what fails later is told, as it may have been kept.
    pub(crate) fn write<T>(
        &self,
        write: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut loan = self.take()?;
        if loan.client().is_ok_and(|client| client.simple_query("").is_err()) {
            drop(loan);
            loan = self.take()?;
        }
        let lock = format!(
            "SET LOCAL lock_timeout = {LOCK_MILLISECONDS}; \
             SELECT pg_advisory_xact_lock({WRITER_LOCK})"
        );
        loan.run(false, |transaction| {
            transaction.script(&lock)?;
            write(transaction)
        })
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Result<Loan<'_>, StoreError> {
        let mut pool = self.pool();
        loop {
            if let Some(connection) = pool.idle.pop() {
                if connection.client.is_closed() {
                    pool.open -= 1;
                    continue;
                }
                return Ok(Loan { connection: Some(connection), postgres: self });
            }
            if pool.open < CONNECTIONS {
                break;
            }
            pool = self.returned.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(down) = pool.down.as_ref().filter(|down| Instant::now() < down.until) {
            return Err(StoreError::Gone(down.reason.clone()));
        }
        pool.open += 1;
        drop(pool);
        // Counted as open while it is made; not any more should that fail.
        let mut loan = Loan { connection: None, postgres: self };
        let made = self.connect();
        let mut pool = self.pool();
        match made {
            Ok(connection) => {
                pool.down = None;
                loan.connection = Some(connection);
                Ok(loan)
            }
            Err(error) => {
                let wait = pool.down.as_ref().map_or(BACK_OFF, |down| down.wait * 2);
                let wait = wait.min(BACK_OFF_MAX);
                let until = Instant::now() + wait;
                pool.down = Some(Down { reason: error.to_string(), wait, until });
                drop(pool);
                Err(error)
            }
        }
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let client = match &self.tls {
            Some(tls) => self.config.connect(tls.clone()),
            None => self.config.connect(NoTls),
        };
        let mut client = client.map_err(|error| StoreError::Gone(said(&error)))?;
        // Sets of thousands of numbers are parameters: a plan that does not know them compares each
        // row with each of them.
        let settings = format!(
            "SET statement_timeout = {STATEMENT_MILLISECONDS}; SET client_encoding = 'UTF8'; \
             SET plan_cache_mode = force_custom_plan; \
             SET idle_in_transaction_session_timeout = {IDLE_MILLISECONDS}"
        );
        client.batch_execute(&settings)?;
        Ok(Connection { client, statements: HashMap::new() })
    }
}

impl Drop for Postgres {
    /// Ends the connections on a thread of its own: a client runs its connection itself, which it
    /// must not do, and panics, where a store is dropped by code that runs asynchronously.
    fn drop(&mut self) {
        let idle = std::mem::take(&mut self.pool().idle);
        if idle.is_empty() {
            return;
        }
        // Without a thread they are left to the server, which notices that nobody speaks.
        let idle = ManuallyDrop::new(idle);
        let ending = std::thread::Builder::new().name("store-end".to_owned());
        if let Ok(ending) = ending.spawn(move || drop(ManuallyDrop::into_inner(idle))) {
            let _ = ending.join();
        }
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    }
}

/// A connection that is given back when this is dropped, also by a panic.
struct Loan<'a> {
    connection: Option<Connection>,
    postgres: &'a Postgres,
}

impl Loan<'_> {
    fn client(&mut self) -> Result<&mut Client, StoreError> {
        let connection = self.connection.as_mut();
        connection.map(|connection| &mut connection.client).ok_or_else(given_back)
    }

    fn run<T>(
        &mut self,
        only_reads: bool,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Some(Connection { client, statements }) = &mut self.connection else {
            return Err(given_back());
        };
        if statements.len() > STATEMENTS {
            statements.clear();
        }
        let mut begin = client.build_transaction();
        if only_reads {
            begin = begin.isolation_level(IsolationLevel::RepeatableRead).read_only(true);
        }
        let inner = begin.start()?;
        let mut transaction = Transaction::Postgres(PostgresTransaction { inner, statements });
        let done = work(&mut transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let connection = self.connection.take();
        let mut pool = self.postgres.pool();
        match connection.filter(|connection| !connection.client.is_closed()) {
            Some(connection) => pool.idle.push(connection),
            None => pool.open -= 1,
        }
        self.postgres.returned.notify_one();
    }
}

fn given_back() -> StoreError {
    StoreError::Gone("a connection was given back too early".to_owned())
}

impl PostgresTransaction<'_> {
    pub(crate) fn statement(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.inner.prepare(sql)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut postgres::types::private::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql_checked(kind, out),
            Self::Text(text) => text.as_ref().to_sql_checked(kind, out),
            Self::Ints(set) => set.as_ref().to_sql_checked(kind, out),
            Self::Texts(set) => set.to_sql_checked(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Each of them asks again.
        true
    }

    to_sql_checked!();
}

impl From<postgres::Error> for StoreError {
    fn from(error: postgres::Error) -> Self {
        let Some(code) = error.code() else {
            // Without a word of the server it is the connection, or a value of ours.
            let is_gone = error.is_closed() || has_io(&error);
            return if is_gone { Self::Gone(said(&error)) } else { Self::Refused(said(&error)) };
        };
        match code.code() {
            // lock_not_available, query_canceled, deadlock_detected, serialization_failure
            "55P03" | "57014" | "40P01" | "40001" => Self::Busy,
            // disk_full, out_of_memory, insufficient_resources
            "53100" | "53200" | "53000" => Self::Full,
            // data_corrupted, index_corrupted
            "XX001" | "XX002" => Self::Corrupt(said(&error)),
            // The server goes down, comes up, has no room for connections, or lost this one.
            "57P01" | "57P02" | "57P03" | "57P05" | "53300" | "25P03" => Self::Gone(said(&error)),
            code if code.starts_with("08") || code.starts_with("28") => Self::Gone(said(&error)),
            _ => Self::Refused(said(&error)),
        }
    }
}

fn has_io(error: &postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

/// What an error says, without the values it may hold.
fn said(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => format!("{} ({})", error.message(), error.code().code()),
        None => match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}
