//! A million findings: how long writing them takes beside bare inserts of the same rows, and how
//! long the queries of pages take, on each kind of store.
//!
//! `cargo run --release -p store --example store_scale [FINDINGS] [sqlite|postgres|postgres://…]`,
//! the last an empty database, which is left filled, or one filled so, of which is only asked.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement on a terminal")]

#[path = "../tests/postgres_server/mod.rs"]
mod postgres_server;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use model::Severity;
use store::{
    Address, Assessed, By, Filter, HistoryFilter, Image, ImageFilter, ImageFinding, NewFinding,
    Order, PageRequest, Running, Sight, State, Store, VulnerabilityFilter,
};

const NAMESPACES: usize = 5_000;
const CONTROLS: usize = 100;
const OWNERS: usize = 300;
const KINDS: &[&str] = &["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Service"];
const IMAGES: usize = 2_000;
const IMAGE_FINDINGS: usize = 200;
const RUNNING: usize = 20_000;
const VULNERABILITIES: usize = 8_000;
/// How often each query is asked.
const TIMES: usize = 20;
/// How long one query is asked.
const LONGEST: Duration = Duration::from_secs(4);
/// Milliseconds that a page may take.
const GOAL: f64 = 100.0;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().map_or(1_000_000, |count| count.parse().unwrap());
    let only = arguments.next();
    let asked = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let folder = std::env::temp_dir().join(format!("bollwerk-scale-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let findings = findings(count);
    println!("{count} findings in memory: peak {} MB", peak_megabytes());
    if asked("sqlite") {
        let path = folder.join("store.db");
        let bare = bare_sqlite(&folder.join("bare.db"), &findings);
        let store = Store::open(&Address::Sqlite(path.clone())).unwrap();
        fill("SQLite", &store, &findings, bare);
        ask(&store);
        println!("file: {} MB", std::fs::metadata(&path).unwrap().len() >> 20);
    }
    if let Some(address) = only.as_deref().filter(|only| only.starts_with("postgres://")) {
        let store = Store::open(&Address::Postgres(address.to_owned())).unwrap();
        if store.assessed("prod").unwrap().is_none() {
            let bare = bare_postgres(address, &findings);
            fill("PostgreSQL", &store, &findings, bare);
        }
        ask(&store);
    }
    if asked("postgres") {
        let server = postgres_server::PostgresServer::start_with("").unwrap();
        let bare = bare_postgres(&server.database(), &findings);
        let store = Store::open(&Address::Postgres(server.database())).unwrap();
        fill("PostgreSQL", &store, &findings, bare);
        ask(&store);
    }
    let _ = std::fs::remove_dir_all(folder);
}

/// The same mixed-up order in every run.
fn mixed(number: usize) -> usize {
    let number = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (number >> 20) as usize
}

fn finding(number: usize) -> NewFinding {
    let (namespace, control) = (number % NAMESPACES, mixed(number) % CONTROLS);
    let name = format!("service-{}", number / NAMESPACES / 5);
    NewFinding {
        fingerprint: format!("f1:{:032x}", (number as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        control: format!("control-{control}"),
        id: format!("BW-{control}"),
        severity: Severity::ALL[(control % 10).min(4)],
        group: "apps".to_owned(),
        kind: KINDS[mixed(number + 1) % KINDS.len()].to_owned(),
        namespace: Some(format!("team-{namespace}")),
        message: format!(
            "container `app-{}` of `{name}` in `team-{namespace}` may do what control-{control} \
             forbids, so that whoever takes it over takes the node over too",
            number % 17
        ),
        name,
        path: "spec.template.spec.containers[0].securityContext".to_owned(),
        owner: Some(format!("owner-{}", namespace % OWNERS)),
        exception: number.is_multiple_of(50).then(|| "known since last year".to_owned()),
        detail: format!("{{\"fix\":\"set it\",\"number\":{number},\"pad\":\"{:0200}\"}}", 0),
    }
}

fn findings(count: usize) -> Vec<NewFinding> {
    (0..count).map(finding).collect()
}

/// The floor: the same rows into one table with one key.
fn bare_sqlite(path: &Path, findings: &[NewFinding]) -> Duration {
    let mut file = rusqlite::Connection::open(path).unwrap();
    file.execute_batch(
        "PRAGMA journal_mode=wal; CREATE TABLE bare (id INTEGER PRIMARY KEY, fingerprint TEXT \
         UNIQUE, control TEXT, severity INT, kind TEXT, namespace TEXT, name TEXT, path TEXT, \
         message TEXT, owner TEXT, detail TEXT)",
    )
    .unwrap();
    let begun = Instant::now();
    for part in findings.chunks(2_000) {
        let transaction = file.transaction().unwrap();
        let sql = "INSERT INTO bare (fingerprint, control, severity, kind, namespace, name, path, \
                   message, owner, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let mut insert = transaction.prepare_cached(sql).unwrap();
        for it in part {
            let values = rusqlite::params![
                it.fingerprint,
                it.control,
                it.severity as i64,
                it.kind,
                it.namespace,
                it.name,
                it.path,
                it.message,
                it.owner,
                it.detail
            ];
            insert.execute(values).unwrap();
        }
        drop(insert);
        transaction.commit().unwrap();
    }
    begun.elapsed()
}

fn bare_postgres(address: &str, findings: &[NewFinding]) -> Duration {
    let mut client = postgres::Client::connect(address, postgres::NoTls).unwrap();
    client
        .batch_execute(
            "CREATE TABLE bare (fingerprint TEXT UNIQUE, control TEXT, kind TEXT, \
             namespace TEXT, name TEXT, path TEXT, message TEXT, owner TEXT, detail TEXT)",
        )
        .unwrap();
    let begun = Instant::now();
    for part in findings.chunks(2_000) {
        let column = |read: fn(&NewFinding) -> &str| part.iter().map(read).collect::<Vec<_>>();
        let sql = "INSERT INTO bare SELECT * FROM unnest($1::text[], $2::text[], $3::text[], \
                   $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])";
        client
            .execute(
                sql,
                &[
                    &column(|it| &it.fingerprint),
                    &column(|it| &it.control),
                    &column(|it| &it.kind),
                    &column(|it| it.namespace.as_deref().unwrap_or_default()),
                    &column(|it| &it.name),
                    &column(|it| &it.path),
                    &column(|it| &it.message),
                    &column(|it| it.owner.as_deref().unwrap_or_default()),
                    &column(|it| &it.detail),
                ],
            )
            .unwrap();
    }
    begun.elapsed()
}

/// Writes everything, and says how long it took.
fn fill(name: &str, store: &Store, findings: &[NewFinding], bare: Duration) {
    println!("\n{name}");
    let record = |second: i64, findings: &[NewFinding]| {
        let begun = Instant::now();
        let at = Timestamp::from_second(1_800_000_000 + second).unwrap();
        let assessed = Assessed { at, objects: 0, workloads: 0, gaps: Vec::new() };
        let recorded = store.ledger("prod").record(&assessed, findings, &[], &|_| None).unwrap();
        (begun.elapsed(), recorded.appeared.len() + recorded.changed.len() + recorded.fixed.len())
    };
    let (first, _) = record(0, findings);
    let ratio = first.as_secs_f64() / bare.as_secs_f64();
    println!("first record: {first:.1?}, bare inserts {bare:.1?}: {ratio:.1} times");
    let (same, changes) = record(60, findings);
    println!("a record with {changes} changes: {same:.2?}");
    let mut other = findings[..findings.len() - 500].to_vec();
    for finding in other.iter_mut().step_by(findings.len() / 500) {
        finding.message.push_str(", again");
    }
    let (third, changes) = record(120, &other);
    println!("a record with {changes} changes: {third:.2?}");
    let begun = Instant::now();
    images(store);
    println!("{IMAGES} images and {RUNNING} running: {:.1?}", begun.elapsed());
}

/// Asks everything as three users, and says how long it took.
fn ask(store: &Store) {
    let scopes = store.scopes("prod").unwrap();
    let mine = |number: usize| {
        let names: Vec<String> = (0..number).map(|it| format!("team-{}", it * 7)).collect();
        let names: std::collections::HashSet<&str> = names.iter().map(String::as_str).collect();
        let mine = scopes.iter().filter(|scope| {
            scope.namespace.as_deref().is_some_and(|namespace| names.contains(namespace))
        });
        Sight::Scopes(mine.map(|scope| scope.id).collect::<Arc<[i64]>>())
    };
    // All but one kind: what a role leaves out.
    let most = scopes.iter().filter(|scope| scope.kind != "CronJob").map(|scope| scope.id);
    let sights = [
        ("admin", Sight::All),
        ("40 namespaces", mine(40)),
        ("all but one kind", Sight::Scopes(most.collect())),
    ];
    let mut worst: f64 = 0.0;
    for (who, sight) in &sights {
        println!("as {who}:");
        worst = worst.max(queries(store, sight));
    }
    println!("slowest p95: {worst:.1} ms (goal {GOAL} ms); peak {} MB", peak_megabytes());
}

fn images(store: &Store) {
    let at = Timestamp::from_second(1_800_000_000).unwrap();
    for number in 0..IMAGES {
        let image = Image {
            digest: format!("sha256:{number:064x}"),
            os: Some("debian 12".to_owned()),
            packages: 100,
            scanned_at: at,
            database_date: None,
            built_at: Some(at),
            act_now: Some(1),
            worst: None,
            gaps: Vec::new(),
        };
        let findings: Vec<ImageFinding> = (0..IMAGE_FINDINGS)
            .map(|place| {
                // Some are nearly everywhere, most are rare.
                let spread = if place < 20 { 50 } else { VULNERABILITIES };
                let vulnerability = mixed(number * IMAGE_FINDINGS + place) % spread;
                ImageFinding {
                    vulnerability: format!("CVE-2026-{vulnerability}"),
                    package: format!("package-{place}"),
                    version: "1.0".to_owned(),
                    fixed: place.is_multiple_of(2).then(|| "1.1".to_owned()),
                    severity: Severity::ALL.get(vulnerability % 6).copied(),
                    known_exploited: vulnerability.is_multiple_of(100),
                    epss_millionths: Some(1_000),
                    title: format!("something is wrong with package-{place}"),
                    purl: format!("pkg:deb/debian/package-{place}@1.0"),
                }
            })
            .collect();
        store.record_image(&image, &findings).unwrap();
    }
    let running: Vec<Running> = (0..RUNNING)
        .map(|number| Running {
            namespace: format!("team-{}", number % NAMESPACES),
            workload_group: "apps".to_owned(),
            workload_kind: "Deployment".to_owned(),
            workload: format!("service-{number}"),
            container: "app".to_owned(),
            reference: format!("registry/service-{number}:1"),
            digest: Some(format!("sha256:{:064x}", mixed(number) % IMAGES)),
            pods: 3,
            owner: None,
            exposed: [Some(true), Some(false), None][number % 3],
        })
        .collect();
    store.record_running("prod", at, &running).unwrap();
}

/// Asks each query some times; the slowest p95 in milliseconds.
fn queries(store: &Store, sight: &Sight) -> f64 {
    let mut worst: f64 = 0.0;
    let mut time = |name: &str, ask: &dyn Fn(usize) -> u64| worst = worst.max(time(name, ask));
    findings_queries(store, sight, &mut time);
    other_queries(store, sight, &mut time);
    worst
}

/// Asks a query some times; its p95 in milliseconds.
fn time(name: &str, ask: &dyn Fn(usize) -> u64) -> f64 {
    let (mut rows, mut times) = (0, Vec::new());
    let all = Instant::now();
    // What is far too slow is not asked all that often.
    while times.len() < TIMES && all.elapsed() < LONGEST {
        let begun = Instant::now();
        rows = ask(times.len());
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let p95 = times[(times.len() * 95).div_ceil(100) - 1];
    let mark = if p95 > GOAL { "  <- over the goal" } else { "" };
    println!("  {name:34} p50 {:8.2} ms  p95 {p95:8.2} ms  ({rows}){mark}", times[times.len() / 2]);
    p95
}

type Time<'a> = dyn FnMut(&str, &dyn Fn(usize) -> u64) + 'a;

fn open() -> Filter {
    Filter { states: vec![State::Open], ..Filter::default() }
}

fn findings_queries(store: &Store, sight: &Sight, time: &mut Time<'_>) {
    let page = PageRequest::first(50);
    let list = |filter: &Filter, order, page: &PageRequest| {
        store.findings(sight, filter, order, page).unwrap().total
    };
    time("findings, worst first", &|_| list(&open(), Order::Worst, &page));
    time("findings, newest first", &|_| list(&open(), Order::Newest, &page));
    time("findings, oldest first", &|_| list(&open(), Order::Oldest, &page));
    let deep = deep(store, sight, &open());
    time("findings, page 500", &|_| list(&open(), Order::Worst, &deep));
    time("findings of a namespace", &|number| {
        let namespaces = vec![format!("team-{}", number % 40 * 7)];
        list(&Filter { namespaces, ..open() }, Order::Worst, &page)
    });
    time("findings of a control", &|number| {
        let controls = vec![format!("control-{number}")];
        list(&Filter { controls, ..open() }, Order::Worst, &page)
    });
    time("findings of a kind", &|number| {
        let kinds = vec![KINDS[number % KINDS.len()].to_owned()];
        list(&Filter { kinds, ..open() }, Order::Worst, &page)
    });
    time("findings of an owner", &|number| {
        let owner = Some(format!("owner-{number}"));
        list(&Filter { owner, ..open() }, Order::Worst, &page)
    });
    time("findings by a rare text", &|number| {
        let text = Some(format!("service-{} in", 20 + number % 10));
        list(&Filter { text, ..open() }, Order::Worst, &page)
    });
    time("findings by a common text", &|_| {
        let text = Some("container".to_owned());
        list(&Filter { text, ..open() }, Order::Worst, &page)
    });
}

fn other_queries(store: &Store, sight: &Sight, time: &mut Time<'_>) {
    let page = PageRequest::first(50);
    for by in [By::Severity, By::Control, By::Namespace, By::Kind, By::Owner, By::State] {
        time(&format!("counts by {by:?}"), &|_| {
            store.counts(sight, &open(), by).unwrap().unwrap().len() as u64
        });
    }
    let history = HistoryFilter::default();
    time("history", &|_| store.history(sight, &history, 50).unwrap().len() as u64);
    let today = jiff::civil::date(2027, 1, 20);
    time("trend of 90 days", &|_| store.trend(sight, None, today, 90).unwrap().len() as u64);
    time("where is a common CVE", &|number| {
        store.where_is(sight, &format!("CVE-2026-{number}"), &page).unwrap().total
    });
    time("where is a rare CVE", &|number| {
        store.where_is(sight, &format!("CVE-2026-{}", 1_000 + number), &page).unwrap().total
    });
    let filter = VulnerabilityFilter::default();
    time("vulnerabilities", &|_| store.vulnerabilities(sight, &filter, &page).unwrap().total);
    let exposed = VulnerabilityFilter { exposed: true, ..VulnerabilityFilter::default() };
    time("exposed vulnerabilities", &|_| {
        store.vulnerabilities(sight, &exposed, &page).unwrap().total
    });
    time("images", &|_| store.images(sight, &ImageFilter::default(), &page).unwrap().total);
}

/// Where page 500 begins, or the last one before.
fn deep(store: &Store, sight: &Sight, filter: &Filter) -> PageRequest {
    let mut page = PageRequest::first(1_000);
    for _ in 0..25 {
        let Some(next) = store.findings(sight, filter, Order::Worst, &page).unwrap().next else {
            break;
        };
        page.after = Some(next);
    }
    PageRequest { limit: 50, ..page }
}

/// The most memory this process ever had.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string(PathBuf::from("/proc/self/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() >> 10
}
