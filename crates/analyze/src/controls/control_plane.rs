//! The control plane and the kubelets themselves: flags, configuration files, audit policies.

use crate::Control;

mod admission_plugin_switched_off;
mod api_server_authorization_incomplete;
mod api_server_authorizes_everything;
mod api_server_insecure_port;
mod api_server_static_passwords;
mod api_server_takes_anonymous_requests;
mod audit;
mod audit_log_missing;
mod audit_log_short_lived;
mod audit_policy_records_nothing;
mod audit_policy_records_secrets;
mod component_listens_everywhere;
mod controllers_share_one_account;
mod encryption_provider_missing;
mod etcd_connection_unencrypted;
mod etcd_self_signed;
mod etcd_takes_any_client;
mod etcd_takes_any_peer;
mod kubelet_authorizes_everything;
mod kubelet_certificates_not_rotated;
mod kubelet_connection_unchecked;
mod kubelet_protection_switched_off;
mod kubelet_read_only_port;
mod kubelet_seccomp_default_off;
mod kubelet_takes_anonymous_requests;
mod node_restriction_missing;
mod profiling_enabled;
mod proxy_metrics_open;
mod service_account_lookup_off;
mod weak_tls;

pub(super) const CONTROLS: &[&Control] = &[
    &api_server_takes_anonymous_requests::CONTROL,
    &api_server_authorizes_everything::CONTROL,
    &api_server_authorization_incomplete::CONTROL,
    &api_server_static_passwords::CONTROL,
    &api_server_insecure_port::CONTROL,
    &admission_plugin_switched_off::CONTROL,
    &node_restriction_missing::CONTROL,
    &audit_log_missing::CONTROL,
    &audit_log_short_lived::CONTROL,
    &encryption_provider_missing::CONTROL,
    &service_account_lookup_off::CONTROL,
    &etcd_connection_unencrypted::CONTROL,
    &kubelet_connection_unchecked::CONTROL,
    &profiling_enabled::CONTROL,
    &component_listens_everywhere::CONTROL,
    &controllers_share_one_account::CONTROL,
    &weak_tls::CONTROL,
    &etcd_takes_any_client::CONTROL,
    &etcd_takes_any_peer::CONTROL,
    &etcd_self_signed::CONTROL,
    &kubelet_takes_anonymous_requests::CONTROL,
    &kubelet_authorizes_everything::CONTROL,
    &kubelet_read_only_port::CONTROL,
    &kubelet_seccomp_default_off::CONTROL,
    &kubelet_certificates_not_rotated::CONTROL,
    &kubelet_protection_switched_off::CONTROL,
    &audit_policy_records_nothing::CONTROL,
    &audit_policy_records_secrets::CONTROL,
    &proxy_metrics_open::CONTROL,
];
