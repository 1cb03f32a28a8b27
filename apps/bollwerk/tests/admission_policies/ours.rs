//! What our engine says.

use std::collections::BTreeSet;

use analyze::admission_policy::{Index, Places, plural};
use engine::admission_policy::{
    Action, Binding, ByRoles, Certainty, Operation, Policies, Policy, Requester, Resource, Review,
};
use engine::rbac::{Assumptions, Authorizer, Seen};
use model::{
    DigestKey, KubernetesVersion, Node, Object, Origin, Part, Path, Redactions, Snapshot, WorldId,
    items,
};
use serde_json::{Value, json};

use crate::cluster::{self, Case, ONLY, USERS};
use crate::control_plane::ControlPlane;

/// The cluster, as it is read.
pub(crate) struct Known {
    snapshot: Snapshot,
    parameters: Index,
    authorizer: Authorizer,
}

/// What policies say of a request.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The words and the reason of what may be the refusal: the API server tells one.
    pub(crate) denials: Vec<(String, String)>,
    pub(crate) warnings: BTreeSet<String>,
    /// The keys that are in the audit log.
    pub(crate) annotations: BTreeSet<(String, String)>,
    pub(crate) is_unknown: bool,
}

/// Calls `then` with JSON as a node of a file's tree.
fn with_node<T>(json: &Value, then: impl FnOnce(Option<Node<'_>>) -> T) -> T {
    let text = json.to_string();
    let stream = yaml::Stream::json(&text, &yaml::Limits::default());
    let document = stream.documents().next().unwrap().ok().unwrap();
    let redactions = Redactions::default();
    then(Some(Node::tree(document.root(), &redactions)).filter(|node| node.is_map()))
}

fn with_object<T>(json: &Value, then: impl FnOnce(&Object<'_>) -> T) -> T {
    with_node(json, |node| {
        then(&Object::new(node.unwrap(), None, KubernetesVersion::NEWEST).unwrap())
    })
}

/// Leaves out what does not compile; whether there was any.
pub(crate) fn without_faults(policy: &mut Value) -> bool {
    let faults: Vec<String> = with_object(policy, |object| {
        let read = Policy::read(object).unwrap();
        read.faults().iter().map(|fault| fault.path.to_string()).collect()
    });
    // The last first, so that places stay what they are.
    for fault in faults.iter().rev() {
        let (list, rest) = fault.strip_prefix("spec.").unwrap().split_once('[').unwrap();
        let (index, field) = rest.split_once("].").unwrap();
        let items = policy["spec"][list].as_array_mut().unwrap();
        let index: usize = index.parse().unwrap();
        if field == "messageExpression" {
            items[index].as_object_mut().unwrap().remove(field);
        } else {
            items[index]["gone"] = true.into();
        }
    }
    let spec = policy["spec"].as_object_mut().unwrap();
    for list in spec.values_mut().filter_map(Value::as_array_mut) {
        list.retain(|item| item["gone"] != true);
    }
    let has_faults = !faults.is_empty();
    // What named a variable that is gone does not compile now.
    if has_faults {
        without_faults(policy);
    }
    let spec = policy["spec"].as_object_mut().unwrap();
    if spec["validations"].as_array().unwrap().is_empty() {
        spec["validations"] = json!([{"expression": "request.operation != 'CREATE'"}]);
    }
    has_faults
}

impl Known {
    /// Reads what policies are judged together with.
    pub(crate) fn read(plane: &mut ControlPlane) -> Self {
        let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
        snapshot.worlds.push("cluster".to_owned());
        let key = DigestKey::new(&[7; 32]);
        let mut part = Part::new();
        let mut all: Vec<Value> = ["team", "other", "bare"]
            .iter()
            .map(|name| {
                let path = format!("/api/v1/namespaces/{name}");
                let mut found = plane.ask("GET", &path, &Value::Null).body;
                found["kind"] = "Namespace".into();
                found
            })
            .collect();
        all.extend(cluster::rights());
        let mut parameters = cluster::parameters();
        for object in &mut parameters {
            let path = cluster::path(plane, object);
            *object = plane.ask("GET", &path, &Value::Null).body;
        }
        all.extend(parameters);
        // What every cluster has beside it, of the kinds of parameters.
        let maps = plane.ask("GET", "/api/v1/configmaps", &Value::Null).body;
        for map in maps["items"].as_array().unwrap() {
            let is_known = all.iter().any(|it| it["metadata"]["uid"] == map["metadata"]["uid"]);
            if !is_known {
                let mut map = map.clone();
                map["kind"] = "ConfigMap".into();
                map["apiVersion"] = "v1".into();
                all.push(map);
            }
        }
        for (number, object) in all.iter().enumerate() {
            let text = object.to_string();
            let stream = yaml::Stream::json(&text, &yaml::Limits::default());
            let document = stream.documents().next().unwrap().ok().unwrap();
            for item in items(document.root(), &mut |_, reason| panic!("{reason}")) {
                let redactions = Redactions::find(item.node, &key);
                let document = number as u32;
                let origin = Origin { file: 0, document, item: Path::root(), line: 1 };
                part.insert(item.node, &redactions, WorldId(0), origin, None);
            }
        }
        snapshot.add(part);
        let kinds = [
            ("v1", "ConfigMap", true),
            ("example.com/v1", "Allowance", true),
            ("example.com/v1", "Limit", false),
        ];
        let mut parameters = Index::of_kinds(kinds.map(|(version, kind, _)| (version, kind)));
        for id in snapshot.ids() {
            parameters.add(&snapshot.object(id), id);
        }
        for (version, kind, is_namespaced) in kinds {
            parameters.know(version, kind, true, Some(is_namespaced));
        }
        let assumptions = Assumptions { seen: Seen::Everything, ..Assumptions::default() };
        let authorizer = Authorizer::of(&snapshot, WorldId(0), assumptions);
        Self { snapshot, parameters, authorizer }
    }

    /// What a policy with its bindings says of a request.
    pub(crate) fn judge(
        &self,
        policy: &Value,
        bindings: &[Value],
        case: &Case,
        is_as_written: bool,
    ) -> Said {
        let policy = with_object(policy, |object| Policy::read(object).unwrap());
        let bindings =
            bindings.iter().map(|it| with_object(it, |object| Binding::read(object).unwrap()));
        let name = policy.name.clone();
        let policies = Policies::new(vec![policy], bindings.collect());
        let mut seen = if is_as_written { case.object.clone() } else { case.seen.clone() };
        if !seen.is_null() {
            seen["metadata"]["labels"][ONLY] = name.into();
        }
        let kind = match case.operation {
            "CREATE" => "CreateOptions",
            "UPDATE" => "UpdateOptions",
            _ => "DeleteOptions",
        };
        let options = json!({"kind": kind, "apiVersion": "meta.k8s.io/v1", "dryRun": ["All"]});
        with_node(&seen, |object| {
            with_node(&case.old, |old| {
                with_node(&options, |options| {
                    self.ask(&policies, case, (object, old, options), is_as_written)
                })
            })
        })
    }

    fn ask<'a>(
        &'a self,
        policies: &'a Policies,
        case: &Case,
        (object, old_object, options): (Option<Node<'a>>, Option<Node<'a>>, Option<Node<'a>>),
        is_as_written: bool,
    ) -> Said {
        let (name, groups) = USERS[case.user];
        let groups = groups.iter().copied().chain(["system:authenticated"]);
        let requester = Requester {
            name: name.to_owned(),
            groups: groups.map(str::to_owned).collect(),
            ..Requester::default()
        };
        let authorizer = ByRoles::new(&self.authorizer, &requester);
        let text = |value: Node<'a>, field: &str| {
            value.field(field).and_then(Node::as_str).unwrap_or_default()
        };
        let root = object.or(old_object).unwrap();
        let (version, kind) = (text(root, "apiVersion"), text(root, "kind"));
        let plural = plural(kind);
        let resource = Resource::of(version, kind, &plural);
        let namespace = text(root, "metadata.namespace");
        let mut review = Review::create(root, resource, text(root, "metadata.name"), namespace);
        (review.object, review.old_object, review.options) = (object, old_object, options);
        review.operation = match case.operation {
            "CREATE" => Operation::Create,
            "UPDATE" => Operation::Update,
            _ => Operation::Delete,
        };
        (review.is_dry_run, review.is_as_written) = (true, is_as_written);
        review.requester = Some(&requester);
        review.authorizer = Some(&authorizer);
        review.namespace_object =
            self.snapshot.namespaces(WorldId(0), namespace).next().map(|found| found.root);
        let parameters = Places(vec![(&self.snapshot, &self.parameters)]);
        let said = policies.judge(&review, &parameters);
        let mut found = Said::default();
        for finding in &said.findings {
            found.is_unknown |= finding.certainty == Certainty::Unknown;
            if finding.actions.contains(&Action::Deny) {
                let reason = Some(&*finding.reason).filter(|it| !it.is_empty());
                let reason = reason.unwrap_or("Invalid").to_owned();
                found.denials.push((finding.refusal(), reason));
            }
            if finding.actions.contains(&Action::Warn) {
                found.warnings.insert(finding.warning());
            }
        }
        let annotations = said.annotations.iter();
        found.annotations = annotations
            .map(|(policy, key, value)| (format!("{policy}/{key}"), value.clone()))
            .collect();
        found
    }
}
