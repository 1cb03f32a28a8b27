//! SELinux types other than those of containers, and any SELinux user or role.
//!
//! Restricted fields, of the pod and of all containers: `securityContext.seLinuxOptions.type`,
//! allowed: unset, empty, `container_t`, `container_init_t`, `container_kvm_t`, and since 1.31
//! `container_engine_t`; `.user` and `.role`, allowed: unset, empty.
//!
//! Source: `policy/check_seLinuxOptions.go`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use model::Node;

use crate::pod_security::defaulted::{DefaultedPod, Security, text};
use crate::pod_security::{Check, Level, Refusal, wording};

pub(super) const CHECK: Check = Check {
    id: "seLinuxOptions",
    level: Level::Baseline,
    overrides: &[],
    versions: &[(0, v1_0), (31, v1_31)],
};

const ALLOWED_V1_0: &[&str] = &["", "container_t", "container_init_t", "container_kvm_t"];
const ALLOWED_V1_31: &[&str] =
    &["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

fn v1_0(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    judge(pod, ALLOWED_V1_0)
}

fn v1_31(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    judge(pod, ALLOWED_V1_31)
}

fn judge(pod: &DefaultedPod<'_>, allowed: &[&str]) -> Option<Refusal> {
    let bad_pod = Forbidden::of(pod.security, allowed);
    let bad = pod.containers_where(|container| Forbidden::of(container.security, allowed).any());
    if !bad_pod.any() && bad.is_empty() {
        return None;
    }
    let mut fields: Vec<_> = bad_pod.fields().map(|field| pod.security_offence(field)).collect();
    let mut seen = vec![bad_pod];
    for container in &bad {
        let forbidden = Forbidden::of(container.security, allowed);
        fields.extend(forbidden.fields().map(|field| container.security_offence(field)));
        seen.push(forbidden);
    }
    let setters = wording::setters(seen[0].any(), &bad);
    Some(Refusal {
        reason: "seLinuxOptions",
        detail: format!("{setters} set forbidden securityContext.seLinuxOptions: {}", data(&seen)),
        fields,
    })
}

/// What is forbidden in one security context.
struct Forbidden<'p> {
    type_: Option<Cow<'p, str>>,
    sets_user: bool,
    sets_role: bool,
}

impl<'p> Forbidden<'p> {
    fn of(security: Security<'p>, allowed: &[&str]) -> Self {
        let options = security.field("seLinuxOptions");
        let written = |field| options.and_then(|options: Node<'p>| options.get(field)).map(text);
        let is_set = |field| written(field).is_some_and(|text| !text.is_empty());
        Self {
            type_: written("type").filter(|type_| !allowed.contains(&&**type_)),
            sets_user: is_set("user"),
            sets_role: is_set("role"),
        }
    }

    fn any(&self) -> bool {
        self.type_.is_some() || self.sets_user || self.sets_role
    }

    fn fields(&self) -> impl Iterator<Item = &'static str> + use<> {
        [
            (self.type_.is_some(), "seLinuxOptions.type"),
            (self.sets_user, "seLinuxOptions.user"),
            (self.sets_role, "seLinuxOptions.role"),
        ]
        .into_iter()
        .filter_map(|(forbidden, field)| forbidden.then_some(field))
    }
}

/// `types "a", "b"; user may not be set; role may not be set`, as far as it applies.
fn data(seen: &[Forbidden<'_>]) -> String {
    let types: BTreeSet<&str> =
        seen.iter().filter_map(|forbidden| forbidden.type_.as_deref()).collect();
    let mut data = Vec::new();
    if !types.is_empty() {
        let word = wording::counted("type", "types", types.len());
        data.push(format!("{word} {}", wording::quoted(types)));
    }
    if seen.iter().any(|forbidden| forbidden.sets_user) {
        data.push("user may not be set".to_owned());
    }
    if seen.iter().any(|forbidden| forbidden.sets_role) {
        data.push("role may not be set".to_owned());
    }
    data.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn types_users_and_roles() {
        check(
            &CHECK,
            0,
            "spec: {securityContext: {seLinuxOptions: {type: spc_t, user: root, role: ''}},
                    containers: [
                        {name: a, securityContext: {seLinuxOptions: {type: container_t, role: r}}},
                        {name: b, securityContext: {seLinuxOptions: {type: null, level: s0}}}]}",
            &[
                "seLinuxOptions: pod and container 'a' set forbidden \
                 securityContext.seLinuxOptions: type 'spc_t'; user may not be set; role may not \
                 be set",
                "spec.securityContext.seLinuxOptions.type = spc_t",
                "spec.securityContext.seLinuxOptions.user = root",
                "spec.containers[0].securityContext.seLinuxOptions.role = r",
            ],
        );
    }

    #[test]
    fn the_engine_type_is_allowed_since_1_31() {
        let engine = "spec: {securityContext: {seLinuxOptions: {type: container_engine_t}}}";
        check(&CHECK, 31, engine, &[]);
        check(
            &CHECK,
            30,
            engine,
            &[
                "seLinuxOptions: pod set forbidden securityContext.seLinuxOptions: type \
                 'container_engine_t'",
                "spec.securityContext.seLinuxOptions.type = container_engine_t",
            ],
        );
    }
}
