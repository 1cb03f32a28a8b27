//! `/proc` without its masks, in a user namespace too.
//!
//! Restricted field: `securityContext.procMount` of all containers. Allowed: unset, `Default`.
//! Since 1.35, when the baseline check began to make an exception.
//!
//! Source: `policy/check_procMount_restricted.go`.

use crate::pod_security::checks::proc_mount;
use crate::pod_security::{Check, Level};

pub(super) const CHECK: Check = Check {
    id: "procMount_restricted",
    level: Level::Restricted,
    overrides: &["procMount"],
    versions: &[(35, proc_mount::v1_0)],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn a_user_namespace_makes_no_exception() {
        check(
            &CHECK,
            35,
            "spec: {hostUsers: false, containers: [
                {name: a, securityContext: {procMount: Unmasked}}]}",
            &[
                "procMount: container 'a' must not set securityContext.procMount to 'Unmasked'",
                "spec.containers[0].securityContext.procMount = Unmasked",
            ],
        );
    }
}
