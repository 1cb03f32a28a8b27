//! Which resources a document holds.

use hashbrown::HashSet;
use yaml::{Node, Value};

use super::{AGENT_POOL, GROUP, MANAGED_CLUSTER, POOLS, is_expression};
use crate::{Item, Path};

/// Types of resources as they are written, in whatever capitals.
const CLUSTER_TYPE: &str = "Microsoft.ContainerService/managedClusters";
const POOL_TYPE: &str = "Microsoft.ContainerService/managedClusters/agentPools";
/// The type of a pool that stands within its cluster.
const CHILD_POOL_TYPE: &str = "agentPools";
/// A template within a template.
const DEPLOYMENT_TYPE: &str = "Microsoft.Resources/deployments";

/// Nesting of lists, templates and resources, at the most.
const DEPTH_MAX: usize = 6;
/// Most clusters and pools of one document.
const RESOURCES_MAX: usize = 10_000;
/// Most resources of whatever type that are looked at in one document.
const VISITS_MAX: usize = 1_000_000;
/// Settings of which each cluster, or pool, has one: where none is, only its name was exported.
const IN_CLUSTERS: [&str; 4] = [POOLS, "networkProfile", "dnsPrefix", "kubernetesVersion"];
const IN_POOLS: [&str; 4] = ["vmSize", "osType", "mode", "nodeImageVersion"];

/// Whether a document holds managed clusters or agent pools: a resource, a list of them, or a
/// template.
pub fn holds(root: Node<'_>) -> bool {
    let mut search = Search { found: Vec::new(), most: 1, visits: 0, left_out: None };
    search.document(root);
    !search.found.is_empty()
}

/// Whether a document is what Kubernetes reads. A Secret may have any `type`: that hides nothing.
/// Resources have an `apiVersion` and a `kind` of their own, and no metadata.
fn holds_objects(root: Node<'_>) -> bool {
    let has = |key| is_set(root.get(key));
    let is_resource = || {
        let name = root.get("type").and_then(Node::as_str).unwrap_or_default();
        [CLUSTER_TYPE, POOL_TYPE].iter().any(|it| it.eq_ignore_ascii_case(name))
    };
    has("apiVersion") && has("kind") && (has("metadata") || !is_resource())
}

/// The id of a resource, else its name; empty where it has neither.
pub(crate) fn identity(root: crate::Node<'_>) -> &str {
    let text = |key| root.str(key).filter(|text| !text.is_empty());
    text("id").or_else(|| text("name")).unwrap_or_default()
}

/// The managed clusters and agent pools of a document. An agent pool that its cluster lists as
/// well is told once, as part of it.
pub(crate) fn resources<'s>(
    root: Node<'s>,
    refuse: &mut impl FnMut(Node<'s>, &'static str),
) -> Vec<Item<'s>> {
    let mut search = Search { found: Vec::new(), most: RESOURCES_MAX, visits: 0, left_out: None };
    search.document(root);
    if let Some(node) = search.left_out {
        refuse(node, "is a resource beyond the first 10,000: it and what follows were not read");
    }
    let listed = listed_pools(&search.found);
    let mut items = Vec::new();
    for Resource { node, path, is_pool, owner } in search.found {
        if is_pool && pool_key(node, owner).is_some_and(|key| listed.contains(&key)) {
            continue;
        }
        let marks = if is_pool { &IN_POOLS } else { &IN_CLUSTERS };
        let is_flat = || marks.iter().any(|key| has_key(node, key));
        if !is_set(node.get("properties")) && !is_flat() {
            refuse(
                node,
                "is a resource without its properties, so nothing is known of it: export it with \
                 `az aks show` or `az aks nodepool show`",
            );
            continue;
        }
        let version = node.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
        let kind = if is_pool { AGENT_POOL } else { MANAGED_CLUSTER };
        let typed = Some((format!("{GROUP}/{version}"), kind.to_owned()));
        items.push(Item { node, path, typed });
    }
    items
}

struct Resource<'s> {
    node: Node<'s>,
    path: Path,
    is_pool: bool,
    /// The cluster it stands in.
    owner: Option<Node<'s>>,
}

struct Search<'s> {
    found: Vec<Resource<'s>>,
    most: usize,
    visits: usize,
    left_out: Option<Node<'s>>,
}

impl<'s> Search<'s> {
    fn document(&mut self, root: Node<'s>) {
        if !holds_objects(root) {
            self.visit(root, Path::root(), None, 0);
        }
    }

    fn visit(&mut self, node: Node<'s>, path: Path, owner: Option<Node<'s>>, depth: usize) {
        if depth > DEPTH_MAX || self.left_out.is_some() {
            return;
        }
        self.visits += 1;
        if self.visits > VISITS_MAX {
            self.left_out = Some(node);
            return;
        }
        if node.value() == Value::List {
            return self.all(node, &path, owner, depth);
        }
        let Some(name) = node.get("type").and_then(Node::as_str) else {
            // Lists of the REST interface and of Resource Graph, and templates.
            for key in ["value", "data", "resources"] {
                if let Some(list) = node.get(key) {
                    self.all(list, &path.clone().field(key), None, depth);
                }
            }
            return;
        };
        let is = |of: &str| name.eq_ignore_ascii_case(of);
        if is(CLUSTER_TYPE) {
            self.push(Resource { node, path: path.clone(), is_pool: false, owner: None });
            if let Some(list) = node.get("resources") {
                self.all(list, &path.field("resources"), Some(node), depth);
            }
        } else if is(POOL_TYPE) || (owner.is_some() && is(CHILD_POOL_TYPE)) {
            self.push(Resource { node, path, is_pool: true, owner });
        } else if is(DEPLOYMENT_TYPE)
            && let Some(template) = node.get("properties").and_then(|it| it.get("template"))
        {
            self.visit(template, path.field("properties.template"), None, depth + 1);
        }
    }

    /// The items of a list, or the values of a map (templates name resources since version 2.0).
    fn all(&mut self, list: Node<'s>, path: &Path, owner: Option<Node<'s>>, depth: usize) {
        match list.value() {
            Value::List => {
                for (index, item) in list.items().enumerate() {
                    if matches!(item.value(), Value::Map) {
                        self.visit(item, path.clone().index(index), owner, depth + 1);
                    }
                }
            }
            Value::Map => {
                for (key, _, item) in list.entries() {
                    if matches!(item.value(), Value::Map) {
                        self.visit(item, path.clone().key(key), owner, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, resource: Resource<'s>) {
        if self.found.len() < self.most {
            self.found.push(resource);
        } else {
            self.left_out = Some(resource.node);
        }
    }
}

fn is_set(node: Option<Node<'_>>) -> bool {
    node.is_some_and(|node| node.value() != Value::Null)
}

fn has_key(node: Node<'_>, name: &str) -> bool {
    node.entries()
        .any(|(key, _, value)| key.eq_ignore_ascii_case(name) && value.value() != Value::Null)
}

/// A cluster, by id or name, and the name of a pool of it.
type PoolKey = (String, String);

/// The pools that clusters of the document list themselves.
fn listed_pools(found: &[Resource<'_>]) -> HashSet<PoolKey> {
    let mut listed = HashSet::new();
    if !found.iter().any(|it| it.is_pool) {
        return listed;
    }
    for cluster in found.iter().filter(|it| !it.is_pool) {
        let properties = cluster.node.get("properties").filter(|it| it.value() == Value::Map);
        let pools = properties.unwrap_or(cluster.node).get(POOLS);
        let names = pools.into_iter().flat_map(Node::items).filter_map(|it| text(it, "name"));
        for name in names {
            for key in [text(cluster.node, "id"), text(cluster.node, "name")].into_iter().flatten()
            {
                listed.insert((bare(key), name.to_lowercase()));
            }
        }
    }
    listed
}

/// What a pool that stands by itself is told apart by; none where its name does not say its
/// cluster.
fn pool_key(pool: Node<'_>, owner: Option<Node<'_>>) -> Option<PoolKey> {
    let name = text(pool, "name");
    if let Some(owner) = owner {
        return Some((bare(text(owner, "name")?), name?.to_lowercase()));
    }
    if let Some(id) = text(pool, "id") {
        let id = id.to_lowercase();
        let (cluster, name) = id.split_once("/agentpools/")?;
        return Some((cluster.to_owned(), name.to_owned()));
    }
    let name = name?;
    if !is_expression(name) {
        let (cluster, name) = name.rsplit_once('/')?;
        return Some((cluster.to_lowercase(), name.to_lowercase()));
    }
    // As Azure exports it and as Bicep builds it.
    let inner = ["[concat(", "[format('{0}/{1}', "].iter().find_map(|it| name.strip_prefix(it))?;
    let (cluster, name) = inner.strip_suffix("')]")?.rsplit_once(", '")?;
    Some((cluster.to_lowercase(), name.trim_start_matches('/').to_lowercase()))
}

fn text<'s>(node: Node<'s>, key: &str) -> Option<&'s str> {
    node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty())
}

/// A name in lower case, an expression without its brackets.
fn bare(name: &str) -> String {
    let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    inner.unwrap_or(name).to_lowercase()
}
