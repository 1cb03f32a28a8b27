//! What stands beside RBAC, against upstream's: the Node authorizer, the impersonation filters and
//! the guard against escalation.

use crate::oracle::Oracle;
use crate::roles::{Generator, identity, request, snapshot, snapshot_of};
use crate::{CLOSED, PIPELINE, size};
use engine::rbac::{
    Authorizer, Escalation, Groups, Identity, Impersonated, Impersonation, NodeAnswer,
    NodeAuthorizer, Nodes, Policy, RoleRef, Rules, Write,
};
use model::KubernetesVersion;
use serde_json::{Value, json};

/// Requests judged where `BOLLWERK_BESIDE` says nothing, of each kind.
const REQUESTS_DEFAULT: u64 = 20_000;
const REQUESTS_PER_QUESTION: u64 = 500;

/// Asks the oracle as many questions as the size needs and hands each with its answer to `judge`,
/// which tells how many requests it compared and how many of them were allowed.
fn compare(
    mut question: impl FnMut() -> Value,
    mut judge: impl FnMut(&Value, &Value) -> (u64, u64),
) -> (u64, u64) {
    let Some(mut oracle) = Oracle::start() else { return (0, 0) };
    let requests = size("BOLLWERK_BESIDE", REQUESTS_DEFAULT);
    let (mut judged, mut allowed) = (0, 0);
    while judged < requests {
        let left = (requests - judged).div_ceil(REQUESTS_PER_QUESTION).min(PIPELINE);
        let questions: Vec<Value> = (0..left).map(|_| question()).collect();
        for (question, answer) in questions.iter().zip(oracle.ask(&questions)) {
            assert!(answer.get("error").is_none(), "{answer}");
            let (more, yes) = judge(question, &answer);
            judged += more;
            allowed += yes;
        }
    }
    assert!(allowed * 50 > judged && allowed * 50 < judged * 49, "{allowed} of {judged} allowed");
    (judged, allowed)
}

#[test]
fn nodes_are_judged_as_upstream_judges_them() {
    let mut generator = Generator::new(0x0d0e);
    let (judged, allowed) = compare(
        || crate::cluster::question(&mut generator, REQUESTS_PER_QUESTION),
        |question, theirs| {
            let (snapshot, world) = snapshot_of(crate::cluster::objects(question));
            let nodes = NodeAuthorizer::of(&snapshot, world);
            let theirs = theirs["allowed"].as_str().expect("verdicts");
            let requests = question["requests"].as_array().expect("requests");
            let mut allowed = 0;
            for (one, theirs) in requests.iter().zip(theirs.bytes()) {
                let identity =
                    identity(&question["users"][one["u"].as_u64().expect("a user") as usize]);
                let fields = crate::cluster::fields(one);
                let request = match request(one) {
                    engine::rbac::Request::Resource(request) => {
                        engine::rbac::Request::Resource(engine::rbac::ResourceRequest {
                            fields: &fields,
                            ..request
                        })
                    }
                    other @ engine::rbac::Request::NonResource(_) => other,
                };
                let ours = matches!(nodes.can(&identity, &request), NodeAnswer::Allowed(_));
                assert_eq!(ours, theirs == b'1', "{one} of {identity:?}: {question}");
                allowed += u64::from(ours);
                if let Some(node) = identity.as_node().filter(|node| !node.is_empty()) {
                    let listed = match nodes.who_can(&request) {
                        Nodes::All(_) => true,
                        Nodes::Some(nodes) => nodes.iter().any(|(name, _)| name == node),
                    };
                    assert_eq!(listed, ours, "{one} of {node}");
                }
            }
            (requests.len() as u64, allowed)
        },
    );
    println!("{judged} requests of nodes judged, {allowed} allowed, 0 differ");
}

#[test]
fn the_rules_of_nodes_are_upstreams() {
    let Some(mut oracle) = Oracle::start() else { return };
    let theirs = oracle.ask(&[json!({"verb": "node-rules"})]).remove(0);
    let theirs: Vec<_> =
        theirs["rules"].as_array().expect("rules").iter().map(crate::roles::rule).collect();
    let policy = Policy::bootstrap();
    let role = policy.roles.iter().find(|role| role.name == "system:node").expect("a role");
    assert_eq!(role.rules, Rules::Known(theirs));
}

#[test]
fn impersonation_is_let_through_as_upstream_does() {
    for (legacy, minor) in [(false, 37), (true, 35)] {
        let mut generator = Generator::new(0x1a9e + u64::from(minor));
        let (judged, allowed) = compare(
            || generator.impersonation(REQUESTS_PER_QUESTION, legacy),
            |question, theirs| {
                let version = KubernetesVersion::minor(minor);
                let (mut snapshot, world) = snapshot(&question["policy"]);
                snapshot.version = version;
                let authorizer = Authorizer::of(&snapshot, world, CLOSED);
                let requests = question["requests"].as_array().expect("requests");
                let mut allowed = 0;
                let theirs = theirs["as"].as_array().expect("answers");
                for (one, theirs) in requests.iter().zip(theirs) {
                    let ours = impersonated(&authorizer, question, one);
                    assert_eq!(&ours, theirs, "1.{minor}: {one}\n{question}");
                    allowed += u64::from(!ours.is_null());
                }
                (requests.len() as u64, allowed)
            },
        );
        println!("1.{minor}: {judged} impersonations judged, {allowed} allowed, 0 differ");
    }
}

/// As whom a request comes out, in the form of the oracle.
fn impersonated(authorizer: &Authorizer, question: &Value, one: &Value) -> Value {
    let requestor = identity(&question["users"][one["u"].as_u64().expect("a user") as usize]);
    let wanted = identity(&one["as"]);
    let Groups::Known(groups) = wanted.groups else { panic!("groups are known") };
    let wanted = Impersonated { name: wanted.name, uid: wanted.uid, groups, extra: wanted.extra };
    match authorizer.can_impersonate(&requestor, &wanted, &request(one)) {
        Impersonation::Allowed(ways) => {
            let identity = &ways[0].identity;
            let mut groups = identity.groups.certain().to_vec();
            groups.sort();
            json!({"name": identity.name, "groups": groups})
        }
        Impersonation::Denied(_) => Value::Null,
        Impersonation::Unknown(unknown) => panic!("{one}: {unknown:?}"),
    }
}

#[test]
fn escalation_is_refused_as_upstream_does() {
    let mut generator = Generator::new(0xe5ca);
    let (judged, allowed) = compare(
        || generator.writes(REQUESTS_PER_QUESTION),
        |question, theirs| {
            let (snapshot, world) = snapshot(&question["policy"]);
            let authorizer = Authorizer::of(&snapshot, world, CLOSED);
            let theirs = theirs["allowed"].as_str().expect("verdicts");
            let writes = question["writes"].as_array().expect("writes");
            let mut allowed = 0;
            for (one, theirs) in writes.iter().zip(theirs.bytes()) {
                let user = one["u"].as_u64().expect("a user") as usize;
                let ours = written(&authorizer, &identity(&question["users"][user]), one);
                let ours = match ours {
                    Escalation::Permitted(_) | Escalation::Held => true,
                    Escalation::Refused(_) | Escalation::NoRole => false,
                    other => panic!("{one}: {other:?}"),
                };
                assert_eq!(
                    ours,
                    theirs == b'1',
                    "{one} by {}: {question}",
                    question["users"][user]
                );
                allowed += u64::from(ours);
            }
            (writes.len() as u64, allowed)
        },
    );
    println!("{judged} writes judged, {allowed} let through, 0 differ");
}

fn written(authorizer: &Authorizer, by: &Identity, one: &Value) -> Escalation {
    let object = &one["object"];
    let kind = one["kind"].as_str().expect("a kind");
    if kind.ends_with("Binding") {
        let text = |key: &str| object["roleRef"][key].as_str().expect("a text").to_owned();
        let role_ref = RoleRef { kind: text("kind"), name: text("name") };
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        return authorizer.may_bind(by, namespace, &role_ref);
    }
    let write = if one["old"].is_null() { Write::Create } else { Write::Update };
    authorizer.may_write_role(by, write, &crate::roles::role(object))
}
