//! A control cannot tell a file's tree from the compact form that a snapshot keeps.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::path::{Path, PathBuf};

use analyze::{Options, catalog, judge, judge_object};
use model::{
    DigestKey, KubernetesVersion, Node, Object, Origin, Part, Redactions, Snapshot, WorldId, items,
};

/// Judges every object of a text from both backings; how many findings they agreed on.
fn findings(text: &str, name: &str) -> usize {
    let key = DigestKey::new(&[5; 32]);
    let stream = collect::manifests::stream(text, &yaml::Limits::default());
    let mut objects = Vec::new();
    for document in stream.documents().flatten() {
        objects.extend(items(document.root(), &mut |_, _| {}));
    }
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
    let mut part = Part::new();
    let redactions: Vec<_> = objects
        .iter()
        .map(|item| match &item.typed {
            Some((_, kind)) => Redactions::find_in(item.node, kind, &key),
            None => Redactions::find(item.node, &key),
        })
        .collect();
    for (item, redactions) in objects.iter().zip(&redactions) {
        let origin = Origin { file: 0, document: 0, item: item.path.clone(), line: 1 };
        part.insert(item.node, redactions, WorldId(0), origin, item.typed.clone());
    }
    snapshot.add(part);
    let options = Options {
        pod_security: analyze::config::parse_pod_security("restricted").unwrap(),
        ..Options::default()
    };
    let mut count = 0;
    for ((id, item), redactions) in snapshot.ids().zip(&objects).zip(&redactions) {
        let root = Node::tree(item.node, redactions);
        let object = match &item.typed {
            Some((api_version, kind)) => {
                Object::named(root, api_version, kind, None, snapshot.version)
            }
            None => Object::new(root, None, snapshot.version).unwrap(),
        };
        let compact = judge(&snapshot, id, catalog::all(), &options);
        let tree = judge_object(&snapshot, WorldId(0), &object, catalog::all(), &options);
        assert_eq!(tree.findings, compact.findings, "{name}");
        assert_eq!(tree.gaps, compact.gaps, "{name}");
        assert_eq!(tree.is_workload, compact.is_workload, "{name}");
        count += compact.findings.len();
    }
    count
}

fn folder(path: &Path) -> usize {
    let mut open: Vec<PathBuf> = vec![path.to_owned()];
    let mut count = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("yaml" | "yml" | "json"))
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            count += findings(&text, &path.display().to_string());
        }
    }
    count
}

#[test]
fn the_shop_is_judged_alike() {
    assert!(folder(&program::examples()) > 20);
}

#[test]
fn examples_of_all_pages_are_judged_alike() {
    for control in catalog::all() {
        let blocks = control.page.split("```yaml").skip(1);
        let count: usize = blocks
            .map(|block| {
                let (_, body) = block.split_once('\n').unwrap();
                let body = body.split("```").next().unwrap();
                let head = "apiVersion: v1\nkind: Pod\nmetadata: {name: example}\n";
                let has = |key: &str| body.lines().any(|line| line.starts_with(key));
                let whole = has("kind:") || has("type:");
                findings(&format!("{}{body}", if whole { "" } else { head }), control.name)
            })
            .sum();
        assert!(count > 0 || Options::default().unset(control.name).is_some(), "{}", control.name);
    }
}

#[test]
fn real_manifests_are_judged_alike() {
    if let Some(corpus) = program::corpus() {
        assert!(folder(&corpus) > 1_000);
    }
}
