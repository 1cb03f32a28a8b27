//! A real API server that is killed and started again while the server follows it: what happened
//! since is taken in, and the state is that of a server that starts afresh.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod asker;
#[path = "../../bollwerk/tests/control_plane/mod.rs"]
mod control_plane;
mod server;

use std::collections::BTreeSet;

use asker::{Asker, bind, namespace, token};
use control_plane::ControlPlane;
use serde_json::{Value, json};
use server::Server;

fn deployment(name: &str, image: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": name, "namespace": "shop"},
    "spec": {"selector": {"matchLabels": {"app": name}}, "template": {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "app", "image": image}]}}}})
}

fn create(plane: &mut ControlPlane, name: &str) {
    let answer = plane.create(&deployment(name, "registry.example/app:1"), false).unwrap();
    assert_eq!(answer.status, 201, "{answer:?}");
}

fn start(plane: &ControlPlane, token: &str) -> (Server, Asker) {
    let more = ["--listen-interface", "127.0.0.1:0", "--store", "sqlite:bollwerk.db"];
    let server = Server::start_with("version: 1\n", &plane.kubeconfig, &more);
    let asker = Asker {
        client: server.client(),
        address: format!("https://{}", server.interface),
        token: token.to_owned(),
    };
    (server, asker)
}

/// Every open finding: what tells it apart, and its words.
fn open(asker: &Asker) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    let mut after = String::new();
    loop {
        let page = asker.data(&format!("/findings?limit=500{after}"));
        for row in page["findings"].as_array().unwrap() {
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            all.insert((text("fingerprint"), text("message")));
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

fn exception(name: &str) -> Value {
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
    json!({"control": "writable-root-filesystem", "kind": "Deployment", "namespace": "shop", "name": name,
        "reason": "tried", "owner": "me",
        "until": jiff::tz::Offset::UTC.to_datetime(until).date().to_string()})
}

/// Whether findings of a Deployment of this name are open.
fn is_found(page: &Value, name: &str) -> bool {
    page["findings"].as_array().unwrap().iter().any(|row| row["name"] == name)
}

#[test]
fn after_an_api_server_came_back_the_state_is_that_of_a_fresh_server() {
    let Some(mut plane) = ControlPlane::start() else { return };
    namespace(&mut plane, "shop");
    let admin = token(&mut plane, "shop", "admin");
    bind(&mut plane, None, "cluster-admin", ("shop", "admin"));
    create(&mut plane, "stays");
    create(&mut plane, "goes");
    create(&mut plane, "changes");
    let (server, asker) = start(&plane, &admin);
    let list = "/findings?kind=Deployment&limit=500";
    asker.until(list, |it| ["stays", "goes", "changes"].iter().all(|name| is_found(it, name)));
    let exception = exception("stays");
    for round in 0..3 {
        plane.kill_api_server();
        // Pages are answered while nobody answers the server.
        assert!(is_found(&asker.data(list), "stays"), "round {round}");
        plane.start_api_server();
        create(&mut plane, &format!("comes-{round}"));
        asker.until(list, |it| is_found(it, &format!("comes-{round}")));
    }
    let (status, said) = asker.post("/exceptions", &exception);
    assert_eq!(status, 201, "{said}");
    plane.kill_api_server();
    plane.start_api_server();
    let path = "/apis/apps/v1/namespaces/shop/deployments";
    assert_eq!(plane.ask("DELETE", &format!("{path}/goes"), &Value::Null).status, 200);
    let change = json!({"spec": {"template": {"spec": {"hostPID": true}}}});
    assert_eq!(plane.ask("PATCH", &format!("{path}/changes"), &change).status, 200);
    let changed = "/findings?control=host-pid&name=changes";
    asker.until(list, |it| !is_found(it, "goes"));
    asker.until(changed, |it| it["total"] == 1);
    // What was acknowledged is there, and holds.
    let kept = asker.until("/exceptions", |it| it["total"] == 1);
    assert_eq!(kept["exceptions"][0]["name"], "stays");
    let excepted = "/findings?state=excepted&name=stays";
    asker.until(excepted, |it| it["total"] == 1);
    let known = open(&asker);
    let (fresh, other) = start(&plane, &admin);
    // Before it judged the cluster, it knows of nobody's rights.
    other.until(list, |it| is_found(it, "stays"));
    assert_eq!(other.post("/exceptions", &exception).0, 201);
    other.until(excepted, |it| it["total"] == 1);
    other.until(changed, |it| it["total"] == 1);
    assert!(known.len() > 20, "{}", known.len());
    let afresh = open(&other);
    let differ: Vec<_> = known.symmetric_difference(&afresh).collect();
    assert!(differ.is_empty(), "{differ:#?}");
    drop((server, fresh));
}
