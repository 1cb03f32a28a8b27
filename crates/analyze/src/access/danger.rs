//! Permissions that lead to more than they say: what an attacker makes of each.

use super::rights::Right;

/// A permission worth knowing of.
pub struct Danger {
    /// Short name, at the head of a column.
    pub name: &'static str,
    /// What whoever has it can do.
    pub gain: &'static str,
    /// Verbs, any of which is enough.
    pub verbs: &'static [&'static str],
    /// Resources, any of which is enough, as `pods/exec` or `deployments.apps`.
    pub resources: &'static [&'static str],
}

/// All of them; those that give the most stand first.
///
/// Source: "Role Based Access Control Good Practices" of the Kubernetes documentation, "privilege
/// escalation risks", and `pkg/kubelet/server/auth.go` for `nodes/proxy`.
pub const DANGERS: &[Danger] = &[
    Danger {
        name: "grant",
        gain: "grants itself any role",
        verbs: &["escalate", "bind"],
        resources: &["clusterroles.rbac.authorization.k8s.io", "roles.rbac.authorization.k8s.io"],
    },
    Danger {
        name: "act-as",
        gain: "acts as somebody else",
        verbs: &["impersonate"],
        resources: &["users", "groups", "serviceaccounts"],
    },
    Danger {
        name: "node",
        gain: "runs commands in every pod of a node, past the audit log",
        verbs: &["get", "create"],
        resources: &["nodes/proxy"],
    },
    Danger {
        name: "token",
        gain: "gets tokens of service accounts",
        verbs: &["create"],
        resources: &["serviceaccounts/token"],
    },
    Danger {
        name: "secrets",
        gain: "reads credentials",
        verbs: &["get", "list", "watch"],
        resources: &["secrets"],
    },
    Danger {
        name: "exec",
        gain: "runs commands in pods that are there",
        verbs: &["create"],
        resources: &["pods/exec", "pods/attach"],
    },
    Danger {
        name: "debug",
        gain: "puts containers into pods that are there",
        verbs: &["patch", "update"],
        resources: &["pods/ephemeralcontainers"],
    },
    Danger {
        name: "run",
        gain: "runs pods as any service account of the namespace",
        verbs: &["create", "update", "patch"],
        resources: &[
            "pods",
            "deployments.apps",
            "daemonsets.apps",
            "statefulsets.apps",
            "replicasets.apps",
            "jobs.batch",
            "cronjobs.batch",
            "replicationcontrollers",
        ],
    },
    Danger {
        name: "volume",
        gain: "mounts the disk of a node",
        verbs: &["create"],
        resources: &["persistentvolumes"],
    },
    Danger {
        name: "webhook",
        gain: "reads and changes what others write",
        verbs: &["create", "update", "patch"],
        resources: &[
            "mutatingwebhookconfigurations.admissionregistration.k8s.io",
            "validatingwebhookconfigurations.admissionregistration.k8s.io",
            "mutatingadmissionpolicies.admissionregistration.k8s.io",
            "apiservices.apiregistration.k8s.io",
        ],
    },
    Danger {
        name: "certs",
        gain: "makes client certificates for others",
        verbs: &["update", "patch", "approve", "sign"],
        resources: &[
            "certificatesigningrequests.certificates.k8s.io/approval",
            "certificatesigningrequests.certificates.k8s.io/status",
            "signers.certificates.k8s.io",
        ],
    },
];

/// What a right gives beyond what it says; none if nothing special.
pub fn of(right: &Right) -> Option<&'static str> {
    let Right::Resource { api_group, resource, verb, .. } = right else { return None };
    if &**verb == "*" && &**resource == "*" && matches!(&**api_group, "*" | "") {
        return Some(if &**api_group == "*" { "does everything" } else { "owns the core API" });
    }
    DANGERS.iter().find(|danger| danger.has(api_group, resource, verb)).map(|danger| danger.gain)
}

impl Danger {
    /// Whether a right is one of these, by one of the given verbs; by any if there are none.
    pub fn is_in(&self, right: &Right, verbs: &[String]) -> bool {
        let Right::Resource { api_group, resource, verb, .. } = right else { return false };
        let is_asked = |it: &str| verbs.is_empty() || verbs.iter().any(|asked| asked == it);
        self.verbs.iter().any(|own| is_asked(own) && (&**verb == "*" || &**verb == *own))
            && self.is_on(api_group, resource)
    }

    fn has(&self, api_group: &str, resource: &str, verb: &str) -> bool {
        (verb == "*" || self.verbs.contains(&verb)) && self.is_on(api_group, resource)
    }

    fn is_on(&self, api_group: &str, resource: &str) -> bool {
        self.resources.iter().any(|listed| {
            let (group, plural) = split(listed);
            let by_star = resource.strip_prefix("*/").is_some_and(|wanted| {
                plural.split_once('/').is_some_and(|(_, subresource)| subresource == wanted)
            });
            (api_group == "*" || api_group == group)
                && (resource == "*" || resource == plural || by_star)
        })
    }
}

/// API group and resource of `certificatesigningrequests.certificates.k8s.io/approval`.
fn split(written: &str) -> (&str, String) {
    let (name, subresource) = written.split_once('/').unwrap_or((written, ""));
    let (plural, group) = name.split_once('.').unwrap_or((name, ""));
    let slash = if subresource.is_empty() { "" } else { "/" };
    (group, format!("{plural}{slash}{subresource}"))
}

#[cfg(test)]
mod tests {
    use engine::rbac::PolicyRule;

    use super::super::resources::Resources;
    use super::super::rights::{Holdings, Rights, Scope};
    use super::*;

    fn gains(verb: &str, group: &str, resource: &str) -> Option<&'static str> {
        let one = |text: &str| vec![text.to_owned()];
        let rule = PolicyRule {
            verbs: one(verb),
            api_groups: one(group),
            resources: one(resource),
            ..PolicyRule::default()
        };
        let mut holdings = Holdings::default();
        holdings.scopes.insert(Scope::Cluster, Rights::of([&rule]).into());
        holdings.essence().into_values().flatten().find_map(|right| of(&right))
    }

    #[test]
    fn rights_and_what_they_give() {
        assert_eq!(gains("get", "", "secrets"), Some("reads credentials"));
        assert_eq!(gains("*", "*", "*"), Some("does everything"));
        assert_eq!(gains("create", "", "*/exec"), Some("runs commands in pods that are there"));
        assert_eq!(gains("get", "apps", "secrets"), None);
        assert_eq!(gains("get", "", "pods"), None);
        assert_eq!(gains("create", "", "secrets"), None);
    }

    #[test]
    fn every_resource_of_the_table_exists() {
        let resources = Resources::built_in();
        for written in DANGERS.iter().flat_map(|danger| danger.resources) {
            let found = resources.resolve(written).map(|it| it.warning);
            assert_eq!(found, Ok(None), "{written}");
        }
    }
}
