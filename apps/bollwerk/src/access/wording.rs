//! Grants, rules and rights in words and as JSON.

use std::collections::{BTreeMap, BTreeSet};

use analyze::access::danger;
use analyze::access::rights::{Right, Scope};
use collect::manifests::Place;
use engine::rbac::{
    BindingId, BindingView, Grant, PolicyRule, RoleId, RoleView, Source, SubjectKind, Unknown,
};
use model::Path;
use report::harmless;
use serde_json::{Value, json};

use super::World;

pub(super) use crate::console::{BOLD, DIM, GREEN, RED, YELLOW, print_json};

/// Entries of a list in one line; the rest is counted.
const LISTED_MAX: usize = 8;

impl World {
    /// `RoleBinding shop/cart`.
    pub(super) fn binding_name(&self, id: BindingId) -> String {
        let BindingView { namespace, name, .. } = self.authorizer.binding(id);
        kind_and_name("RoleBinding", namespace, name)
    }

    /// `ClusterRole view`.
    pub(super) fn role_name(&self, id: RoleId) -> String {
        let RoleView { namespace, name, .. } = self.authorizer.role(id);
        kind_and_name("Role", namespace, name)
    }

    /// The role a binding refers to, also one that was not seen.
    pub(super) fn bound_role_name(&self, id: BindingId) -> String {
        let BindingView { namespace, role_kind, role_name, .. } = self.authorizer.binding(id);
        let place = namespace.filter(|_| role_kind == "Role").map(|it| format!("{it}/"));
        harmless(&format!("{role_kind} {}{role_name}", place.unwrap_or_default()))
    }

    /// Whom a binding names: `Group:devs`.
    pub(super) fn subject_name(&self, binding: BindingId, number: u32) -> String {
        let of_binding = self.authorizer.binding(binding).namespace;
        let subject = self.authorizer.subjects(binding).nth(number as usize);
        let subject = subject.map(|subject| match subject.kind {
            SubjectKind::ServiceAccount if !subject.namespace.is_empty() => {
                format!("ServiceAccount:{}:{}", subject.namespace, subject.name)
            }
            SubjectKind::ServiceAccount => {
                format!("ServiceAccount:{}:{}", of_binding.unwrap_or_default(), subject.name)
            }
            kind => format!("{}:{}", kind.name(), subject.name),
        });
        harmless(&subject.unwrap_or_default())
    }

    /// Where something was read: file and first line of the object.
    pub(super) fn origin(&self, source: Source) -> Option<(String, u32)> {
        let Source::Object(id) = source else { return None };
        let origin = self.snapshot.origin(id);
        Some((self.snapshot.files.get(origin.file as usize)?.clone(), origin.line))
    }

    /// Where a part of an object stands; where the object stands if that cannot be said.
    pub(super) fn place(&self, source: Source, path: &Path) -> Option<(String, u32)> {
        let Source::Object(object) = source else { return None };
        let file = self.snapshot.origin(object).file;
        let places = [Place { object, path }];
        let mut gaps = Vec::new();
        let found = self.sources.locate(&self.snapshot, file, &places, false, &mut gaps);
        match found.into_iter().next().flatten() {
            Some(found) => Some((found.location.file, found.location.line)),
            None => self.origin(source),
        }
    }

    /// The place of a grant's binding, at its subject.
    pub(super) fn place_of_binding(&self, grant: &Grant) -> Option<(String, u32)> {
        let path = Path::root().field("subjects").index(grant.subject as usize);
        self.place(self.authorizer.binding(grant.binding).source, &path)
    }

    /// The place of a grant's rule.
    pub(super) fn place_of_rule(&self, grant: &Grant) -> Option<(String, u32)> {
        let path = Path::root().field("rules").index(grant.rule as usize);
        self.place(self.authorizer.role(grant.origin).source, &path)
    }

    pub(super) fn grant_as_json(&self, grant: &Grant) -> Value {
        let rule = self.authorizer.rule(grant.origin, grant.rule).unwrap_or_default();
        let binding = self.authorizer.binding(grant.binding);
        json!({
            "binding": object_as_json(
                "RoleBinding", binding.namespace, binding.name, self.place_of_binding(grant),
            ),
            "subject": self.subject_name(grant.binding, grant.subject),
            "role": self.role_as_json(grant.role),
            "origin": self.role_as_json(grant.origin),
            "rule": {
                "number": grant.rule + 1,
                "line": self.place_of_rule(grant).map(|(_, line)| line),
                "verbs": rule.verbs,
                "apiGroups": rule.api_groups,
                "resources": rule.resources,
                "resourceNames": rule.resource_names,
                "nonResourceURLs": rule.non_resource_urls,
            },
        })
    }

    pub(super) fn role_as_json(&self, id: RoleId) -> Value {
        let role = self.authorizer.role(id);
        object_as_json("Role", role.namespace, role.name, self.origin(role.source))
    }

    pub(super) fn binding_as_json(&self, id: BindingId) -> Value {
        let binding = self.authorizer.binding(id);
        let place = self.origin(binding.source);
        object_as_json("RoleBinding", binding.namespace, binding.name, place)
    }

    /// What is not known, as a sentence without its full stop.
    pub(super) fn unknown(&self, unknown: &Unknown) -> String {
        match unknown {
            Unknown::Group { group, grant } => format!(
                "members of Group:{} may, by {} → {}; who is in it is decided outside of \
                 Kubernetes (`--groups` tells)",
                harmless(group),
                self.binding_name(grant.binding),
                self.role_name(grant.role)
            ),
            Unknown::RoleNotSeen { binding, .. } => format!(
                "{} refers to {}, which was not seen",
                self.binding_name(*binding),
                self.bound_role_name(*binding)
            ),
            Unknown::RoleUnreadable { binding, role, .. } => format!(
                "{} refers to {}, whose rules cannot be read",
                self.binding_name(*binding),
                self.role_name(*role)
            ),
            Unknown::Ambiguous(grant) => format!(
                "several objects share a name: {} → {} allows it, another does not",
                self.binding_name(grant.binding),
                self.role_name(grant.role)
            ),
            Unknown::NamedRoleNotSeen(role) => {
                format!("{} was not seen", harmless(&format!("{} {}", role.kind, role.name)))
            }
            Unknown::NamedRoleUnreadable(role) => {
                format!("the rules of {} cannot be read", self.role_name(*role))
            }
            Unknown::NodeRelation => {
                "a pod that was not seen may relate the node to the object".to_owned()
            }
            Unknown::More(more) => format!("{more} more of the same kind"),
        }
    }

    pub(super) fn unknown_as_json(&self, unknown: &Unknown) -> Value {
        let (kind, grant) = match unknown {
            Unknown::Group { grant, .. } => ("group", Some(grant)),
            Unknown::RoleNotSeen { .. } | Unknown::NamedRoleNotSeen(_) => ("role-not-seen", None),
            Unknown::RoleUnreadable { .. } | Unknown::NamedRoleUnreadable(_) => {
                ("role-unreadable", None)
            }
            Unknown::Ambiguous(grant) => ("ambiguous", Some(grant)),
            Unknown::NodeRelation => ("node-relation", None),
            Unknown::More(_) => ("more", None),
        };
        let group = match unknown {
            Unknown::Group { group, .. } => Some(group),
            _ => None,
        };
        json!({
            "kind": kind,
            "reason": self.unknown(unknown),
            "group": group,
            "grant": grant.map(|grant| self.grant_as_json(grant)),
        })
    }
}

/// `file:line`, or that it is built in.
pub(super) fn shown(place: Option<&(String, u32)>) -> String {
    match place {
        Some((file, line)) => format!("{}:{line}", harmless(file)),
        None => "built into Kubernetes".to_owned(),
    }
}

/// `Role` or `RoleBinding` with `Cluster` before it where it has no namespace.
fn kind_and_name(kind: &str, namespace: Option<&str>, name: &str) -> String {
    harmless(&match namespace {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("Cluster{kind} {name}"),
    })
}

fn object_as_json(
    kind: &str,
    namespace: Option<&str>,
    name: &str,
    place: Option<(String, u32)>,
) -> Value {
    let cluster = if namespace.is_none() { "Cluster" } else { "" };
    let (file, line) = place.unzip();
    json!({
        "kind": format!("{cluster}{kind}"),
        "namespace": namespace,
        "name": name,
        "file": file,
        "line": line,
    })
}

/// A rule in words: `get, list on pods, pods/log`.
pub(super) fn rule(rule: &PolicyRule) -> String {
    let verbs = verbs(rule.verbs.iter().map(String::as_str));
    if !rule.non_resource_urls.is_empty() {
        return harmless(&format!("{verbs} on {}", listed(&rule.non_resource_urls)));
    }
    let targets: Vec<String> = rule.resources.iter().map(|it| star(it, "every resource")).collect();
    let group = |it: &String| match it.as_str() {
        "" => "core".to_owned(),
        it => star(it, "every API group"),
    };
    let groups: Vec<String> = rule.api_groups.iter().map(group).collect();
    let groups = match groups.as_slice() {
        [core] if core == "core" => String::new(),
        groups => format!(" of {}", listed(groups)),
    };
    let named = match rule.resource_names.as_slice() {
        [] => String::new(),
        names => format!(" named {}", listed(names)),
    };
    harmless(&format!("{verbs} on {}{groups}{named}", listed(&targets)))
}

fn star(text: &str, all: &str) -> String {
    if text == "*" { all.to_owned() } else { text.to_owned() }
}

/// The usual verbs, in the order people know them.
const VERBS: &[&str] =
    &["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

fn verbs<'a>(verbs: impl Iterator<Item = &'a str>) -> String {
    let all: BTreeSet<&str> = verbs.collect();
    if all.contains("*") {
        return "every verb".to_owned();
    }
    let usual = VERBS.iter().copied().filter(|verb| all.contains(verb));
    let others = all.iter().copied().filter(|verb| !VERBS.contains(verb));
    usual.chain(others).collect::<Vec<_>>().join(", ")
}

/// `1 subject`, `2 subjects`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Entries with commas, the rest counted.
pub(super) fn listed<T: AsRef<str>>(entries: &[T]) -> String {
    let shown: Vec<&str> = entries.iter().take(LISTED_MAX).map(AsRef::as_ref).collect();
    let more = entries.len().saturating_sub(LISTED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// Rights with the same verbs and gain in one row.
pub(super) struct Row {
    pub(super) verbs: String,
    pub(super) targets: Vec<String>,
    pub(super) gain: Option<&'static str>,
}

/// Rights as rows to read, the dangerous ones first.
pub(super) fn rows<'a>(rights: impl IntoIterator<Item = &'a Right>) -> Vec<Row> {
    let mut by_target: BTreeMap<(String, Option<&str>), BTreeSet<&Right>> = BTreeMap::new();
    for right in rights {
        by_target.entry((right.target(), right.name())).or_default().insert(right);
    }
    let mut rows: BTreeMap<(bool, Option<&'static str>, String), Vec<String>> = BTreeMap::new();
    for ((target, name), rights) in by_target {
        let gain = rights.iter().find_map(|right| danger::of(right));
        let target = match target.as_str() {
            "*.*" => "every resource of every API group".to_owned(),
            "*" if rights.iter().any(|right| matches!(right, Right::Path { .. })) => {
                "every path".to_owned()
            }
            "*" => "every core resource".to_owned(),
            _ => target,
        };
        let target = name.map_or(target.clone(), |name| format!("{target} {name}"));
        let verbs = verbs(rights.iter().map(|right| right.verb()));
        rows.entry((gain.is_none(), gain, harmless(&verbs))).or_default().push(harmless(&target));
    }
    rows.into_iter().map(|((_, gain, verbs), targets)| Row { verbs, targets, gain }).collect()
}

pub(super) fn rights_as_json(rights: &BTreeSet<Right>) -> Vec<Value> {
    let as_json = |right: &Right| {
        let (group, resource, path) = match right {
            Right::Resource { api_group, resource, .. } => {
                (Some(&**api_group), Some(&**resource), None)
            }
            Right::Path { path, .. } => (None, None, Some(&**path)),
        };
        json!({
            "verb": right.verb(),
            "apiGroup": group,
            "resource": resource,
            "name": right.name(),
            "path": path,
            "gain": danger::of(right),
        })
    };
    rights.iter().map(as_json).collect()
}

pub(super) fn scope_as_json(scope: &Scope) -> Value {
    match scope {
        Scope::Cluster => Value::Null,
        Scope::Namespace(name) => json!(name),
    }
}

/// `the whole cluster`, `namespace a`, `3 namespaces: a, b, c`.
pub(super) fn scopes(scopes: &[&Scope]) -> String {
    let names: Vec<String> = scopes
        .iter()
        .filter_map(|scope| match scope {
            Scope::Cluster => None,
            Scope::Namespace(name) => Some(harmless(name)),
        })
        .collect();
    match names.as_slice() {
        [] => "the whole cluster".to_owned(),
        [one] => format!("namespace {one}"),
        names => format!("{} namespaces: {}", names.len(), listed(names)),
    }
}
