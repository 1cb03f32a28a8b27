//! Several clusters in one interface: a right in one says nothing of another, whoever is called
//! alike in both, and a token is shown to no API server that it was not meant for. Two real API
//! servers, and a third cluster that only listens.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod asking;
#[path = "../../bollwerk/tests/control_plane/mod.rs"]
mod control_plane;
mod identity_provider;
mod server;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use asking::{Asker, account, binding, deployment, paths};
use control_plane::ControlPlane;
use identity_provider::{Key, Next, claims, key, provider, signed};
use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};
use server::Server;

/// Words that are in all that one cluster holds: in the namespace that readers may read, and in
/// the one that they may not.
const WEST: &str = "canary-west";
const WEST_HIDDEN: &str = "canary-hidden-west";
const EAST: &str = "canary-east";
const EAST_HIDDEN: &str = "canary-hidden-east";

/// Longest wait for something to be seen.
const WAIT: Duration = Duration::from_mins(2);

fn object(api_version: &str, kind: &str, name: &str, rest: &Value) -> Value {
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
    for (key, value) in rest.as_object().unwrap() {
        object[key] = value.clone();
    }
    object
}

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// A right of somebody that the identity provider knows; without a namespace everywhere.
fn user_binding(namespace: Option<&str>, role: &str, user: &str) -> Value {
    let mut binding = binding(namespace, role, "x");
    binding["metadata"]["name"] = format!("{}-{role}", user.split('#').nth(1).unwrap()).into();
    binding["subjects"] = json!([{"apiGroup": "rbac.authorization.k8s.io", "kind": "User",
        "name": user}]);
    binding
}

/// What both clusters hold alike, with other words.
fn objects(seen: &str, hidden: &str) -> Vec<Value> {
    let reads = json!({"rules": [
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]},
    ]});
    let excepts = json!({"rules": [
        {"apiGroups": ["bollwerk.io"], "resources": ["exceptions"], "verbs": ["create", "delete"]},
    ]});
    let mut twin = deployment("seen", seen);
    twin["metadata"]["name"] = "twin".into();
    let mut all: Vec<Value> =
        ["accounts", "seen", "hidden"].map(|it| object("v1", "Namespace", it, &json!({}))).into();
    all.extend([
        twin,
        deployment("seen", seen),
        deployment("hidden", hidden),
        object(RBAC, "ClusterRole", "reads", &reads),
        object(RBAC, "ClusterRole", "excepts", &excepts),
        account("accounts", "admin"),
        account("accounts", "boss"),
        account("accounts", "reader"),
        binding(Some("seen"), "reads", "reader"),
    ]);
    all
}

fn create(plane: &mut ControlPlane, objects: Vec<Value>) {
    for object in objects {
        let answer = plane.create(&object, false).unwrap();
        assert_eq!(answer.status, 201, "{object}: {answer:?}");
    }
}

/// A cluster that answers nothing and remembers all it is told.
struct Trap {
    heard: Arc<Mutex<String>>,
    kubeconfig: PathBuf,
}

impl Trap {
    fn set(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let kubeconfig = folder.join("trap");
        let text = json!({"apiVersion": "v1", "kind": "Config", "current-context": "trap",
            "contexts": [{"name": "trap", "context": {"cluster": "trap", "user": "it"}}],
            "clusters": [{"name": "trap", "cluster": {"server": url}}],
            "users": [{"name": "it", "user": {}}]});
        std::fs::write(&kubeconfig, text.to_string()).unwrap();
        let heard: Arc<Mutex<String>> = Arc::default();
        let shared = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, shared) = (stream.unwrap(), Arc::clone(&shared));
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream.try_clone().unwrap());
                    let (mut told, mut length) = (String::new(), 0);
                    while reader.read_line(&mut told).is_ok_and(|read| read > 2) {
                        let last = told.lines().last().unwrap_or_default().to_lowercase();
                        if let Some(value) = last.strip_prefix("content-length:") {
                            length = value.trim().parse().unwrap();
                        }
                    }
                    let mut body = vec![0; length];
                    let _ = reader.read_exact(&mut body);
                    told.push_str(&String::from_utf8_lossy(&body));
                    shared.lock().unwrap().push_str(&told);
                    let _ = stream.write_all(
                        b"HTTP/1.1 500 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                    );
                });
            }
        });
        Self { heard, kubeconfig }
    }

    fn has_heard(&self, text: &str) -> bool {
        self.heard.lock().unwrap().contains(text)
    }
}

/// The two clusters, the server over them, and whoever asks it.
struct Fleet {
    west: ControlPlane,
    east: ControlPlane,
    trap: Trap,
    server: Server,
    client: Client,
    issuer: String,
    signs: Key,
    folder: PathBuf,
}

impl Fleet {
    fn start() -> Option<Self> {
        let (mut west, mut east) = (ControlPlane::start()?, ControlPlane::start()?);
        create(&mut west, objects(WEST, WEST_HIDDEN));
        create(&mut east, objects(EAST, EAST_HIDDEN));
        // Who may do everything in one is called like somebody who may do nothing in the other.
        create(&mut west, vec![binding(None, "cluster-admin", "admin")]);
        create(&mut east, vec![binding(None, "cluster-admin", "boss")]);
        let folder = std::env::temp_dir().join(format!("bollwerk-fleet-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let tls = folder.join("provider");
        let made = std::process::Command::new(env!("CARGO_BIN_EXE_bollwerk-server"))
            .args(["certificate", "--name", "127.0.0.1", "--output"])
            .arg(&tls)
            .status();
        assert!(made.unwrap().success());
        let signs = key("one");
        let issuer = provider(&tls, signs.public.clone(), Arc::<Mutex<Next>>::default());
        let user = |name: &str| format!("{issuer}#{name}");
        create(
            &mut west,
            vec![
                user_binding(Some("seen"), "reads", &user("alice")),
                user_binding(Some("seen"), "excepts", &user("alice")),
                user_binding(Some("seen"), "reads", &user("carol")),
            ],
        );
        create(
            &mut east,
            vec![
                user_binding(None, "cluster-admin", &user("bob")),
                user_binding(None, "cluster-admin", &user("carol")),
            ],
        );
        let trap = Trap::set(&folder);
        let also = |name: &str, file: &Path| format!("{name}={}", file.display());
        let (authority, east_file) = (tls.join("ca.crt"), also("east", &east.kubeconfig));
        let trap_file = also("trap", &trap.kubeconfig);
        let more = [
            "--listen-interface",
            "127.0.0.1:0",
            "--store",
            "sqlite:bollwerk.db",
            "--cluster-name",
            "west",
            "--also",
            &east_file,
            "--also",
            &trap_file,
            "--url",
            "https://bollwerk.example",
            "--oidc-issuer-url",
            &issuer,
            "--oidc-client-id",
            "bollwerk",
            "--oidc-ca-file",
            authority.to_str().unwrap(),
        ];
        let server = Server::start_with("version: 1\n", &west.kubeconfig, &more);
        let client = asking::client(&server);
        Some(Self { west, east, trap, server, client, issuer, signs, folder })
    }

    fn asker(&self, token: Option<String>, of: Option<&str>) -> Asker {
        let address = format!("https://{}", self.server.interface);
        Asker { client: self.client.clone(), address, token, of: of.map(str::to_owned) }
    }

    /// Somebody whom the identity provider knows.
    fn person(&self, name: &str) -> Asker {
        let mut claims = claims(&self.issuer, "");
        claims["sub"] = name.into();
        claims["groups"] = json!([]);
        self.asker(Some(signed(&claims, &self.signs, "one")), None)
    }

    fn of_west(&mut self, name: &str) -> Asker {
        let token = asking::token(&mut self.west, name);
        self.asker(Some(token), None)
    }

    fn of_east(&mut self, name: &str) -> Asker {
        let token = asking::token(&mut self.east, name);
        self.asker(Some(token), Some("east"))
    }

    fn login(&self, token: &str, cluster: Option<&str>) -> Response {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token);
        if let Some(cluster) = cluster {
            form.append_pair("cluster", cluster);
        }
        let request = self.client.post(format!("https://{}/login", self.server.interface));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.body(form.finish()).send().unwrap()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn wait_for(what: &str, is_it: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_it() {
        assert!(began.elapsed() < WAIT, "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn total(asker: &Asker, query: &str) -> u64 {
    asker.data(&format!("/findings{query}"))["total"].as_u64().unwrap()
}

/// Asks every route in both forms, of all clusters and of one of these; the words that are told.
fn told(asker: &Asker, paths: &[String], clusters: &[&str]) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    for (number, path) in paths.iter().enumerate() {
        let mark = if path.contains('?') { '&' } else { '?' };
        let scoped = format!("{path}{mark}cluster={}", clusters[number % clusters.len()]);
        for path in [path.clone(), scoped] {
            for (place, form) in
                [(format!("/api/v1{path}"), "application/json"), (path.clone(), "text/html")]
            {
                let (status, text) = asker.ask(&place, form);
                assert!(matches!(status, 200 | 400 | 403 | 404), "{place}: {status} {text}");
                let words = [WEST, WEST_HIDDEN, EAST, EAST_HIDDEN];
                found.extend(words.into_iter().filter(|word| text.contains(word)));
            }
        }
    }
    found
}

#[test]
fn a_right_in_one_cluster_says_nothing_of_another() {
    let Some(mut fleet) = Fleet::start() else { return };
    let (admin, boss) = (fleet.of_west("admin"), fleet.of_east("boss"));
    wait_for("both clusters are judged", || {
        total(&admin, "?q=canary") > 5 && total(&boss, "?q=canary") > 5
    });
    names_alike(&mut fleet, &admin, &boss);
    tokens_stay(&mut fleet, &admin, &boss);
    people(&fleet, &admin, &boss);
    sessions(&fleet, &admin, &boss);
    exceptions(&fleet, &admin, &boss);
    one_that_is_away(&fleet, &admin);
}

/// Nobody sees the other cluster on any route, though all are called alike in both.
fn names_alike(fleet: &mut Fleet, admin: &Asker, boss: &Asker) {
    let clusters = ["east", "west"];
    // Fingerprints of both clusters are tried by everybody.
    let mut all = paths(admin);
    all.extend(paths(boss).into_iter().filter(|it| it.starts_with("/findings/f1:")));
    assert_eq!(told(admin, &all, &clusters), BTreeSet::from([WEST, WEST_HIDDEN]));
    assert_eq!(told(boss, &all, &clusters), BTreeSet::from([EAST, EAST_HIDDEN]));
    // The names of those two are nobody's in the other cluster.
    let (east_admin, west_boss) = (fleet.of_east("admin"), fleet.of_west("boss"));
    let (west_reader, east_reader) = (fleet.of_west("reader"), fleet.of_east("reader"));
    let some: Vec<String> = all.iter().step_by(3).cloned().collect();
    assert_eq!(told(&east_admin, &some, &clusters), BTreeSet::new());
    assert_eq!(told(&west_boss, &some, &clusters), BTreeSet::new());
    assert_eq!(told(&west_reader, &some, &clusters), BTreeSet::from([WEST]));
    assert_eq!(told(&east_reader, &some, &clusters), BTreeSet::from([EAST]));
    for nobody in [&east_admin, &west_boss] {
        assert_eq!(total(nobody, ""), 0);
    }
    // One that may not be seen is as one that there is not.
    for cluster in ["east", "trap", "none"] {
        let path = format!("/api/v1/findings?cluster={cluster}");
        let (status, text) = admin.ask(&path, "application/json");
        assert_eq!(status, 404, "{text}");
        let (status, _) = admin.ask(&format!("/events?cluster={cluster}"), "text/event-stream");
        assert_eq!(status, 404, "{cluster}");
    }
    // Whoever is known in one cluster is told of no other.
    let page = admin.ask("/", "text/html").1;
    assert!(!page.contains("east") && !page.contains("all clusters"), "{page}");
}

/// A token goes to the API server of the cluster that it is said to be of, and to no other.
fn tokens_stay(fleet: &mut Fleet, admin: &Asker, boss: &Asker) {
    let status = |token: &Option<String>, of: Option<&str>, path: &str| {
        fleet.asker(token.clone(), of).ask(path, "application/json").0
    };
    let list = "/api/v1/findings";
    assert_eq!(status(&admin.token, Some("east"), list), 401);
    assert_eq!(status(&boss.token, None, list), 401);
    assert_eq!(status(&boss.token, Some("west"), list), 401);
    assert_eq!(status(&boss.token, Some("none"), list), 401);
    assert_eq!(status(&boss.token, Some(""), list), 401);
    assert_eq!(status(&None, Some("east"), list), 401);
    // A filter is no address.
    let admins = admin.token.as_deref().unwrap();
    assert_eq!(status(&admin.token, None, "/api/v1/findings?cluster=trap"), 404);
    assert_eq!(fleet.login(admins, None).status(), 400);
    assert_eq!(fleet.login(admins, Some("none")).status(), 401);
    assert_eq!(fleet.login(admins, Some("east")).status(), 401);
    assert!(!fleet.trap.has_heard(admins));
    // It would hear what it is told: it is not deaf.
    assert_eq!(status(&Some("told-to".to_owned()), Some("trap"), list), 503);
    assert!(fleet.trap.has_heard("told-to") && !fleet.trap.has_heard(admins));
}

/// Whom the provider knows is the same in all clusters, each of which says what they may see.
fn people(fleet: &Fleet, admin: &Asker, boss: &Asker) {
    let clusters = ["west", "east"];
    let mut all = paths(admin);
    all.extend(paths(boss).into_iter().filter(|it| it.starts_with("/findings/f1:")));
    let [alice, bob, carol, dora] = ["alice", "bob", "carol", "dora"].map(|it| fleet.person(it));
    let some: Vec<String> = all.iter().step_by(2).cloned().collect();
    assert_eq!(told(&alice, &some, &clusters), BTreeSet::from([WEST]));
    assert_eq!(told(&bob, &some, &clusters), BTreeSet::from([EAST, EAST_HIDDEN]));
    assert_eq!(told(&carol, &all, &clusters), BTreeSet::from([WEST, EAST, EAST_HIDDEN]));
    assert_eq!(told(&dora, &some, &clusters), BTreeSet::new());
    // Counts are those of what is seen.
    assert_eq!(total(&carol, "?cluster=east"), total(boss, ""));
    let (west, east) = (total(&carol, "?cluster=west"), total(&carol, "?cluster=east"));
    assert!(west > 0 && west < total(admin, ""));
    assert_eq!(total(&carol, ""), west + east);
    assert_eq!((total(&alice, ""), total(&alice, "?cluster=east")), (west, 0));
    let rows = carol.data("/findings?limit=500");
    for row in rows["findings"].as_array().unwrap() {
        let other = if row["cluster"] == "west" { EAST } else { WEST };
        assert!(!row.to_string().contains(other), "{row}");
    }
    let overview = carol.data("/overview");
    let by_name = |name: &str| {
        let rows = overview["clusters"].as_array().unwrap().iter();
        let row = rows.clone().find(|it| it["name"] == name).unwrap();
        let counts = row["severities"].as_array().unwrap().iter();
        counts.map(|it| it["count"].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!((by_name("west"), by_name("east"), by_name("trap")), (west, east, 0));
    // What is made of one cluster asks for one.
    for path in ["/workloads", "/access", "/network", "/compliance", "/compliance/cis-1.12"] {
        let (status, text) = carol.ask(&format!("/api/v1{path}"), "application/json");
        assert!(status == 400 && text.contains("`west`, `east`, `trap`"), "{path}: {text}");
        let (status, text) = carol.ask(path, "text/html");
        let link = format!("{path}?cluster=east");
        assert!(status == 200 && text.contains(&link), "{path}: {text}");
        let path = format!("/api/v1{path}?cluster=");
        assert_eq!(carol.ask(&format!("{path}east"), "application/json").0, 200, "{path}");
    }
    // Pictures of a cluster are for who may list all of it: carol may in one of the two.
    for path in ["/access", "/network"] {
        let path = format!("/api/v1{path}?cluster=west");
        assert_eq!(carol.ask(&path, "application/json").0, 403, "{path}");
    }
    let page = carol.ask("/findings", "text/html").1;
    assert!(page.contains("all clusters") && page.contains(">Cluster</th>"), "{page}");
}

/// A session is of the cluster whose token began it.
fn sessions(fleet: &Fleet, admin: &Asker, boss: &Asker) {
    let page = fleet.asker(None, None).ask("/login", "text/html").1;
    for name in ["west", "east"] {
        assert!(page.contains(&format!("<option value=\"{name}\">")), "{page}");
    }
    for (asker, cluster, own, other) in [(admin, "west", WEST, EAST), (boss, "east", EAST, WEST)] {
        let answer = fleet.login(asker.token.as_deref().unwrap(), Some(cluster));
        assert_eq!(answer.status(), 303);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let get = |path: &str, header: Option<&str>| {
            let request = fleet.client.get(format!("https://{}{path}", fleet.server.interface));
            let request = request.header("cookie", &cookie);
            let request = match header {
                Some(header) => request.header("bollwerk-cluster", header),
                None => request,
            };
            let answer = request.send().unwrap();
            (answer.status().as_u16(), answer.text().unwrap())
        };
        // The header is for tokens: it makes nobody somebody elsewhere.
        for header in [None, Some("west"), Some("east")] {
            let (status, text) = get("/api/v1/findings?limit=500", header);
            assert!(status == 200 && text.contains(own) && !text.contains(other), "{text}");
        }
        let elsewhere = if cluster == "west" { "east" } else { "west" };
        assert_eq!(get(&format!("/api/v1/overview?cluster={elsewhere}"), None).0, 404);
        // What was done in one cluster is told in it.
        let (_, text) = get("/api/v1/health", None);
        let health: Value = serde_json::from_str(&text).unwrap();
        let name = if cluster == "west" { "accounts:boss" } else { "accounts:admin" };
        let actions = health["actions"].to_string();
        assert!(actions.contains("\"login\"") && !actions.contains(name), "{actions}");
    }
}

/// An exception holds in the cluster that it was made for, by a right that is held there.
fn exceptions(fleet: &Fleet, admin: &Asker, boss: &Asker) {
    let [alice, bob] = ["alice", "bob"].map(|it| fleet.person(it));
    let twin = |asker: &Asker, state: &str| {
        let query = format!("?name=twin&control=privileged-container&state={state}");
        total(asker, &query)
    };
    assert_eq!((twin(admin, "open"), twin(boss, "open")), (1, 1));
    assert_eq!(alice.except_in(None, "seen", "twin"), 400);
    assert_eq!(alice.except_in(Some("none"), "seen", "twin"), 400);
    assert_eq!(alice.except_in(Some("east"), "seen", "twin"), 403);
    assert_eq!(bob.except_in(Some("west"), "seen", "twin"), 403);
    assert_eq!(admin.except_in(Some("east"), "seen", "twin"), 400);
    assert_eq!(alice.except_in(Some("west"), "seen", "twin"), 201);
    wait_for("the exception holds", || twin(admin, "excepted") == 1);
    // When the other cluster was judged again as well, it still does not hold there.
    let other = format!("{EAST_HIDDEN}-deployment");
    assert_eq!(bob.except_in(Some("east"), "hidden", &other), 201);
    wait_for("the other exception holds", || {
        total(boss, &format!("?name={other}&state=excepted")) == 1
    });
    assert_eq!((twin(boss, "open"), twin(boss, "excepted")), (1, 0));
    let listed = |asker: &Asker| {
        let page = asker.data("/exceptions");
        let rows = page["exceptions"].as_array().unwrap().clone();
        assert_eq!(page["total"], rows.len());
        let text = |it: &Value| it["cluster"].as_str().unwrap().to_owned();
        rows.iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!((listed(admin), listed(boss)), (vec!["west".to_owned()], vec!["east".to_owned()]));
    let rows = admin.data("/exceptions");
    let id = rows["exceptions"][0]["id"].as_i64().unwrap();
    let end = |asker: &Asker| {
        let request = asker.client.delete(format!("{}/api/v1/exceptions/{id}", asker.address));
        let request = request.bearer_auth(asker.token.as_deref().unwrap());
        let request = request.header("bollwerk-cluster", asker.of.as_deref().unwrap_or("west"));
        request.send().unwrap().status().as_u16()
    };
    assert_eq!((end(boss), end(&bob)), (404, 404));
    assert_eq!(end(&alice), 204);
}

/// A cluster that is not reached stops no other, and is told of.
fn one_that_is_away(fleet: &Fleet, admin: &Asker) {
    let carol = fleet.person("carol");
    let health = carol.data("/health");
    let away = health["away"].as_array().unwrap();
    assert!(away.len() == 1 && away[0]["cluster"] == "trap", "{health}");
    // Where it is stands in files of the server's own cluster: carol may not see all of that.
    assert_eq!(away[0]["reason"], Value::Null);
    assert_eq!(carol.data("/health?cluster=east")["away"], Value::Null);
    assert_eq!(admin.data("/health")["away"], Value::Null);
    assert!(fleet.server.asked("/readyz").starts_with("HTTP/1.1 200"));
}
