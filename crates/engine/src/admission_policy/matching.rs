//! Which requests a policy or a binding is about (`pkg/admission/plugin/policy/matching`).

use model::Node;

use super::review::{Operation, Resource, Review};

/// The label every namespace has (its own name).
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Whether a request is matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matched {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// That depends on something that was not seen; what, as a clause.
    Unknown(String),
}

/// What a policy or binding is about.
#[derive(Debug, Default)]
pub(crate) struct Constraints {
    pub(super) rules: Vec<Rule>,
    excluded: Vec<Rule>,
    namespaces: Selector,
    objects: Selector,
    /// `matchPolicy: Exact`: versions are told apart.
    is_exact: bool,
}

/// Resources and what is done to them (`RuleWithOperations` of `k8s.io/api`).
#[derive(Debug)]
pub struct Rule {
    /// API groups; `*` for all.
    pub groups: Vec<String>,
    /// Versions; `*` for all.
    pub versions: Vec<String>,
    /// Resources with their subresources: `pods`, `pods/exec`, `*`, `*/*`.
    pub resources: Vec<String>,
    /// `CREATE`, `UPDATE`, `DELETE`, `CONNECT` or `*`.
    pub operations: Vec<String>,
    /// Names of objects; all if empty.
    pub names: Vec<String>,
    /// `Namespaced`, `Cluster` or `*`.
    pub scope: String,
}

/// A label selector.
#[derive(Debug, Default)]
pub(crate) struct Selector(Vec<Requirement>);

#[derive(Debug)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    In,
    NotIn,
    Exists,
    Missing,
    /// One that is none: matches nothing.
    Invalid,
}

impl Constraints {
    pub(crate) fn read(node: Option<Node<'_>>) -> Self {
        let Some(node) = node else { return Self::default() };
        let rules = |key| node.list(key).map(Rule::read).collect();
        Self {
            rules: rules("resourceRules"),
            excluded: rules("excludeResourceRules"),
            namespaces: Selector::read(node.get("namespaceSelector")),
            objects: Selector::read(node.get("objectSelector")),
            is_exact: node.str("matchPolicy") == Some("Exact"),
        }
    }

    /// Whether a request is matched: by the namespace, the object's labels and the rules, of
    /// which none means all.
    pub(crate) fn matches(&self, review: &Review<'_>) -> Matched {
        let namespace = self.in_namespace(review);
        if namespace == Matched::No || !self.by_labels(review) {
            return Matched::No;
        }
        let excluded = self.any(&self.excluded, review);
        let included =
            if self.rules.is_empty() { Matched::Yes } else { self.any(&self.rules, review) };
        match (excluded, included) {
            (Matched::Yes, _) | (_, Matched::No) => Matched::No,
            (Matched::Unknown(reason), _) | (_, Matched::Unknown(reason)) => {
                Matched::Unknown(reason)
            }
            (Matched::No, Matched::Yes) => namespace,
        }
    }

    /// Whether any rule is about the request: as it is, or with `matchPolicy: Equivalent` in
    /// another version or group to which the API server would convert the object.
    fn any(&self, rules: &[Rule], review: &Review<'_>) -> Matched {
        if rules.iter().any(|rule| rule.matches(review, &review.resource)) {
            return Matched::Yes;
        }
        let converted = rules.iter().filter(|_| !self.is_exact).find_map(|rule| {
            rule.equivalents(&review.resource).into_iter().find(|it| rule.matches(review, it))
        });
        let Some(Resource { group, version, name, .. }) = converted else { return Matched::No };
        let shown =
            if group.is_empty() { (*version).to_owned() } else { format!("{group}/{version}") };
        Matched::Unknown(format!(
            "a rule is about {name} of {shown}, to which the API server converts the object if it \
             serves them"
        ))
    }

    fn by_labels(&self, review: &Review<'_>) -> bool {
        if self.objects.0.is_empty() {
            return true;
        }
        let selected = |node: Option<Node<'_>>| {
            let labels = node.map(|node| node.field("metadata.labels"));
            labels.is_some_and(|labels| self.objects.selects(|key| labels?.str(key)))
        };
        selected(review.object) || selected(review.old_object)
    }

    fn in_namespace(&self, review: &Review<'_>) -> Matched {
        if self.namespaces.0.is_empty() {
            return Matched::Yes;
        }
        let is_namespace = review.resource.is("", "namespaces");
        let own = if is_namespace && review.operation == Operation::Delete {
            review.old_object
        } else {
            review.object
        };
        let labels = if is_namespace {
            own.and_then(|node| node.field("metadata.labels"))
        } else if review.namespace.is_empty() {
            return Matched::Yes;
        } else if let Some(namespace) = review.namespace_object {
            namespace.field("metadata.labels")
        } else if self.namespaces.0.iter().all(|it| it.key == NAME_LABEL) {
            None
        } else {
            let reason = format!("the labels of namespace {} are not known", review.namespace);
            return Matched::Unknown(reason);
        };
        let name = if is_namespace { review.name } else { review.namespace };
        let of = |key: &str| {
            let label = labels.and_then(|labels| labels.str(key));
            label.or((key == NAME_LABEL).then_some(name))
        };
        if self.namespaces.selects(of) { Matched::Yes } else { Matched::No }
    }
}

fn texts(node: Node<'_>, key: &str) -> Vec<String> {
    node.list(key).filter_map(Node::as_str).map(str::to_owned).collect()
}

impl Rule {
    fn read(node: Node<'_>) -> Self {
        Self {
            groups: texts(node, "apiGroups"),
            versions: texts(node, "apiVersions"),
            resources: texts(node, "resources"),
            operations: texts(node, "operations"),
            names: texts(node, "resourceNames"),
            scope: node.str("scope").unwrap_or("*").to_owned(),
        }
    }

    /// Under which other groups and versions the resource may be served, of those the rule names.
    fn equivalents<'r>(&'r self, resource: &Resource<'r>) -> Vec<Resource<'r>> {
        let groups = std::iter::once(resource.group).chain(other_group(resource));
        let versions = self.versions.iter().map(String::as_str);
        let all = groups.flat_map(|group| {
            versions.clone().map(move |version| Resource { group, version, ..*resource })
        });
        let is_other = |it: &Resource<'_>| {
            (it.group, it.version) != (resource.group, resource.version) && may_be_served(it)
        };
        all.filter(is_other).collect()
    }

    fn matches(&self, review: &Review<'_>, resource: &Resource<'_>) -> bool {
        let has = |list: &[String], value: &str| list.iter().any(|it| it == "*" || it == value);
        has(&self.versions, resource.version)
            && has(&self.groups, resource.group)
            && has(&self.operations, review.operation.name())
            && self.resources.iter().any(|it| is_resource(it, resource.name, resource.part))
            && self.in_scope(review)
            && (self.names.is_empty() || self.names.iter().any(|name| name == review.name))
    }

    fn in_scope(&self, review: &Review<'_>) -> bool {
        // A Namespace's request names the namespace itself.
        let is_namespaced = !review.namespace.is_empty() && !review.resource.is("", "namespaces");
        match &*self.scope {
            "Namespaced" => is_namespaced,
            "Cluster" => !is_namespaced,
            _ => true,
        }
    }
}

/// The other group of what is served in two, with the same content.
///
/// Source: `DefaultAPIResourceConfigSource` and the cohabiting resources of
/// `k8s.io/kubernetes/pkg/kubeapiserver/default_storage_factory_builder.go`.
fn other_group(resource: &Resource<'_>) -> Option<&'static str> {
    match (resource.group, resource.name) {
        ("", "events") => Some("events.k8s.io"),
        ("events.k8s.io", "events") => Some(""),
        _ => None,
    }
}

/// Whether a resource may be served in a version, as far as that can be told: of the stable
/// versions of Kubernetes' own groups it is known, of others it depends on the cluster.
fn may_be_served(resource: &Resource<'_>) -> bool {
    let Resource { group, version, name, .. } = *resource;
    let is_own = !group.contains('.') || group.ends_with(".k8s.io");
    let is_stable = !version.contains("alpha") && !version.contains("beta");
    if version == "*" {
        return true;
    }
    match (group, name) {
        ("autoscaling", "horizontalpodautoscalers") if is_stable => matches!(version, "v1" | "v2"),
        ("" | "events.k8s.io", "events") => version == "v1",
        ("", _) => false,
        _ => !is_own || !is_stable,
    }
}

fn is_resource(pattern: &str, name: &str, part: &str) -> bool {
    let (wanted, wanted_part) = pattern.split_once('/').unwrap_or((pattern, ""));
    (wanted == "*" || wanted == name) && (wanted_part == "*" || wanted_part == part)
}

impl Selector {
    pub(crate) fn read(node: Option<Node<'_>>) -> Self {
        let Some(node) = node else { return Self::default() };
        let labels = node.get("matchLabels").into_iter().flat_map(Node::entries);
        let mut requirements: Vec<Requirement> = labels
            .map(|(key, value)| Requirement {
                key: key.to_owned(),
                operator: Operator::In,
                values: value.as_str().map(str::to_owned).into_iter().collect(),
            })
            .collect();
        requirements.extend(node.list("matchExpressions").map(|it| Requirement {
            key: it.str("key").unwrap_or_default().to_owned(),
            operator: match it.str("operator") {
                Some("In") => Operator::In,
                Some("NotIn") => Operator::NotIn,
                Some("Exists") => Operator::Exists,
                Some("DoesNotExist") => Operator::Missing,
                _ => Operator::Invalid,
            },
            values: texts(it, "values"),
        }));
        Self(requirements)
    }

    /// Whether labels, given by key, are selected.
    pub(crate) fn selects<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.0.iter().all(|requirement| {
            let value = label(&requirement.key);
            let is_listed =
                value.is_some_and(|value| requirement.values.iter().any(|it| it == value));
            match requirement.operator {
                Operator::In => is_listed,
                Operator::NotIn => !is_listed,
                Operator::Exists => value.is_some(),
                Operator::Missing => value.is_none(),
                Operator::Invalid => false,
            }
        })
    }
}
