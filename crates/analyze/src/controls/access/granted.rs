//! What a role's own rules grant, by the engine's matching.

use std::collections::HashMap;
use std::sync::OnceLock;

use engine::rbac::{
    Answer, Assumptions, Authorizer, Binding, Bootstrap, Coverage, Groups, Identity, Policy,
    PolicyRule, Proof, Request, Role, RoleRef, Rules, Seen, Source, Subject, SubjectKind, Switch,
    covers,
};
use model::{KubernetesVersion, Node, Object};

/// The rules of one role, ready to be asked.
pub(crate) struct Granted {
    pub(super) rules: Vec<PolicyRule>,
    narrow: Authorizer,
}

/// A user that only the binding of [`authorizer`] knows.
const HOLDER: &str = "holder";

impl Granted {
    /// None if there is nothing to judge: a role every API server makes, one whose rules are those
    /// of others, one that cannot be read.
    pub(crate) fn of(role: &Object<'_>) -> Option<Self> {
        if role.root.get("aggregationRule").is_some() {
            return None;
        }
        let rules = rules(role.root)?;
        if is_built_in(role, &rules) {
            return None;
        }
        let narrow = |rule: &PolicyRule| {
            if is_of_every_resource(rule) { PolicyRule::default() } else { rule.clone() }
        };
        let narrow = authorizer(rules.iter().map(narrow).collect());
        Some(Self { rules, narrow })
    }

    /// The first rule that grants the request. Rules over every resource are left out: what they
    /// grant is told of them once.
    pub(super) fn first(&self, request: &Request<'_>) -> Option<usize> {
        match self.narrow.can(&Identity::exactly(HOLDER, Groups::Known(Vec::new())), request) {
            Answer::Allowed(Proof::Grant(grant)) => Some(grant.rule as usize),
            _ => None,
        }
    }
}

/// Whether a rule is for all resources of its groups.
pub(super) fn is_of_every_resource(rule: &PolicyRule) -> bool {
    rule.resources.iter().any(|resource| resource == "*")
}

/// Whether this one rule grants a request on resources.
pub(super) fn grants(rule: &PolicyRule, verb: &str, resource: &str, name: &str) -> bool {
    let (path, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let (plural, group) = path.split_once('.').unwrap_or((path, ""));
    let resource = match subresource {
        "" => plural.to_owned(),
        subresource => format!("{plural}/{subresource}"),
    };
    let atom = PolicyRule {
        verbs: vec![verb.to_owned()],
        api_groups: vec![group.to_owned()],
        resources: vec![resource],
        resource_names: if name.is_empty() { Vec::new() } else { vec![name.to_owned()] },
        non_resource_urls: Vec::new(),
    };
    covers(std::slice::from_ref(rule), &[atom]) == Coverage::Covered
}

/// An authorizer that knows one user, who holds these rules everywhere.
fn authorizer(rules: Vec<PolicyRule>) -> Authorizer {
    let role = Role {
        namespace: None,
        name: HOLDER.to_owned(),
        labels: Vec::new(),
        rules: Rules::Known(rules),
        aggregates: None,
        source: Source::Value(0),
    };
    let holder =
        Subject { kind: SubjectKind::User, name: HOLDER.to_owned(), namespace: String::new() };
    let binding = Binding {
        namespace: None,
        name: HOLDER.to_owned(),
        role_ref: RoleRef { kind: "ClusterRole".to_owned(), name: HOLDER.to_owned() },
        subjects: vec![holder],
        source: Source::Value(0),
    };
    let policy =
        Policy { roles: vec![role], bindings: vec![binding], service_accounts: Vec::new() };
    let assumptions = Assumptions {
        bootstrap: Bootstrap::Absent,
        seen: Seen::Everything,
        node_authorizer: Switch::Off,
        node_restriction: Switch::On,
    };
    Authorizer::new(policy, KubernetesVersion::NEWEST, assumptions)
}

/// The rules of a role; none if the API server would refuse the object.
pub(super) fn rules(root: Node<'_>) -> Option<Vec<PolicyRule>> {
    let texts = |rule: Node<'_>, key| -> Option<Vec<String>> {
        match rule.get(key) {
            None => Some(Vec::new()),
            Some(list) if !list.is_list() => None,
            Some(list) => list.items().map(|item| item.as_str().map(str::to_owned)).collect(),
        }
    };
    let rule = |rule: Node<'_>| {
        Some(PolicyRule {
            verbs: texts(rule, "verbs")?,
            api_groups: texts(rule, "apiGroups")?,
            resources: texts(rule, "resources")?,
            resource_names: texts(rule, "resourceNames")?,
            non_resource_urls: texts(rule, "nonResourceURLs")?,
        })
    };
    root.list("rules").map(rule).collect()
}

/// Whether it is a role that every API server makes, with no more rules than that has.
fn is_built_in(role: &Object<'_>, rules: &[PolicyRule]) -> bool {
    let namespace = (role.kind == "Role").then(|| role.namespace.unwrap_or_default());
    built_in(namespace, role.name).is_some_and(|own| covers(own, rules) == Coverage::Covered)
}

/// The rules of a role that every API server makes.
pub(super) fn built_in(namespace: Option<&str>, name: &str) -> Option<&'static [PolicyRule]> {
    type Known = HashMap<(Option<String>, String), Vec<PolicyRule>>;
    static KNOWN: OnceLock<Known> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        let roles = Policy::bootstrap().roles.into_iter();
        let rules = |role: Role| match role.rules {
            Rules::Known(rules) => ((role.namespace, role.name), rules),
            Rules::Unreadable(_) => ((role.namespace, role.name), Vec::new()),
        };
        roles.map(rules).collect()
    });
    known.get(&(namespace.map(str::to_owned), name.to_owned())).map(Vec::as_slice)
}
