//! The roles and bindings every API server makes when it starts.
//!
//! The table `bootstrap.txt` is what `plugin/pkg/auth/authorizer/rbac/bootstrappolicy` of
//! `k8s.io/kubernetes` v1.37.2 makes with its default feature gates; a test compares the two. An
//! object stands at the left, what it says is indented below:
//!
//! - `VERBS RESOURCES of GROUPS [named NAMES]` and `VERBS paths PATHS` are rules,
//! - `labelled KEY=VALUE` and `aggregates KEY=VALUE` belong to a role,
//! - `to KIND NAME` is a binding's role, `for KIND NAME` a subject.
//!
//! Lists are separated by commas, `core` is the group without a name, and every object has the
//! label `kubernetes.io/bootstrapping=rbac-defaults` besides.

use std::collections::HashSet;

use super::{
    Binding, LabelSelector, Policy, PolicyRule, Requirement, Role, RoleRef, Rules, Source, Subject,
    SubjectKind,
};

const TABLE: &str = include_str!("bootstrap.txt");

/// Adds what the policy has no object of the same name for.
pub(super) fn add_missing(policy: &mut Policy) {
    let Policy { roles, bindings, .. } = Policy::bootstrap();
    let name = |role: &Role| (role.namespace.clone(), role.name.clone());
    let known: HashSet<_> = policy.roles.iter().map(name).collect();
    policy.roles.extend(roles.into_iter().filter(|role| !known.contains(&name(role))));
    let name = |binding: &Binding| (binding.namespace.clone(), binding.name.clone());
    let known: HashSet<_> = policy.bindings.iter().map(name).collect();
    policy.bindings.extend(bindings.into_iter().filter(|it| !known.contains(&name(it))));
}

impl Policy {
    /// What every API server makes when it starts, as of Kubernetes 1.37.2.
    pub fn bootstrap() -> Self {
        let mut policy = Self::default();
        for line in TABLE.lines() {
            match line.strip_prefix("  ") {
                None => policy.begin(line),
                Some(line) => policy.complete(line),
            }
        }
        policy
    }

    fn begin(&mut self, line: &str) {
        let (kind, name) = line.split_once(' ').unwrap_or((line, ""));
        let (namespace, name) = match name.split_once('/') {
            Some((namespace, name)) => (Some(namespace.to_owned()), name.to_owned()),
            None => (None, name.to_owned()),
        };
        let source = Source::Bootstrap;
        if kind.ends_with("Binding") {
            let role_ref = RoleRef { kind: String::new(), name: String::new() };
            self.bindings.push(Binding { namespace, name, role_ref, subjects: Vec::new(), source });
        } else {
            let labels =
                vec![("kubernetes.io/bootstrapping".to_owned(), "rbac-defaults".to_owned())];
            let rules = Rules::default();
            self.roles.push(Role { namespace, name, labels, rules, aggregates: None, source });
        }
    }

    fn complete(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["to", kind, name] => {
                if let Some(binding) = self.bindings.last_mut() {
                    binding.role_ref = RoleRef { kind: kind.to_owned(), name: name.to_owned() };
                }
            }
            ["for", kind, name] => {
                if let Some(binding) = self.bindings.last_mut() {
                    binding.subjects.push(subject(kind, name));
                }
            }
            _ => {
                if let Some(role) = self.roles.last_mut() {
                    complete_role(role, &words);
                }
            }
        }
    }
}

fn subject(kind: &str, name: &str) -> Subject {
    let kind = SubjectKind::of(kind);
    let (namespace, name) = match name.split_once('/') {
        Some(parts) if kind == SubjectKind::ServiceAccount => parts,
        _ => ("", name),
    };
    Subject { kind, name: name.to_owned(), namespace: namespace.to_owned() }
}

fn complete_role(role: &mut Role, words: &[&str]) {
    let pair = |text: &str| {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        (key.to_owned(), value.to_owned())
    };
    match *words {
        ["labelled", label] => role.labels.push(pair(label)),
        ["aggregates", label] => {
            let (key, value) = pair(label);
            let requirements = vec![Requirement::In(key, vec![value])];
            role.aggregates.get_or_insert_default().push(LabelSelector { requirements });
        }
        _ => {
            if let (Rules::Known(rules), Some(rule)) = (&mut role.rules, rule(words)) {
                rules.push(rule);
            }
        }
    }
}

fn rule(words: &[&str]) -> Option<PolicyRule> {
    let list = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    let groups = |text: &str| {
        text.split(',').map(|group| if group == "core" { "" } else { group }.to_owned()).collect()
    };
    match *words {
        [verbs, "paths", paths] => Some(PolicyRule {
            verbs: list(verbs),
            non_resource_urls: list(paths),
            ..PolicyRule::default()
        }),
        [verbs, resources, "of", of, ref rest @ ..] => Some(PolicyRule {
            verbs: list(verbs),
            api_groups: groups(of),
            resources: list(resources),
            resource_names: match *rest {
                ["named", names] => list(names),
                _ => Vec::new(),
            },
            ..PolicyRule::default()
        }),
        _ => None,
    }
}
