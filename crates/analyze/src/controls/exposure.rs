//! Exposure: what can be reached from outside the cluster, and how well it is guarded there.

use crate::Control;

mod dashboard_exposed;
mod external_ips;
mod external_name_to_inside;
mod gateway;
mod gateway_allows_all_namespaces;
mod gateway_wildcard_listener;
mod gateway_without_tls;
mod ingress;
mod ingress_protection_switched_off;
mod ingress_snippet_annotation;
mod ingress_wildcard_host;
mod ingress_without_host;
mod ingress_without_tls;
mod load_balancer_open_to_the_internet;
mod load_balancer_range_everywhere;
mod node_port_service;
mod sensitive_port_exposed;
mod service;
mod service_without_selector;

pub(super) const CONTROLS: &[&Control] = &[
    &load_balancer_open_to_the_internet::CONTROL,
    &load_balancer_range_everywhere::CONTROL,
    &node_port_service::CONTROL,
    &sensitive_port_exposed::CONTROL,
    &dashboard_exposed::CONTROL,
    &external_ips::CONTROL,
    &external_name_to_inside::CONTROL,
    &service_without_selector::CONTROL,
    &ingress_without_tls::CONTROL,
    &ingress_wildcard_host::CONTROL,
    &ingress_without_host::CONTROL,
    &ingress_snippet_annotation::CONTROL,
    &ingress_protection_switched_off::CONTROL,
    &gateway_without_tls::CONTROL,
    &gateway_allows_all_namespaces::CONTROL,
    &gateway_wildcard_listener::CONTROL,
];

/// Whether a range of addresses holds every address, or half of them (two halves are how a check
/// for `/0` is met without meaning it).
fn is_everywhere(range: &str) -> bool {
    let Some((address, length)) = range.trim().split_once('/') else { return false };
    let is_address = address.parse::<std::net::IpAddr>().is_ok();
    is_address && length.parse::<u8>().is_ok_and(|length| length <= 1)
}
