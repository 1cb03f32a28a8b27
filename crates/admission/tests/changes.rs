//! What only a change as a whole shows: ways to cluster-admin, connections that open, images of
//! which something is known.

mod judged;

use admission::{ImageVerdict, Policy};
use analyze::{Control, Options, catalog};
use judged::{Asked, cluster, decided, object, policy, review, told};
use model::Snapshot;
use serde_json::{Value, json};

const CLUSTER: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {kubernetes.io/metadata.name: shop}}
---
apiVersion: v1
kind: Namespace
metadata: {name: data, labels: {kubernetes.io/metadata.name: data, team: data}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: cart, namespace: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop, labels: {app: cart}}
spec: {serviceAccountName: cart, containers: [{name: a, image: cart}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: data, labels: {app: db}}
spec: {containers: [{name: a, image: db, ports: [{containerPort: 5432, name: sql}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: data}
spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {team: data}}}]}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: binder}
rules: [{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles, clusterrolebindings], verbs: [bind, create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: viewer}
rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]
";

fn binding(kind: &str, role: &str) -> Value {
    let mut made = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
        "metadata": {"name": "cart"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": "cart", "namespace": "shop"}]});
    if kind == "RoleBinding" {
        made["metadata"]["namespace"] = "shop".into();
    }
    made
}

fn asked(
    snapshot: &Snapshot,
    policy: &Policy,
    review: &Value,
) -> (Vec<String>, Vec<String>, Vec<String>) {
    told(&decided(snapshot, policy, None, None, review))
}

#[test]
fn a_grant_that_opens_a_way_to_cluster_admin_is_refused_with_the_way() {
    let snapshot = cluster(CLUSTER);
    let policy = policy("rules: [{controls: [escalation-path-opened], action: enforce}]");
    let none = Value::Null;
    for (made, way) in [
        (binding("ClusterRoleBinding", "cluster-admin"), "→ cluster-admin ("),
        (binding("ClusterRoleBinding", "binder"), "→ cluster-admin ("),
    ] {
        let (refused, ..) = asked(&snapshot, &policy, &review("clusterrolebindings", &made, &none));
        assert_eq!(refused.len(), 1, "{made}");
        for part in ["escalation-path-opened", "service account shop/cart", way] {
            assert!(refused[0].contains(part), "{part}: {}", refused[0]);
        }
    }
    let harmless = binding("ClusterRoleBinding", "viewer");
    let (refused, warned, gaps) =
        asked(&snapshot, &policy, &review("clusterrolebindings", &harmless, &none));
    assert!(refused.is_empty() && warned.is_empty() && gaps.is_empty(), "{refused:?} {gaps:?}");
    // A role that is bound already and grows.
    let bound = format!("{CLUSTER}---\n{}", binding("ClusterRoleBinding", "viewer"));
    let (snapshot, old) = (
        cluster(&bound),
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: \
        ClusterRole, metadata: {name: viewer}, rules: [{apiGroups: [''], resources: [pods], \
        verbs: [get]}]}",
    );
    let new = old
        .replace("[''], resources: [pods], verbs: [get]", "['*'], resources: ['*'], verbs: ['*']");
    let grown = review("clusterroles", &object(&new), &object(old));
    let (refused, ..) = asked(&snapshot, &policy, &grown);
    assert!(refused.len() == 1 && refused[0].contains("shop/cart"), "{refused:?}");
    // What was open before is not opened.
    let open = format!("{CLUSTER}---\n{}", binding("ClusterRoleBinding", "cluster-admin"));
    let again = review("clusterroles", &object(&new), &object(old));
    assert!(asked(&cluster(&open), &policy, &again).0.is_empty());
}

#[test]
fn a_cluster_that_is_too_large_is_a_gap() {
    let mut text = CLUSTER.to_owned();
    for number in 0..20_000 {
        text.push_str(&format!(
            "---\n{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: a{number}, \
             namespace: shop}}}}\n"
        ));
    }
    let policy = policy("rules: [{controls: [escalation-path-opened], action: enforce}]");
    let made = binding("ClusterRoleBinding", "cluster-admin");
    let asked = review("clusterrolebindings", &made, &Value::Null);
    let decision = decided(&cluster(&text), &policy, None, None, &asked);
    assert!(decision.is_allowed() && decision.is_warned_undecided);
    assert!(decision.undecided[0].reason.contains("20000 at the most"));
}

const NETWORK: &str = "
network:
  closed:
  - {from: shop/cart, to: data/db, port: sql}
rules: [{controls: [network-path-opened], action: enforce}]
";

#[test]
fn a_change_that_opens_what_has_to_stay_closed_is_refused() {
    let (snapshot, policy) = (cluster(CLUSTER), policy(NETWORK));
    let closed = object(
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed, \
         namespace: data}, spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: \
         [{namespaceSelector: {matchLabels: {team: data}}}]}]}}",
    );
    let mut wider = closed.clone();
    wider["spec"]["ingress"] = json!([{}]);
    let mut beside = wider.clone();
    beside["metadata"]["name"] = "beside".into();
    let mut elsewhere = wider.clone();
    elsewhere["spec"]["ingress"][0]["ports"] = json!([{"port": 80}]);
    let space = object(
        "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: \
         {kubernetes.io/metadata.name: shop}}}",
    );
    let mut labelled = space.clone();
    labelled["metadata"]["labels"]["team"] = "data".into();
    let none = Value::Null;
    for (name, review, is_refused) in [
        ("wider", review("networkpolicies", &wider, &closed), true),
        ("beside", review("networkpolicies", &beside, &none), true),
        ("gone", review("networkpolicies", &none, &closed), true),
        ("labels", review("namespaces", &labelled, &space), true),
        ("other port", review("networkpolicies", &elsewhere, &closed), false),
        ("the same", review("networkpolicies", &closed, &closed), false),
    ] {
        let (refused, _, gaps) = asked(&snapshot, &policy, &review);
        assert!(gaps.is_empty(), "{name}: {gaps:?}");
        assert_eq!(!refused.is_empty(), is_refused, "{name}: {refused:?}");
        for message in refused {
            assert!(message.contains("Pod shop/cart → Pod data/db on TCP 5432"), "{message}");
            assert!(message.contains("bollwerk.yaml:4:"), "{message}");
        }
    }
}

#[test]
fn images_of_which_something_is_known() {
    let snapshot = cluster(CLUSTER);
    let verdict = |act_now, later| ImageVerdict {
        act_now,
        later,
        critical: 1,
        high: act_now,
        fixable: later,
        worst: Some("CVE-2026-0001".to_owned()),
        gap: None,
        scanned_on: jiff::civil::date(2026, 1, 2),
        known_on: jiff::civil::date(2026, 1, 1),
    };
    let partly = Some("a layer could not be read".to_owned());
    let known = |image: &str| match image {
        "bad" => Some(verdict(2, 5)),
        "late" => Some(verdict(0, 3)),
        "good" => Some(ImageVerdict { worst: None, ..verdict(0, 0) }),
        "half" => Some(ImageVerdict { worst: None, gap: partly.clone(), ..verdict(0, 0) }),
        "bad-half" => Some(ImageVerdict { gap: partly.clone(), ..verdict(1, 0) }),
        _ => None,
    };
    let pod = |image: &str| {
        object(&format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p, namespace: shop}}, spec: \
             {{containers: [{{name: a, image: {image}}}]}}}}"
        ))
    };
    for (deny, image, refused, gaps) in [
        ("never", "bad", 0, 0),
        ("never", "unknown", 0, 0),
        ("act-now", "bad", 1, 0),
        ("act-now", "late", 0, 0),
        ("act-now", "good", 0, 0),
        ("act-now", "unknown", 0, 1),
        ("any", "late", 1, 0),
        ("any", "good", 0, 0),
        // Nothing was found, but not all was looked at.
        ("any", "half", 0, 1),
        ("never", "half", 0, 0),
        ("act-now", "bad-half", 1, 0),
    ] {
        let policy = policy(&format!(
            "images: {{deny: {deny}}}\nrules: [{{controls: [vulnerable-image], action: enforce}}]"
        ));
        let asked = review("pods", &pod(image), &Value::Null);
        let decision = decided(&snapshot, &policy, None, Some(&known), &asked);
        let counts = (decision.refused.len(), decision.undecided.len());
        assert_eq!(counts, (refused, gaps), "{deny} {image}");
        for told in &decision.refused {
            assert_eq!(told.finding.path.to_string(), "spec.containers[0].image");
            let message = &told.finding.message;
            for part in ["CVE-2026-0001", "1 critical", "as known on 2026-01-01"] {
                assert!(message.contains(part), "{message}");
            }
        }
    }
    // An update that leaves the image as it was warns.
    let policy = policy("images: {deny: any}\nrules: [{action: enforce}]");
    let mut changed = pod("bad");
    changed["spec"]["priority"] = 1.into();
    let asked = review("pods", &changed, &pod("bad"));
    let decision = decided(&snapshot, &policy, None, Some(&known), &asked);
    assert_eq!((decision.refused.len(), decision.warned.len()), (0, 1));
}

#[test]
fn registries_that_are_not_approved_are_refused() {
    let controls: Vec<&'static Control> = catalog::at_admission().collect();
    let options =
        Options { approved_registries: vec!["registry.example".to_owned()], ..Options::default() };
    let policy =
        policy("rules: [{controls: [unapproved-registry], action: enforce}]\ndefault: off");
    let asked =
        Asked { options: &options, controls: &controls, policies: None, known_images: None };
    for (image, is_refused) in
        [("registry.example/a:1", false), ("docker.io/a:1", true), ("a:1", true)]
    {
        let deployment = object(&format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d, namespace: shop}}, \
             spec: {{template: {{spec: {{containers: [{{name: a, image: '{image}'}}]}}}}}}}}"
        ));
        let review = review("deployments", &deployment, &Value::Null);
        let decision = asked.decided(&cluster(CLUSTER), &policy, &review);
        assert_eq!(!decision.is_allowed(), is_refused, "{image}: {:?}", told(&decision));
    }
}
