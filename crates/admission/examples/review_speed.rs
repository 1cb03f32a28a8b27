//! How many reviews one processor judges: a pod under the restricted standard, all controls,
//! from the bytes of the review to those of the answer.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement for people")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use admission::{Judged, Policy, Text, Unavailable, answer, decide};
use analyze::{Control, Options, Worlds, catalog};
use model::{
    DigestKey, KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId, items,
};
use serde_json::{Value, json};

/// How long is measured.
const RUN: Duration = Duration::from_secs(5);

const NAMESPACE: &str = "
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: restricted}
";

/// A pod of two containers as the API server sends it, `good` or not.
fn pod(good: bool) -> Value {
    let context = if good {
        json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true, "runAsNonRoot": true,
            "seccompProfile": {"type": "RuntimeDefault"}})
    } else {
        json!({"privileged": true})
    };
    let container = |name: &str| {
        let image = format!("registry.example/{name}:1.0@sha256:{}", "a".repeat(64));
        json!({"name": name, "image": image, "imagePullPolicy": "IfNotPresent",
            "env": [{"name": "LEVEL", "value": "info"}],
            "ports": [{"containerPort": 8080, "protocol": "TCP"}],
            "resources": {"limits": {"cpu": "1", "memory": "128Mi"},
                "requests": {"cpu": "100m", "memory": "128Mi"}},
            "securityContext": context,
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            "volumeMounts": [{"mountPath": "/tmp", "name": "tmp"}]})
    };
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"automountServiceAccountToken": false,
            "containers": [container("web"), container("side")],
            "dnsPolicy": "ClusterFirst", "enableServiceLinks": false, "restartPolicy": "Always",
            "schedulerName": "default-scheduler", "securityContext": {"runAsUser": 10001},
            "serviceAccountName": "web", "terminationGracePeriodSeconds": 30,
            "volumes": [{"emptyDir": {}, "name": "tmp"}]}})
}

fn review(object: &Value) -> String {
    json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "name": "web-1", "namespace": "shop", "operation": "CREATE",
        "userInfo": {"username": "system:serviceaccount:kube-system:replicaset-controller"},
        "object": object, "oldObject": null, "dryRun": false}})
    .to_string()
}

fn cluster(key: &DigestKey) -> Snapshot {
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
    snapshot.worlds.push("cluster".to_owned());
    let mut part = Part::new();
    let stream = yaml::Stream::yaml(NAMESPACE, &yaml::Limits::default());
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
    let snapshot = cluster(&key);
    let (options, policy) = (Options::default(), Policy::default());
    let controls: Vec<&'static Control> = catalog::at_admission().collect();
    let worlds = Arc::new(Worlds::default());
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
    };
    let limits = yaml::Limits::default();
    for (name, good) in [("a pod without a fault", true), ("a pod with many faults", false)] {
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
