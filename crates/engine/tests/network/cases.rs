//! Single points of the semantics, each as small as it can be.

use engine::network::address::{AddressSet, Prefix, parse_address};
use engine::network::exposure::{Entrance, Passage};
use engine::network::ports::Protocol;
use engine::network::{Action, Answer, Endpoint, Network, Profile, Reason, Side, changes};
use model::{Snapshot, WorldId};

const NAMESPACES: &str = "
---
{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {team: one}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: b, labels: {team: two}}}
";

fn pod(namespace: &str, name: &str, address: &str, spec: &str) -> String {
    format!(
        "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: {namespace}, \
         labels: {{app: {name}}}}}, spec: {{{spec} containers: [{{name: c, image: i, \
         ports: [{{name: http, containerPort: 8080}}]}}]}}, status: {{podIP: '{address}'}}}}\n"
    )
}

fn policy(namespace: &str, spec: &str) -> String {
    format!(
        "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p, \
         namespace: {namespace}}}, spec: {{{spec}}}}}\n"
    )
}

fn tier(kind: &str, name: &str, spec: &str) -> String {
    let version = if kind == "ClusterNetworkPolicy" { "v1alpha2" } else { "v1alpha1" };
    format!(
        "---\n{{apiVersion: policy.networking.k8s.io/{version}, kind: {kind}, \
         metadata: {{name: {name}}}, spec: {{{spec}}}}}\n"
    )
}

fn cluster(rest: &str) -> Snapshot {
    let pods = [
        pod("a", "web", "10.0.0.1", ""),
        pod("a", "db", "10.0.0.2", ""),
        pod("b", "web", "10.0.1.1", ""),
        pod("b", "host", "192.168.0.1", "hostNetwork: true, nodeName: n1,"),
    ];
    super::snapshot(&format!("{NAMESPACES}{}{rest}", pods.concat()))
}

fn end(network: &Network, name: &str) -> Endpoint {
    if let Some((namespace, name)) = name.split_once('/').filter(|(it, _)| !it.contains('.')) {
        return Endpoint::Workload(network.find(namespace, name).next().expect("a workload"));
    }
    Endpoint::Addresses(AddressSet::one(parse_address(name).expect("an address")))
}

fn ask(rest: &str, profile: Profile, from: &str, to: &str, port: u16) -> Option<bool> {
    let snapshot = cluster(rest);
    let network = Network::build(&snapshot, WorldId(0), profile);
    let (from, to) = (end(&network, from), end(&network, to));
    let reach = network.reach(&from, &to);
    match network.allows(&from, &to, Protocol::Tcp, port) {
        Answer::Allowed(_) => {
            assert!(reach.allowed.contains(Protocol::Tcp, port));
            Some(true)
        }
        Answer::Denied(_) => {
            assert!(!reach.allowed.contains(Protocol::Tcp, port));
            assert!(!reach.unknown.contains(Protocol::Tcp, port));
            Some(false)
        }
        Answer::Unknown(_) => {
            assert!(reach.unknown.contains(Protocol::Tcp, port));
            assert!(!reach.reasons.is_empty());
            None
        }
    }
}

fn upstream(rest: &str, from: &str, to: &str, port: u16) -> Option<bool> {
    ask(rest, Profile::UPSTREAM, from, to, port)
}

#[test]
fn policies_isolate_and_add_up() {
    let deny = policy("a", "podSelector: {matchLabels: {app: db}}");
    assert_eq!(upstream("", "b/web", "a/db", 80), Some(true));
    assert_eq!(upstream(&deny, "b/web", "a/db", 80), Some(false));
    assert_eq!(upstream(&deny, "8.8.8.8", "a/db", 80), Some(false));
    assert_eq!(upstream(&deny, "a/db", "a/db", 80), Some(true));
    assert_eq!(upstream(&deny, "a/db", "8.8.8.8", 80), Some(true));
    let named = policy(
        "a",
        "podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: two}}}], \
         ports: [{port: http}]}]",
    );
    assert_eq!(upstream(&named, "b/web", "a/db", 8080), Some(true));
    assert_eq!(upstream(&named, "b/web", "a/db", 80), Some(false));
    assert_eq!(upstream(&named, "a/web", "a/db", 8080), Some(false));
}

#[test]
fn address_blocks_follow_the_profile() {
    let block = policy("a", "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.1.0/24}}]}]");
    assert_eq!(ask(&block, Profile::UPSTREAM, "b/web", "a/db", 80), Some(true));
    assert_eq!(ask(&block, Profile::CILIUM, "b/web", "a/db", 80), Some(false));
    assert_eq!(ask(&block, Profile::CILIUM, "10.0.1.9", "a/db", 80), Some(true));
    let egress = policy(
        "b",
        "podSelector: {}, policyTypes: [Egress], \
         egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]}]",
    );
    assert_eq!(upstream(&egress, "b/web", "169.254.169.254", 80), Some(false));
    assert_eq!(upstream(&egress, "b/web", "8.8.8.8", 80), Some(true));
    assert_eq!(upstream(&egress, "b/web", "2606:4700::1", 80), Some(false));
}

#[test]
fn what_is_refused_opens_nothing() {
    for spec in [
        "podSelector: {}, ingress: [{ports: [{protocol: tcp, port: 80}]}]",
        "podSelector: {}, ingress: [{ports: [{port: 0}]}]",
        "podSelector: {}, ingress: [{ports: [{port: 80, endPort: 79}]}]",
        "podSelector: {}, ingress: [{from: [{}]}]",
        "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/9]}}]}]",
        "podSelector: {matchExpressions: [{key: a, operator: In}]}",
        "podSelector: 1",
        "policyTypes: [Ingress, Other]",
    ] {
        let snapshot = cluster(&policy("a", spec));
        let network = Network::build(&snapshot, WorldId(0), Profile::UPSTREAM);
        assert_eq!(network.gaps().len(), 1, "{spec}");
        assert_eq!(upstream(&policy("a", spec), "b/web", "a/db", 80), None, "{spec}");
        assert_eq!(upstream(&policy("a", spec), "a/web", "b/web", 80), None, "{spec}");
    }
}

#[test]
fn the_host_network_is_the_node_or_not_known() {
    let deny = policy("a", "podSelector: {}");
    // Where the pod in `a` runs is not known: its own node is always let in.
    assert_eq!(ask(&deny, Profile::CALICO, "b/host", "a/db", 80), None);
    let near = format!("{deny}{}", pod("a", "near", "10.0.0.9", "nodeName: n1,"));
    assert_eq!(ask(&near, Profile::CALICO, "b/host", "a/near", 80), Some(true));
    let far = format!("{deny}{}", pod("a", "far", "10.0.0.8", "nodeName: n2,"));
    assert_eq!(ask(&far, Profile::CALICO, "b/host", "a/far", 80), Some(false));
    let closed = policy("b", "podSelector: {}");
    assert_eq!(ask(&closed, Profile::AZURE, "a/web", "b/host", 80), Some(true));
    assert_eq!(ask(&closed, Profile::UPSTREAM, "a/web", "b/host", 80), None);
}

#[test]
fn tiers_decide_in_their_order() {
    let peers = "from: [{namespaces: {}}]";
    let admin = |name, priority, action| {
        tier(
            "AdminNetworkPolicy",
            name,
            &format!(
                "priority: {priority}, subject: {{namespaces: {{matchLabels: {{team: one}}}}}}, \
                 ingress: [{{action: {action}, {peers}}}]"
            ),
        )
    };
    let deny = policy("a", "podSelector: {}");
    let (allow, refuse) = (admin("x", 10, "Allow"), admin("y", 20, "Deny"));
    assert_eq!(upstream(&format!("{deny}{allow}{refuse}"), "b/web", "a/db", 80), Some(true));
    assert_eq!(upstream(&refuse, "b/web", "a/db", 80), Some(false));
    assert_eq!(upstream(&refuse, "8.8.8.8", "a/db", 80), Some(true));
    let pass = admin("z", 5, "Pass");
    assert_eq!(upstream(&format!("{pass}{refuse}"), "b/web", "a/db", 80), Some(true));
    assert_eq!(upstream(&format!("{pass}{refuse}{deny}"), "b/web", "a/db", 80), Some(false));
    let same = admin("w", 20, "Allow");
    assert_eq!(upstream(&format!("{same}{refuse}"), "b/web", "a/db", 80), None);
    let baseline = tier(
        "ClusterNetworkPolicy",
        "base",
        &format!(
            "tier: Baseline, priority: 1, subject: {{namespaces: {{}}}}, ingress: [{{action: Deny, \
             {peers}, protocols: [{{tcp: {{destinationPort: {{number: 80}}}}}}]}}]"
        ),
    );
    assert_eq!(upstream(&baseline, "b/web", "a/db", 80), Some(false));
    assert_eq!(upstream(&baseline, "b/web", "a/db", 81), Some(true));
    let open = policy("a", "podSelector: {}, ingress: [{}]");
    assert_eq!(upstream(&format!("{baseline}{open}"), "b/web", "a/db", 80), Some(true));
}

#[test]
fn what_decides_is_named() {
    let text = policy("a", "podSelector: {}, ingress: [{ports: [{port: 80}, {port: 443}]}]");
    let text = format!(
        "{text}{}",
        tier(
            "AdminNetworkPolicy",
            "x",
            "priority: 1, subject: {namespaces: {}}, \
             egress: [{action: Deny, to: [{networks: [9.0.0.0/8]}]}]"
        )
    );
    let snapshot = cluster(&text);
    let network = Network::build(&snapshot, WorldId(0), Profile::UPSTREAM);
    let (from, to) = (end(&network, "b/web"), end(&network, "a/db"));
    let why = network.why(&from, &to, Protocol::Tcp, 443);
    let Side::Allowed(at) = why.ingress else { panic!("{why:?}") };
    assert_eq!((at.rule, at.peer, at.port), (0, None, Some(1)));
    assert_eq!(snapshot.object(at.policy).kind, "NetworkPolicy");
    let why = network.why(&from, &end(&network, "9.1.1.1"), Protocol::Tcp, 1);
    assert!(matches!(why.egress, Side::Decided(_, Action::Deny)), "{why:?}");
}

#[test]
fn labels_of_a_namespace_that_was_not_seen_are_not_known() {
    let text = format!(
        "{}{}",
        pod("c", "web", "10.0.2.1", ""),
        policy(
            "a",
            "podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {x: y}}}]}]"
        )
    );
    assert_eq!(upstream(&text, "c/web", "a/db", 80), None);
    let by_name = "kubernetes.io/metadata.name: c";
    let text = text.replace("x: y", by_name);
    assert_eq!(upstream(&text, "c/web", "a/db", 80), Some(true));
    assert_eq!(upstream(&text, "b/web", "a/db", 80), Some(false));
}

#[test]
fn addresses_are_told_apart() {
    let text = policy(
        "a",
        "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 9.0.0.0/8}}], ports: [{port: 80}]}]",
    );
    let snapshot = cluster(&text);
    let network = Network::build(&snapshot, WorldId(0), Profile::UPSTREAM);
    let to = end(&network, "a/db");
    let set = |text| AddressSet::prefix(Prefix::parse(text).expect("a prefix"));
    let reach = network.reach(&Endpoint::Addresses(set("8.0.0.0/7")), &to);
    assert_eq!(reach.reasons, [Reason::SomeAddresses]);
    assert_eq!(reach.unknown.to_string(), "TCP 80");
    let reach = network.reach(&Endpoint::Addresses(set("9.1.0.0/16")), &to);
    assert_eq!((reach.allowed.to_string().as_str(), reach.reasons.len()), ("TCP 80", 0));
}

#[test]
fn a_policy_that_is_added_may_close_and_open() {
    let old = cluster("");
    let new = cluster(&policy("a", "podSelector: {}, ingress: [{ports: [{port: 80}]}]"));
    let build = |snapshot| Network::build(snapshot, WorldId(0), Profile::AZURE);
    let (old, new) = (build(&old), build(&new));
    assert_eq!(changes(&old, &old), []);
    let closed = changes(&old, &new);
    let opened = changes(&new, &old);
    assert_eq!(closed.len(), 2, "{closed:?}");
    assert_eq!(opened.len(), 2);
    for (closed, opened) in closed.iter().zip(&opened) {
        assert_eq!(closed.closed.complement().to_string(), "TCP 80");
        assert!(closed.opened.is_empty() && closed.doubtful.is_empty());
        assert_eq!(closed.to.iter().count(), 2);
        assert_eq!(opened.opened, closed.closed);
        let (from, to, protocol, port) = closed.example.clone().expect("a packet");
        assert!(matches!(old.allows(&from, &to, protocol, port), Answer::Allowed(_)));
        assert!(matches!(new.allows(&from, &to, protocol, port), Answer::Denied(_)));
    }
}

#[test]
fn ways_in_end_at_the_pods_policies() {
    let service = |kind: &str, rest: &str| {
        format!(
            "---\n{{apiVersion: v1, kind: Service, metadata: {{name: s, namespace: a}}, spec: \
             {{type: {kind}, selector: {{app: web}}, {rest} ports: [{{port: 80, \
             targetPort: http, nodePort: 30000}}]}}}}\n"
        )
    };
    let ways = |text: &str| {
        let snapshot = cluster(text);
        let network = Network::build(&snapshot, WorldId(0), Profile::UPSTREAM);
        let found = network.exposure(&snapshot, WorldId(0), &AddressSet::internet());
        assert!(found.is_whole && found.unresolved.is_empty());
        let way = |it: &engine::network::exposure::Way| {
            assert_eq!(it.target_port, 8080);
            assert_eq!(&*network.workload(it.target).name, "web");
            (it.entrance, it.port, it.passage)
        };
        found.ways.iter().map(way).collect::<Vec<_>>()
    };
    assert_eq!(ways(&service("ClusterIP", "")), []);
    let balanced = (Entrance::LoadBalancer, 80, Passage::Open);
    let node = (Entrance::NodePort, 30_000, Passage::Open);
    assert_eq!(ways(&service("NodePort", "")), [node]);
    assert_eq!(ways(&service("LoadBalancer", "")), [balanced, node]);
    assert_eq!(ways(&service("LoadBalancer", "loadBalancerSourceRanges: [10.0.0.0/8],")), [node]);
    let isolated = policy("a", "podSelector: {}");
    let text = format!("{}{isolated}", service("NodePort", "externalTrafficPolicy: Local,"));
    assert_eq!(ways(&text), [(Entrance::NodePort, 30_000, Passage::Closed)]);
    let text = format!("{}{isolated}", service("NodePort", ""));
    assert_eq!(ways(&text), [(Entrance::NodePort, 30_000, Passage::Unknown)]);
    let ingress = "---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i, \
                   namespace: a}, spec: {defaultBackend: {service: {name: s, \
                   port: {number: 80}}}}}\n";
    let found = ways(&format!("{}{ingress}", service("ClusterIP", "")));
    assert!(matches!(found[..], [(Entrance::Route(_), 80, Passage::Open)]), "{found:?}");
}
