//! The smallest roles that allow what was seen to be done.
//!
//! [`synthesize`] turns the actions of one subject into rules, scope by scope; [`missing`] proves
//! with the authorizer that nothing of it would be refused. Every rule is needed: no two rules of
//! a scope allow the same, and each was made for an action that was seen.

use std::collections::{BTreeMap, BTreeSet};

use model::KubernetesVersion;
use model::usage::Action;

use crate::rbac::{
    Answer, Assumptions, Authorizer, Binding, Bootstrap, Identity, Policy, PolicyRule, Request,
    Role, RoleRef, Rules, Seen, Source, Subject, Switch,
};

/// How roles are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knobs {
    /// Whoever was seen to do one of get, list and watch may do all three.
    pub close_reads: bool,
    /// What was done in more namespaces than this is allowed in all of them.
    pub namespaces_max: usize,
    /// Objects are named where at most this many were seen; 0 names none.
    pub names_max: usize,
}

impl Default for Knobs {
    /// Reads together, never lifted to the cluster, no names: what a person would write.
    fn default() -> Self {
        Self { close_reads: true, namespaces_max: usize::MAX, names_max: 0 }
    }
}

/// The rules of one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The namespace they hold in; none for the whole cluster.
    pub namespace: Option<String>,
    /// The rules.
    pub rules: Vec<PolicyRule>,
}

const READS: [&str; 3] = ["get", "list", "watch"];

/// Verbs whose requests name an object, so that a rule may name it too: `list` and `watch` name
/// one only by a field selector, `create` and `deletecollection` never.
const NAMING: [&str; 4] = ["get", "update", "patch", "delete"];

/// The rules for some actions, the cluster's first, then namespace by namespace.
pub fn synthesize<'a>(actions: impl IntoIterator<Item = &'a Action>, knobs: Knobs) -> Vec<Grant> {
    let mut seen = Needs::default();
    let mut paths: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for action in actions {
        match action {
            Action::Path { path, verb } => {
                paths.entry(path).or_default().insert(verb);
            }
            Action::Resource { namespace, api_group, resource, verb, name } => {
                seen.add(namespace, (api_group, resource), verb, name, knobs);
            }
        }
    }
    let mut scopes = seen.scopes(knobs);
    let mut by_verbs: BTreeMap<BTreeSet<&str>, Vec<&str>> = BTreeMap::new();
    for (path, verbs) in paths {
        by_verbs.entry(verbs).or_default().push(path);
    }
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let path_rules = by_verbs.into_iter().map(|(verbs, paths)| PolicyRule {
        verbs: verbs.into_iter().map(str::to_owned).collect(),
        non_resource_urls: texts(&paths),
        ..PolicyRule::default()
    });
    let path_rules: Vec<_> = path_rules.collect();
    if !path_rules.is_empty() {
        scopes.entry("").or_default().extend(path_rules);
    }
    let grant = |(namespace, rules): (&str, Vec<PolicyRule>)| Grant {
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        rules,
    };
    scopes.into_iter().map(grant).collect()
}

/// API group and resource.
type Kind<'a> = (&'a str, &'a str);
/// Names of objects; none stands for any.
type Names<'a> = Option<BTreeSet<&'a str>>;

/// What has to be allowed: kind, verb, scope (empty: the cluster), and the names that were seen.
#[derive(Default)]
struct Needs<'a> {
    by_kind: BTreeMap<Kind<'a>, BTreeMap<&'a str, BTreeMap<&'a str, Names<'a>>>>,
}

impl<'a> Needs<'a> {
    fn add(
        &mut self,
        namespace: &'a str,
        kind: Kind<'a>,
        verb: &'a str,
        name: &'a str,
        knobs: Knobs,
    ) {
        let verbs = self.by_kind.entry(kind).or_default();
        let is_read = knobs.close_reads && READS.contains(&verb) && !kind.1.contains('/');
        let all: &[&'a str] = if is_read { &READS } else { std::slice::from_ref(&verb) };
        for verb in all {
            let can_name = NAMING.contains(verb) || kind.1.contains('/');
            let names = verbs.entry(verb).or_default().entry(namespace).or_insert_with(|| {
                let is_named = knobs.names_max > 0 && can_name && !name.is_empty() && !is_read;
                is_named.then(BTreeSet::new)
            });
            if let Some(some) = names {
                some.insert(name);
                if name.is_empty() || some.len() > knobs.names_max {
                    *names = None;
                }
            }
        }
    }

    /// The rules by scope.
    fn scopes(self, knobs: Knobs) -> BTreeMap<&'a str, Vec<PolicyRule>> {
        // By scope, group, verbs and names: the resources that share them make one rule.
        let mut verbs: BTreeMap<(&str, Kind<'_>, Names<'_>), BTreeSet<&str>> = BTreeMap::new();
        for (kind, by_verb) in self.by_kind {
            for (verb, mut by_scope) in by_verb {
                widen(&mut by_scope, knobs);
                for (scope, names) in by_scope {
                    verbs.entry((scope, kind, names)).or_default().insert(verb);
                }
            }
        }
        let mut rules: BTreeMap<(&str, &str, BTreeSet<&str>, Names<'_>), Vec<&str>> =
            BTreeMap::new();
        for ((scope, (group, resource), names), verbs) in verbs {
            rules.entry((scope, group, verbs, names)).or_default().push(resource);
        }
        let mut scopes: BTreeMap<&str, Vec<PolicyRule>> = BTreeMap::new();
        for ((scope, group, verbs, names), resources) in rules {
            let texts = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
            scopes.entry(scope).or_default().push(PolicyRule {
                verbs: texts(verbs.into_iter().collect()),
                api_groups: vec![group.to_owned()],
                resources: texts(resources),
                resource_names: texts(names.into_iter().flatten().collect()),
                non_resource_urls: Vec::new(),
            });
        }
        scopes
    }
}

/// Takes out what the cluster's scope allows already, and lifts to it what many namespaces need.
fn widen<'a>(by_scope: &mut BTreeMap<&'a str, Names<'a>>, knobs: Knobs) {
    let namespaces = by_scope.keys().filter(|scope| !scope.is_empty()).count();
    if namespaces > knobs.namespaces_max {
        by_scope.clear();
        by_scope.insert("", None);
        return;
    }
    let Some(whole) = by_scope.remove("") else { return };
    let Some(known) = &whole else {
        by_scope.clear();
        by_scope.insert("", None);
        return;
    };
    by_scope.retain(|_, names| match names {
        Some(names) => {
            names.retain(|name| !known.contains(name));
            !names.is_empty()
        }
        None => true,
    });
    by_scope.insert("", whole);
}

/// The actions that a subject with these grants alone would be refused: none, if they are right.
pub fn missing<'a>(
    identity: &Identity,
    subject: &Subject,
    grants: &[Grant],
    actions: impl IntoIterator<Item = &'a Action>,
    version: KubernetesVersion,
) -> Vec<&'a Action> {
    let authorizer = alone(subject, grants, version);
    let is_refused = |action: &&Action| {
        !matches!(authorizer.can(identity, &request(action)), Answer::Allowed(_))
    };
    actions.into_iter().filter(is_refused).collect()
}

/// A policy of these grants for one subject, and nothing else.
fn alone(subject: &Subject, grants: &[Grant], version: KubernetesVersion) -> Authorizer {
    let mut policy = Policy::default();
    for (number, Grant { namespace, rules }) in (0..).zip(grants) {
        let kind = if namespace.is_some() { "Role" } else { "ClusterRole" };
        policy.roles.push(Role {
            namespace: namespace.clone(),
            name: "observed".to_owned(),
            labels: Vec::new(),
            rules: Rules::Known(rules.clone()),
            aggregates: None,
            source: Source::Value(number),
        });
        policy.bindings.push(Binding {
            namespace: namespace.clone(),
            name: "observed".to_owned(),
            role_ref: RoleRef { kind: kind.to_owned(), name: "observed".to_owned() },
            subjects: vec![subject.clone()],
            source: Source::Value(number),
        });
    }
    let assumptions = Assumptions {
        bootstrap: Bootstrap::Absent,
        seen: Seen::Everything,
        node_authorizer: Switch::Off,
        node_restriction: Switch::Off,
    };
    Authorizer::new(policy, version, assumptions)
}

/// An action as a request.
pub fn request(action: &Action) -> Request<'_> {
    match action {
        Action::Path { path, verb } => Request::path(verb, path),
        Action::Resource { namespace, api_group, resource, verb, name } => {
            let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
            Request::Resource(crate::rbac::ResourceRequest {
                verb,
                api_group,
                resource,
                subresource,
                namespace,
                name,
                fields: &[],
            })
        }
    }
}

#[cfg(test)]
mod tests;
