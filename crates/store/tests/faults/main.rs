//! What was acknowledged survives: the writer is killed, the server behind it is restarted, the
//! file is locked, newer, or something else.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

#[path = "../postgres_server/mod.rs"]
mod postgres_server;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;
use model::Severity;
use store::{
    Address, Assessed, By, Count, Filter, NewException, NewFinding, Order, PageRequest, Sight,
    State, Store, StoreError,
};

use postgres_server::PostgresServer;

/// Names the address to a process that writes until it is killed.
const WRITER: &str = "BOLLWERK_STORE_WRITER";

/// How often the writer is killed: more under `BOLLWERK_PROVE`.
fn rounds() -> u64 {
    if std::env::var_os("BOLLWERK_PROVE").is_some() { 200 } else { 20 }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("bollwerk-faults-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn at(second: u64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + i64::try_from(second).unwrap()).unwrap()
}

/// The findings of one moment: about half of three thousand, others at each.
fn findings(moment: u64) -> Vec<NewFinding> {
    let is_there = |number: u64| (number * 31 + moment * 17) % 97 < 48;
    let numbers = (0..3_000).filter(|number| is_there(*number));
    let finding = |number: u64| NewFinding {
        fingerprint: format!("f{number}"),
        control: format!("control-{}", number % 20),
        id: format!("BW-{}", number % 20),
        severity: Severity::ALL[number as usize % 5],
        group: "apps".to_owned(),
        kind: "Deployment".to_owned(),
        namespace: Some(format!("ns-{}", number % 7)),
        name: format!("web-{number}"),
        path: "spec".to_owned(),
        message: format!("`web-{number}` is open"),
        owner: None,
        exception: None,
        detail: "{}".to_owned(),
    };
    numbers.map(finding).collect()
}

fn record(store: &Store, moment: u64) -> Result<(), StoreError> {
    let assessed = Assessed { at: at(moment), objects: 1, workloads: 1, gaps: Vec::new() };
    store.ledger("prod").record(&assessed, &findings(moment)[..], &[], &|_| None).map(drop)
}

/// Not a test by itself: with an address in the environment it writes, and tells what was
/// acknowledged, until it is killed.
#[test]
fn writer() {
    let Ok(address) = std::env::var(WRITER) else { return };
    let (address, first) = address.split_once(' ').unwrap();
    let store = Store::open(&address.parse().unwrap()).unwrap();
    for moment in first.parse::<u64>().unwrap().. {
        let reason = format!("exception {moment}");
        let new = NewException { reason, ..NewException::default() };
        let id = store.add_exception(&new, "eva", at(moment)).unwrap();
        tell(&format!("exception {id} {moment}"));
        record(&store, moment).unwrap();
        tell(&format!("recorded {moment}"));
    }
}

#[expect(clippy::print_stdout, reason = "the pipe to the test")]
fn tell(line: &str) {
    // Behind a line break: the harness writes beginnings of lines.
    println!("\nacknowledged {line}");
    std::io::stdout().flush().unwrap();
}

/// What the writer was told to be kept.
#[derive(Default)]
struct Acknowledged {
    exceptions: BTreeMap<i64, u64>,
    moment: u64,
    /// The next moment nobody has written at.
    next: u64,
}

/// Has a writer write until it has told a number of lines, then kills it in the midst of the next
/// write.
fn write_and_kill(address: &str, round: u64, acknowledged: &mut Acknowledged) {
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writer", "--nocapture"])
        .env(WRITER, format!("{address} {}", acknowledged.next))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = 1 + round % 4;
    for line in BufReader::new(writer.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some(told) = line.strip_prefix("acknowledged ") else { continue };
        let parts: Vec<&str> = told.split(' ').collect();
        match parts[..] {
            ["exception", id, moment] => {
                let moment = moment.parse().unwrap();
                acknowledged.exceptions.insert(id.parse().unwrap(), moment);
                acknowledged.next = moment + 1;
            }
            ["recorded", moment] => acknowledged.moment = moment.parse().unwrap(),
            _ => panic!("{line}"),
        }
        lines = lines.saturating_sub(1);
        if lines == 0 {
            // What is told from here on is read to the end, and counts too.
            writer.kill().unwrap();
        }
    }
    writer.wait().unwrap();
    acknowledged.next += 2;
}

/// Everything that was acknowledged is there, and a fresh assessment makes the rest right.
fn check(store: &Store, acknowledged: &mut Acknowledged) {
    for (id, moment) in &acknowledged.exceptions {
        let exception = store.exception(*id).unwrap().unwrap();
        assert_eq!(exception.made.reason, format!("exception {moment}"));
    }
    if acknowledged.moment > 0 {
        let assessed = store.assessed("prod").unwrap().unwrap();
        assert!(assessed.at >= at(acknowledged.moment), "{}", assessed.at);
    }
    acknowledged.next += 1;
    let moment = acknowledged.next;
    record(store, moment).unwrap();
    acknowledged.moment = moment;
    let expected: Vec<String> = {
        let mut names: Vec<String> =
            findings(moment).into_iter().map(|finding| finding.fingerprint).collect();
        names.sort();
        names
    };
    let filter = Filter { states: vec![State::Open], ..Filter::default() };
    let mut found = Vec::new();
    let mut page = PageRequest::first(1_000);
    loop {
        let part = store.findings(&Sight::All, &filter, Order::Oldest, &page).unwrap();
        assert_eq!(part.total as usize, expected.len());
        found.extend(part.rows.into_iter().map(|row| row.fingerprint));
        let Some(next) = part.next else { break };
        page.after = Some(next);
    }
    found.sort();
    assert_eq!(found, expected);
    for by in [By::Control, By::Namespace] {
        let counts = store.counts(&Sight::All, &filter, by).unwrap().unwrap();
        assert_eq!(counts.iter().map(Count::all).sum::<u64>() as usize, expected.len());
    }
    acknowledged.next += 1;
}

fn integrity(path: &Path) -> String {
    let file = rusqlite::Connection::open(path).unwrap();
    file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_file_survives_the_death_of_its_writer() {
    let folder = Folder::new("kill");
    let path = folder.0.join("store.db");
    let address = format!("sqlite:{}", path.display());
    let mut acknowledged = Acknowledged { next: 1, ..Acknowledged::default() };
    for round in 0..rounds() {
        write_and_kill(&address, round, &mut acknowledged);
        assert_eq!(integrity(&path), "ok");
        let store = Store::open(&address.parse().unwrap()).unwrap();
        check(&store, &mut acknowledged);
    }
    assert!(acknowledged.exceptions.len() as u64 >= rounds());
}

#[test]
fn a_server_survives_the_death_of_its_writer_and_its_own() {
    let Some(mut server) = PostgresServer::start() else { return };
    let address = server.database();
    // This one stays open all along.
    let store = Store::open(&address.parse().unwrap()).unwrap();
    let mut acknowledged = Acknowledged { next: 1, ..Acknowledged::default() };
    for round in 0..rounds() {
        write_and_kill(&address, round, &mut acknowledged);
        if round % 5 == 4 {
            server.stop();
            let down = store.clusters().unwrap_err();
            assert!(matches!(down, StoreError::Gone(_)), "{down:?}");
            let new = NewException::default();
            let down = store.add_exception(&new, "eva", at(0)).unwrap_err();
            assert!(matches!(down, StoreError::Gone(_)), "{down:?}");
            server.start_again();
        }
        back(&store);
        check(&store, &mut acknowledged);
    }
}

/// Waits until a server that was restarted is asked again: its back-off is seconds at most.
fn back(store: &Store) {
    for _ in 0..100 {
        match store.clusters() {
            Ok(_) => return,
            Err(StoreError::Gone(_)) => {
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the server was not asked again");
}

#[test]
fn a_connection_that_the_server_ended_is_replaced() {
    let Some(mut server) = PostgresServer::start() else { return };
    let store = Store::open(&server.database().parse().unwrap()).unwrap();
    let new = NewException::default();
    store.add_exception(&new, "eva", at(0)).unwrap();
    server.stop();
    server.start_again();
    // Neither the read nor the write is told of it.
    assert!(store.exception(1).unwrap().is_some());
    server.stop();
    server.start_again();
    store.add_exception(&new, "eva", at(1)).unwrap();
}

/// What drops a store may run asynchronously: its own connections are none of its business.
#[test]
fn a_store_may_end_where_nobody_may_wait() {
    let Some(server) = PostgresServer::start() else { return };
    let address = Address::Postgres(server.database());
    for runtime in [tokio::runtime::Builder::new_current_thread(), multi()] {
        let mut runtime = runtime;
        let runtime = runtime.enable_all().build().unwrap();
        let store = Store::open(&address).unwrap();
        record(&store, 1).unwrap();
        runtime.block_on(async move { drop(store) });
    }
    assert!(record(&Store::open(&address).unwrap(), 2).is_ok());
}

fn multi() -> tokio::runtime::Builder {
    tokio::runtime::Builder::new_multi_thread()
}

#[test]
fn a_server_that_is_not_there_is_told_without_the_password() {
    let address: Address = "postgres://eva:geheim@127.0.0.1:1/b".parse().unwrap();
    let error = Store::open(&address).err().unwrap();
    assert!(matches!(error, StoreError::Gone(_)), "{error:?}");
    assert!(!error.to_string().contains("geheim"), "{error}");
    let address = Address::Postgres("postgres://eva:geheim@127.0.0.1:x/b".to_owned());
    let error = Store::open(&address).err().unwrap();
    assert!(!error.to_string().contains("geheim"), "{error}");
}

#[test]
fn a_lock_of_another_program_is_told() {
    let folder = Folder::new("lock");
    let path = folder.0.join("store.db");
    let store = Store::open(&Address::Sqlite(path.clone())).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let new = NewException::default();
    assert_eq!(store.add_exception(&new, "eva", at(0)).err(), Some(StoreError::Busy));
    assert!(store.exceptions(None, true, &PageRequest::first(1)).unwrap().rows.is_empty());
    other.execute_batch("ROLLBACK").unwrap();
    store.add_exception(&new, "eva", at(0)).unwrap();
}

#[test]
fn a_newer_schema_is_left_alone() {
    let folder = Folder::new("newer");
    let path = folder.0.join("store.db");
    drop(Store::open(&Address::Sqlite(path.clone())).unwrap());
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute("INSERT INTO bollwerk_schema (version) VALUES (99)", []).unwrap();
    drop(file);
    let error = Store::open(&Address::Sqlite(path)).err();
    assert!(matches!(error, Some(StoreError::Newer { found: 99, .. })), "{error:?}");
    let path = folder.0.join("unreleased.db");
    let file = rusqlite::Connection::open(&path).unwrap();
    let one = "CREATE TABLE bollwerk_schema (version BIGINT NOT NULL); \
               INSERT INTO bollwerk_schema (version) VALUES (1);";
    file.execute_batch(one).unwrap();
    drop(file);
    assert_eq!(Store::open(&Address::Sqlite(path)).err(), Some(StoreError::Unreleased));
    let Some(server) = PostgresServer::start() else { return };
    let address = server.database();
    drop(Store::open(&address.parse().unwrap()).unwrap());
    let mut client = postgres::Client::connect(&address, postgres::NoTls).unwrap();
    client.batch_execute("INSERT INTO bollwerk_schema (version) VALUES (99)").unwrap();
    let error = Store::open(&address.parse().unwrap()).err();
    assert!(matches!(error, Some(StoreError::Newer { found: 99, .. })), "{error:?}");
}

/// A store as the first schema left it: a cluster, somebody who is logged in, an exception and an
/// action, none of which say which cluster they are of.
const FIRST: &str = "INSERT INTO clusters (id, name) VALUES (1, 'west'); \
    INSERT INTO sessions VALUES ('aa', 'system:admin', '[]', 0, 2000000000000000); \
    INSERT INTO exceptions (id, control, reason, made_by, made_at) \
    VALUES (1, 'root', 'it is', 'eva', 0); \
    INSERT INTO actions VALUES (1, 0, 'eva', 'login', 'session', 'done');";

#[test]
fn what_was_before_clusters_were_told_apart_is_of_the_only_one() {
    let first = format!(
        "CREATE TABLE bollwerk_schema (version BIGINT NOT NULL); {} \
         INSERT INTO bollwerk_schema (version) VALUES (2);",
        include_str!("../../migrations/0001_start.sql")
    );
    let folder = Folder::new("first");
    let is_of = |address: &Address, cluster: &str| {
        let store = Store::open(address).unwrap();
        let page = PageRequest::first(9);
        let exceptions = store.exceptions(None, true, &page).unwrap().rows;
        assert_eq!(exceptions[0].made.cluster, cluster);
        let actions = store.actions(&store::ActionFilter::default(), &page).unwrap().rows;
        assert_eq!(actions[0].cluster, cluster);
        // Nobody knows whose the session was: it is over.
        assert_eq!(store.sweep_sessions(at(u64::from(u32::MAX))).unwrap(), 0);
    };
    for (name, more, cluster) in
        [("one", "", "west"), ("two", "INSERT INTO clusters (id, name) VALUES (2, 'east');", "")]
    {
        let path = folder.0.join(name);
        let file = rusqlite::Connection::open(&path).unwrap();
        file.execute_batch(&format!("{first} {FIRST} {more}")).unwrap();
        drop(file);
        is_of(&Address::Sqlite(path), cluster);
    }
    let Some(server) = PostgresServer::start() else { return };
    let address = server.database();
    let mut client = postgres::Client::connect(&address, postgres::NoTls).unwrap();
    client.batch_execute(&format!("{first} {FIRST}")).unwrap();
    is_of(&address.parse().unwrap(), "west");
}
