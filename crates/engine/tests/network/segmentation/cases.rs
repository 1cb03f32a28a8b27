//! What is written for small clusters, as text.

use engine::network::address::{AddressSet, Prefix};
use engine::network::segmentation::{
    Cause, Existing, Knobs, LearnedPeer, LearnedPolicy, LearnedRule, Scope,
};
use model::flow::{Flow, FlowEnd};

use super::{Lesson, learn};

/// `from to port`: ends are `namespace/name` or addresses, a port is `80` or `53/UDP`.
fn flows(lines: &[&str]) -> Vec<Flow> {
    let end = |text: &str| match text.split_once('/') {
        Some((namespace, name)) => {
            FlowEnd::Named { namespace: namespace.to_owned(), name: name.to_owned() }
        }
        None => FlowEnd::Address(text.parse().expect("an address")),
    };
    let flow = |line: &&str| {
        let parts: Vec<&str> = line.split(' ').collect();
        let [from, to, port] = parts[..] else { panic!("{line}") };
        let (port, protocol) = port.split_once('/').unwrap_or((port, "TCP"));
        let protocol = if protocol == "UDP" { "UDP" } else { "TCP" };
        Flow { from: end(from), to: end(to), protocol, port: port.parse().expect("a port") }
    };
    lines.iter().map(flow).collect()
}

/// A line a rule, those for DNS in the usual place left out; and a proof that all pass.
fn learned(objects: &str, lines: &[&str], knobs: &Knobs) -> (Vec<String>, Lesson) {
    let snapshot = crate::snapshot(objects);
    let lesson = learn(&snapshot, &flows(lines), knobs);
    for existing in [Existing::Replaced, Existing::Kept] {
        assert_eq!(lesson.refused(&snapshot, existing), 0, "{:#?}", lesson.learned);
    }
    let mut found = Vec::new();
    for policy in &lesson.learned.policies {
        for (rules, word) in [(&policy.ingress, "from"), (&policy.egress, "to")] {
            let rules = rules.iter().flatten().filter(|rule| **rule != super::world::dns_rule());
            found.extend(rules.map(|rule| line(policy, word, rule)));
        }
    }
    (found, lesson)
}

fn line(policy: &LearnedPolicy, word: &str, rule: &LearnedRule) -> String {
    let pods = |pods: &engine::network::segmentation::Choice| {
        let one = |(key, values): (&String, &std::collections::BTreeSet<String>)| {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            format!("{key}={}", values.join("|"))
        };
        pods.iter().map(one).collect::<Vec<_>>().join("&")
    };
    let peer = |peer: &LearnedPeer| match peer {
        LearnedPeer::Block(prefix) => prefix.to_string(),
        LearnedPeer::Pods(scope, choice) => {
            let scope = match scope {
                Scope::Own => String::new(),
                Scope::All => "*/".to_owned(),
                Scope::Named(names) => {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    format!("{}/", names.join("|"))
                }
            };
            format!("{scope}{}", pods(choice))
        }
    };
    let peers: Vec<String> = rule.peers.iter().map(peer).collect();
    let subject = format!("{}/{}", policy.namespace, pods(&policy.pods));
    format!("{subject} {word} {}: {}", peers.join(" "), rule.ports)
}

/// A pod `name` of namespace `a` with labels as in YAML's flow style.
fn pod(namespace: &str, name: &str, labels: &str, address: &str) -> String {
    pod_with(namespace, name, labels, address, "")
}

fn pod_with(namespace: &str, name: &str, labels: &str, address: &str, more: &str) -> String {
    format!(
        "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: {namespace}, \
         labels: {{{labels}}}}}, spec: {{{more} containers: [{{name: c, image: i, ports: \
         [{{name: http, containerPort: 8080}}]}}]}}, status: {{podIP: {address}}}}}\n"
    )
}

fn deployment(namespace: &str, name: &str, labels: &str) -> String {
    format!(
        "---\n{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}, namespace: \
         {namespace}}}, spec: {{template: {{metadata: {{labels: {{{labels}}}}}, spec: \
         {{containers: [{{name: c, image: i}}]}}}}}}}}\n"
    )
}

#[test]
fn the_fewest_labels_that_tell_pods_apart_are_taken() {
    let cases: &[(&[&str], &str)] = &[
        // One label; names before others; what changes with releases last.
        (&["app: x, team: t", "app: z, team: t"], "app=x"),
        (&["zone: x, app: x", "app: z"], "app=x"),
        (&["version: '1', zone: x", "zone: z"], "zone=x"),
        (&["version: '1', zone: x", "zone: x"], "version=1"),
        (&["app: x, app.kubernetes.io/name: m", "app: z"], "app.kubernetes.io/name=m"),
        // Two together.
        (&["app: x, part: a", "app: x, part: b", "app: z, part: a"], "app=x&part=a"),
        // Four, which no three of do it.
        (
            &[
                "a: x, b: x, c: x, d: x",
                "b: x, c: x, d: x",
                "a: x, c: x, d: x",
                "a: x, b: x, d: x",
                "a: x, b: x, c: x",
            ],
            "a=x&b=x&c=x&d=x",
        ),
        // What no controller would write again is never taken.
        (&["app: x, pod-template-hash: a, topology.kubernetes.io/zone: z", "app: z"], "app=x"),
        (&["statefulset.kubernetes.io/pod-name: p0, apps.kubernetes.io/pod-index: '0'"], ""),
        // Nor what the API server refuses.
        (&["app: x, \"a b\": c", "app: x y"], "app=x"),
    ];
    for (labels, expected) in cases {
        let pods = labels.iter().zip(1..).map(|(labels, number)| {
            pod("a", &format!("p{number}"), labels, &format!("10.0.0.{number}"))
        });
        let objects: String = pods.collect();
        let (lines, _) = learned(&objects, &["192.0.2.1 a/p1 80"], &Knobs::default());
        assert_eq!(lines, [format!("a/{expected} from 192.0.2.1/32: TCP 80")], "{labels:?}");
    }
}

#[test]
fn workloads_that_no_label_tells_apart_are_written_together() {
    let objects = [
        deployment("a", "blue", "app: web"),
        deployment("a", "green", "app: web"),
        deployment("a", "web-admin", "app: web, part: admin"),
        pod("a", "bare", "", "10.0.0.1"),
    ];
    let seen = ["192.0.2.1 a/blue 80", "192.0.2.2 a/web-admin 81", "192.0.2.3 a/bare 82"];
    let (lines, lesson) = learned(&objects.concat(), &seen, &Knobs::default());
    let expected = [
        "a/ from 192.0.2.3/32: TCP 82",
        "a/app=web from 192.0.2.1/32: TCP 80",
        "a/part=admin from 192.0.2.2/32: TCP 81",
    ];
    assert_eq!(lines, expected);
    let names = |ids: &[engine::network::segmentation::UnitId]| {
        ids.iter().map(|id| lesson.units.unit(*id).name.as_str()).collect::<Vec<_>>().join(" ")
    };
    let told: Vec<_> =
        lesson.learned.policies.iter().map(|it| (names(&it.units), names(&it.also))).collect();
    let text = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    let expected = [
        text("bare", "blue green web-admin"),
        text("blue green", "web-admin"),
        text("web-admin", ""),
    ];
    assert_eq!(told, expected);
}

#[test]
fn peers_are_the_fewest_selectors() {
    let mut objects = String::new();
    for namespace in ["a", "b", "c"] {
        for name in ["web", "api", "job"] {
            objects += &deployment(namespace, name, &format!("app: {name}, of: {namespace}"));
        }
    }
    objects += &deployment("d", "db", "app: db");
    let seen = [
        "a/web d/db 5432",
        "a/api d/db 5432",
        "b/web d/db 5432",
        "b/api d/db 5432",
        "c/job d/db 5432",
        "c/job d/db 5433",
    ];
    let (lines, _) = learned(&objects, &seen, &Knobs::default());
    let of_db: Vec<&String> = lines.iter().filter(|it| it.starts_with("d/")).collect();
    let expected =
        ["d/app=db from a|b/app=api|web: TCP 5432", "d/app=db from c/app=job: TCP 5432-5433"];
    assert_eq!(of_db, expected);
    // Two of three are enough.
    let knobs = Knobs { lift_percent: Some(60), ..Knobs::default() };
    let (lines, _) = learned(&objects, &seen, &knobs);
    assert!(lines.contains(&"d/app=db from a|b/: TCP 5432".to_owned()), "{lines:?}");
    assert!(lines.contains(&"d/app=db from c/app=job: TCP 5432-5433".to_owned()), "{lines:?}");
}

#[test]
fn addresses_are_lifted_around_what_is_guarded() {
    let objects = pod("a", "web", "app: web", "10.0.0.9");
    let seen = ["a/web 198.51.100.7 443", "a/web 198.51.100.200 443", "a/web 10.0.0.77 443"];
    let of = |length: u8, guarded: &str| {
        let guarded = Prefix::parse(guarded).map(AddressSet::prefix).expect("a prefix");
        let knobs = Knobs { prefixes: [length, 64], guarded, ..Knobs::default() };
        learned(&objects, &seen, &knobs).0.concat()
    };
    let expected = "a/app=web to 10.0.0.77/32 198.51.100.7/32 198.51.100.200/32: TCP 443";
    assert_eq!(of(32, "169.254.169.254/32"), expected);
    // 10.0.0.0/25 would hold the pod.
    let expected = "a/app=web to 10.0.0.64/26 198.51.100.0/24: TCP 443";
    assert_eq!(of(24, "169.254.169.254/32"), expected);
    let expected = "a/app=web to 10.0.0.64/26 198.51.100.0/25 198.51.100.192/26: TCP 443";
    assert_eq!(of(24, "198.51.100.128/32"), expected);
}

const SERVICES: &str = "
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: a}, spec: {clusterIP: 10.96.0.9,
  selector: {tier: front}, ports: [{port: 80, targetPort: http}, {port: 81, targetPort: 9000}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: kubernetes, namespace: default},
  spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: kubernetes,
  namespace: default, labels: {kubernetes.io/service-name: kubernetes}}, addressType: IPv4,
  ports: [{name: https, port: 6443, protocol: TCP}], endpoints: [{addresses: [192.0.2.10]}]}
---
{apiVersion: v1, kind: Service, metadata: {name: far, namespace: a}, spec: {clusterIP: 10.96.0.7,
  ports: [{port: 80}]}}
";

#[test]
fn services_stand_for_what_answers_behind_them() {
    let objects = [
        pod("a", "one", "app: one, tier: front", "10.0.0.1"),
        pod("a", "two", "app: two, tier: front", "10.0.0.2"),
        pod("a", "caller", "app: caller", "10.0.0.3"),
        SERVICES.to_owned(),
    ];
    let seen = [
        "a/caller 10.96.0.9 80",
        "a/caller 10.96.0.9 81",
        "a/caller 10.96.0.1 443",
        "a/caller 10.96.0.7 80",
        "a/caller 10.96.0.9 82",
    ];
    let (lines, lesson) = learned(&objects.concat(), &seen, &Knobs::default());
    let expected = [
        "a/app=caller to app=one|two: TCP 8080, 9000",
        "a/app=caller to 192.0.2.10/32: TCP 6443",
        "a/app=one from app=caller: TCP 8080, 9000",
        "a/app=two from app=caller: TCP 8080, 9000",
    ];
    let mut lines = lines;
    lines.sort();
    let mut expected = expected.map(str::to_owned);
    expected.sort();
    assert_eq!(lines, expected);
    let missing = &lesson.observed.missing;
    assert_eq!(missing.keys().collect::<Vec<_>>(), [&Cause::NoBackend]);
    assert_eq!(missing[&Cause::NoBackend].connections, 2);
}

#[test]
fn who_calls_anybody_may_ask_dns() {
    let web = pod("a", "web", "app: web", "10.0.0.1");
    let dns = pod("kube-system", "dns-1", "k8s-app: kube-dns", "10.0.0.53");
    let service = "---\n{apiVersion: v1, kind: Service, metadata: {name: dns-default, namespace: \
                   openshift-dns}, spec: {clusterIP: 10.96.0.10, selector: {dns: default}, ports: \
                   [{port: 53, targetPort: 5353, protocol: UDP}]}}\n";
    let other = pod("openshift-dns", "dns-2", "dns: default", "10.0.0.54");
    let of = |objects: &[&str], seen: &[&str]| {
        let (_, lesson) = learned(&objects.concat(), seen, &Knobs::default());
        let lines = lesson.learned.policies.iter().flat_map(|policy| {
            let of = |rules: &Option<Vec<LearnedRule>>, word| {
                let rules = rules.clone().unwrap_or_default();
                rules.iter().map(|rule| line(policy, word, rule)).collect::<Vec<_>>()
            };
            [of(&policy.ingress, "from"), of(&policy.egress, "to")].concat()
        });
        lines.collect::<Vec<_>>()
    };
    let usual = "a/app=web to kube-system/k8s-app=kube-dns: TCP 53; UDP 53";
    let out = "a/app=web to 192.0.2.1/32: TCP 443";
    assert_eq!(of(&[&web], &["a/web 192.0.2.1 443"]), [usual, out]);
    assert_eq!(of(&[&web], &["192.0.2.1 a/web 443"]), ["a/app=web from 192.0.2.1/32: TCP 443"]);
    // What was seen of DNS is in that rule, and the system's own namespaces are left alone.
    let seen = ["a/web 10.0.0.53 53/UDP", "a/web 192.0.2.1 443"];
    assert_eq!(of(&[&web, &dns], &seen), [usual, out]);
    let seen = ["a/web 10.96.0.10 53/UDP"];
    let expected = [
        "a/app=web to openshift-dns/dns=default: UDP 5353",
        "openshift-dns/dns=default from */: UDP 5353",
    ];
    assert_eq!(of(&[&web, &other, service], &seen), expected);
}

const NODES: &str = "
---
{apiVersion: v1, kind: Node, metadata: {name: one}, spec: {podCIDRs: [10.1.0.0/24]},
  status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}}
---
{apiVersion: v1, kind: Node, metadata: {name: two}, spec: {podCIDR: 10.1.1.0/24},
  status: {addresses: [{type: InternalIP, address: 192.168.0.2}]}}
";

#[test]
fn nodes_and_pods_that_are_gone_are_told() {
    let objects = [
        NODES.to_owned(),
        pod_with("a", "web", "app: web", "10.1.0.5", "nodeName: one,"),
        pod_with("a", "agent", "app: agent", "192.168.0.1", "nodeName: one, hostNetwork: true,"),
        pod_with("a", "ghost", "app: ghost", "192.168.0.9", "hostNetwork: true,"),
    ];
    let seen = [
        // A probe.
        "192.168.0.1 a/web 8080",
        "a/agent a/web 9090",
        // From another node, which the policy would cut.
        "192.168.0.2 a/web 8080",
        "a/web 192.168.0.2 10250",
        "a/web a/ghost 80",
        "192.168.0.1 192.168.0.2 10250",
        "a/web 10.1.1.77 80",
        "a/web a/nobody 80",
    ];
    let (lines, lesson) = learned(&objects.concat(), &seen, &Knobs::default());
    let expected =
        ["a/app=web to 192.168.0.9/32: TCP 80", "a/app=web to 192.168.0.2/32: TCP 10250"];
    assert_eq!(lines, expected);
    let observed = &lesson.observed;
    assert_eq!((observed.from_own_node, observed.to_nodes, observed.beside), (2, 2, 1));
    let missing: Vec<_> =
        observed.missing.iter().map(|(cause, it)| (*cause, it.connections)).collect();
    let expected = [(Cause::NotInInput, 1), (Cause::FormerPod, 1), (Cause::FromNode, 1)];
    assert_eq!(missing, expected);
}

#[test]
fn pods_that_are_gone_are_known_by_their_names() {
    let stateful = |kind: &str, name: &str| {
        deployment("a", name, &format!("app: {name}")).replace("Deployment", kind)
    };
    let job = "---\n{apiVersion: batch/v1, kind: CronJob, metadata: {name: report, namespace: a}, \
               spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: report}}, spec: \
               {containers: [{name: c, image: i}]}}}}}}\n";
    let objects = [
        deployment("a", "web", "app: web"),
        stateful("StatefulSet", "db"),
        stateful("DaemonSet", "agent"),
        job.to_owned(),
    ];
    let name = |name: &str| {
        let (lines, lesson) =
            learned(&objects.concat(), &[&format!("192.0.2.1 a/{name} 80")], &Knobs::default());
        assert_eq!(lines.is_empty(), !lesson.observed.missing.is_empty());
        lines.concat().split(' ').next().unwrap_or_default().to_owned()
    };
    for (pod, expected) in [
        ("web", "a/app=web"),
        ("web-5d9f7c8b4-x2x9z", "a/app=web"),
        ("db-0", "a/app=db"),
        ("db-17", "a/app=db"),
        ("agent-x2x9z", "a/app=agent"),
        ("report-29384756-x2x9z", "a/app=report"),
        ("web-0", ""),
        ("web-x2x9z", ""),
        ("web-5d9f7c8b4-aeiou", ""),
        ("agent-5d9f7c8b4-x2x9z", ""),
        ("report-1-x2x9z", ""),
        ("-x2x9z", ""),
        ("-", ""),
    ] {
        assert_eq!(name(pod), expected, "{pod}");
    }
}

#[test]
fn pods_alone_are_put_together_by_their_owners() {
    let owned = |name: &str, kind: &str, owner: &str, labels: &str, address: &str| {
        pod("a", name, labels, address).replace(
            "namespace: a,",
            &format!(
                "namespace: a, ownerReferences: [{{kind: {kind}, name: {owner}, controller: \
                 true}}],"
            ),
        )
    };
    let hash = "app: web, pod-template-hash:";
    let objects = [
        owned("web-1", "ReplicaSet", "web-5d9f", &format!("{hash} 5d9f"), "10.0.0.1"),
        owned("web-2", "ReplicaSet", "web-78bc", &format!("{hash} 78bc"), "10.0.0.2"),
        owned("r-1", "Job", "report-29384756", "app: r, job-name: report-29384756", "10.0.0.3"),
        owned("r-2", "Job", "report-29384757", "app: r, job-name: report-29384757", "10.0.0.4"),
        owned("m-1", "Job", "migrate", "job-name: migrate", "10.0.0.5"),
    ];
    let seen = ["10.0.0.3 10.0.0.1 80", "10.0.0.4 10.0.0.2 80", "10.0.0.5 10.0.0.1 81"];
    let (lines, lesson) = learned(&objects.concat(), &seen, &Knobs::default());
    let expected = [
        "a/job-name=migrate to app=web: TCP 81",
        "a/app=r to app=web: TCP 80",
        "a/app=web from app=r: TCP 80",
        "a/app=web from job-name=migrate: TCP 81",
    ];
    let mut lines = lines;
    lines.sort();
    let mut expected = expected.map(str::to_owned);
    expected.sort();
    assert_eq!(lines, expected);
    let names: Vec<_> = lesson
        .units
        .ids()
        .map(|id| format!("{} {}", lesson.units.unit(id).kind, lesson.units.unit(id).name))
        .collect();
    assert_eq!(names, ["Job migrate", "CronJob report", "Deployment web"]);
}

#[test]
fn too_many_addresses_are_told_and_can_be_lifted() {
    let objects = pod("a", "web", "app: web", "10.0.0.1");
    let lines: Vec<String> =
        (0..1_200).map(|it| format!("203.0.{}.{} a/web 443", it / 100, it % 100 * 2)).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let snapshot = crate::snapshot(&objects);
    let lesson = learn(&snapshot, &flows(&lines), &Knobs::default());
    assert_eq!(lesson.learned.too_many_blocks.len(), 1);
    assert_eq!(lesson.learned.too_many_blocks[0].2, 1_200);
    assert_eq!(lesson.refused(&snapshot, Existing::Replaced), 1_200);
    let knobs = Knobs { prefixes: [24, 64], ..Knobs::default() };
    let (lines, _) = learned(&objects, &lines, &knobs);
    assert_eq!(lines, ["a/app=web from 203.0.0.0/21 203.0.8.0/22: TCP 443"]);
}
