//! AdminNetworkPolicy, BaselineAdminNetworkPolicy (v1alpha1) and ClusterNetworkPolicy (v1alpha2).
//!
//! Source: `apis/v1alpha1` and `apis/v1alpha2` of `sigs.k8s.io/network-policy-api`, the markers
//! of validation among them.

use model::{Node, Object, ObjectId, Path};

use super::address::AddressSet;
use super::fields::{Read, map, maps, number, port, prefix, refuse, selector, text, texts};
use super::policy::{Action, Namespaces, Peer, PodPeer, Policy, PortMatch, Rule, Selector, Tier};
use super::ports::{PortSet, Protocol};

const PRIORITY_MAX: i64 = 1_000;
/// Rules of one direction in v1alpha1, and peers and ports of one rule.
const ITEMS_MAX_V1ALPHA1: usize = 100;
/// The same in v1alpha2.
const ITEMS_MAX_V1ALPHA2: usize = 25;

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
        Some((node, path)) => match pods(node, &path)? {
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
        let items = items.unwrap_or_default();
        within(items.len(), kind, &path, ports_key)?;
        let ports = items.iter().map(|(node, path)| match kind {
            Kind::Cluster => protocol(*node, path),
            _ => ports_v1alpha1(*node, path),
        });
        let ports = ports.collect::<Read<Vec<_>>>()?;
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
fn pods(node: Node<'_>, path: &Path) -> Read<Option<Peer>> {
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
    let part = |key| match map(node, key, &path)? {
        Some((node, path)) => selector(node, &path),
        None => Ok(Selector::default()),
    };
    let namespaces = Namespaces::Labelled(part("namespaceSelector")?);
    Ok(Some(Peer::Pods(PodPeer { namespaces, pods: part("podSelector")? })))
}

fn peer(node: Node<'_>, path: &Path, is_egress: bool, kind: Kind) -> Read<Option<Peer>> {
    const EGRESS: [&str; 5] = ["namespaces", "pods", "nodes", "networks", "domainNames"];
    let kinds: &[&str] = if is_egress { &EGRESS } else { &EGRESS[..2] };
    let set = kinds.iter().filter(|key| node.get(key).is_some()).count();
    if set > 1 {
        return refuse(path, "has more than one kind of peer");
    }
    if set == 0 {
        let is_empty = node.entries().next().is_none();
        if is_empty || kind != Kind::Cluster {
            return refuse(path, "names no peer");
        }
        return Ok(None);
    }
    if let Some((nodes, at)) = map(node, "nodes", path)? {
        return Ok(Some(Peer::Nodes(selector(nodes, &at)?)));
    }
    if texts(node, "domainNames", path)?.is_some() {
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
        return Ok(Some(Peer::Networks(AddressSet::of_prefixes(prefixes))));
    }
    pods(node, path)
}

/// A port of v1alpha1.
fn ports_v1alpha1(node: Node<'_>, path: &Path) -> Read<PortMatch> {
    let protocol =
        |node, path: &Path| match Protocol::of(text(node, "protocol", path)?.unwrap_or("TCP")) {
            Some(protocol) => Ok(protocol),
            None => refuse(&path.clone().key("protocol"), "is none of TCP, UDP and SCTP"),
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
    Ok(PortMatch::Ports(range(protocol(node, &path)?, node, &path)?))
}

fn range(protocol: Protocol, node: Node<'_>, path: &Path) -> Read<PortSet> {
    let end = |key| port(number(node, key, path)?.unwrap_or(0), &path.clone().key(key));
    let (first, last) = (end("start")?, end("end")?);
    if first >= last {
        return refuse(path, "does not start before it ends");
    }
    Ok(PortSet::new([(protocol, first, last)]))
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
            return Ok(PortMatch::Ports(PortSet::all_of(protocol)));
        };
        let one = number(node, "number", &path)?;
        let ports = match (one, map(node, "range", &path)?) {
            (Some(number), None) => PortSet::one(protocol, port(number, &path.key("number"))?),
            (None, Some((node, path))) => range(protocol, node, &path)?,
            _ => return refuse(&path, "is not exactly one of `number` and `range`"),
        };
        return Ok(PortMatch::Ports(ports));
    }
    refuse(path, "is no protocol that is known")
}
