//! Roles and bindings out of a snapshot, as the API server would decode them.

use model::{Gap, GapKind, Node, Object, ObjectId, Path, Snapshot, Value, WorldId};

use super::{
    Binding, LabelSelector, Policy, PolicyRule, Requirement, Role, RoleRef, Rules, ServiceAccount,
    Source, Subject, SubjectKind,
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// The roles, bindings and service accounts of a world, and what could not be read.
pub(super) fn policy(snapshot: &Snapshot, world: WorldId) -> (Policy, Vec<Gap>) {
    let mut policy = Policy::default();
    let mut gaps = Vec::new();
    for kind in ["ClusterRole", "Role"] {
        for (id, object) in snapshot.of_kind(world, (GROUP, kind)) {
            if is_placed(&object, kind == "Role", &mut gaps) {
                policy.roles.push(role(&object, id, &mut gaps));
            }
        }
    }
    for kind in ["ClusterRoleBinding", "RoleBinding"] {
        for (id, object) in snapshot.of_kind(world, (GROUP, kind)) {
            if !is_placed(&object, kind == "RoleBinding", &mut gaps) {
                continue;
            }
            match binding(&object, id) {
                Ok(binding) => policy.bindings.push(binding),
                Err(wrong) => gaps.push(wrong_type(&object, &wrong)),
            }
        }
    }
    for (id, object) in snapshot.of_kind(world, ("", "ServiceAccount")) {
        if let Some(namespace) = object.namespace {
            policy.service_accounts.push(ServiceAccount {
                namespace: namespace.to_owned(),
                name: object.name.to_owned(),
                source: Source::Object(id),
            });
        }
    }
    (policy, gaps)
}

/// Whether its namespace is known, if it has to have one.
fn is_placed(object: &Object<'_>, is_namespaced: bool, gaps: &mut Vec<Gap>) -> bool {
    if is_namespaced && object.namespace.is_none() {
        gaps.push(Gap {
            kind: GapKind::NoObject,
            subject: object.identity().to_string(),
            location: None,
            reason: "has no namespace, so where it holds is not known (`--namespace` sets one)"
                .to_owned(),
        });
        return false;
    }
    true
}

fn role(object: &Object<'_>, id: ObjectId, gaps: &mut Vec<Gap>) -> Role {
    let rules = rules(object.root).and_then(|rules| Ok((rules, aggregates(object.root)?)));
    let (rules, aggregates) = match rules {
        Ok((rules, aggregates)) => (Rules::Known(rules), aggregates),
        Err(wrong) => {
            gaps.push(wrong_type(object, &wrong));
            (Rules::Unreadable(wrong.path), None)
        }
    };
    let metadata = object.root.get("metadata");
    let labels = metadata.and_then(|metadata| metadata.get("labels"));
    let labels = labels.into_iter().flat_map(Node::entries);
    Role {
        namespace: object.namespace.map(str::to_owned),
        name: object.name.to_owned(),
        labels: labels
            .map(|(key, value)| (key.to_owned(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
        rules,
        aggregates,
        source: Source::Object(id),
    }
}

/// A field of another type than the API has.
struct Wrong {
    path: Path,
    expected: &'static str,
    found: &'static str,
}

fn wrong_type(object: &Object<'_>, wrong: &Wrong) -> Gap {
    let Wrong { path, expected, found } = wrong;
    Gap {
        kind: GapKind::WrongType,
        subject: object.identity().to_string(),
        location: None,
        reason: format!("`{path}` is a {found}, not a {expected}: the API server refuses it"),
    }
}

fn list<'a>(
    node: Node<'a>,
    key: &'static str,
    path: &Path,
) -> Result<impl Iterator<Item = (Node<'a>, Path)> + use<'a>, Wrong> {
    let path = path.clone().field(key);
    let found = node.get(key);
    if let Some(found) = found.filter(|found| !found.is_list()) {
        let found = found.value().type_name();
        return Err(Wrong { path, expected: "list", found });
    }
    let items = found.into_iter().flat_map(Node::items).enumerate();
    Ok(items.map(move |(index, item)| (item, path.clone().index(index))))
}

/// A text; null and nothing are the empty one, as Go's decoder reads them.
fn text(node: Node<'_>, path: impl FnOnce() -> Path) -> Result<&str, Wrong> {
    match node.value() {
        Value::String(text) => Ok(text),
        Value::Null => Ok(""),
        other => Err(Wrong { path: path(), expected: "string", found: other.type_name() }),
    }
}

fn text_at<'a>(node: Node<'a>, key: &'static str, path: &Path) -> Result<&'a str, Wrong> {
    node.get(key).map_or(Ok(""), |found| text(found, || path.clone().field(key)))
}

fn texts(node: Node<'_>, key: &'static str, path: &Path) -> Result<Vec<String>, Wrong> {
    list(node, key, path)?.map(|(item, path)| Ok(text(item, || path)?.to_owned())).collect()
}

/// A map; null is an empty one.
fn expect_map(node: Node<'_>, path: impl FnOnce() -> Path) -> Result<(), Wrong> {
    match node.value() {
        Value::Map | Value::Null => Ok(()),
        other => Err(Wrong { path: path(), expected: "map", found: other.type_name() }),
    }
}

fn rules(root: Node<'_>) -> Result<Vec<PolicyRule>, Wrong> {
    list(root, "rules", &Path::root())?
        .map(|(rule, path)| {
            expect_map(rule, || path.clone())?;
            Ok(PolicyRule {
                verbs: texts(rule, "verbs", &path)?,
                api_groups: texts(rule, "apiGroups", &path)?,
                resources: texts(rule, "resources", &path)?,
                resource_names: texts(rule, "resourceNames", &path)?,
                non_resource_urls: texts(rule, "nonResourceURLs", &path)?,
            })
        })
        .collect()
}

fn aggregates(root: Node<'_>) -> Result<Option<Vec<LabelSelector>>, Wrong> {
    let Some(rule) = root.get("aggregationRule") else { return Ok(None) };
    let path = Path::root().field("aggregationRule");
    expect_map(rule, || path.clone())?;
    let selectors = list(rule, "clusterRoleSelectors", &path)?.map(|(selector, path)| {
        expect_map(selector, || path.clone())?;
        self::selector(selector, &path)
    });
    Ok(Some(selectors.collect::<Result<_, Wrong>>()?))
}

fn selector(selector: Node<'_>, path: &Path) -> Result<LabelSelector, Wrong> {
    let mut requirements = Vec::new();
    if let Some(labels) = selector.get("matchLabels") {
        let path = path.clone().field("matchLabels");
        expect_map(labels, || path.clone())?;
        for (key, value) in labels.entries() {
            let value = text(value, || path.clone().field(key))?;
            requirements.push(Requirement::In(key.to_owned(), vec![value.to_owned()]));
        }
    }
    for (expression, path) in list(selector, "matchExpressions", path)? {
        expect_map(expression, || path.clone())?;
        let key = text_at(expression, "key", &path)?.to_owned();
        let values = texts(expression, "values", &path)?;
        requirements.push(match (text_at(expression, "operator", &path)?, values.is_empty()) {
            ("In", false) => Requirement::In(key, values),
            ("NotIn", false) => Requirement::NotIn(key, values),
            ("Exists", true) => Requirement::Exists(key),
            ("DoesNotExist", true) => Requirement::DoesNotExist(key),
            _ => Requirement::Invalid,
        });
    }
    Ok(LabelSelector { requirements })
}

fn binding(object: &Object<'_>, id: ObjectId) -> Result<Binding, Wrong> {
    let mut role_ref = RoleRef { kind: String::new(), name: String::new() };
    if let Some(node) = object.root.get("roleRef") {
        let path = Path::root().field("roleRef");
        expect_map(node, || path.clone())?;
        let text = |key| Ok(text_at(node, key, &path)?.to_owned());
        role_ref = RoleRef { kind: text("kind")?, name: text("name")? };
    }
    let subjects = list(object.root, "subjects", &Path::root())?
        .map(|(subject, path)| {
            expect_map(subject, || path.clone())?;
            Ok(Subject {
                kind: SubjectKind::of(text_at(subject, "kind", &path)?),
                name: text_at(subject, "name", &path)?.to_owned(),
                namespace: text_at(subject, "namespace", &path)?.to_owned(),
            })
        })
        .collect::<Result<_, Wrong>>()?;
    Ok(Binding {
        namespace: object.namespace.map(str::to_owned),
        name: object.name.to_owned(),
        role_ref,
        subjects,
        source: Source::Object(id),
    })
}
