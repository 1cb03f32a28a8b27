//! Two servers on one PostgreSQL, beside a real API server: one writes, both answer. The writer is
//! stopped until its lease is over, and goes on; the next writer is killed. Who writes next is told
//! by the database, and nothing that was acknowledged is lost.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod asker;
#[path = "../../bollwerk/tests/control_plane/mod.rs"]
mod control_plane;
#[path = "../../../crates/store/tests/postgres_server/mod.rs"]
mod postgres_server;
mod server;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use asker::{Asker, bind, namespace, token};
use control_plane::ControlPlane;
use postgres_server::PostgresServer;
use serde_json::{Value, json};
use server::Server;

/// Longest wait for another server to write: a lease, and what goes before and after it.
const WAIT: Duration = Duration::from_mins(2);

const CONFIG: &str = "\
version: 1
admission:
  rules:
    - controls: [privileged-container]
      action: enforce
";

fn deployment(name: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": name, "namespace": "shop"},
    "spec": {"selector": {"matchLabels": {"app": name}}, "template": {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "app", "image": "registry.example/app:1",
            "securityContext": {"privileged": true}}]}}}})
}

fn review(number: usize) -> String {
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("refused-{number}"), "namespace": "shop"}});
    pod["spec"] = deployment("it")["spec"]["template"]["spec"].clone();
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": format!("uid-{number}"), "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "namespace": "shop", "operation": "CREATE", "userInfo": {"username": "it"},
        "object": pod}})
    .to_string()
}

/// Somebody who asks a server all the time, and never may be left without an answer.
struct Caller {
    ends: Arc<AtomicBool>,
    /// Whether it is to be asked at all; whoever stops it waits for the last answer.
    asks: Arc<Mutex<bool>>,
    answers: Arc<AtomicUsize>,
    /// Exceptions that were acknowledged, by what they are about.
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Caller {
    fn start(name: &'static str, server: &Server, token: &str) -> Self {
        let asker = asker(server, token);
        let webhook = format!("https://{}/admission/open", server.address);
        let (ends, asks) = (Arc::<AtomicBool>::default(), Arc::new(Mutex::new(true)));
        let (answers, acknowledged) = (Arc::<AtomicUsize>::default(), Arc::default());
        let caller = Self {
            ends: Arc::clone(&ends),
            asks: Arc::clone(&asks),
            answers: Arc::clone(&answers),
            acknowledged: Arc::clone(&acknowledged),
            thread: None,
        };
        let thread = std::thread::spawn(move || {
            for number in 0.. {
                std::thread::sleep(Duration::from_millis(200));
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                let asks = asks.lock().unwrap();
                if !*asks {
                    continue;
                }
                let answer = asker.client.post(&webhook).body(review(number)).send().unwrap();
                let said: Value = serde_json::from_str(&answer.text().unwrap()).unwrap();
                assert_eq!(said["response"]["allowed"], false, "{name}: {said}");
                asker.data("/findings?limit=5");
                // Who was stopped in the middle of a write keeps others from writing for a while:
                // then nothing is acknowledged.
                let object = format!("{name}-{number}");
                let (status, said) = asker.post("/exceptions", &exception(&object));
                assert!(matches!(status, 201 | 503), "{name}: {status} {said}");
                if status == 201 {
                    acknowledged.lock().unwrap().insert(object);
                }
                answers.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { thread: Some(thread), ..caller }
    }

    /// Asks no more, or again; what was asked before was answered.
    fn asks(&self, asks: bool) {
        *self.asks.lock().unwrap() = asks;
    }

    /// Ends it. What was acknowledged; a thread that was left without an answer fails here.
    fn end(mut self) -> BTreeSet<String> {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
        let acknowledged = std::mem::take(&mut *self.acknowledged.lock().unwrap());
        assert!(self.answers.load(Ordering::Relaxed) > 10 && acknowledged.len() > 10);
        acknowledged
    }
}

fn exception(name: &str) -> Value {
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
    json!({"control": "privileged-container", "kind": "Deployment", "namespace": "shop",
        "name": name, "reason": "tried", "owner": "me",
        "until": jiff::tz::Offset::UTC.to_datetime(until).date().to_string()})
}

fn asker(server: &Server, token: &str) -> Asker {
    Asker {
        client: server.client(),
        address: format!("https://{}", server.interface),
        token: token.to_owned(),
    }
}

/// Who leads, by the lease and by the database, and by which term.
struct Observer {
    database: postgres::Client,
}

impl Observer {
    fn holder(plane: &mut ControlPlane) -> String {
        let path = "/apis/coordination.k8s.io/v1/namespaces/bollwerk/leases/bollwerk-server";
        let lease = plane.ask("GET", path, &Value::Null).body;
        lease["spec"]["holderIdentity"].as_str().unwrap_or_default().to_owned()
    }

    fn term(&mut self) -> (i64, String) {
        let rows = self.database.query("SELECT term, holder FROM terms", &[]).unwrap();
        rows.first().map_or((0, String::new()), |row| (row.get(0), row.get(1)))
    }

    /// Waits until a server of this name leads, by both. Its term.
    fn until(&mut self, plane: &mut ControlPlane, name: &str) -> i64 {
        let (began, of) = (Instant::now(), format!("{name}-"));
        loop {
            let (held, (term, holder)) = (Self::holder(plane), self.term());
            if held.starts_with(&of) && held == holder {
                return term;
            }
            assert!(began.elapsed() < WAIT, "{name}: {held} holds, {holder} writes");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// How often something was found in a Deployment, and not fixed, by the database.
    fn open(&mut self, name: &str) -> i64 {
        let sql = "SELECT COUNT(*) FROM findings f JOIN texts n ON n.id = f.name \
                   WHERE n.text = $1 AND f.state = 0";
        self.database.query_one(sql, &[&name]).unwrap().get(0)
    }

    fn until_found(&mut self, name: &str) {
        let began = Instant::now();
        while self.open(name) == 0 {
            assert!(began.elapsed() < WAIT, "nothing is found in {name}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

#[test]
fn one_writes_and_both_answer() {
    let Some(mut plane) = ControlPlane::start() else { return };
    let Some(postgres) = PostgresServer::start() else { return };
    let address = postgres.database();
    for name in ["bollwerk", "shop", "accounts"] {
        namespace(&mut plane, name);
    }
    bind(&mut plane, None, "cluster-admin", ("accounts", "admin"));
    let token = token(&mut plane, "accounts", "admin");
    let create = |plane: &mut ControlPlane, name: &str| {
        assert_eq!(plane.create(&deployment(name), false).unwrap().status, 201);
    };
    create(&mut plane, "first");
    let more = ["--listen-interface", "127.0.0.1:0", "--store", &address];
    let mut servers = [0, 1].map(|_| Server::start_with(CONFIG, &plane.kubeconfig, &more));
    let database = postgres::Client::connect(&address, postgres::NoTls).unwrap();
    let mut observer = Observer { database };
    observer.until_found("first");
    let begun = observer.term();
    let leads = usize::from(!begun.1.starts_with(&format!("{}-", servers[0].name)));
    let (one, other) = (leads, 1 - leads);
    for server in &servers {
        asker(server, &token).until("/findings?q=first", |it| it["total"].as_u64() > Some(0));
    }
    let callers =
        [Caller::start("zero", &servers[0], &token), Caller::start("one", &servers[1], &token)];

    // Stopped until its lease is over: the other one writes. It goes on, and does not.
    callers[one].asks(false);
    servers[one].signal("STOP");
    let second = observer.until(&mut plane, &servers[other].name);
    assert!(second > begun.0);
    create(&mut plane, "second");
    observer.until_found("second");
    servers[one].signal("CONT");
    callers[one].asks(true);
    create(&mut plane, "third");
    observer.until_found("third");
    // It has assessed the cluster since, as its pages tell by what only they know: of when they are.
    let went_on = jiff::Timestamp::now();
    create(&mut plane, "fourth");
    asker(&servers[one], &token).until("/health", |it| {
        let at = it["assessedAt"].as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok());
        at.is_some_and(|at| at > went_on)
    });
    let (term, holder) = observer.term();
    assert_eq!(term, second, "{holder} took a term that nobody gave it");
    assert!(holder.starts_with(&format!("{}-", servers[other].name)), "{holder}");

    // Killed: the first one writes again.
    callers[other].asks(false);
    servers[other].kill();
    let third = observer.until(&mut plane, &servers[one].name);
    assert!(third > second);
    create(&mut plane, "fifth");
    observer.until_found("fifth");
    servers[other].restart();
    let restarted = asker(&servers[other], &token);
    restarted.until("/findings?q=fifth", |it| it["total"].as_u64() > Some(0));
    assert_eq!(observer.term().0, third);

    // All that was acknowledged is there, whoever acknowledged it.
    let acknowledged: BTreeSet<String> = callers.into_iter().flat_map(Caller::end).collect();
    let mut kept = BTreeSet::new();
    let mut path = "/exceptions?limit=500".to_owned();
    loop {
        let page = restarted.data(&path);
        let rows = page["exceptions"].as_array().unwrap();
        kept.extend(rows.iter().map(|it| it["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/exceptions?limit=500&after={next}");
    }
    let lost: Vec<_> = acknowledged.difference(&kept).collect();
    assert!(lost.is_empty(), "{lost:?}");
    // Findings are those of all five, each once, by whichever server saw them first.
    for name in ["first", "second", "third", "fourth", "fifth"] {
        let sql = "SELECT COUNT(*) - COUNT(DISTINCT f.fingerprint) FROM findings f \
                   JOIN texts n ON n.id = f.name WHERE n.text = $1";
        let twice: i64 = observer.database.query_one(sql, &[&name]).unwrap().get(0);
        assert_eq!((observer.open(name) > 0, twice), (true, 0), "{name}");
    }
}
