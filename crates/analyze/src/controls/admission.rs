//! Admission: whether what checks objects checks them, and cannot be walked around.

use crate::Control;

mod api_service_unverified;
mod deployment_project_unbounded;
mod image_policy_fails_open;
mod pod_security_exemption;
mod policy;
mod policy_binding_without_policy;
mod policy_exception_everywhere;
mod policy_fails_open;
mod policy_only_audits;
mod policy_without_binding;
mod webhook;
mod webhook_exemption_by_own_label;
mod webhook_fails_open;
mod webhook_locks_cluster_out;
mod webhook_outside_the_cluster;
mod webhook_timeout_long;

pub(super) const CONTROLS: &[&Control] = &[
    &webhook_fails_open::CONTROL,
    &webhook_exemption_by_own_label::CONTROL,
    &webhook_locks_cluster_out::CONTROL,
    &webhook_timeout_long::CONTROL,
    &webhook_outside_the_cluster::CONTROL,
    &policy_only_audits::CONTROL,
    &policy_fails_open::CONTROL,
    &policy_binding_without_policy::CONTROL,
    &policy_without_binding::CONTROL,
    &policy_exception_everywhere::CONTROL,
    &api_service_unverified::CONTROL,
    &pod_security_exemption::CONTROL,
    &image_policy_fails_open::CONTROL,
    &deployment_project_unbounded::CONTROL,
];
