//! Confinement: profiles of seccomp and AppArmor themselves, where the input holds them.

use crate::Control;

mod apparmor_profile_weak;
mod localhost_profile_not_provided;
mod seccomp;
mod seccomp_profile_allows_by_default;
mod seccomp_profile_allows_dangerous_call;

pub(super) const CONTROLS: &[&Control] = &[
    &seccomp_profile_allows_by_default::CONTROL,
    &seccomp_profile_allows_dangerous_call::CONTROL,
    &apparmor_profile_weak::CONTROL,
    &localhost_profile_not_provided::CONTROL,
];
