//! Arbitrary bytes as an admission review: an error, or an answer that is JSON, whatever the
//! object is; asked by controls, admission policies and what the configuration wants closed.
#![no_main]

use std::sync::{Arc, LazyLock};

use admission::{ImageVerdict, Judged, Policies, Policy, Text, Unavailable, answer, decide};
use analyze::admission_policy::{Bound, Index, Places, worlds};
use analyze::{Control, Options, Worlds, catalog};
use libfuzzer_sys::fuzz_target;
use model::config::Section;
use model::{
    DigestKey, KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId, items,
};

const CLUSTER: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: limits, namespace: shop}
data: {most: "5"}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: a, image: db}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: shop}
spec: {podSelector: {}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules:
    - {apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"]}
  variables:
  - {name: all, expression: "object.?spec.?containers.orValue([])"}
  validations:
  - {expression: "variables.all.all(c, has(c.image) && c.image.size() < int(params.data.most))"}
  - {expression: "request.userInfo.username != '' && request.name == object.metadata.name"}
  - {expression: "authorizer.requestResource.check('get').allowed() || oldObject == null"}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec:
  policyName: p
  paramRef: {name: limits, namespace: shop, parameterNotFoundAction: Deny}
  validationActions: [Deny]
"#;

const CONFIG: &str = "
network: {closed: [{from: internet, to: shop/db}]}
images: {deny: any}
rules: [{action: enforce}]
";

struct World {
    snapshot: Snapshot,
    bound: Bound,
    index: Index,
    policy: Policy,
    controls: Vec<&'static Control>,
    worlds: Arc<Worlds>,
    options: Options,
    key: DigestKey,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let key = DigestKey::new(&[1; 32]);
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
    snapshot.worlds.push("cluster".to_owned());
    let mut part = Part::new();
    let stream = yaml::Stream::yaml(CLUSTER, &yaml::Limits::default());
    for document in stream.documents() {
        let root = document.expect("our own text").root();
        for item in items(root, &mut |_, reason| panic!("{reason}")) {
            let redactions = Redactions::find(item.node, &key);
            let origin = Origin { file: 0, document: 0, item: Path::root(), line: 1 };
            part.insert(item.node, &redactions, WorldId(0), origin, None);
        }
    }
    snapshot.add(part);
    let all = worlds(&snapshot);
    let (bound, faults) = Bound::read(&snapshot, &all);
    assert!(faults.is_empty() && !bound.is_empty());
    let stream = yaml::Stream::yaml(CONFIG, &yaml::Limits::default());
    let section = Section::file(&stream, admission::policy::KEYS).expect("our own text");
    let mut policy = Policy::default();
    admission::policy::configure(section, &mut policy, "bollwerk.yaml").expect("our own text");
    World {
        index: Index::of_worlds(&snapshot, &all, &bound),
        snapshot,
        bound,
        policy,
        controls: catalog::at_admission().collect(),
        worlds: Arc::new(Worlds::default()),
        options: Options::default(),
        key,
    }
});

fuzz_target!(|bytes: &[u8]| {
    let limits = yaml::Limits { bytes: 1 << 16, depth: 64, nodes: 10_000 };
    let Ok(text) = Text::read(bytes, &limits) else { return };
    let Ok(review) = text.review() else { return };
    let World { snapshot, bound, index, policy, controls, worlds, options, key } = &*WORLD;
    let known = |image: &str| {
        image.starts_with('d').then(|| ImageVerdict {
            act_now: 1,
            later: 0,
            worst: None,
            known_on: jiff::civil::date(2026, 1, 1),
            critical: 1,
            high: 1,
            fixable: 1,
            gap: image.ends_with('g').then(|| "it is odd".to_owned()),
            scanned_on: jiff::civil::date(2026, 1, 1),
        })
    };
    let judged = Judged {
        snapshot,
        world: WorldId(0),
        worlds,
        options,
        controls,
        policy,
        exceptions: &[],
        today: jiff::civil::date(2026, 1, 1),
        key,
        policies: Some(Policies { bound, parameters: Places(vec![(snapshot, index)]) }),
        known_images: Some(&known),
    };
    let decision = decide(&judged, &review, Unavailable::Allow);
    let said = answer(review.uid, &decision);
    let json: serde_json::Value = serde_json::from_str(&said.json).expect("an answer is JSON");
    assert_eq!(json["response"]["uid"], review.uid);
    assert_eq!(json["response"]["allowed"], decision.is_allowed());
});
