//! Network policies that do less, or more, than they seem to, and what they leave open. What they
//! do among the pods of their world is the network engine's answer, asked once a world: [`World`].

use model::Node;

use crate::{Control, Kinds};

mod admin_network_policy_deprecated;
mod admin_network_policy_priority_shared;
mod cilium_policy_allows_everybody;
mod database_reachable_from_everywhere;
mod left_out_of_mesh;
mod mesh_connection_unverified;
mod mesh_policy_allows_everybody;
mod mesh_takes_plaintext;
mod metadata_service_reachable;
mod namespaces_not_separated;
mod network_policy_allows_all_egress;
mod network_policy_allows_all_ingress;
mod network_policy_duplicate;
mod network_policy_ip_block_covers_pods;
mod network_policy_isolates_unsaid;
mod network_policy_namespace_label_forgeable;
mod network_policy_on_host_network;
mod network_policy_one_ip_family;
mod network_policy_peer_matches_nothing;
mod network_policy_port_name_unknown;
mod network_policy_redundant;
mod network_policy_refused;
mod network_policy_selects_nothing;
mod network_policy_type_missing;
mod network_policy_without_dns;
mod route_backend_unresolved;
mod route_not_attached;
mod service_selects_nothing;
mod service_target_port_unknown;
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
    &service_selects_nothing::CONTROL,
    &service_target_port_unknown::CONTROL,
    &route_backend_unresolved::CONTROL,
    &route_not_attached::CONTROL,
    &network_policy_redundant::CONTROL,
    &network_policy_duplicate::CONTROL,
    &network_policy_one_ip_family::CONTROL,
    &network_policy_ip_block_covers_pods::CONTROL,
    &network_policy_namespace_label_forgeable::CONTROL,
    &admin_network_policy_deprecated::CONTROL,
    &database_reachable_from_everywhere::CONTROL,
    &namespaces_not_separated::CONTROL,
];

/// Policies of the cluster's administrators, by group and kind.
const ADMIN_POLICY: (&str, &str) = ("policy.networking.k8s.io", "AdminNetworkPolicy");

/// The same for what they leave to namespaces.
const BASELINE_POLICY: (&str, &str) = ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy");

/// Every kind of policy of Kubernetes' own.
const NETWORK_POLICY_KINDS: Kinds = Kinds::Of(&[
    ("networking.k8s.io", "NetworkPolicy"),
    ADMIN_POLICY,
    BASELINE_POLICY,
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"),
]);

/// Ingresses, and the routes of the Gateway API that name Services.
const ROUTES: Kinds = Kinds::Of(&[
    ("networking.k8s.io", "Ingress"),
    ("gateway.networking.k8s.io", "GRPCRoute"),
    ("gateway.networking.k8s.io", "HTTPRoute"),
    ("gateway.networking.k8s.io", "TCPRoute"),
    ("gateway.networking.k8s.io", "TLSRoute"),
    ("gateway.networking.k8s.io", "UDPRoute"),
]);

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
