//! What of a world matters to paths, read once.

use std::collections::{BTreeMap, BTreeSet};

use model::{Gap, GapKind, Node, Object, ObjectId, Path, Pod, Snapshot, WorldId};

use super::edge::{Edge, Need};
use super::edges::EDGES;
use super::field;
use super::graph::Options;
use crate::pod_security::{Level, Policy};
use crate::rbac::Seen;

/// All objects that matter.
#[derive(Default)]
pub(super) struct Inventory {
    pub(super) pods: Vec<PodRecord>,
    pub(super) accounts: BTreeMap<(String, String), Account>,
    /// Each namespace that is named anywhere, and whether it lets privileged pods in.
    pub(super) namespaces: BTreeMap<String, Privileged>,
    seen_namespaces: BTreeSet<String>,
    pub(super) nodes: BTreeMap<String, NodeRecord>,
    /// Namespace, name and service account of each Secret with a token.
    pub(super) token_secrets: Vec<(String, String, String)>,
    /// Kind, namespace and name of what makes pods.
    pub(super) workloads: BTreeSet<(String, String, String)>,
    /// Operators that edges ask for, and the namespaces they run in.
    pub(super) operators: BTreeSet<(&'static str, String)>,
    /// Objects that an edge asks for.
    pub(super) objects: BTreeSet<(&'static str, &'static str)>,
    pub(super) gaps: Vec<Gap>,
}

/// A pod, or a template of pods.
pub(super) struct PodRecord {
    pub(super) object: ObjectId,
    pub(super) namespace: Option<String>,
    /// Its name; none for a template, whose pods are named later.
    pub(super) name: Option<String>,
    pub(super) account: String,
    pub(super) node: Option<String>,
    /// Edges that start at a field, and the field.
    pub(super) fields: Vec<(&'static Edge, Path)>,
}

#[derive(Default)]
pub(super) struct Account {
    pub(super) automount: Option<bool>,
    /// Edges that start at an annotation, the cloud identity, and the annotation's place.
    pub(super) clouds: Vec<(&'static Edge, String, ObjectId, Path)>,
}

/// Whether Pod Security lets a privileged pod into a namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Privileged {
    Allowed(Option<ObjectId>),
    Refused,
    /// The Namespace is not in the input.
    Unknown,
}

#[derive(Default)]
pub(super) struct NodeRecord {
    pub(super) is_seen: bool,
    pub(super) is_control_plane: bool,
    pub(super) provider: Option<String>,
}

/// All edges that hold in the version.
fn edges(options: &Options, version: model::KubernetesVersion) -> Vec<&'static Edge> {
    let all = EDGES.iter().flat_map(|edges| edges.iter());
    all.filter(|edge| edge.holds_in(version) && !options.without.contains(&edge.id)).collect()
}

pub(super) fn read(
    snapshot: &Snapshot,
    world: WorldId,
    seen: Seen,
    options: &Options,
) -> (Inventory, Vec<&'static Edge>) {
    let edges = edges(options, snapshot.version_of(world));
    let mut inventory = Inventory::default();
    let mut makers = Vec::new();
    for id in snapshot.ids().filter(|id| snapshot.world(*id) == world) {
        let object = snapshot.object(id);
        if let Some(namespace) = object.namespace {
            inventory.name_namespace(namespace, seen, options);
        }
        match (object.group(), object.kind) {
            ("", "Pod" | "ReplicationController") | ("apps" | "batch", _) => makers.push(id),
            ("", "ServiceAccount") => inventory.account(id, &object, &edges),
            ("", "Namespace") => inventory.namespace(id, &object, options),
            ("", "Node") => inventory.node(&object),
            ("", "Secret") => inventory.secret(&object),
            _ => {}
        }
        inventory.wanted(&object, &edges);
    }
    inventory.name_namespace("kube-system", seen, options);
    let by_pod: Vec<&'static Edge> = edges.iter().copied().filter(|it| is_of_pod(it)).collect();
    let operators: BTreeSet<&'static str> =
        edges.iter().flat_map(|edge| edge.needs).filter_map(operator).collect();
    for id in makers {
        inventory.pods_of(id, &snapshot.object(id), &by_pod, &operators);
    }
    (inventory, edges)
}

fn operator(need: &Need) -> Option<&'static str> {
    match need {
        Need::Operator(account, _) => Some(account),
        _ => None,
    }
}

/// Whether an operator acts as a service account of the object's namespace unless told otherwise,
/// as Flux does by `--default-service-account`.
fn is_locked_down(pod: &Pod<'_>) -> bool {
    let containers = pod.spec.get("containers").into_iter().flat_map(Node::items);
    let words = containers.flat_map(|container| {
        let lists = ["command", "args"].map(|key| container.get(key));
        lists.into_iter().flatten().flat_map(Node::items)
    });
    words.filter_map(Node::as_str).any(|word| word.starts_with("--default-service-account"))
}

fn is_of_pod(edge: &Edge) -> bool {
    edge.needs.iter().any(|need| matches!(need, Need::Pod(_) | Need::Token))
}

impl Inventory {
    fn name_namespace(&mut self, name: &str, seen: Seen, options: &Options) {
        if self.namespaces.contains_key(name) {
            return;
        }
        let is_exempt = options.exemptions.cover(Some(name), None);
        let is_open = options.pod_security.enforce.level == Level::Privileged;
        let privileged = match seen {
            _ if is_exempt => Privileged::Allowed(None),
            Seen::Part => Privileged::Unknown,
            Seen::Everything if is_open => Privileged::Allowed(None),
            Seen::Everything => Privileged::Refused,
        };
        self.namespaces.insert(name.to_owned(), privileged);
    }

    fn namespace(&mut self, id: ObjectId, object: &Object<'_>, options: &Options) {
        let Some(metadata) = object.root.get("metadata") else { return };
        let (policy, _) = Policy::of_namespace(metadata, options.pod_security);
        let is_exempt = options.exemptions.cover(Some(object.name), None)
            || !options.exemptions.runtime_classes.is_empty();
        let privileged = if is_exempt || policy.enforce.level == Level::Privileged {
            Privileged::Allowed(Some(id))
        } else {
            Privileged::Refused
        };
        // Two Namespaces of one name that do not agree: which holds is not known.
        let is_first = self.seen_namespaces.insert(object.name.to_owned());
        let known = self.namespaces.entry(object.name.to_owned()).or_insert(privileged);
        if is_first {
            *known = privileged;
        } else if (*known == Privileged::Refused) != (privileged == Privileged::Refused) {
            *known = Privileged::Unknown;
        }
    }

    fn account(&mut self, id: ObjectId, object: &Object<'_>, edges: &[&'static Edge]) {
        let Some(namespace) = object.namespace else { return };
        let key = (namespace.to_owned(), object.name.to_owned());
        let account = self.accounts.entry(key).or_default();
        account.automount = object.root.bool("automountServiceAccountToken");
        for edge in edges {
            for need in edge.needs {
                let Need::Annotation(key) = need else { continue };
                if let Some(value) = object.annotation(key).filter(|value| !value.is_empty()) {
                    let path = Path::root().field("metadata.annotations").key(key);
                    account.clouds.push((edge, value.to_owned(), id, path));
                }
            }
        }
    }

    fn node(&mut self, object: &Object<'_>) {
        let node = self.nodes.entry(object.name.to_owned()).or_default();
        node.is_seen = true;
        node.is_control_plane = object.label("node-role.kubernetes.io/control-plane").is_some()
            || object.label("node-role.kubernetes.io/master").is_some();
        let provider = object.root.field("spec.providerID").and_then(Node::as_str);
        let clouds = ["aws://", "gce://", "azure://"];
        let is_cloud = |it: &&str| clouds.iter().any(|cloud| it.starts_with(cloud));
        node.provider = provider.filter(is_cloud).map(str::to_owned);
    }

    fn secret(&mut self, object: &Object<'_>) {
        let account = object.annotation("kubernetes.io/service-account.name");
        if object.root.str("type") == Some("kubernetes.io/service-account-token")
            && let (Some(namespace), Some(account)) = (object.namespace, account)
        {
            let own = |text: &str| text.to_owned();
            self.token_secrets.push((own(namespace), own(object.name), own(account)));
        }
    }

    fn wanted(&mut self, object: &Object<'_>, edges: &[&'static Edge]) {
        if object.kind != "ConfigMap" {
            return;
        }
        for need in edges.iter().flat_map(|edge| edge.needs) {
            if let Need::Object(group, kind, namespace, name) = need
                && object.is(group, kind)
                && object.namespace == Some(namespace)
                && object.name == *name
            {
                self.objects.insert((namespace, name));
            }
        }
    }

    fn pods_of(
        &mut self,
        id: ObjectId,
        object: &Object<'_>,
        edges: &[&'static Edge],
        operators: &BTreeSet<&'static str>,
    ) {
        let (pods, is_whole) = object.pods_within_limits();
        if !is_whole {
            self.gaps.push(gap(object, GapKind::Limit, "makes more pods than are looked at"));
        }
        if object.namespace.is_none() && !pods.is_empty() {
            let reason = "has no namespace, so its service account is not known";
            self.gaps.push(gap(object, GapKind::NoObject, reason));
        }
        for pod in pods {
            if !pod.is_bare()
                && let Some(namespace) = object.namespace
            {
                let key = (object.kind.to_owned(), namespace.to_owned(), object.name.to_owned());
                self.workloads.insert(key);
            }
            let account = pod.service_account_name().to_owned();
            if let (Some(name), Some(namespace)) =
                (operators.get(account.as_str()), object.namespace)
                && !is_locked_down(&pod)
            {
                self.operators.insert((name, namespace.to_owned()));
            }
            let key = (object.namespace.unwrap_or_default().to_owned(), account);
            let automount = self.accounts.get(&key).and_then(|account| account.automount);
            let mut fields = Vec::new();
            for edge in edges {
                for need in edge.needs {
                    let found = match need {
                        Need::Pod(field) => (field.find)(&pod),
                        Need::Token => field::token(&pod, automount),
                        _ => continue,
                    };
                    fields.extend(found.into_iter().map(|path| (*edge, path)));
                }
            }
            let node = pod.spec.str("nodeName").filter(|node| !node.is_empty());
            if let Some(node) = node
                && !self.nodes.contains_key(node)
            {
                self.nodes.insert(node.to_owned(), NodeRecord::default());
            }
            self.pods.push(PodRecord {
                object: id,
                namespace: object.namespace.map(str::to_owned),
                name: pod.is_bare().then(|| object.name.to_owned()),
                account: key.1,
                node: node.map(str::to_owned),
                fields,
            });
        }
    }
}

fn gap(object: &Object<'_>, kind: GapKind, reason: &str) -> Gap {
    Gap { kind, subject: object.identity().to_string(), location: None, reason: reason.to_owned() }
}
