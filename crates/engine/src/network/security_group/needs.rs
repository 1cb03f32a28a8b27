//! What a managed cluster needs of the groups around its nodes.

use super::{Access, Direction, SecurityGroup, opening};
use crate::network::address::{AddressSet, parse_address};
use crate::network::ports::{PortSet, Protocol};

/// Something that AKS needs and that groups do not certainly let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What it is, in a few words.
    pub what: &'static str,
    /// Which way it goes.
    pub direction: Direction,
    /// The ports that are closed.
    pub closed: PortSet,
    /// The ports of which it is not known.
    pub unknown: PortSet,
    /// The rule of a person that closes it, by group and name, if it is one.
    pub rule: Option<(String, String)>,
}

/// What stands in the way of a cluster whose nodes have these addresses, and whose control plane
/// answers at others (its public or private address; the internet where that is not known).
///
/// Source: "Outbound network and FQDN rules for AKS clusters" (443/TCP, 9000/TCP and 1194/UDP to
/// the control plane, 123/UDP, 53/UDP and 53/TCP) and "Network concepts for AKS" (probes of load
/// balancers, traffic between nodes and pods) in Azure's documentation.
pub fn managed_needs(
    groups: &[&SecurityGroup],
    nodes: &AddressSet,
    control_plane: Option<&AddressSet>,
) -> Vec<Need> {
    use Direction::{Inbound, Outbound};
    let internet = AddressSet::internet();
    let platform = parse_address("168.63.129.16").map(AddressSet::one).unwrap_or_default();
    let control_plane = control_plane.unwrap_or(&internet);
    let tcp = |port| PortSet::one(Protocol::Tcp, port);
    let udp = |port| PortSet::one(Protocol::Udp, port);
    let node_ports = PortSet::new([(Protocol::Tcp, 30_000, 32_767)]);
    let everything = PortSet::all_of(Protocol::Tcp).union(&PortSet::all_of(Protocol::Udp));
    let table = [
        ("health probes of load balancers", Inbound, &platform, nodes, node_ports),
        ("nodes and pods to each other", Inbound, nodes, nodes, everything),
        ("nodes to the API server", Outbound, nodes, control_plane, tcp(443)),
        ("the tunnel to the control plane", Outbound, nodes, control_plane, tcp(9_000)),
        ("the tunnel to the control plane, by UDP", Outbound, nodes, control_plane, udp(1_194)),
        ("images and updates", Outbound, nodes, &internet, tcp(443)),
        ("the time", Outbound, nodes, &internet, udp(123)),
        ("names of hosts", Outbound, nodes, &platform, udp(53).union(&tcp(53))),
    ];
    let mut needs = Vec::new();
    for (what, direction, source, destination, ports) in table {
        let open = opening(groups, direction, source, destination);
        let (closed, unknown) = match open {
            None => (PortSet::empty(), ports),
            Some(open) => (
                ports.difference(&open.possible),
                ports.intersection(&open.possible).difference(&open.somewhere),
            ),
        };
        if closed.is_empty() && unknown.is_empty() {
            continue;
        }
        let rule = culprit(groups, direction, (source, destination), &closed);
        needs.push(Need { what, direction, closed, unknown, rule });
    }
    needs
}

/// The first rule of a person that denies one of the ports.
fn culprit(
    groups: &[&SecurityGroup],
    direction: Direction,
    (source, destination): (&AddressSet, &AddressSet),
    closed: &PortSet,
) -> Option<(String, String)> {
    groups.iter().find_map(|group| {
        let rule = group.rules.iter().find(|rule| {
            rule.direction == direction
                && rule.access == Access::Deny
                && !rule.is_default
                && !rule.ports().intersection(closed).is_empty()
                && !rule.source.possible.intersection(source).is_empty()
                && !rule.destination.possible.intersection(destination).is_empty()
        })?;
        Some((group.name.clone(), rule.name.clone()))
    })
}

/// Rules that people wrote into the group that the platform keeps for a cluster's nodes, in the
/// resource group `MC_…`: the platform may take them away at any time, and they may cut what it
/// needs. Rules that the cloud provider writes for Services are none of them.
///
/// Source: "Frequently asked questions about AKS" (changes in the node resource group);
/// `getSecurityRuleName` of `kubernetes-sigs/cloud-provider-azure`.
pub fn edits_of_managed(group: &SecurityGroup) -> impl Iterator<Item = &super::Rule> {
    let is_managed = group.resource_group.to_ascii_uppercase().starts_with("MC_");
    let is_of_platform = |name: &str| {
        let is_of_service = name.starts_with('a')
            && name.len() > 32
            && name[1..].bytes().take(31).all(|byte| byte.is_ascii_hexdigit());
        is_of_service || name.starts_with("k8s-azure-lb_")
    };
    group
        .rules
        .iter()
        .filter(move |rule| is_managed && !rule.is_default && !is_of_platform(&rule.name))
}
