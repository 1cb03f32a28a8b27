//! What a revision of policies changes, beside the difference of two networks built anew: random
//! clusters with policies of all generations, random revisions, no difference.

use engine::network::{Change, Endpoint, Ends, Network, Profile, Revision, changes};
use model::{Snapshot, WorldId};
use serde_json::{Value, json};

use crate::generator::{Random, scenario};

const WORLD: WorldId = WorldId(0);
/// Revisions in all, and of each cluster.
const REVISIONS: usize = 2_000;
const PROVEN_REVISIONS: usize = 100_000;
const REVISIONS_EACH: usize = 5;

#[test]
fn as_two_networks_differ() {
    let is_proof = std::env::var_os("BOLLWERK_PROVE").is_some();
    let wanted = if is_proof { PROVEN_REVISIONS } else { REVISIONS };
    let mut random = Random::new(0x00d1_ff00);
    let (mut asked, mut told, mut empty) = (0, 0, 0);
    while asked < wanted {
        let (policies, mut others): (Vec<Value>, Vec<Value>) =
            scenario(&mut random).objects.into_iter().partition(is_policy);
        if random.chance(20) {
            // What the labels of a namespace are is not known.
            others.remove(0);
        }
        for _ in 0..REVISIONS_EACH {
            let [old, new] = sides(&mut random, &policies);
            let profile = random.pick(&Profile::ALL);
            let [before, after] = [&old, &new].map(|it| read(&[others.clone(), it.clone()]));
            let found = compared(&before, &after, profile);
            told += found.len();
            empty += usize::from(found.is_empty());
            asked += 1;
        }
    }
    println!("{asked} revisions, {told} changes; {empty} changed nothing");
    assert!(told > asked && empty < asked / 2, "{told} changes, {empty} without");
}

/// What a revision changes, where it is what two networks differ in.
fn compared(old: &Snapshot, new: &Snapshot, profile: Profile) -> Vec<Change> {
    let revision = Revision::between((old, WORLD), (new, WORLD)).expect("policies alone differ");
    let network = Network::build(old, WORLD, profile);
    let whole = Network::build(new, WORLD, profile);
    let what_if = network.what_if((old, WORLD), new, &revision);
    let expected = changes(&network, &whole);
    assert_eq!(what_if.changes, expected, "{revision:?} {profile:?}");
    let sorted = |gaps: &[model::Gap]| {
        let mut gaps: Vec<String> = gaps.iter().map(|it| format!("{it:?}")).collect();
        gaps.sort();
        gaps
    };
    assert_eq!(sorted(&what_if.gaps), sorted(whole.gaps()));
    what_if.changes
}

fn is_policy(object: &Value) -> bool {
    object["kind"].as_str().is_some_and(|kind| kind.ends_with("NetworkPolicy"))
}

fn read(parts: &[Vec<Value>]) -> Snapshot {
    let documents: Vec<String> = parts.iter().flatten().map(ToString::to_string).collect();
    crate::snapshot(&documents.join("\n---\n"))
}

/// Two states of the policies: most are in both; some are in one, or there under the name of
/// another, or cannot be read.
fn sides(random: &mut Random, policies: &[Value]) -> [Vec<Value>; 2] {
    let mut sides = [Vec::new(), Vec::new()];
    for policy in policies {
        match random.below(12) {
            0 | 1 => sides[0].push(policy.clone()),
            2 | 3 => sides[1].push(policy.clone()),
            4 | 5 => {
                sides[0].push(policy.clone());
                let other = random.pick(policies);
                sides[1].push(instead(&other, policy));
            }
            6 if random.chance(30) => {
                let other = random.pick(policies);
                sides[random.below(2)].push(instead(&other, policy));
                for side in &mut sides {
                    side.push(policy.clone());
                }
            }
            7 if random.chance(20) => {
                let mut broken = policy.clone();
                broken["spec"]["ingress"] = json!([{"ports": [{"endPort": 5}]}]);
                sides[random.below(2)].push(broken);
            }
            _ => {
                for side in &mut sides {
                    side.push(policy.clone());
                }
            }
        }
    }
    sides
}

/// A policy under the name of another of its kind.
fn instead(policy: &Value, of: &Value) -> Value {
    if policy["kind"] != of["kind"] {
        return of.clone();
    }
    let mut policy = policy.clone();
    policy["metadata"] = of["metadata"].clone();
    policy
}

#[test]
fn what_nobody_asked_for_before_is_told_apart() {
    let pod = |name: &str, address: &str, rest: &str| {
        format!(
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: a, labels: \
             {{app: {name}}}}}, spec: {{containers: [{{name: c, image: i, ports: [{rest}]}}]}}, \
             status: {{podIP: {address}}}}}\n"
        )
    };
    let pods = [
        pod("web", "10.0.0.1", "{name: http, containerPort: 8080}"),
        pod("db", "10.0.1.1", "{name: http, containerPort: 9090}"),
        pod("job", "10.0.2.1", ""),
    ]
    .concat();
    let old = crate::snapshot(&pods);
    let told = |spec: &str| {
        let policy = format!(
            "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p, \
             namespace: a}}, spec: {{{spec}}}}}\n"
        );
        let new = crate::snapshot(&format!("{pods}{policy}"));
        let network = Network::build(&old, WORLD, Profile::UPSTREAM);
        let name = |end: Endpoint| match end {
            Endpoint::Workload(id) => network.workload(id).name.to_string(),
            Endpoint::Addresses(_) => "outside".to_owned(),
        };
        let ends = |ends: &Ends| ends.iter().map(name).collect::<Vec<_>>().join(" ");
        let line = |it: &Change| {
            assert!(it.opened.is_empty() && it.doubtful.is_empty());
            let open = it.closed.complement();
            format!("{} → {}: {open}", ends(&it.from), ends(&it.to))
        };
        compared(&old, &new, Profile::UPSTREAM).iter().map(line).collect::<Vec<_>>()
    };
    // A label, a block of addresses and the name of a port.
    assert_eq!(
        told(
            "podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: \
              {app: web}}}]}]"
        ),
        ["db job → db: no port", "outside → db: no port"]
    );
    assert_eq!(
        told(
            "podSelector: {matchLabels: {app: job}}, ingress: [{from: [{ipBlock: {cidr: \
              10.0.1.0/24}}]}]"
        ),
        ["web job → job: no port", "outside → job: no port"]
    );
    assert_eq!(
        told(
            "podSelector: {matchLabels: {app: job}}, policyTypes: [Egress], egress: [{to: \
              [{podSelector: {}}], ports: [{port: http}]}]"
        ),
        [
            "job → web: TCP 8080",
            "job → db: TCP 9090",
            "job → job: no port",
            "job → outside: no port"
        ]
    );
}
