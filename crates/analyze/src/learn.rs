//! What roles people and programs need, from what they were seen to do.

use std::collections::{BTreeMap, BTreeSet};

use engine::least_privilege::{self, Grant, Knobs};
use engine::rbac::{
    Authorizer, Coverage, Groups, Identity, PolicyRule, Subject, SubjectKind, covers,
};
use model::KubernetesVersion;
use model::usage::{Action, Observed, Usage};

/// Whom roles are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// Each user and service account by itself.
    Subject,
    /// Each group of users; those in no group of their own by themselves.
    Group,
}

/// What somebody needs.
pub struct Lesson {
    /// Who it is.
    pub subject: Subject,
    /// Whose actions they are: the members, for a group.
    pub users: Vec<String>,
    /// Different actions that were seen.
    pub actions: usize,
    /// The roles, scope by scope.
    pub grants: Vec<Grant>,
    /// Actions that the roles would refuse, as the engine says: none, unless it is wrong.
    pub refused: usize,
    /// The roles and bindings as a manifest.
    pub manifest: String,
}

/// A rule that somebody holds and how much of it was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The binding, as `namespace/name` or a name.
    pub binding: String,
    /// The role, likewise.
    pub role: String,
    /// The namespace it holds in; none for the whole cluster.
    pub namespace: Option<String>,
    /// The rule.
    pub rule: PolicyRule,
    /// Its verbs that were not used.
    pub unused_verbs: Vec<String>,
    /// Its resources and paths that were not used.
    pub unused_resources: Vec<String>,
    /// Whether nothing of it was used.
    pub is_unused: bool,
}

/// Users of the control plane itself: their roles come with Kubernetes.
fn is_component(user: &str) -> bool {
    let is_account = user.starts_with("system:serviceaccount:");
    let is_controller = user.starts_with("system:serviceaccount:kube-system:");
    (user.starts_with("system:") && !is_account) || is_controller
}

/// A subject: its kind, name and namespace.
type Key = (SubjectKind, String, String);
/// A user and what it did.
type Seen<'u> = (&'u str, &'u Observed);

/// What everybody needs, by name; users of the control plane itself are left out.
pub fn learn(usage: &Usage, per: Per, knobs: Knobs, version: KubernetesVersion) -> Vec<Lesson> {
    let mut wanted: BTreeMap<Key, Vec<Seen<'_>>> = BTreeMap::new();
    for (user, observed) in &usage.users {
        if is_component(user) {
            continue;
        }
        let account = user.strip_prefix("system:serviceaccount:").and_then(|it| it.split_once(':'));
        let groups: Vec<&String> =
            observed.groups.iter().filter(|group| !group.starts_with("system:")).collect();
        let keys: Vec<_> = match account {
            Some((namespace, name)) => {
                vec![(SubjectKind::ServiceAccount, name.to_owned(), namespace.to_owned())]
            }
            None if per == Per::Group && !groups.is_empty() => groups
                .into_iter()
                .map(|group| (SubjectKind::Group, group.clone(), String::new()))
                .collect(),
            None => vec![(SubjectKind::User, user.clone(), String::new())],
        };
        for key in keys {
            wanted.entry(key).or_default().push((user, observed));
        }
    }
    let lesson = |((kind, name, namespace), users): (Key, Vec<Seen<'_>>)| {
        let subject = Subject { kind, name, namespace };
        lesson(subject, &users, knobs, version)
    };
    wanted.into_iter().map(lesson).collect()
}

fn lesson(
    subject: Subject,
    users: &[Seen<'_>],
    knobs: Knobs,
    version: KubernetesVersion,
) -> Lesson {
    let actions: BTreeSet<&Action> =
        users.iter().flat_map(|(_, observed)| observed.actions.keys()).collect();
    let grants = least_privilege::synthesize(actions.iter().copied(), knobs);
    let identity = identity(&subject);
    let refused =
        least_privilege::missing(&identity, &subject, &grants, actions.iter().copied(), version);
    let refused = refused.len();
    let manifest = manifest(&subject, &grants);
    let users = users.iter().map(|(user, _)| (*user).to_owned()).collect();
    Lesson { subject, users, actions: actions.len(), grants, refused, manifest }
}

fn identity(subject: &Subject) -> Identity {
    match subject.kind {
        SubjectKind::ServiceAccount => Identity::service_account(&subject.namespace, &subject.name),
        SubjectKind::Group => Identity::member_of(&subject.name),
        SubjectKind::User | SubjectKind::Other => {
            Identity::user(&subject.name, Groups::Known(Vec::new()))
        }
    }
}

/// How much of what an identity holds was used.
pub fn holdings(authorizer: &Authorizer, identity: &Identity, observed: &Observed) -> Vec<Holding> {
    let done: Vec<(&Action, PolicyRule)> =
        observed.actions.keys().map(|action| (action, rule_of(action))).collect();
    let mut found = Vec::new();
    for permission in authorizer.permissions_of(identity).permissions {
        let grant = permission.grant;
        let Some(rule) = authorizer.rule(grant.origin, grant.rule) else { continue };
        let binding = authorizer.binding(grant.binding);
        let granted = authorizer.role(grant.role);
        let scope = binding.namespace;
        let used = done.iter().filter(|(action, wanted)| {
            let holds = match action {
                Action::Path { .. } => scope.is_none(),
                Action::Resource { namespace, .. } => scope.is_none_or(|scope| scope == namespace),
            };
            holds
                && matches!(
                    covers(std::slice::from_ref(&rule), std::slice::from_ref(wanted)),
                    Coverage::Covered
                )
        });
        let used: Vec<&PolicyRule> = used.map(|(_, wanted)| wanted).collect();
        let has = |list: fn(&PolicyRule) -> &Vec<String>, text: &String| {
            text == "*" && !used.is_empty() || used.iter().any(|rule| list(rule).contains(text))
        };
        let unused = |texts: &[String], list: fn(&PolicyRule) -> &Vec<String>| {
            texts.iter().filter(|text| !has(list, text)).cloned().collect::<Vec<_>>()
        };
        let mut unused_resources = unused(&rule.resources, |rule| &rule.resources);
        unused_resources.extend(unused(&rule.non_resource_urls, |rule| &rule.non_resource_urls));
        let name = |namespace: Option<&str>, name: &str| match namespace {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.to_owned(),
        };
        found.push(Holding {
            binding: name(binding.namespace, binding.name),
            role: name(granted.namespace, granted.name),
            namespace: scope.map(str::to_owned),
            unused_verbs: unused(&rule.verbs, |rule| &rule.verbs),
            unused_resources,
            is_unused: used.is_empty(),
            rule,
        });
    }
    found
}

/// The one rule that allows an action and nothing else.
fn rule_of(action: &Action) -> PolicyRule {
    match action {
        Action::Path { path, verb } => PolicyRule {
            verbs: vec![verb.clone()],
            non_resource_urls: vec![path.clone()],
            ..PolicyRule::default()
        },
        Action::Resource { api_group, resource, verb, name, .. } => PolicyRule {
            verbs: vec![verb.clone()],
            api_groups: vec![api_group.clone()],
            resources: vec![resource.clone()],
            resource_names: if name.is_empty() { Vec::new() } else { vec![name.clone()] },
            non_resource_urls: Vec::new(),
        },
    }
}

/// Roles and bindings as a manifest.
fn manifest(subject: &Subject, grants: &[Grant]) -> String {
    let name = format!("observed-{}", slug(subject));
    let name = yaml::edit::text(&name);
    let mut text = String::new();
    for Grant { namespace, rules } in grants {
        let (role, binding) = match namespace {
            Some(_) => ("Role", "RoleBinding"),
            None => ("ClusterRole", "ClusterRoleBinding"),
        };
        let scope = namespace.as_ref();
        let scope = scope.map(|it| format!("  namespace: {}\n", yaml::edit::text(it)));
        let scope = scope.unwrap_or_default();
        let head = |kind: &str| {
            format!(
                "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: \
                 {name}\n{scope}"
            )
        };
        text.push_str(&head(role));
        text.push_str("rules:\n");
        text.extend(rules.iter().map(shown));
        text.push_str(&head(binding));
        text.push_str(&format!(
            "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: {role}\n  name: {name}\n\
             subjects:\n- kind: {}\n  name: {}\n",
            subject.kind.name(),
            yaml::edit::text(&subject.name),
        ));
        match subject.kind {
            SubjectKind::ServiceAccount => {
                let namespace = yaml::edit::text(&subject.namespace);
                text.push_str(&format!("  namespace: {namespace}\n"));
            }
            _ => text.push_str("  apiGroup: rbac.authorization.k8s.io\n"),
        }
    }
    text
}

fn shown(rule: &PolicyRule) -> String {
    let lists = [
        ("apiGroups", &rule.api_groups),
        ("resources", &rule.resources),
        ("resourceNames", &rule.resource_names),
        ("nonResourceURLs", &rule.non_resource_urls),
        ("verbs", &rule.verbs),
    ];
    let mut text = String::new();
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        let dash = if text.is_empty() { "- " } else { "  " };
        let items: Vec<_> = list.iter().map(|item| yaml::edit::text(item)).collect();
        text.push_str(&format!("{dash}{name}: [{}]\n", items.join(", ")));
    }
    text
}

/// A subject's name as an object may be called: letters, digits and dashes, and a digest where
/// that lost something, so that two subjects never share a role.
fn slug(subject: &Subject) -> String {
    let whole = match subject.kind {
        SubjectKind::ServiceAccount => format!("{}-{}", subject.namespace, subject.name),
        _ => subject.name.clone(),
    };
    let parts = [subject.kind.name(), &subject.namespace, &subject.name];
    object_name(&whole, &parts, subject.kind == SubjectKind::Group)
}

/// A text as an object may be called; a digest of what it stands for is added where letters were
/// lost, or on demand.
pub(crate) fn object_name(whole: &str, parts: &[&str], has_digest: bool) -> String {
    let plain =
        |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' };
    let slug: String = whole.chars().map(plain).take(60).collect();
    let slug = slug.trim_matches('-');
    if slug == whole && !has_digest {
        return slug.to_owned();
    }
    let digest = model::Fingerprint::of_parts(parts);
    let digest = digest.as_str().trim_start_matches("f1:");
    format!("{slug}-{}", &digest[..8])
}

#[cfg(test)]
mod tests {
    use engine::rbac::{
        Assumptions, Binding, Bootstrap, Policy, Role, RoleRef, Rules, Seen, Source, Switch,
    };

    use super::*;

    fn get(namespace: &str, resource: &str) -> Action {
        Action::Resource {
            namespace: namespace.to_owned(),
            api_group: String::new(),
            resource: resource.to_owned(),
            verb: "get".to_owned(),
            name: String::new(),
        }
    }

    fn usage(users: &[(&str, &[&str], &[Action])]) -> Usage {
        let mut usage = Usage::default();
        for (user, groups, actions) in users {
            let observed = Observed {
                groups: groups.iter().map(|group| (*group).to_owned()).collect(),
                actions: actions.iter().map(|action| (action.clone(), 1)).collect(),
            };
            usage.users.insert((*user).to_owned(), observed);
        }
        usage
    }

    #[test]
    fn members_of_a_group_share_a_role_and_components_get_none() {
        let (pods, nodes) = ([get("shop", "pods")], [get("", "nodes")]);
        let usage = usage(&[
            ("alice", &["devs", "system:authenticated"], &pods),
            ("bob", &["devs"], &nodes),
            ("carol", &["system:authenticated"], &pods),
            ("system:node:a", &["system:nodes"], &nodes),
            ("system:serviceaccount:kube-system:deployment-controller", &[], &pods),
            ("system:serviceaccount:shop:web", &["system:serviceaccounts"], &pods),
        ]);
        let names = |per| {
            let lessons = learn(&usage, per, Knobs::default(), KubernetesVersion::NEWEST);
            assert!(lessons.iter().all(|lesson| lesson.refused == 0));
            let name = |lesson: &Lesson| {
                let Subject { kind, name, .. } = &lesson.subject;
                format!("{} {name} {}", kind.name(), lesson.grants.len())
            };
            lessons.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(
            names(Per::Subject),
            ["User alice 1", "User bob 1", "User carol 1", "ServiceAccount web 1"]
        );
        assert_eq!(names(Per::Group), ["User carol 1", "Group devs 2", "ServiceAccount web 1"]);
    }

    #[test]
    fn manifests_say_what_was_meant() {
        let usage = usage(&[("Alice \"A\": x", &[], &[get("shop", "pods")])]);
        let lessons = learn(&usage, Per::Subject, Knobs::default(), KubernetesVersion::NEWEST);
        let expected = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  \
                        name: observed-alice--a---x-";
        assert!(lessons[0].manifest.starts_with(expected), "{}", lessons[0].manifest);
        let stream = yaml::Stream::yaml(&lessons[0].manifest, &yaml::Limits::default());
        let documents: Vec<_> = stream.documents().map(|it| it.expect("YAML").root()).collect();
        assert_eq!(documents.len(), 2);
        let subject = documents[1].get("subjects").and_then(|it| it.items().next());
        let name = subject.and_then(|it| it.get("name")).and_then(yaml::Node::as_str);
        assert_eq!(name, Some("Alice \"A\": x"));
    }

    #[test]
    fn rights_that_were_not_used_are_told() {
        let texts =
            |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let rule = |resources: &[&str], verbs: &[&str]| PolicyRule {
            verbs: texts(verbs),
            api_groups: texts(&[""]),
            resources: texts(resources),
            ..PolicyRule::default()
        };
        let rules = vec![rule(&["pods", "secrets"], &["get", "delete"]), rule(&["nodes"], &["*"])];
        let role_ref = RoleRef { kind: "ClusterRole".to_owned(), name: "r".to_owned() };
        let subject =
            Subject { kind: SubjectKind::User, name: "alice".to_owned(), namespace: String::new() };
        let policy = Policy {
            roles: vec![Role {
                namespace: None,
                name: "r".to_owned(),
                labels: Vec::new(),
                rules: Rules::Known(rules),
                aggregates: None,
                source: Source::Value(0),
            }],
            bindings: vec![Binding {
                namespace: Some("shop".to_owned()),
                name: "b".to_owned(),
                role_ref,
                subjects: vec![subject],
                source: Source::Value(0),
            }],
            service_accounts: Vec::new(),
        };
        let assumptions = Assumptions {
            bootstrap: Bootstrap::Absent,
            seen: Seen::Everything,
            node_authorizer: Switch::Off,
            node_restriction: Switch::Off,
        };
        let authorizer = Authorizer::new(policy, KubernetesVersion::NEWEST, assumptions);
        let identity = Identity::user("alice", Groups::Known(Vec::new()));
        let usage = usage(&[("alice", &[], &[get("shop", "pods"), get("data", "nodes")])]);
        let found = holdings(&authorizer, &identity, &usage.users["alice"]);
        let told: Vec<_> = found
            .iter()
            .map(|it| (it.is_unused, it.unused_verbs.join(","), it.unused_resources.join(",")))
            .collect();
        let expected = [
            (false, "delete".to_owned(), "secrets".to_owned()),
            (true, "*".to_owned(), "nodes".to_owned()),
        ];
        assert_eq!(told, expected, "{found:?}");
        assert_eq!((found[0].binding.as_str(), found[0].role.as_str()), ("shop/b", "r"));
    }
}
