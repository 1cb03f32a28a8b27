//! The rights of the server suffice: of what stands beside an object, only what it may read
//! changes what is said.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::collections::BTreeSet;

use admission::webhook;
use analyze::{Control, Judge, Options, catalog};
use model::{
    DigestKey, KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId, items,
};

/// The objects of an example for which `keeps` holds, and each item's number in the text.
fn snapshot(text: &str, keeps: impl Fn(usize, &str, &str) -> bool) -> Snapshot {
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
    let key = DigestKey::new(&[7; 32]);
    let mut part = Part::new();
    let mut number = 0;
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    for document in stream.documents() {
        for item in items(document.unwrap().root(), &mut |_, reason| panic!("{reason}")) {
            let text = |key| item.node.get(key).and_then(yaml::Node::as_str).unwrap_or_default();
            let group = text("apiVersion").split_once('/').map_or("", |(group, _)| group);
            if keeps(number, group, text("kind")) {
                let redactions = Redactions::find(item.node, &key);
                // The document is the item's number: what is left out leaves a hole.
                let document = number as u32;
                let origin = Origin { file: 0, document, item: Path::root(), line: 1 };
                part.insert(item.node, &redactions, WorldId(0), origin, item.typed);
            }
            number += 1;
        }
    }
    snapshot.add(part);
    snapshot
}

/// What is said of the item with this number.
fn said(snapshot: &Snapshot, number: u32, controls: &[&'static Control]) -> BTreeSet<String> {
    let options = Options::default();
    let judge = Judge::new(snapshot, &options);
    let id = snapshot.ids().find(|id| snapshot.origin(*id).document == number).unwrap();
    let findings = judge.judge(id, controls.iter().copied()).findings;
    findings.iter().map(|it| format!("{} {} {}", it.control, it.path, it.message)).collect()
}

#[test]
fn what_may_not_be_read_changes_nothing() {
    let controls: Vec<&'static Control> = catalog::at_admission().collect();
    let kinds: Vec<_> = webhook::read_kinds().collect();
    let mut compared = 0;
    for control in catalog::all() {
        let sections = ["Bad", "Good"];
        for example in sections.iter().flat_map(|name| catalog::examples(control.page, name)) {
            let text = example.manifest();
            let whole = snapshot(&text, |_, _, _| true);
            for id in whole.ids() {
                let number = whole.origin(id).document;
                let readable = snapshot(&text, |it, group, kind| {
                    it == number as usize || kinds.contains(&(group, kind))
                });
                compared += 1;
                assert_eq!(
                    said(&whole, number, &controls),
                    said(&readable, number, &controls),
                    "{}: {text}",
                    control.name
                );
            }
        }
    }
    assert!(compared > 500, "{compared}");
}
