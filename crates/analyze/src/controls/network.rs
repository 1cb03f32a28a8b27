//! Network policies that do less, or more, than they seem to. What a policy does among the pods of
//! its world is the network engine's answer, asked once a world: [`World`].

use std::net::IpAddr;

use model::Node;

use crate::{Control, Kinds};

mod admin_network_policy_priority_shared;
mod cilium_policy_allows_everybody;
mod left_out_of_mesh;
mod mesh_connection_unverified;
mod mesh_policy_allows_everybody;
mod mesh_takes_plaintext;
mod metadata_service_reachable;
mod network_policy_allows_all_egress;
mod network_policy_allows_all_ingress;
mod network_policy_isolates_unsaid;
mod network_policy_on_host_network;
mod network_policy_peer_matches_nothing;
mod network_policy_port_name_unknown;
mod network_policy_refused;
mod network_policy_selects_nothing;
mod network_policy_type_missing;
mod network_policy_without_dns;
mod world;

pub(crate) use world::World;

pub(super) const CONTROLS: &[&Control] = &[
    &network_policy_type_missing::CONTROL,
    &network_policy_allows_all_ingress::CONTROL,
    &network_policy_allows_all_egress::CONTROL,
    &metadata_service_reachable::CONTROL,
    &mesh_takes_plaintext::CONTROL,
    &mesh_connection_unverified::CONTROL,
    &mesh_policy_allows_everybody::CONTROL,
    &cilium_policy_allows_everybody::CONTROL,
    &left_out_of_mesh::CONTROL,
    &network_policy_selects_nothing::CONTROL,
    &network_policy_peer_matches_nothing::CONTROL,
    &network_policy_port_name_unknown::CONTROL,
    &network_policy_isolates_unsaid::CONTROL,
    &network_policy_on_host_network::CONTROL,
    &network_policy_without_dns::CONTROL,
    &network_policy_refused::CONTROL,
    &admin_network_policy_priority_shared::CONTROL,
];

/// Policies of the cluster's administrators, by group and kind.
const ADMIN_POLICY: (&str, &str) = ("policy.networking.k8s.io", "AdminNetworkPolicy");

/// The kind these controls look at.
const NETWORK_POLICY: Kinds = Kinds::Of(&[("networking.k8s.io", "NetworkPolicy")]);

/// Whether rules of this type are applied: where none is named, those that are there. (What is
/// written and not applied is told by a control of its own.)
fn applies(spec: Node<'_>, name: &str) -> bool {
    let mut types = spec.list("policyTypes").filter_map(Node::as_str).peekable();
    types.peek().is_none() || types.any(|written| written == name)
}

/// Whether a policy is for every pod of its namespace.
fn selects_all(spec: Node<'_>) -> bool {
    spec.get("podSelector").is_none_or(is_empty_selector)
}

/// Whether a selector asks for nothing.
fn is_empty_selector(selector: Node<'_>) -> bool {
    let labels = selector.get("matchLabels").into_iter().flat_map(Node::entries).next();
    labels.is_none() && selector.list("matchExpressions").next().is_none()
}

/// Whether a rule names no peer, so that all are meant.
fn names_nobody(rule: Node<'_>, field: &str) -> bool {
    rule.is_map() && rule.list(field).next().is_none()
}

/// Whether a peer is every pod of every namespace.
fn reaches_all_pods(peer: Node<'_>) -> bool {
    peer.get("namespaceSelector").is_some_and(is_empty_selector)
        && peer.get("podSelector").is_none_or(is_empty_selector)
}

/// Whether a range of IPv4 addresses holds an address.
fn holds(range: &str, address: &str) -> bool {
    let Some((base, length)) = range.split_once('/') else { return range == address };
    let (Ok(IpAddr::V4(base)), Ok(IpAddr::V4(address)), Ok(length)) =
        (base.parse(), address.parse(), length.parse::<u32>())
    else {
        return false;
    };
    let Some(host_bits) = 32_u32.checked_sub(length) else { return false };
    let mask = u32::MAX.checked_shl(host_bits).unwrap_or(0);
    base.to_bits() & mask == address.to_bits() & mask
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn ranges_hold_their_addresses() {
        for (range, is_in) in [
            ("0.0.0.0/0", true),
            ("169.254.0.0/16", true),
            ("169.254.169.254/32", true),
            ("169.254.169.254", true),
            ("128.0.0.0/1", true),
            ("169.254.169.255/32", false),
            ("10.0.0.0/8", false),
            ("::/0", false),
            ("0.0.0.0/33", false),
            ("a/b", false),
        ] {
            assert_eq!(holds(range, "169.254.169.254"), is_in, "{range}");
        }
    }
}
