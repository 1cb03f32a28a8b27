//! What each policy does, which could be left out, and what is open to everybody.

use std::collections::BTreeSet;

use engine::network::ports::Protocol;
use engine::network::{
    Direction, Effect, Network, Opening, Profile, Repetition, changes, repetitions,
};
use model::{Snapshot, WorldId};

use super::generator::Random;

const WORLD: &str = "
---
{apiVersion: v1, kind: Namespace, metadata: {name: a}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: b}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: a, labels: {app: web, tier: front}},
 spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 80}]}]},
 status: {podIP: 10.0.0.1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: a, labels: {app: db}},
 spec: {containers: [{name: c, image: i}]}, status: {podIP: 10.0.0.2}}
---
{apiVersion: v1, kind: Pod, metadata: {name: host, namespace: a, labels: {app: host}},
 spec: {hostNetwork: true, containers: [{name: c, image: i}]}, status: {podIP: 192.168.0.1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: b, labels: {app: web}},
 spec: {containers: [{name: c, image: i}]}, status: {podIP: 10.0.1.1}}
";

fn policy(name: &str, spec: &str) -> String {
    format!(
        "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: {name}, \
         namespace: a}}, spec: {{{spec}}}}}\n"
    )
}

fn world(policies: &[String]) -> (Snapshot, Network) {
    let snapshot = super::snapshot(&format!("{WORLD}{}", policies.concat()));
    let network = Network::build(&snapshot, WorldId(0), Profile::UPSTREAM);
    (snapshot, network)
}

#[test]
fn effects_tell_what_a_policy_does() {
    let some = || Effect { has_subject: true, ..Effect::default() };
    let of_db = "podSelector: {matchLabels: {app: db}}";
    for (spec, expected) in [
        ("podSelector: {}".to_owned(), some()),
        ("podSelector: {matchLabels: {app: wbe}}".to_owned(), Effect::default()),
        ("podSelector: {matchLabels: {app: host}}".to_owned(), {
            Effect { is_host_network_alone: true, ..some() }
        }),
        (
            format!("{of_db}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: x}}}}}}]}}]"),
            { Effect { idle_peers: vec![(Direction::Ingress, 0, 0)], ..some() } },
        ),
        (format!("{of_db}, ingress: [{{ports: [{{port: 1}}, {{port: http}}]}}]"), {
            Effect { idle_ports: vec![(0, 1)], ..some() }
        }),
        (
            "podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: http}]}]".to_owned(),
            { some() },
        ),
        (format!("{of_db}, policyTypes: [Egress], egress: [{{to: [{{podSelector: {{}}}}]}}]"), {
            some()
        }),
        (
            format!(
                "{of_db}, policyTypes: [Egress], egress: [{{to: [{{podSelector: {{}}}}], \
                 ports: [{{port: 80}}]}}]"
            ),
            Effect { lacks_dns: true, ..some() },
        ),
        (format!("{of_db}, ingress: [{{from: [{{ipBlock: {{cidr: 10.0.1.0/24}}}}]}}]"), {
            Effect { blocks_of_pods: vec![(Direction::Ingress, 0, 0)], ..some() }
        }),
        (format!("{of_db}, ingress: [{{from: [{{ipBlock: {{cidr: 10.9.0.0/16}}}}]}}]"), some()),
        (format!("{of_db}, ingress: [{{from: [{{ipBlock: {{cidr: 0.0.0.0/0}}}}]}}]"), some()),
        // Selectors of the same rule say it for every plugin.
        (
            format!(
                "{of_db}, ingress: [{{from: [{{ipBlock: {{cidr: 10.0.1.0/24}}}}, \
                 {{namespaceSelector: {{}}}}]}}]"
            ),
            some(),
        ),
        // The node's own address is no pod's.
        (format!("{of_db}, ingress: [{{from: [{{ipBlock: {{cidr: 192.168.0.0/24}}}}]}}]"), some()),
    ] {
        let (_, network) = world(&[policy("p", &spec)]);
        let found: Vec<Effect> = network.effects().map(|(_, effect)| effect).collect();
        assert_eq!(found, [expected], "{spec}");
    }
    let refused = policy("p", "podSelector: {}, ingress: [{ports: [{port: 0}]}]");
    assert_eq!(world(&[refused]).1.effects().count(), 0);
}

/// Names of the policies that are told, with those they repeat.
fn told(policies: &[String]) -> Vec<(String, &'static str, Vec<String>)> {
    let (snapshot, _) = world(policies);
    let name = |id| snapshot.object(id).name.to_owned();
    let told = repetitions(&snapshot, WorldId(0)).into_iter();
    told.map(|(id, repetition)| match repetition {
        Repetition::Same(of) => (name(id), "same", vec![name(of)]),
        Repetition::Within(of) => (name(id), "within", of.into_iter().map(name).collect()),
        Repetition::NotCompared => (name(id), "not compared", Vec::new()),
    })
    .collect()
}

#[test]
fn repetitions_are_told_once() {
    let [web, db] =
        ["web", "db"].map(|app| format!("{{podSelector: {{matchLabels: {{app: {app}}}}}}}"));
    let from = |peers: &[&str], ports: &str| {
        format!("podSelector: {{}}, ingress: [{{from: [{}]{ports}}}]", peers.join(", "))
    };
    let check = |one: &str, other: &str, expected: &[(&str, &str)]| {
        let found = told(&[policy("p", one), policy("q", other)]);
        let found: Vec<(&str, &str)> = found.iter().map(|it| (it.0.as_str(), it.1)).collect();
        assert_eq!(found, expected, "{one}\n{other}");
    };
    let all = from(&[&web, &db], "");
    check(&all, &from(&[&db, &web], ""), &[("q", "same")]);
    check(&all, &from(&[&web], ""), &[("q", "within")]);
    check(&from(&[&web], ", ports: [{port: 80}]"), &all, &[("p", "within")]);
    check(&from(&[&web], ", ports: [{port: 80}]"), &from(&[&web], ", ports: [{port: 81}]"), &[]);
    let ports = ", ports: [{port: 80}, {port: 81}, {port: http}]";
    let range = ", ports: [{port: 1, endPort: 90}, {port: http}]";
    check(&from(&[&web], ports), &from(&[&web], range), &[("p", "within")]);
    check(&from(&[&web], ", ports: [{port: http}]"), &from(&[&web], ", ports: [{port: 80}]"), &[]);
    // What one of them closes the other does not.
    check(&all, &format!("{all}, policyTypes: [Ingress, Egress]"), &[("p", "within")]);
    check("podSelector: {}", "podSelector: {}", &[("q", "same")]);
    // A policy that allows nothing is a base, not a repetition.
    check("podSelector: {}", &all, &[]);
    let of_web = all.replace("podSelector: {}", "podSelector: {matchLabels: {app: web}}");
    check(&of_web, &all, &[("p", "within")]);
    let of_both = "podSelector: {matchExpressions: [{key: app, operator: In, values: [web, db]}]}";
    check(&of_web, &all.replace("podSelector: {}", of_both), &[("p", "within")]);
    let block = |cidr: &str| format!("{{ipBlock: {{cidr: {cidr}}}}}");
    let [wide, narrow] = [block("10.0.0.0/8"), block("10.1.0.0/16")];
    check(&from(&[&wide], ""), &from(&[&narrow], ""), &[("q", "within")]);
    let name = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: a}}}";
    check(&from(&[name], ""), &from(&["{podSelector: {}}"], ""), &[("q", "same")]);
    // What is open to everybody is there until others take its place.
    check(&all, &from(&["{namespaceSelector: {}}"], ""), &[]);
    check(&all, "podSelector: {}, ingress: [{}]", &[]);
    let three =
        [policy("p", &all), policy("q", &from(&[&web], "")), policy("r", &from(&[&db], ""))];
    let found = told(&three);
    assert_eq!(found.len(), 2, "{found:?}");
    // Two together hold what the third does; it is told and they are not.
    let two = |port: u16| {
        let rule = |app| {
            format!(
                "{{from: [{{podSelector: {{matchLabels: {{app: {app}}}}}}}], ports: [{{port: \
                 {port}}}]}}"
            )
        };
        format!("podSelector: {{}}, ingress: [{}, {}]", rule("web"), rule("db"))
    };
    let both = from(&[&web], ", ports: [{port: 80}, {port: 81}]");
    let found = told(&[policy("p", &two(80)), policy("q", &two(81)), policy("a", &both)]);
    assert_eq!(found, [("a".to_owned(), "within", vec!["p".to_owned(), "q".to_owned()])]);
}

/// A policy of few words, so that repetitions are common.
fn random_policy(random: &mut Random, name: &str) -> String {
    let selectors = [
        "{}",
        "{matchLabels: {app: web}}",
        "{matchLabels: {app: web, tier: front}}",
        "{matchExpressions: [{key: app, operator: In, values: [web, db]}]}",
        "{matchExpressions: [{key: tier, operator: Exists}]}",
        "{matchExpressions: [{key: tier, operator: DoesNotExist}]}",
        "{matchExpressions: [{key: app, operator: NotIn, values: [db]}]}",
    ];
    let mut rules = String::new();
    for _ in 0..random.below(3) {
        let mut peers = Vec::new();
        for _ in 0..random.below(3) {
            peers.push(match random.below(3) {
                0 => format!("{{podSelector: {}}}", random.pick(&selectors)),
                1 => {
                    format!("{{namespaceSelector: {{}}, podSelector: {}}}", random.pick(&selectors))
                }
                _ => {
                    let blocks = ["10.0.0.0/8", "10.0.1.0/24", "0.0.0.0/0", "::/0"];
                    format!("{{ipBlock: {{cidr: '{}'}}}}", random.pick(&blocks))
                }
            });
        }
        let ports = ["", "{port: 80}", "{port: 80}, {port: http}", "{port: 1, endPort: 99}"];
        let (peers, ports) = (peers.join(", "), random.pick(&ports));
        rules.push_str(&format!("{{SIDE: [{peers}], ports: [{ports}]}},"));
    }
    let (types, rules) = match random.below(3) {
        0 => ("Ingress", format!("ingress: [{}]", rules.replace("SIDE", "from"))),
        1 => ("Egress", format!("egress: [{}]", rules.replace("SIDE", "to"))),
        _ => ("Ingress, Egress", format!("ingress: [{}]", rules.replace("SIDE", "from"))),
    };
    let subject = random.pick(&selectors);
    policy(name, &format!("podSelector: {subject}, policyTypes: [{types}], {rules}"))
}

#[test]
fn without_repetitions_nothing_changes() {
    let mut count = 0;
    for seed in 0..2_000 {
        let mut random = Random::new(seed);
        let policies: Vec<String> =
            (0..6).map(|number| random_policy(&mut random, &format!("p{number}"))).collect();
        let told: BTreeSet<String> = told(&policies).into_iter().map(|(name, ..)| name).collect();
        count += told.len();
        let left = policies.iter().enumerate().filter(|(n, _)| !told.contains(&format!("p{n}")));
        let left: Vec<String> = left.map(|(_, text)| text.clone()).collect();
        let (old, new) = (world(&policies).1, world(&left).1);
        assert_eq!(changes(&old, &new), [], "{seed}: without {told:?}\n{}", policies.concat());
    }
    assert!(count > 250, "{count}");
}

#[test]
fn what_is_open_to_every_pod_is_certain() {
    let tier = "---\n{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, \
                metadata: {name: t}, spec: {priority: 1, subject: {namespaces: {}}, ingress: \
                [{action: Deny, from: [{namespaces: {}}]}]}}\n";
    let everybody =
        "podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}]";
    let seen = "podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: \
                {kubernetes.io/metadata.name: b}}}]}]";
    let opening = |text: String| {
        let (_, network) = world(&[text]);
        let id = network.find("a", "web").next().expect("a workload");
        network.opening(id, Protocol::Tcp, 80)
    };
    assert_eq!(opening(String::new()), Some(Opening::NotIsolated));
    assert_eq!(opening(tier.to_owned()), None);
    assert_eq!(opening(policy("p", "podSelector: {}")), None);
    assert_eq!(opening(policy("p", seen)), None, "other namespaces may come");
    for open in [
        everybody.to_owned(),
        everybody.replace("port: 80", "port: http"),
        "podSelector: {}, ingress: [{}]".to_owned(),
    ] {
        let found = opening(policy("p", &open));
        assert!(matches!(found, Some(Opening::Rule(_))), "{open}: {found:?}");
    }
    assert_eq!(opening(policy("p", &everybody.replace("port: 80", "port: 81"))), None);
    assert_eq!(opening(format!("{}{tier}", policy("p", everybody))), None);
}
