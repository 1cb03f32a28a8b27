//! Rights that give more than they say: which rule of a role grants one, and who has it.

use engine::rbac::{PolicyRule, Request};
use model::{Fix, Object, Path, Severity};

use super::granted::grants;
use super::world::Bound;
use crate::{Kinds, Report};

/// The kinds that have rules.
pub(super) const ROLES: Kinds = Kinds::Of(&[
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "Role"),
]);

/// Any of some verbs on a resource.
pub(super) struct Right {
    pub(super) verbs: &'static [&'static str],
    /// As requests are written: `pods/exec`, `deployments.apps`.
    pub(super) resource: &'static str,
    /// Objects that suffice; where it is empty, all have to be allowed.
    pub(super) names: &'static [&'static str],
}

/// A right on all objects of a resource.
pub(super) const fn any(verbs: &'static [&'static str], resource: &'static str) -> Right {
    Right { verbs, resource, names: &[] }
}

/// A right on all objects of a resource, or on one of these.
pub(super) const fn named(
    verbs: &'static [&'static str],
    resource: &'static str,
    names: &'static [&'static str],
) -> Right {
    Right { verbs, resource, names }
}

/// What some rights amount to.
pub(super) struct Power {
    /// Each of these alone suffices.
    pub(super) rights: &'static [Right],
    /// One of these is needed as well; nothing if it is empty.
    pub(super) together_with: &'static [Right],
    /// How bad it is in one namespace.
    pub(super) within: Within,
    /// What its holder can do: "read every Secret".
    pub(super) can: &'static str,
    /// What to do instead.
    pub(super) instead: &'static str,
}

/// What becomes of a power in a Role, or in a ClusterRole that is bound in namespaces only.
#[derive(Clone, Copy)]
pub(super) enum Within {
    /// Nothing: the resource is the cluster's, or one namespace is not worth a word.
    Nothing,
    /// This, except in `kube-system`, where it is as bad as everywhere.
    Only(Severity),
    /// It is told only there, where another control tells it of the whole cluster.
    NamespaceOnly,
    /// It is told only in `kube-system`: elsewhere, or everywhere, it is what many need.
    SystemOnly,
}

/// A namespace whose pods and Secrets are the control plane's.
const SYSTEM_NAMESPACE: &str = "kube-system";

/// Tells of the first rule that grants the power.
pub(super) fn tell(role: &Object<'_>, report: &mut Report<'_>, power: &Power) {
    let Some(granted) = report.granted(role) else { return };
    let first = |rights: &'static [Right]| {
        rights.iter().find_map(|right| {
            let names = if right.names.is_empty() { &[""] } else { right.names };
            let found = right.verbs.iter().find_map(|verb| {
                let request = Request::resource(verb, right.resource, "");
                names.iter().find_map(|name| granted.first(&request.named(name)))
            });
            found.map(|rule| (rule, right))
        })
    };
    let Some((rule, right)) = first(power.rights) else { return };
    if !power.together_with.is_empty() && first(power.together_with).is_none() {
        return;
    }
    let bound = report.bound_to(role);
    let Some(severity) = severity(role, &bound, power.within, report.severity()) else { return };
    let at = place(role, rule, &granted.rules[rule], right);
    let because = format!("{} can {}", who(role, &bound), power.can);
    report.finding_of(severity, at, because, Fix::advice(power.instead));
}

/// How bad a power is where the role holds: none if it holds where the power is nothing.
pub(super) fn severity(
    role: &Object<'_>,
    bound: &Bound,
    within: Within,
    worst: Severity,
) -> Option<Severity> {
    let is_bound = bound.count > 0;
    let is_narrow = role.kind == "Role" || (is_bound && !bound.is_cluster_wide);
    let is_system = role.namespace == Some(SYSTEM_NAMESPACE);
    let severity = match within {
        Within::NamespaceOnly if !is_narrow => return None,
        Within::NamespaceOnly if !is_system => lower(worst),
        Within::SystemOnly if !is_system => return None,
        Within::Nothing if is_narrow => return None,
        Within::Only(severity) if is_narrow && !is_system => severity,
        Within::NamespaceOnly | Within::SystemOnly | Within::Nothing | Within::Only(_) => worst,
    };
    Some(if is_bound { severity } else { lower(severity) })
}

/// One step less, down to low.
pub(super) fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium | Severity::Low => Severity::Low,
        Severity::Info => Severity::Info,
    }
}

/// Who holds a role, as the subject of a sentence.
pub(super) fn who(role: &Object<'_>, bound: &Bound) -> String {
    match (&bound.first, bound.count) {
        (Some(first), 1) => first.clone(),
        (Some(first), count) => format!("{first} and {} more", count - 1),
        (None, _) => {
            format!("whoever is bound to {} `{}` (nobody in the input)", role.kind, role.name)
        }
    }
}

/// The entry of the rule's resources that is meant by the right.
fn place(role: &Object<'_>, number: usize, rule: &PolicyRule, right: &Right) -> Path {
    let at = role.at("rules").index(number).field("resources");
    let star = || vec!["*".to_owned()];
    let entry = rule.resources.iter().position(|resource| {
        let only = PolicyRule {
            verbs: star(),
            api_groups: star(),
            resources: vec![resource.clone()],
            ..PolicyRule::default()
        };
        grants(&only, right.verbs[0], right.resource, "")
    });
    entry.map_or(at.clone(), |entry| at.index(entry))
}
