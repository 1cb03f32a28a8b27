//! The escalations that the example documents.

use std::fs;
use std::path::{Path, PathBuf};

use engine::paths::{Options, Place, Reach};
use engine::rbac::Assumptions;
use model::KubernetesVersion;

use crate::world::{World, account, edges};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|it| it == "yaml") {
            found.push(path);
        }
    }
}

fn shop() -> World {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop");
    let mut found = Vec::new();
    files(&folder, &mut found);
    found.sort();
    let texts = found.iter().map(|file| fs::read_to_string(file).expect("a text"));
    let text = texts.collect::<Vec<_>>().join("\n---\n");
    World::with(&text, KubernetesVersion::NEWEST, Assumptions::default(), &Options::default())
}

#[test]
fn the_documented_escalations_are_found() {
    let world = shop();
    let Reach::Yes(ways) = world.paths(&account("ops", "ci-runner"), &Place::ClusterAdmin) else {
        panic!("ci-runner is no cluster-admin");
    };
    assert_eq!(edges(&ways[0]), ["everything"]);
    let pod = world.pod("Deployment", "ci-runner");
    let Reach::Yes(ways) = world.paths(&pod, &Place::AnyNode) else { panic!("no way out") };
    assert_eq!(edges(&ways[0]), ["runtime-socket"]);
    let Reach::Yes(ways) = world.paths(&account("ops", "node-agent"), &Place::ClusterAdmin) else {
        panic!("node-agent reads nodes/proxy");
    };
    assert!(edges(&ways[0]).contains(&"nodes-proxy-get"), "{:?}", edges(&ways[0]));
    assert!(matches!(
        world.paths(&world.pod("DaemonSet", "node-agent"), &Place::ClusterAdmin),
        Reach::Yes(_)
    ));
}

#[test]
fn without_what_the_cut_names_nobody_gets_to_cluster_admin() {
    let world = shop();
    let goal = world.graph.find(&Place::ClusterAdmin).expect("cluster-admin");
    let cut = world.graph.cut(None, goal, 1_000);
    assert!(!cut.remove.is_empty());
    let mut rest = String::new();
    for id in world.snapshot.ids() {
        let is_removed = cut.remove.iter().any(|closing| match closing {
            engine::paths::Closing::Binding(binding) => {
                let source = world.authorizer.binding(*binding).source;
                source == engine::rbac::Source::Object(id)
            }
            engine::paths::Closing::Field(object, _) => *object == id,
        });
        if !is_removed {
            let object = world.snapshot.object(id);
            rest.push_str("---\n");
            rest.push_str(&crate::world::json(object.root));
            rest.push('\n');
        }
    }
    let closed =
        World::with(&rest, KubernetesVersion::NEWEST, Assumptions::default(), &Options::default());
    let goal = closed.graph.find(&Place::ClusterAdmin).expect("cluster-admin");
    let still: Vec<String> = closed
        .graph
        .reaches(goal)
        .certain
        .into_iter()
        .map(|place| closed.graph.place(place).to_string())
        .collect();
    let open: Vec<String> =
        cut.open.iter().map(|place| world.graph.place(*place).to_string()).collect();
    assert_eq!(still, open);
}
