//! Who is bound to what in a world: read once, shared by all objects that are judged in it.

use std::collections::{HashMap, HashSet};

use engine::rbac::PolicyRule;
use model::{Node, Object, ObjectId, Snapshot, WorldId};

use super::granted;

const GROUP: &str = "rbac.authorization.k8s.io";

/// The roles and bindings of one world.
#[derive(Default)]
pub(crate) struct World {
    /// Those bound to each role.
    bound: HashMap<RoleKey, Bound>,
    /// Every role that is there; of several with one name, the first.
    roles: HashMap<RoleKey, ObjectId>,
    /// The first role with these rules, of all ClusterRoles or of the Roles of a namespace.
    first_with_rules: HashMap<(Option<String>, Vec<PolicyRule>), String>,
    /// The first subject, in words, that may set the labels of every namespace.
    labels_namespaces: Option<String>,
}

/// A role by its name, with its namespace unless it is a ClusterRole.
type RoleKey = (Option<String>, String);

/// Who is bound to a role.
#[derive(Clone, Default)]
pub(crate) struct Bound {
    /// The first subject, in words.
    pub(super) first: Option<String>,
    /// How many subjects there are.
    pub(super) count: usize,
    /// Whether a ClusterRoleBinding is among the bindings.
    pub(super) is_cluster_wide: bool,
}

impl World {
    pub(crate) fn read(snapshot: &Snapshot, world: WorldId) -> Self {
        let mut found = Self::default();
        let mut labelling: HashSet<RoleKey> = HashSet::new();
        for kind in ["ClusterRole", "Role"] {
            for (id, role) in snapshot.of_kind(world, (GROUP, kind)) {
                let key = key_of(&role);
                if let Some(rules) = granted::rules(role.root).filter(|rules| !rules.is_empty()) {
                    if rules.iter().any(labels_namespaces) {
                        labelling.insert(key.clone());
                    }
                    let first = found.first_with_rules.entry((key.0.clone(), rules));
                    first.or_insert_with(|| key.1.clone());
                }
                found.roles.entry(key).or_insert(id);
            }
        }
        for kind in ["ClusterRoleBinding", "RoleBinding"] {
            for (_, binding) in snapshot.of_kind(world, (GROUP, kind)) {
                let Some(key) = role_of(&binding) else { continue };
                if kind == "ClusterRoleBinding" && labelling.contains(&key) {
                    let mut subjects = binding.root.list("subjects");
                    let subject = subjects.find(|subject| !is_of_the_system(*subject));
                    let subject = subject.map(|subject| subject_in_words(&binding, subject));
                    found.labels_namespaces = found.labels_namespaces.or(subject);
                }
                let bound = found.bound.entry(key).or_default();
                for subject in binding.root.list("subjects") {
                    bound.count += 1;
                    bound.is_cluster_wide |= kind == "ClusterRoleBinding";
                    bound.first.get_or_insert_with(|| subject_in_words(&binding, subject));
                }
            }
        }
        found
    }

    /// Who is bound to a role.
    pub(crate) fn bound_to(&self, role: &Object<'_>) -> Bound {
        self.bound.get(&key_of(role)).cloned().unwrap_or_default()
    }

    /// Whether the world has any binding: else they come from elsewhere.
    pub(super) fn has_bindings(&self) -> bool {
        !self.bound.is_empty()
    }

    /// Whether the role that a binding names may be missing: roles are kept in this world and it
    /// is none of them.
    pub(super) fn lacks_role_of(&self, binding: &Object<'_>) -> bool {
        let Some(key) = role_of(binding) else { return false };
        !self.roles.is_empty() && !self.roles.contains_key(&key)
    }

    /// The role that a binding names, if it is there.
    pub(super) fn role_named_by(&self, binding: &Object<'_>) -> Option<ObjectId> {
        self.roles.get(&role_of(binding)?).copied()
    }

    /// Who may set the labels of every namespace, the system's own accounts and those that may do
    /// everything left out.
    pub(crate) fn labels_namespaces(&self) -> Option<&str> {
        self.labels_namespaces.as_deref()
    }

    /// Another role in the same place with the same rules that was read before.
    pub(super) fn equal_to(&self, role: &Object<'_>) -> Option<&str> {
        let rules = granted::rules(role.root)?;
        let first = self.first_with_rules.get(&(key_of(role).0, rules))?;
        (first != role.name).then_some(first)
    }
}

fn labels_namespaces(rule: &PolicyRule) -> bool {
    let mut verbs = ["create", "patch", "update"].into_iter();
    !granted::is_of_every_resource(rule)
        && verbs.any(|verb| granted::grants(rule, verb, "namespaces", ""))
}

/// Whether a subject is a part of Kubernetes.
fn is_of_the_system(subject: Node<'_>) -> bool {
    subject.str("namespace") == Some("kube-system")
        || subject.str("name").is_some_and(|name| name.starts_with("system:"))
}

fn key_of(role: &Object<'_>) -> RoleKey {
    let namespace = (role.kind == "Role").then(|| role.namespace.unwrap_or_default().to_owned());
    (namespace, role.name.to_owned())
}

/// The role a binding names; none if it names no kind that is a role.
fn role_of(binding: &Object<'_>) -> Option<RoleKey> {
    let reference = binding.root.get("roleRef")?;
    let name = reference.str("name")?.to_owned();
    match reference.str("kind")? {
        "ClusterRole" => Some((None, name)),
        "Role" => Some((Some(binding.namespace.unwrap_or_default().to_owned()), name)),
        _ => None,
    }
}

/// "service account `ops/agent`", "group `devs`", "user `alice`".
pub(super) fn subject_in_words(binding: &Object<'_>, subject: Node<'_>) -> String {
    let name = subject.str("name").unwrap_or_default();
    match subject.str("kind").unwrap_or_default() {
        "ServiceAccount" => {
            let namespace = subject.str("namespace").filter(|it| !it.is_empty());
            match namespace.or(binding.namespace) {
                Some(namespace) => format!("service account `{namespace}/{name}`"),
                None => format!("service account `{name}`"),
            }
        }
        "Group" => format!("group `{name}`"),
        _ => format!("user `{name}`"),
    }
}
