//! How many reviews one processor judges: a pod under the restricted standard, all controls,
//! from the bytes of the review to those of the answer.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement for people")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

mod reviews;
#[path = "../../engine/examples/sixteen/mod.rs"]
mod sixteen;

use std::sync::Arc;
use std::time::{Duration, Instant};

use admission::{Judged, Policies, Policy, Text, Unavailable, answer, decide};
use analyze::admission_policy::{Bound, Index, Places};
use analyze::{Control, Options, Worlds, catalog};
use model::{
    DigestKey, KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId, items,
};
use reviews::{pod, review};
use serde_json::json;

/// How long is measured.
const RUN: Duration = Duration::from_secs(5);

const NAMESPACE: &str = "
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: restricted}
";

/// Sixteen policies, each in force.
fn policies(key: &DigestKey) -> Bound {
    let mut text = String::new();
    for policy in sixteen::policies() {
        let name = &policy["metadata"]["name"];
        let binding = json!({"apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name},
            "spec": {"policyName": name, "validationActions": ["Deny"]}});
        text.push_str(&format!("---\n{policy}\n---\n{binding}\n"));
    }
    Bound::read(&cluster(&text, key), &[WorldId(0)]).0
}

fn cluster(text: &str, key: &DigestKey) -> Snapshot {
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
    snapshot.worlds.push("cluster".to_owned());
    let mut part = Part::new();
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    for document in stream.documents() {
        for item in items(document.unwrap().root(), &mut |_, reason| panic!("{reason}")) {
            let redactions = Redactions::find(item.node, key);
            let origin = Origin { file: 0, document: 0, item: Path::root(), line: 1 };
            part.insert(item.node, &redactions, WorldId(0), origin, None);
        }
    }
    snapshot.add(part);
    snapshot
}

fn main() {
    let key = DigestKey::new(&[1; 32]);
    let snapshot = cluster(NAMESPACE, &key);
    let bound = policies(&key);
    let index = Index::default();
    let (options, policy) = (Options::default(), Policy::default());
    let controls: Vec<&'static Control> = catalog::at_admission().collect();
    let worlds = Arc::new(Worlds::default());
    let limits = yaml::Limits::default();
    let runs = [
        ("a pod without a fault", true, false),
        ("a pod with many faults", false, false),
        ("a pod without a fault, asked by sixteen policies too", true, true),
    ];
    for (name, good, has_policies) in runs {
        let judged = Judged {
            snapshot: &snapshot,
            world: WorldId(0),
            worlds: &worlds,
            options: &options,
            controls: &controls,
            policy: &policy,
            exceptions: &[],
            today: jiff::civil::date(2026, 1, 1),
            key: &key,
            policies: has_policies.then(|| {
                let parameters = Places(vec![(&snapshot, &index)]);
                Policies { bound: &bound, parameters }
            }),
            known_images: None,
        };
        let bytes = review(&pod(good)).into_bytes();
        let mut times = Vec::new();
        let (mut answered, began) = (0, Instant::now());
        while began.elapsed() < RUN {
            let start = Instant::now();
            let text = Text::read(&bytes, &limits).unwrap();
            let review = text.review().unwrap();
            let decision = decide(&judged, &review, Unavailable::Allow);
            answered += answer(review.uid, &decision).json.len();
            times.push(start.elapsed());
        }
        // The floor: what reading the same bytes costs.
        let start = Instant::now();
        for _ in 0..times.len() {
            let text = Text::read(&bytes, &limits).unwrap();
            answered += text.review().unwrap().uid.len();
        }
        let floor = start.elapsed() / times.len() as u32;
        times.sort_unstable();
        let at = |share: usize| times[times.len() * share / 1000];
        let total: Duration = times.iter().sum();
        let each = total / times.len() as u32;
        println!(
            "{name}: {:.0} reviews/s on one processor, median {:?}, p99 {:?}; reading alone \
             {floor:?}, ratio {:.1} ({} bytes in, {answered} out)",
            1.0 / each.as_secs_f64(),
            at(500),
            at(990),
            each.as_secs_f64() / floor.as_secs_f64(),
            bytes.len(),
        );
    }
}
