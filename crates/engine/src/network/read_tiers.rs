//! AdminNetworkPolicy, BaselineAdminNetworkPolicy (v1alpha1) and ClusterNetworkPolicy (v1alpha2).
//!
//! Source: `apis/v1alpha1` and `apis/v1alpha2` of `sigs.k8s.io/network-policy-api`, the markers
//! of validation among them; what holds of them in an API server its definitions in `config/crd`
//! say (v0.1.7 and v0.3.0).

use model::{Node, Object, ObjectId, Path};

use super::address::AddressSet;
use super::fields::{
    Fault, Read, Refusal, map, maps, number, port, prefix, refuse, text, texts, unclear,
};
use super::policy::{Action, Namespaces, Peer, PodPeer, Policy, PortMatch, Rule, Selector, Tier};
use super::ports::{PortSet, Protocol};

const PRIORITY_MAX: i64 = 1_000;
/// Rules of one direction in v1alpha1, and peers and ports of one rule.
const ITEMS_MAX_V1ALPHA1: usize = 100;
/// The same in v1alpha2, and names of DNS in one peer.
const ITEMS_MAX_V1ALPHA2: usize = 25;
/// Characters of the name of a rule.
const NAME_CHARACTERS_MAX: usize = 100;

/// The kinds that hold for the whole cluster.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Admin,
    Baseline,
    Cluster,
}

impl Kind {
    pub(super) fn of(kind: &str) -> Option<Self> {
        match kind {
            "AdminNetworkPolicy" => Some(Self::Admin),
            "BaselineAdminNetworkPolicy" => Some(Self::Baseline),
            "ClusterNetworkPolicy" => Some(Self::Cluster),
            _ => None,
        }
    }

    fn items_max(self) -> usize {
        if self == Self::Cluster { ITEMS_MAX_V1ALPHA2 } else { ITEMS_MAX_V1ALPHA1 }
    }
}

pub(super) fn policy(object: &Object<'_>, id: ObjectId, kind: Kind) -> Read<Policy> {
    let top = Path::root();
    let Some((spec, path)) = map(object.root, "spec", &top)? else {
        return refuse(&top.key("spec"), "is not set");
    };
    let priority = if kind == Kind::Baseline {
        if object.name != "default" {
            return refuse(&top.field("metadata.name"), "is not `default`");
        }
        0
    } else {
        let at = path.clone().key("priority");
        match number(spec, "priority", &path)? {
            Some(priority) if (0..=PRIORITY_MAX).contains(&priority) => {
                priority.unsigned_abs() as u32
            }
            _ => return refuse(&at, "is not from 0 to 1000"),
        }
    };
    let tier = match kind {
        Kind::Admin => Tier::Admin(priority),
        Kind::Baseline => Tier::Baseline(priority),
        Kind::Cluster => match text(spec, "tier", &path)? {
            Some("Admin") => Tier::Admin(priority),
            Some("Baseline") => Tier::Baseline(priority),
            _ => return refuse(&path.key("tier"), "is neither `Admin` nor `Baseline`"),
        },
    };
    let subject = match map(spec, "subject", &path)? {
        Some((node, path)) => match pods(node, &path, kind)? {
            Some(Peer::Pods(pods)) => pods,
            _ => return refuse(&path, "selects neither namespaces nor pods"),
        },
        None => return refuse(&path.key("subject"), "is not set"),
    };
    Ok(Policy {
        id,
        tier,
        namespace: None,
        subject,
        ingress: Some(rules(spec, &path, ("ingress", "from"), kind)?),
        egress: Some(rules(spec, &path, ("egress", "to"), kind)?),
        is_certain: true,
    })
}

fn rules(
    spec: Node<'_>,
    path: &Path,
    (key, peers_key): (&str, &str),
    kind: Kind,
) -> Read<Vec<Rule>> {
    let items = maps(spec, key, path)?.unwrap_or_default();
    within(items.len(), kind, path, key)?;
    let mut found = Vec::new();
    for (index, (rule, path)) in (0..).zip(items) {
        let action = action(rule, &path, kind)?;
        if text(rule, "name", &path)?.is_some_and(|it| it.chars().count() > NAME_CHARACTERS_MAX) {
            return refuse(&path.key("name"), "has more than 100 characters");
        }
        let peers = maps(rule, peers_key, &path)?.unwrap_or_default();
        within(peers.len(), kind, &path, peers_key)?;
        if peers.is_empty() {
            return refuse(&path.key(peers_key), "names no peer");
        }
        let mut known = Vec::new();
        let mut is_unknown = false;
        for (number, (node, path)) in (0..).zip(peers) {
            match peer(node, &path, key == "egress", kind)? {
                Some(peer) => known.push((number, peer)),
                None => is_unknown = true,
            }
        }
        let ports_key = if kind == Kind::Cluster { "protocols" } else { "ports" };
        let items = maps(rule, ports_key, &path)?;
        if items.as_ref().is_some_and(Vec::is_empty) {
            return refuse(&path.key(ports_key), "is empty");
        }
        let items = items.unwrap_or_default();
        within(items.len(), kind, &path, ports_key)?;
        let ports = items.iter().map(|(node, path)| match kind {
            Kind::Cluster => protocol(*node, path),
            _ => ports_v1alpha1(*node, path),
        });
        let ports = ports.collect::<Read<Vec<_>>>()?;
        let has_names = ports.iter().any(|it| matches!(it, PortMatch::Named(..)));
        if has_names && known.iter().any(|(_, peer)| !matches!(peer, Peer::Pods(_))) {
            return refuse(&path.key(ports_key), "names a port beside peers that have no names");
        }
        let ports = (!ports.is_empty()).then_some(ports);
        // A peer of a kind that is not known fails closed: an accepting rule does not match it,
        // any other refuses everybody.
        let rule = if is_unknown && action != Action::Accept {
            Rule { index, action: Action::Deny, peers: None, ports }
        } else {
            Rule { index, action, peers: Some(known), ports }
        };
        found.push(rule);
    }
    Ok(found)
}

fn within(items: usize, kind: Kind, path: &Path, key: &str) -> Read<()> {
    if items > kind.items_max() {
        return refuse(&path.clone().key(key), "has more items than the API takes");
    }
    Ok(())
}

fn action(rule: Node<'_>, path: &Path, kind: Kind) -> Read<Action> {
    match (text(rule, "action", path)?.unwrap_or_default(), kind) {
        ("Allow", Kind::Admin | Kind::Baseline) | ("Accept", Kind::Cluster) => Ok(Action::Accept),
        ("Deny", _) => Ok(Action::Deny),
        ("Pass", Kind::Admin | Kind::Cluster) => Ok(Action::Pass),
        _ => refuse(&path.clone().key("action"), "is no action of this kind"),
    }
}

/// Pods by `namespaces` or `pods`; none where the node has neither.
fn pods(node: Node<'_>, path: &Path, kind: Kind) -> Read<Option<Peer>> {
    let namespaces = map(node, "namespaces", path)?;
    let pods = map(node, "pods", path)?;
    if namespaces.is_some() && pods.is_some() {
        return refuse(path, "has more than one kind of peer");
    }
    if let Some((node, path)) = namespaces {
        let namespaces = Namespaces::Labelled(selector(node, &path)?);
        return Ok(Some(Peer::Pods(PodPeer { namespaces, pods: Selector::default() })));
    }
    let Some((node, path)) = pods else { return Ok(None) };
    let part = |key, is_needed| match map(node, key, &path)? {
        Some((node, path)) => selector(node, &path),
        None if is_needed => refuse(&path.clone().key(key), "is not set"),
        None => Ok(Selector::default()),
    };
    // Since v1alpha2 the pods of all namespaces are meant where none are selected.
    let namespaces = Namespaces::Labelled(part("namespaceSelector", kind != Kind::Cluster)?);
    Ok(Some(Peer::Pods(PodPeer { namespaces, pods: part("podSelector", true)? })))
}

/// A selector. The API server asks of those of custom resources that they have the right form, and
/// not that they select by labels there can be.
fn selector(node: Node<'_>, path: &Path) -> Read<Selector> {
    for (expression, path) in maps(node, "matchExpressions", path)?.into_iter().flatten() {
        for key in ["key", "operator"] {
            if text(expression, key, &path)?.is_none() {
                return refuse(&path.key(key), "is not set");
            }
        }
    }
    super::fields::selector(node, path).map_err(|refusal| match refusal.fault {
        Fault::Value => Refusal { fault: Fault::Unclear, ..refusal },
        Fault::Type | Fault::Unclear => refusal,
    })
}

/// Names of DNS, the first label of which may be a star: names of a set.
///
/// Source: the pattern of `DomainName`, `^(\*\.)?([a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+
/// [a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?$`.
fn domain_names(names: &[&str], path: &Path, kind: Kind) -> Read<()> {
    let at = path.clone().key("domainNames");
    let is_label = |label: &str| {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric();
        label.bytes().all(|it| is_plain(&it) || matches!(it, b'-' | b'_'))
            && label.as_bytes().first().is_some_and(is_plain)
            && label.as_bytes().last().is_some_and(is_plain)
    };
    let is_name = |name: &&str| {
        let name = name.strip_prefix("*.").unwrap_or(name);
        let name = name.strip_suffix('.').unwrap_or(name);
        name.contains('.') && name.split('.').all(is_label)
    };
    within(names.len(), kind, path, "domainNames")?;
    match () {
        () if names.is_empty() => refuse(&at, "is empty"),
        () if !names.iter().all(is_name) => refuse(&at, "has what is no name of DNS"),
        () => unique(names, &at),
    }
}

/// Refuses what is there twice.
fn unique(items: &[&str], path: &Path) -> Read<()> {
    let distinct: std::collections::BTreeSet<&&str> = items.iter().collect();
    if distinct.len() < items.len() {
        return refuse(path, "has an item twice");
    }
    Ok(())
}

fn peer(node: Node<'_>, path: &Path, is_egress: bool, kind: Kind) -> Read<Option<Peer>> {
    const EGRESS: [&str; 5] = ["namespaces", "pods", "nodes", "networks", "domainNames"];
    let kinds: &[&str] = if is_egress { &EGRESS } else { &EGRESS[..2] };
    let set = kinds.iter().filter(|key| node.get(key).is_some()).count();
    if set > 1 {
        return refuse(path, "has more than one kind of peer");
    }
    if set == 0 {
        let is_empty = !node.entries().any(|(_, it)| !matches!(it.value(), model::Value::Null));
        if is_empty || kind != Kind::Cluster {
            return refuse(path, "names no peer");
        }
        return Ok(None);
    }
    if let Some((nodes, at)) = map(node, "nodes", path)? {
        return Ok(Some(Peer::Nodes(selector(nodes, &at)?)));
    }
    if let Some(names) = texts(node, "domainNames", path)? {
        domain_names(&names, path, kind)?;
        return Ok(Some(Peer::Domains));
    }
    if let Some(networks) = texts(node, "networks", path)? {
        let at = path.clone().key("networks");
        within(networks.len(), kind, path, "networks")?;
        if networks.is_empty() {
            return refuse(&at, "is empty");
        }
        let prefixes = networks.iter().map(|text| prefix(text, &at));
        let prefixes = prefixes.collect::<Read<Vec<_>>>()?;
        unique(&networks, &at)?;
        if kind == Kind::Cluster && prefixes.iter().any(|it| it.has_host_bits()) {
            return refuse(&at, "has bits set behind the length of a prefix");
        }
        return Ok(Some(Peer::Networks(AddressSet::of_prefixes(prefixes))));
    }
    pods(node, path, kind)
}

/// A port of v1alpha1.
fn ports_v1alpha1(node: Node<'_>, path: &Path) -> Read<PortMatch> {
    let protocol =
        |node, path: &Path| match Protocol::of(text(node, "protocol", path)?.unwrap_or("TCP")) {
            Some(protocol) => Ok(protocol),
            None => unclear(&path.clone().key("protocol"), "is none of TCP, UDP and SCTP"),
        };
    let numbered = map(node, "portNumber", path)?;
    let ranged = map(node, "portRange", path)?;
    let named = text(node, "namedPort", path)?;
    let set = [numbered.is_some(), ranged.is_some(), named.is_some()];
    if set.iter().filter(|it| **it).count() != 1 {
        return refuse(path, "is not exactly one of `portNumber`, `portRange` and `namedPort`");
    }
    if let Some(name) = named {
        return Ok(PortMatch::Named(None, name.to_owned()));
    }
    if let Some((node, path)) = numbered {
        let at = path.clone().key("port");
        let number = port(number(node, "port", &path)?.unwrap_or(0), &at)?;
        return Ok(PortMatch::Ports(PortSet::one(protocol(node, &path)?, number)));
    }
    let Some((node, path)) = ranged else { return refuse(path, "is no port") };
    // That it starts before it ends is written there, and not asked for.
    match range(protocol(node, &path)?, node, &path)? {
        Some(ports) => Ok(PortMatch::Ports(ports)),
        None => unclear(&path, UNORDERED),
    }
}

const UNORDERED: &str = "does not start before it ends";

/// A range of ports; none where it does not start before it ends.
fn range(protocol: Protocol, node: Node<'_>, path: &Path) -> Read<Option<PortSet>> {
    let end = |key| port(number(node, key, path)?.unwrap_or(0), &path.clone().key(key));
    let (first, last) = (end("start")?, end("end")?);
    Ok((first < last).then(|| PortSet::new([(protocol, first, last)])))
}

/// A protocol of v1alpha2.
fn protocol(node: Node<'_>, path: &Path) -> Read<PortMatch> {
    if node.entries().filter(|(_, it)| !matches!(it.value(), model::Value::Null)).count() != 1 {
        return refuse(path, "is not exactly one protocol");
    }
    if let Some(name) = text(node, "destinationNamedPort", path)? {
        return Ok(PortMatch::Named(None, name.to_owned()));
    }
    for (key, protocol) in
        [("tcp", Protocol::Tcp), ("udp", Protocol::Udp), ("sctp", Protocol::Sctp)]
    {
        let Some((node, path)) = map(node, key, path)? else { continue };
        let Some((node, path)) = map(node, "destinationPort", &path)? else {
            return refuse(&path, "names no port");
        };
        let one = number(node, "number", &path)?;
        let ports = match (one, map(node, "range", &path)?) {
            (Some(number), None) => PortSet::one(protocol, port(number, &path.key("number"))?),
            (None, Some((node, path))) => match range(protocol, node, &path)? {
                Some(ports) => ports,
                None => return refuse(&path, UNORDERED),
            },
            _ => return refuse(&path, "is not exactly one of `number` and `range`"),
        };
        return Ok(PortMatch::Ports(ports));
    }
    refuse(path, "is no protocol that is known")
}
