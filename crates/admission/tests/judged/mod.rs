//! Reviews judged against a cluster that is written down.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(dead_code, clippy::allow_attributes, reason = "not every test uses every helper")]

use std::sync::Arc;

use admission::{Decision, ImageVerdict, Judged, Policies, Policy, Text, Unavailable, decide};
use analyze::admission_policy::{Bound, Index, Places};
use analyze::{Control, Options, Worlds};
use model::config::Section;
use model::{
    DigestKey, KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId, items,
};
use serde_json::{Value, json};

const WORLD: WorldId = WorldId(0);

/// A cluster of the objects of a YAML text.
pub(crate) fn cluster(text: &str) -> Snapshot {
    let key = DigestKey::new(&[1; 32]);
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
    snapshot.worlds.push("cluster".to_owned());
    let mut part = Part::new();
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    for (number, document) in stream.documents().enumerate() {
        for item in items(document.unwrap().root(), &mut |_, reason| panic!("{reason}")) {
            let redactions = Redactions::find(item.node, &key);
            let document = number as u32;
            let origin = Origin { file: 0, document, item: Path::root(), line: 1 };
            part.insert(item.node, &redactions, WORLD, origin, None);
        }
    }
    snapshot.add(part);
    snapshot
}

/// What the `admission` section of a configuration says.
pub(crate) fn policy(text: &str) -> Policy {
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    let section = Section::file(&stream, admission::policy::KEYS).unwrap();
    let mut policy = Policy::default();
    admission::policy::configure(section, &mut policy, "bollwerk.yaml").unwrap();
    policy
}

/// YAML as JSON.
pub(crate) fn object(text: &str) -> Value {
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    let mut json = String::new();
    stream.documents().next().unwrap().unwrap().root().write_json(&mut json);
    serde_json::from_str(&json).unwrap()
}

/// A review of an object; of an update where there is an old one, of a deletion where there is
/// only that.
pub(crate) fn review(resource: &str, new: &Value, old: &Value) -> Value {
    let seen = if new.is_null() { old } else { new };
    let version = seen["apiVersion"].as_str().unwrap();
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let operation = match (new.is_null(), old.is_null()) {
        (false, true) => "CREATE",
        (false, false) => "UPDATE",
        _ => "DELETE",
    };
    let namespace = match seen["kind"].as_str() {
        Some("Namespace") => &seen["metadata"]["name"],
        _ => &seen["metadata"]["namespace"],
    };
    json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {
        "uid": "1", "kind": {"group": group, "version": version, "kind": seen["kind"]},
        "resource": {"group": group, "version": version, "resource": resource},
        "name": seen["metadata"]["name"], "namespace": namespace, "operation": operation,
        "userInfo": {"username": "alice", "groups": ["devs", "system:authenticated"]},
        "object": new, "oldObject": old, "dryRun": false,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"}}})
}

/// What is known of images, by their references.
type KnownImages<'k> = dyn Fn(&str) -> Option<ImageVerdict> + 'k;

/// What is decided of it, without controls.
pub(crate) fn decided(
    snapshot: &Snapshot,
    policy: &Policy,
    policies: Option<&Bound>,
    known_images: Option<&KnownImages<'_>>,
    review: &Value,
) -> Decision {
    let asked = Asked { options: &Options::default(), controls: &[], policies, known_images };
    asked.decided(snapshot, policy, review)
}

/// What is asked beside the policy of the configuration.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) options: &'a Options,
    pub(crate) controls: &'a [&'static Control],
    pub(crate) policies: Option<&'a Bound>,
    pub(crate) known_images: Option<&'a KnownImages<'a>>,
}

impl Asked<'_> {
    pub(crate) fn decided(&self, snapshot: &Snapshot, policy: &Policy, review: &Value) -> Decision {
        let Self { options, controls, policies, known_images } = *self;
        let key = DigestKey::new(&[1; 32]);
        let none = Bound::default();
        let bound = policies.unwrap_or(&none);
        let index = Index::of_worlds(snapshot, &[WORLD], bound);
        let judged = Judged {
            snapshot,
            world: WORLD,
            worlds: &Arc::new(Worlds::default()),
            options,
            controls,
            policy,
            exceptions: &[],
            today: jiff::civil::date(2026, 1, 1),
            key: &key,
            policies: policies
                .map(|bound| Policies { bound, parameters: Places(vec![(snapshot, &index)]) }),
            known_images,
        };
        let bytes = review.to_string().into_bytes();
        let text = Text::read(&bytes, &yaml::Limits::default()).unwrap();
        decide(&judged, &text.review().unwrap(), Unavailable::Allow)
    }
}

/// What is refused, warned of and not known, in short.
pub(crate) fn told(decision: &Decision) -> (Vec<String>, Vec<String>, Vec<String>) {
    let message = |finding: &model::Finding| format!("{}: {}", finding.control, finding.message);
    let refused = decision.refused.iter().map(|it| message(&it.finding)).collect();
    let warned = decision.warned.iter().map(|it| message(&it.finding)).collect();
    let gaps = decision.undecided.iter().map(|gap| gap.reason.clone()).collect();
    (refused, warned, gaps)
}
