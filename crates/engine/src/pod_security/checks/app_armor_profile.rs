//! AppArmor switched off, or a profile of an unknown kind.
//!
//! Restricted fields: `metadata.annotations["container.apparmor.security.beta.kubernetes.io/*"]`,
//! allowed: unset, empty, `runtime/default`, `localhost/*`; and
//! `securityContext.appArmorProfile.type` of the pod and of all containers, allowed:
//! `RuntimeDefault`, `Localhost`, or no profile at all.
//!
//! Source: `policy/check_appArmorProfile.go`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::pod_security::defaulted::{DefaultedPod, Security};
use crate::pod_security::{Check, Level, Offence, Refusal, wording};

pub(super) const CHECK: Check =
    Check { id: "appArmorProfile", level: Level::Baseline, overrides: &[], versions: &[(0, v1_0)] };

const ANNOTATION_PREFIX: &str = "container.apparmor.security.beta.kubernetes.io/";

fn v1_0(pod: &DefaultedPod<'_>) -> Option<Refusal> {
    let bad_pod = forbidden_type(pod.security);
    let bad = pod.containers_where(|container| forbidden_type(container.security).is_some());
    let annotations = forbidden_annotations(pod);
    if bad_pod.is_none() && bad.is_empty() && annotations.is_empty() {
        return None;
    }
    let mut fields = Vec::new();
    let mut types = BTreeSet::new();
    let mut setters = Vec::new();
    if bad_pod.is_some() || !bad.is_empty() {
        setters.push(wording::setters(bad_pod.is_some(), &bad));
    }
    if let Some(type_) = bad_pod {
        fields.push(pod.security_offence("appArmorProfile.type"));
        types.insert(type_);
    }
    for container in &bad {
        fields.push(container.security_offence("appArmorProfile.type"));
        types.extend(forbidden_type(container.security));
    }
    let mut values: Vec<String> = types.into_iter().map(Cow::into_owned).collect();
    if !annotations.is_empty() {
        setters.push(wording::counted("annotation", "annotations", annotations.len()).to_owned());
    }
    let mut settings = Vec::new();
    for (key, value) in annotations {
        settings.push(format!("{key}={}", wording::go_quoted(&value)));
        fields.push(Offence { path: pod.annotation_at(key), value: Some(value.into_owned()) });
    }
    settings.sort();
    values.append(&mut settings);
    Some(Refusal {
        reason: wording::counted(
            "forbidden AppArmor profile",
            "forbidden AppArmor profiles",
            values.len(),
        ),
        detail: format!(
            "{} must not set AppArmor profile type to {}",
            setters.join(" and "),
            wording::quoted(values)
        ),
        fields,
    })
}

fn forbidden_type(security: Security<'_>) -> Option<Cow<'_, str>> {
    let type_ = security.profile_type("appArmorProfile")?;
    (!matches!(&*type_, "RuntimeDefault" | "Localhost")).then_some(type_)
}

fn forbidden_annotations<'p>(pod: &DefaultedPod<'p>) -> Vec<(&'p str, Cow<'p, str>)> {
    let is_allowed = |profile: &str| {
        profile.is_empty() || profile == "runtime/default" || profile.starts_with("localhost/")
    };
    pod.annotations()
        .filter(|(key, profile)| key.starts_with(ANNOTATION_PREFIX) && !is_allowed(profile))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod_security::testing::check;

    #[test]
    fn annotations_and_fields_are_told_together() {
        check(
            &CHECK,
            0,
            "metadata: {annotations: {
                container.apparmor.security.beta.kubernetes.io/b: unconfined,
                container.apparmor.security.beta.kubernetes.io/a: 'x\"',
                container.apparmor.security.beta.kubernetes.io/c: localhost/x,
                container.apparmor.security.beta.kubernetes.io/d: ''}}\n\
             spec: {securityContext: {appArmorProfile: {type: Unconfined}},
                    containers: [{name: a, securityContext: {appArmorProfile: {}}},
                                 {name: b, securityContext: {appArmorProfile: null}}]}",
            &[
                "forbidden AppArmor profiles: pod and container 'a' and annotations must not set \
                 AppArmor profile type to '', 'Unconfined', \
                 'container.apparmor.security.beta.kubernetes.io/a='x\\''', \
                 'container.apparmor.security.beta.kubernetes.io/b='unconfined''",
                "spec.securityContext.appArmorProfile.type = Unconfined",
                "spec.containers[0].securityContext.appArmorProfile.type is missing",
                "metadata.annotations['container.apparmor.security.beta.kubernetes.io/b'] = \
                 unconfined",
                "metadata.annotations['container.apparmor.security.beta.kubernetes.io/a'] = x'",
            ],
        );
    }

    #[test]
    fn profiles_in_force_are_allowed() {
        for type_ in ["RuntimeDefault", "Localhost"] {
            let pod = format!("spec: {{securityContext: {{appArmorProfile: {{type: {type_}}}}}}}");
            check(&CHECK, 0, &pod, &[]);
        }
    }
}
