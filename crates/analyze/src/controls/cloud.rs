//! Managed clusters as their cloud describes them: who reaches the API server, who logs in, what
//! the nodes run.
//!
//! Whether audit logs are kept (diagnostic settings) and whether Defender's plans are on stand in
//! other resources: an export of the cluster cannot show that they are missing.

use model::cloud::{Fact, ManagedCluster};

use crate::Control;

mod api_server_open_to_all_addresses;
mod api_server_public_address;
mod cluster_without_rbac;
mod directory_not_integrated;
mod local_accounts_usable;
mod network_policy_engine_missing;
mod node_image_outdated;
mod node_images_not_renewed;
mod node_public_address;
mod rights_outside_the_directory;
mod run_command_usable;
mod secrets_under_platform_key;
mod service_principal_used;
mod workload_identity_off;

pub(super) const CONTROLS: &[&Control] = &[
    &api_server_open_to_all_addresses::CONTROL,
    &api_server_public_address::CONTROL,
    &directory_not_integrated::CONTROL,
    &local_accounts_usable::CONTROL,
    &rights_outside_the_directory::CONTROL,
    &cluster_without_rbac::CONTROL,
    &workload_identity_off::CONTROL,
    &network_policy_engine_missing::CONTROL,
    &node_image_outdated::CONTROL,
    &node_images_not_renewed::CONTROL,
    &node_public_address::CONTROL,
    &secrets_under_platform_key::CONTROL,
    &service_principal_used::CONTROL,
    &run_command_usable::CONTROL,
];

/// Whether the API server has a public address, as far as is known.
fn is_public(cluster: &ManagedCluster<'_>) -> bool {
    let is_private = cluster.switch("apiServerAccessProfile.enablePrivateCluster");
    let is_closed = match cluster.text("publicNetworkAccess") {
        Fact::Known(access) => access.eq_ignore_ascii_case("Disabled"),
        Fact::Unset => false,
        Fact::Unknown => true,
    };
    matches!(is_private, Fact::Known(false) | Fact::Unset) && !is_closed
}

/// The ranges of addresses that may reach the API server.
fn ranges<'a>(cluster: &ManagedCluster<'a>) -> Fact<Vec<&'a str>> {
    cluster.texts("apiServerAccessProfile.authorizedIPRanges")
}
