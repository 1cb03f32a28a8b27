//! NetworkPolicies (networking.k8s.io/v1) out of objects, refused as the API server refuses them.

use model::{Node, Object, ObjectId, Path, Value};

use super::address::{AddressSet, Prefix};
use super::fields::{Read, map, maps, number, port, port_name, prefix, refuse};
use super::fields::{selector, text, texts};
use super::policy::{Action, Namespaces, Peer, PodPeer, Policy, PortMatch, Rule, Selector, Tier};
use super::ports::{PortSet, Protocol};

/// Source: `ValidateNetworkPolicySpec` in `pkg/apis/networking/validation/validation.go`,
/// defaults in `pkg/apis/networking/v1/defaults.go`, of `k8s.io/kubernetes`.
pub(super) fn network_policy(object: &Object<'_>, id: ObjectId, namespace: &str) -> Read<Policy> {
    let top = Path::root();
    let empty = (Selector::default(), None, None);
    let (pods, ingress, egress) = match map(object.root, "spec", &top)? {
        None => empty,
        Some((spec, path)) => {
            let pods = match map(spec, "podSelector", &path)? {
                Some((node, path)) => selector(node, &path)?,
                None => Selector::default(),
            };
            let ingress = rules(spec, &path, ("ingress", "from"), namespace)?;
            let egress = rules(spec, &path, ("egress", "to"), namespace)?;
            (pods, ingress, egress)
        }
    };
    let types = types(object.root, egress.as_ref().is_some_and(|rules| !rules.is_empty()))?;
    Ok(Policy {
        id,
        tier: Tier::Namespace,
        namespace: Some(namespace.to_owned()),
        subject: PodPeer { namespaces: Namespaces::Named(namespace.to_owned()), pods },
        ingress: types.0.then(|| ingress.unwrap_or_default()),
        egress: types.1.then(|| egress.unwrap_or_default()),
        is_certain: true,
    })
}

/// Which directions it isolates: ingress always, egress where it has such rules, unless it says.
fn types(root: Node<'_>, has_egress: bool) -> Read<(bool, bool)> {
    let Some((spec, path)) = map(root, "spec", &Path::root())? else { return Ok((true, false)) };
    let types = texts(spec, "policyTypes", &path)?.unwrap_or_default();
    if types.is_empty() {
        return Ok((true, has_egress));
    }
    let path = path.key("policyTypes");
    if types.len() > 2 {
        return refuse(&path, "has more than two types");
    }
    if types.iter().any(|it| !matches!(*it, "Ingress" | "Egress")) {
        return refuse(&path, "has a type that is neither `Ingress` nor `Egress`");
    }
    Ok((types.contains(&"Ingress"), types.contains(&"Egress")))
}

fn rules(
    spec: Node<'_>,
    path: &Path,
    (key, peers): (&str, &str),
    namespace: &str,
) -> Read<Option<Vec<Rule>>> {
    let Some(items) = maps(spec, key, path)? else { return Ok(None) };
    let mut found = Vec::new();
    for (index, (rule, path)) in (0..).zip(items) {
        let ports = maps(rule, "ports", &path)?.unwrap_or_default();
        let ports = ports.iter().map(|(node, path)| self::ports(*node, path));
        let ports = ports.collect::<Read<Vec<_>>>()?;
        let peers = maps(rule, peers, &path)?.unwrap_or_default();
        let peers = peers.iter().map(|(node, path)| peer(*node, path, namespace));
        let peers = peers.collect::<Read<Vec<_>>>()?;
        found.push(Rule {
            index,
            action: Action::Accept,
            peers: (!peers.is_empty()).then(|| (0..).zip(peers).collect()),
            ports: (!ports.is_empty()).then_some(ports),
        });
    }
    Ok(Some(found))
}

/// Source: `ValidateNetworkPolicyPort`.
fn ports(node: Node<'_>, path: &Path) -> Read<PortMatch> {
    let protocol = text(node, "protocol", path)?.unwrap_or("TCP");
    let Some(protocol) = Protocol::of(protocol) else {
        return refuse(&path.clone().key("protocol"), "is none of TCP, UDP and SCTP");
    };
    let end = number(node, "endPort", path)?;
    let at = path.clone().key("port");
    let Some(found) = node.get("port") else {
        if end.is_some() {
            return refuse(&path.clone().key("endPort"), "stands without `port`");
        }
        return Ok(PortMatch::Ports(PortSet::all_of(protocol)));
    };
    if let Value::String(name) = found.value() {
        if end.is_some() {
            return refuse(&path.clone().key("endPort"), "stands beside a name");
        }
        return Ok(PortMatch::Named(Some(protocol), port_name(name, &at)?));
    }
    let Some(first) = number(node, "port", path)? else { return refuse(&at, "is no port") };
    let first = port(first, &at)?;
    let end_at = path.clone().key("endPort");
    let last = end.map_or(Ok(first), |end| port(end, &end_at))?;
    if last < first {
        return refuse(&end_at, "is less than `port`");
    }
    Ok(PortMatch::Ports(PortSet::new([(protocol, first, last)])))
}

/// Source: `ValidateNetworkPolicyPeer`.
fn peer(node: Node<'_>, path: &Path, namespace: &str) -> Read<Peer> {
    let pods = map(node, "podSelector", path)?;
    let namespaces = map(node, "namespaceSelector", path)?;
    if let Some((block, path)) = map(node, "ipBlock", path)? {
        if pods.is_some() || namespaces.is_some() {
            return refuse(&path, "stands beside a selector");
        }
        return Ok(Peer::Block(self::block(block, &path)?));
    }
    let namespaces = match namespaces {
        Some((node, path)) => Namespaces::Labelled(selector(node, &path)?),
        None if pods.is_some() => Namespaces::Named(namespace.to_owned()),
        None => return refuse(path, "names no peer"),
    };
    let pods = match pods {
        Some((node, path)) => selector(node, &path)?,
        None => Selector::default(),
    };
    Ok(Peer::Pods(PodPeer { namespaces, pods }))
}

/// Source: `ValidateIPBlock`.
/// Refuses bits behind the length of a prefix, as the API server does since Kubernetes 1.36
/// (`IsValidCIDR` in `k8s.io/apimachinery/pkg/util/validation/ip.go`). All plugins take such a
/// prefix for the whole block.
pub(super) fn refuse_host_bits(object: &Object<'_>) -> Read<()> {
    let Some(spec) = object.root.get("spec") else { return Ok(()) };
    for (list, side) in [("ingress", "from"), ("egress", "to")] {
        for (rule_at, rule) in spec.list(list).enumerate() {
            for (peer_at, peer) in rule.list(side).enumerate() {
                let Some(block) = peer.get("ipBlock") else { continue };
                let except = block.list("except").filter_map(Node::as_str);
                if let Some(text) = block
                    .str("cidr")
                    .into_iter()
                    .chain(except)
                    .find(|text| Prefix::parse(text).is_some_and(Prefix::has_host_bits))
                {
                    let path = Path::root().key("spec").key(list).index(rule_at).key(side);
                    let path = path.index(peer_at).key("ipBlock");
                    return refuse(&path, format!("has bits set behind the length of `{text}`"));
                }
            }
        }
    }
    Ok(())
}

fn block(node: Node<'_>, path: &Path) -> Read<AddressSet> {
    let at = path.clone().key("cidr");
    let outer = prefix(text(node, "cidr", path)?.unwrap_or_default(), &at)?;
    let mut except = Vec::new();
    for text in texts(node, "except", path)?.unwrap_or_default() {
        let at = path.clone().key("except");
        let inner = prefix(text, &at)?;
        if !outer.may_except(inner) {
            return refuse(&at, "is no strict subset of `cidr`");
        }
        except.push(inner);
    }
    Ok(AddressSet::prefix(outer).difference(&AddressSet::of_prefixes(except)))
}
