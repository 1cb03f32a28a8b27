//! Who may do what: roles, bindings and service accounts.
#![expect(clippy::similar_names, reason = "roles have rules: both words are Kubernetes' own")]

use crate::Control;

mod account_lists_secrets;
mod account_of_other_namespace;
mod admission_policies_changed;
mod aggregated_into_default_role;
mod api_services_changed;
mod binding_without_subjects;
mod bindings_written;
mod bound_to_single_user;
mod certificates_approved;
mod certificates_signed;
mod cluster_admin_bound_to_service_account;
mod cluster_admin_bound_to_user;
mod collections_deleted;
mod custom_resource_definitions_changed;
mod duplicate_role;
mod endpoints_changed;
mod ephemeral_containers_added;
mod events_deleted;
mod exec_into_pods;
mod granted;
mod identities_impersonated;
mod masters_bound;
mod names_on_create;
mod namespaces_changed;
mod network_policies_changed;
mod node_proxy;
mod nodes_changed;
mod persistent_volumes_created;
mod pods_and_services_proxied;
mod pods_created;
mod power;
mod rights_for_anonymous;
mod rights_for_default_account;
mod rights_for_everyone;
mod role_grants_everything;
mod role_reference_dangling;
mod role_unbound;
mod roles_bound;
mod roles_escalated;
mod rule_matches_nothing;
mod secrets_readable_everywhere;
mod secrets_readable_in_namespace;
mod service_account_tokens_issued;
mod service_status_changed;
mod subject;
mod system_config_maps_changed;
#[cfg(test)]
mod tests;
mod webhooks_changed;
mod wildcard_resources;
mod wildcard_verbs;
mod workloads_created;
mod world;

pub(crate) use granted::Granted;
pub(crate) use world::{Bound, World};

pub(super) const CONTROLS: &[&Control] = &[
    &role_grants_everything::CONTROL,
    &wildcard_resources::CONTROL,
    &wildcard_verbs::CONTROL,
    &cluster_admin_bound_to_service_account::CONTROL,
    &cluster_admin_bound_to_user::CONTROL,
    &rights_for_everyone::CONTROL,
    &rights_for_anonymous::CONTROL,
    &masters_bound::CONTROL,
    &rights_for_default_account::CONTROL,
    &secrets_readable_everywhere::CONTROL,
    &secrets_readable_in_namespace::CONTROL,
    &pods_created::CONTROL,
    &workloads_created::CONTROL,
    &exec_into_pods::CONTROL,
    &ephemeral_containers_added::CONTROL,
    &pods_and_services_proxied::CONTROL,
    &node_proxy::CONTROL,
    &nodes_changed::CONTROL,
    &roles_escalated::CONTROL,
    &roles_bound::CONTROL,
    &identities_impersonated::CONTROL,
    &service_account_tokens_issued::CONTROL,
    &certificates_approved::CONTROL,
    &certificates_signed::CONTROL,
    &webhooks_changed::CONTROL,
    &admission_policies_changed::CONTROL,
    &custom_resource_definitions_changed::CONTROL,
    &api_services_changed::CONTROL,
    &namespaces_changed::CONTROL,
    &network_policies_changed::CONTROL,
    &persistent_volumes_created::CONTROL,
    &system_config_maps_changed::CONTROL,
    &events_deleted::CONTROL,
    &endpoints_changed::CONTROL,
    &service_status_changed::CONTROL,
    &collections_deleted::CONTROL,
    &bindings_written::CONTROL,
    &aggregated_into_default_role::CONTROL,
    &rule_matches_nothing::CONTROL,
    &names_on_create::CONTROL,
    &role_reference_dangling::CONTROL,
    &binding_without_subjects::CONTROL,
    &role_unbound::CONTROL,
    &duplicate_role::CONTROL,
    &bound_to_single_user::CONTROL,
    &account_of_other_namespace::CONTROL,
    &account_lists_secrets::CONTROL,
];
