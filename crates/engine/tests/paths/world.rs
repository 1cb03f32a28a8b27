//! Small clusters for the tests of paths.

use std::fmt::Write as _;

use engine::paths::{Because, Graph, Options, Place, Reach, Way};
use engine::rbac::{Assumptions, Authorizer, Bootstrap, Groups, Seen};
use model::{KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId};

pub(crate) const WORLD: WorldId = WorldId(0);

/// The user who attacks.
pub(crate) const EVE: &str = "eve";

/// All was seen, and nothing but what was written is there.
pub(crate) fn bare() -> Assumptions {
    Assumptions { bootstrap: Bootstrap::Absent, seen: Seen::Everything, ..Assumptions::default() }
}

/// Whose groups are known: the attacker is in none.
pub(crate) fn options() -> Options {
    let mut options = Options::default();
    options.groups.insert(EVE.to_owned(), Groups::Known(Vec::new()));
    options
}

pub(crate) fn snapshot(text: &str, version: KubernetesVersion) -> Snapshot {
    let now = "2026-11-24T00:00:00Z".parse().expect("a time");
    let mut snapshot = Snapshot::new(version, now);
    let mut part = Part::new();
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    for (number, document) in stream.documents().enumerate() {
        let document = document.expect("readable");
        let origin = Origin { file: 0, document: number as u32, item: Path::root(), line: 1 };
        part.insert(document.root(), &Redactions::default(), WORLD, origin, None);
    }
    snapshot.add(part);
    snapshot
}

pub(crate) struct World {
    pub(crate) snapshot: Snapshot,
    pub(crate) authorizer: Authorizer,
    pub(crate) graph: Graph,
}

impl World {
    pub(crate) fn new(text: &str) -> Self {
        Self::with(text, KubernetesVersion::NEWEST, bare(), &options())
    }

    pub(crate) fn with(
        text: &str,
        version: KubernetesVersion,
        assumptions: Assumptions,
        options: &Options,
    ) -> Self {
        let snapshot = snapshot(text, version);
        let authorizer = Authorizer::of(&snapshot, WORLD, assumptions);
        let graph = Graph::build(&snapshot, WORLD, &authorizer, options);
        Self { snapshot, authorizer, graph }
    }

    pub(crate) fn paths(&self, from: &Place, to: &Place) -> Reach {
        match (self.graph.find(from), self.graph.find(to)) {
            (Some(from), Some(to)) => self.graph.paths(from, to, 1),
            _ => Reach::No,
        }
    }

    /// The place of the object of this kind and name.
    pub(crate) fn pod(&self, kind: &str, name: &str) -> Place {
        let found = self.snapshot.ids().find(|id| {
            let object = self.snapshot.object(*id);
            object.kind == kind && object.name == name
        });
        Place::Pod(found.expect("such an object"))
    }
}

pub(crate) fn edges(way: &Way) -> Vec<&'static str> {
    way.steps
        .iter()
        .filter_map(|step| match &step.because {
            Because::Edge { edge, .. } => Some(edge.id),
            _ => None,
        })
        .collect()
}

pub(crate) fn user(name: &str) -> Place {
    Place::User(name.to_owned())
}

pub(crate) fn account(namespace: &str, name: &str) -> Place {
    Place::ServiceAccount { namespace: namespace.to_owned(), name: name.to_owned() }
}

/// A rule: verb, resource as in `deployments.apps`, names; in the namespace `app` or everywhere.
pub(crate) type Granted = (bool, &'static str, &'static str, &'static [&'static str]);

/// Each rule by a role and a binding of its own, to the attacker.
pub(crate) fn grants(rules: &[Granted]) -> String {
    let mut text = String::new();
    for (number, (is_everywhere, verb, resource, names)) in rules.iter().enumerate() {
        let (whole, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let (plural, group) = whole.split_once('.').unwrap_or((whole, ""));
        let slash = if subresource.is_empty() { "" } else { "/" };
        let prefix = if *is_everywhere { "Cluster" } else { "" };
        let namespace = if *is_everywhere { "" } else { ", namespace: app" };
        let api = "apiVersion: rbac.authorization.k8s.io/v1";
        let _ = write!(
            text,
            "---\n{api}\nkind: {prefix}Role\nmetadata: {{name: role-{number}{namespace}}}\n\
             rules: [{{verbs: ['{verb}'], apiGroups: ['{group}'], \
             resources: ['{plural}{slash}{subresource}'], resourceNames: {names:?}}}]\n\
             ---\n{api}\nkind: {prefix}RoleBinding\nmetadata: {{name: b-{number}{namespace}}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {prefix}Role, \
             name: role-{number}}}\nsubjects: [{{kind: User, name: {EVE}}}]\n"
        );
    }
    text
}

/// The object as JSON.
pub(crate) fn json(node: model::Node<'_>) -> String {
    value(node).to_string()
}

fn value(node: model::Node<'_>) -> serde_json::Value {
    use model::Value;
    match node.value() {
        Value::Map => node.entries().map(|(key, node)| (key.to_owned(), value(node))).collect(),
        Value::List => node.items().map(value).collect(),
        Value::String(text) => text.into(),
        _ => node
            .as_bool()
            .map(Into::into)
            .or_else(|| node.as_int().map(Into::into))
            .unwrap_or_default(),
    }
}
