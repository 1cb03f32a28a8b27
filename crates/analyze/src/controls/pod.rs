//! Workload hardening: what a pod asks of its node.

use crate::Control;

mod apparmor_by_annotation;
mod apparmor_unconfined;
mod capabilities_not_dropped;
mod cloud_identity_by_label;
mod container_runtime_socket_mounted;
mod dangerous_capability_added;
mod debug_shell;
mod duplicate_environment_variable;
mod flex_volume;
mod git_repo_volume;
mod host_alias;
mod host_ipc;
mod host_network;
mod host_path;
mod host_path_mounted;
mod host_pid;
mod host_port;
mod login_switched_off;
mod long_lived_projected_token;
mod memory_volume_unbounded;
mod mount_propagation_bidirectional;
mod node_name_pinned;
mod persistent_volume_on_host;
mod placement;
mod privilege_escalation_allowed;
mod privileged_container;
mod probe_of_other_host;
mod program_not_listed;
mod remote_script_at_start;
mod root_group;
mod root_not_excluded;
mod runs_as_root;
mod runs_on_control_plane;
mod seccomp;
mod seccomp_by_annotation;
mod seccomp_not_set;
mod seccomp_unconfined;
mod selinux_custom_options;
mod sensitive_host_path_mounted;
mod service_account_token_mounted;
mod shared_process_namespace;
mod ssh_server;
mod system_priority;
mod tiller;
mod tolerates_every_taint;
mod unmasked_proc_mount;
mod unsafe_sysctl;
mod windows_host_process;
mod writable;
mod writable_path_not_listed;
mod writable_root_filesystem;
mod writable_volume_over_programs;

pub(super) const CONTROLS: &[&Control] = &[
    &privileged_container::CONTROL,
    &privilege_escalation_allowed::CONTROL,
    &dangerous_capability_added::CONTROL,
    &capabilities_not_dropped::CONTROL,
    &runs_as_root::CONTROL,
    &root_not_excluded::CONTROL,
    &root_group::CONTROL,
    &writable_root_filesystem::CONTROL,
    &writable_volume_over_programs::CONTROL,
    &writable_path_not_listed::CONTROL,
    &program_not_listed::CONTROL,
    &host_network::CONTROL,
    &host_pid::CONTROL,
    &host_ipc::CONTROL,
    &shared_process_namespace::CONTROL,
    &host_port::CONTROL,
    &container_runtime_socket_mounted::CONTROL,
    &sensitive_host_path_mounted::CONTROL,
    &host_path_mounted::CONTROL,
    &mount_propagation_bidirectional::CONTROL,
    &seccomp_unconfined::CONTROL,
    &seccomp_not_set::CONTROL,
    &apparmor_unconfined::CONTROL,
    &selinux_custom_options::CONTROL,
    &unsafe_sysctl::CONTROL,
    &unmasked_proc_mount::CONTROL,
    &windows_host_process::CONTROL,
    &service_account_token_mounted::CONTROL,
    &host_alias::CONTROL,
    &probe_of_other_host::CONTROL,
    &git_repo_volume::CONTROL,
    &flex_volume::CONTROL,
    &persistent_volume_on_host::CONTROL,
    &remote_script_at_start::CONTROL,
    &ssh_server::CONTROL,
    &debug_shell::CONTROL,
    &apparmor_by_annotation::CONTROL,
    &node_name_pinned::CONTROL,
    &tolerates_every_taint::CONTROL,
    &runs_on_control_plane::CONTROL,
    &system_priority::CONTROL,
    &long_lived_projected_token::CONTROL,
    &memory_volume_unbounded::CONTROL,
    &seccomp_by_annotation::CONTROL,
    &cloud_identity_by_label::CONTROL,
    &tiller::CONTROL,
    &login_switched_off::CONTROL,
    &duplicate_environment_variable::CONTROL,
];
