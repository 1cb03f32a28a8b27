//! Random clusters: counts beside every pair, and the same answers in whatever order the objects
//! are given.

use engine::network::ports::Protocol;
use engine::network::{Answer, Endpoint, Network, Profile, Summary};
use model::WorldId;

fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 8
}

/// Twelve pods in three namespaces, one of which is not in the input, and six policies.
fn documents(seed: u64) -> Vec<String> {
    let mut found = Vec::new();
    for namespace in 0..2 {
        found.push(format!(
            "{{apiVersion: v1, kind: Namespace, metadata: {{name: n{namespace}, \
             labels: {{team: t{namespace}}}}}}}"
        ));
    }
    for pod in 0..12 {
        let at = mix(seed * 97 + pod);
        let address = if at.is_multiple_of(5) {
            String::new()
        } else {
            format!("status: {{podIP: 10.0.{}.{pod}}}", at % 3)
        };
        let host = if at.is_multiple_of(11) { "hostNetwork: true, " } else { "" };
        found.push(format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p{pod}, namespace: n{}, labels: \
             {{app: a{}}}}}, spec: {{{host}nodeName: x, containers: [{{name: c, image: i, \
             ports: [{{name: http, containerPort: {}}}]}}]}}, {address}}}",
            pod % 3,
            at / 7 % 3,
            80 + at / 21 % 2
        ));
    }
    for number in 0..6 {
        found.push(policy(seed * 31 + number, number));
    }
    found
}

fn policy(seed: u64, number: u64) -> String {
    let at = mix(seed);
    let selector = |at: u64| match at % 3 {
        0 => String::from("{}"),
        _ => format!("{{matchLabels: {{app: a{}}}}}", at / 3 % 3),
    };
    let port = [80, 81, 443][(at / 50 % 3) as usize];
    if at.is_multiple_of(4) {
        let action = ["Allow", "Deny", "Pass"][(at / 4 % 3) as usize];
        return format!(
            "{{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, \
             metadata: {{name: t{number}}}, spec: {{priority: {}, subject: {{pods: \
             {{namespaceSelector: {{}}, podSelector: {}}}}}, ingress: [{{action: {action}, from: \
             [{{namespaces: {{matchLabels: {{team: t{}}}}}}}], ports: [{{portNumber: \
             {{protocol: TCP, port: {port}}}}}]}}]}}}}",
            at / 12 % 3,
            selector(at / 36),
            at / 108 % 2
        );
    }
    let peer = match at / 4 % 3 {
        0 => format!("{{podSelector: {}}}", selector(at / 12)),
        1 => format!("{{namespaceSelector: {{matchLabels: {{team: t{}}}}}}}", at / 12 % 2),
        _ => format!("{{ipBlock: {{cidr: 10.0.{}.0/24}}}}", at / 12 % 3),
    };
    let port = if (at / 150).is_multiple_of(3) { String::from("http") } else { port.to_string() };
    let (direction, side, kind) =
        [("ingress", "from", "Ingress"), ("egress", "to", "Egress")][(at / 450 % 2) as usize];
    format!(
        "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p{number}, \
         namespace: n{}}}, spec: {{podSelector: {}, policyTypes: [{kind}], {direction}: \
         [{{{side}: [{peer}], ports: [{{port: {port}}}]}}]}}}}",
        at / 900 % 3,
        selector(at / 2_700)
    )
}

fn network(documents: &[String]) -> Network {
    let text: Vec<String> = documents.iter().map(|it| format!("---\n{it}\n")).collect();
    Network::build(&super::snapshot(&text.concat()), WorldId(0), Profile::UPSTREAM)
}

#[test]
fn answers_agree_with_each_other_in_any_order() {
    for seed in 0..200 {
        let mut documents = documents(seed);
        let first = network(&documents);
        assert!(first.gaps().is_empty(), "{:?}", first.gaps());
        documents.sort_by_key(|it| mix(seed ^ it.len() as u64 ^ u64::from(it.as_bytes()[40])));
        documents.reverse();
        let second = network(&documents);
        assert_eq!(first.summary(false), second.summary(false), "{seed}");
        let mut pairs = 0;
        for from in 0..12 {
            for to in 0..12 {
                let end = |network: &Network, number: u64| {
                    let name = format!("p{number}");
                    let id = network.find_pod(&format!("n{}", number % 3), &name);
                    Endpoint::Workload(id.expect("a pod"))
                };
                let reach = first.reach(&end(&first, from), &end(&first, to));
                let again = second.reach(&end(&second, from), &end(&second, to));
                assert_eq!((&reach.allowed, &reach.unknown), (&again.allowed, &again.unknown));
                for port in [80, 81, 443] {
                    let (source, target) = (end(&first, from), end(&first, to));
                    let answer = first.allows(&source, &target, Protocol::Tcp, port);
                    let is_allowed = reach.allowed.contains(Protocol::Tcp, port);
                    let is_unknown = reach.unknown.contains(Protocol::Tcp, port);
                    let agrees = match &answer {
                        Answer::Allowed(_) => is_allowed,
                        Answer::Denied(_) => !is_allowed && !is_unknown,
                        Answer::Unknown(_) => is_unknown,
                    };
                    assert!(agrees, "{seed}: p{from} to p{to} {port}: {answer:?} {reach:?}");
                }
                pairs += u64::from(from != to);
            }
        }
        let Summary { open, partial, closed, unknown } = first.summary(false);
        assert_eq!(open + partial + closed + unknown, pairs);
    }
}
