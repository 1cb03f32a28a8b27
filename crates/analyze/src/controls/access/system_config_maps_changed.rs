//! Names, logins and trust stand in ConfigMaps of `kube-system`.

use engine::rbac::PolicyRule;
use model::{Object, Severity};

use super::granted::grants;
use super::power::{Power, ROLES, Right, Within, named, tell};
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

const NAMES: &[&str] =
    &["coredns", "aws-auth", "kube-proxy", "kubeadm-config", "extension-apiserver-authentication"];

const POWER: Power = Power {
    rights: &[named(&["update", "patch"], "configmaps", NAMES)],
    together_with: &[],
    within: Within::SystemOnly,
    can: "change names, logins or certificates that the cluster trusts",
    instead: "name the ConfigMap the rule is meant for, in its namespace",
};

/// A ClusterRole that names one of them means it, wherever it is bound.
const NAMED: Power = Power {
    rights: POWER.rights,
    together_with: &[],
    within: Within::Only(Severity::Medium),
    can: POWER.can,
    instead: "grant it by a Role in `kube-system`, to whoever maintains it",
};

fn check(role: &Object<'_>, report: &mut Report<'_>) {
    let is_named = role.kind == "ClusterRole"
        && report.granted(role).is_some_and(|granted| granted.rules.iter().any(names_one));
    tell(role, report, if is_named { &NAMED } else { &POWER });
}

fn names_one(rule: &PolicyRule) -> bool {
    let names = rule.resource_names.iter();
    names.filter(|name| NAMES.contains(&name.as_str())).any(|name| {
        let Right { verbs, resource, .. } = POWER.rights[0];
        verbs.iter().any(|verb| grants(rule, verb, resource, name))
    })
}
