//! Names, logins and trust stand in ConfigMaps of `kube-system`.

use model::Object;

use super::power::{Power, ROLES, Within, named, tell};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ACCESS-032",
    name: "system-config-maps-changed",
    title: "Changes configuration of the control plane",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("system_config_maps_changed.md"),
    check: Check::Object(ROLES, check),
};

const POWER: Power = Power {
    rights: &[named(
        &["update", "patch"],
        "configmaps",
        &[
            "coredns",
            "aws-auth",
            "kube-proxy",
            "kubeadm-config",
            "extension-apiserver-authentication",
        ],
    )],
    together_with: &[],
    within: Within::SystemOnly,
    can: "change names, logins or certificates that the cluster trusts",
    instead: "name the ConfigMap the rule is meant for, in its namespace",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    tell(role, report, &POWER);
}
