//! Lists that a real API server streams hold what its lists in pages hold, and the watch goes on
//! where they end.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

#[path = "../../bollwerk/tests/control_plane/mod.rs"]
mod control_plane;

use std::collections::BTreeSet;
use std::sync::Arc;

use collect::cluster::watch::{self, Change};
use collect::cluster::{Connection, From, Resource};
use control_plane::ControlPlane;
use model::{DigestKey, KubernetesVersion, Snapshot};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// More than two pages of a list.
const OBJECTS: usize = 1_200;

fn object(number: usize) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": format!("it-{number}"), "namespace": "default"},
        "data": {"number": number.to_string()}})
}

/// What is told of the objects by a server that is taken for one of this version.
fn told(connection: &Arc<Connection>, version: &str) -> mpsc::Receiver<(Arc<Resource>, Change)> {
    let resource = Arc::new(Resource {
        group: String::new(),
        version: "v1".to_owned(),
        name: "configmaps".to_owned(),
        kind: "ConfigMap".to_owned(),
        can_watch: true,
    });
    let (out, changes) = mpsc::channel(16);
    let (version, key) = (version.parse().unwrap(), DigestKey::new(&[1; 32]));
    let limits = yaml::Limits::default();
    tokio::spawn(watch::follow(Arc::clone(connection), version, resource, key, limits, out));
    changes
}

/// The objects of a first list, as text.
async fn listed(changes: &mut mpsc::Receiver<(Arc<Resource>, Change)>) -> BTreeSet<String> {
    let Some((_, Change::Listed { parts, gaps })) = changes.recv().await else { panic!("no list") };
    assert!(gaps.is_empty(), "{gaps:?}");
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::now());
    for mut part in parts {
        part.place(model::WorldId(0), 0);
        snapshot.add(part);
    }
    let text = |id| {
        let object = snapshot.object(id);
        let data = object.root.field("data.number").and_then(model::Node::as_str);
        format!("{}/{} {}", object.namespace.unwrap(), object.name, data.unwrap_or_default())
    };
    snapshot.ids().map(text).collect()
}

#[test]
fn a_streamed_list_is_the_list() {
    let Some(mut plane) = ControlPlane::start() else { return };
    for number in 0..OBJECTS {
        assert_eq!(plane.create(&object(number), false).unwrap().status, 201);
    }
    let from = From { kubeconfig: Some(plane.kubeconfig.clone()), context: None };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let connection = runtime.block_on(Connection::open(&from)).unwrap();
    let connection = Arc::new(connection);
    let (mut streamed, mut paged) =
        runtime.block_on(async { (told(&connection, "1.37"), told(&connection, "1.31")) });
    let (of_stream, of_pages) =
        runtime.block_on(async { (listed(&mut streamed).await, listed(&mut paged).await) });
    assert!(of_stream.len() >= OBJECTS);
    assert_eq!(of_stream, of_pages);
    // What comes next is told by both.
    assert_eq!(plane.create(&object(OBJECTS), false).unwrap().status, 201);
    for changes in [&mut streamed, &mut paged] {
        let change = runtime.block_on(changes.recv()).unwrap().1;
        let Change::Applied(mut part) = change else { panic!("no object comes") };
        part.place(model::WorldId(0), 0);
        let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::now());
        snapshot.add(part);
        let names: Vec<_> = snapshot.ids().map(|id| snapshot.object(id).name.to_owned()).collect();
        assert_eq!(names, [format!("it-{OBJECTS}")]);
    }
}
