//! Which objects are related to which node.
//!
//! Source: `plugin/pkg/auth/authorizer/node/graph.go` and `graph_populator.go`.

use model::{Node, Object, Snapshot, WorldId};

use super::references;
use crate::rbac::symbol::{Symbol, Symbols};

/// Kinds of objects that nodes are related to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    ConfigMap,
    Pod,
    PodCertificateRequest,
    ResourceClaim,
    ResourceSlice,
    Secret,
    ServiceAccount,
    Volume,
    VolumeAttachment,
    VolumeClaim,
}

/// An object by its kind, namespace and name.
type Key = (Kind, Symbol, Symbol);

/// Objects and the nodes they are related to.
#[derive(Debug)]
pub(super) struct Graph {
    symbols: Symbols,
    /// An object and a node, sorted.
    nodes: Vec<(Key, Symbol)>,
    /// A volume, or a Secret of a volume, and what it is related to the nodes of; sorted.
    through: Vec<(Key, Key)>,
}

impl Graph {
    pub(super) fn of(snapshot: &Snapshot, world: WorldId) -> Self {
        let mut graph = Self { symbols: Symbols::new(), nodes: Vec::new(), through: Vec::new() };
        for (_, pod) in snapshot.of_kind(world, ("", "Pod")) {
            graph.add_pod(&pod);
        }
        for (_, volume) in snapshot.of_kind(world, ("", "PersistentVolume")) {
            graph.add_volume(&volume);
        }
        let of_one_node = [
            (Kind::VolumeAttachment, ("storage.k8s.io", "VolumeAttachment")),
            (Kind::ResourceSlice, ("resource.k8s.io", "ResourceSlice")),
            (Kind::PodCertificateRequest, ("certificates.k8s.io", "PodCertificateRequest")),
        ];
        for (kind, of_kind) in of_one_node {
            for (_, object) in snapshot.of_kind(world, of_kind) {
                let node = object.root.field("spec.nodeName").and_then(Node::as_str);
                if let Some(node) = node.filter(|node| !node.is_empty()) {
                    let node = graph.symbols.intern(node);
                    graph.relate(kind, object.namespace.unwrap_or_default(), object.name, node);
                }
            }
        }
        graph.nodes.sort_unstable();
        graph.nodes.dedup();
        graph.nodes.shrink_to_fit();
        graph.through.sort_unstable();
        graph.through.dedup();
        graph
    }

    fn relate(&mut self, kind: Kind, namespace: &str, name: &str, node: Symbol) {
        let key = self.key(kind, namespace, name);
        self.nodes.push((key, node));
    }

    fn key(&mut self, kind: Kind, namespace: &str, name: &str) -> Key {
        (kind, self.symbols.intern(namespace), self.symbols.intern(name))
    }

    /// Source: `AddPod`. A pod without a node is nobody's; a mirror pod cannot give its node
    /// anything, since the node wrote it.
    fn add_pod(&mut self, pod: &Object<'_>) {
        let Some(spec) = pod.root.get("spec") else { return };
        let Some(node) = spec.str("nodeName").filter(|node| !node.is_empty()) else { return };
        let namespace = pod.namespace.unwrap_or_default();
        let node = self.symbols.intern(node);
        self.relate(Kind::Pod, namespace, pod.name, node);
        if pod.annotation("kubernetes.io/config.mirror").is_some() {
            return;
        }
        let account = spec.str("serviceAccountName").filter(|name| !name.is_empty());
        if let Some(account) = account {
            self.relate(Kind::ServiceAccount, namespace, account, node);
        }
        references::secrets(spec, &mut |name| self.relate(Kind::Secret, namespace, name, node));
        references::config_maps(spec, &mut |name| {
            self.relate(Kind::ConfigMap, namespace, name, node);
        });
        references::volume_claims(pod, spec, &mut |name| {
            self.relate(Kind::VolumeClaim, namespace, name, node);
        });
        references::resource_claims(pod, spec, &mut |name| {
            self.relate(Kind::ResourceClaim, namespace, name, node);
        });
    }

    /// Source: `AddPV`.
    fn add_volume(&mut self, volume: &Object<'_>) {
        let Some(spec) = volume.root.get("spec") else { return };
        let Some(claim) = spec.get("claimRef") else { return };
        let text = |key| claim.str(key).unwrap_or_default();
        let claim = self.key(Kind::VolumeClaim, text("namespace"), text("name"));
        let volume = self.key(Kind::Volume, "", volume.name);
        self.through.push((volume, claim));
        references::volume_secrets(spec, text("namespace"), &mut |namespace, name| {
            let secret = self.key(Kind::Secret, namespace, name);
            self.through.push((secret, volume));
        });
    }

    /// Whether there is a way from the object to the node.
    pub(super) fn is_related(&self, node: &str, kind: Kind, namespace: &str, name: &str) -> bool {
        let node = self.symbols.find(node);
        let key = (kind, self.symbols.find(namespace), self.symbols.find(name));
        self.reach(key).any(|reached| self.nodes.binary_search(&(reached, node)).is_ok())
    }

    /// The nodes that there is a way to, sorted.
    pub(super) fn nodes_of(&self, kind: Kind, namespace: &str, name: &str) -> Vec<&str> {
        let key = (kind, self.symbols.find(namespace), self.symbols.find(name));
        let mut nodes: Vec<&str> = self
            .reach(key)
            .flat_map(|reached| {
                let start = self.nodes.partition_point(|(it, _)| *it < reached);
                self.nodes[start..].iter().take_while(move |(it, _)| *it == reached)
            })
            .map(|(_, node)| self.symbols.text(*node))
            .collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// The object, what it leads to, and what that leads to: a Secret of volumes, their claims.
    fn reach(&self, key: Key) -> impl Iterator<Item = Key> {
        let once = self.behind(key).flat_map(|next| std::iter::once(next).chain(self.behind(next)));
        std::iter::once(key).chain(once)
    }

    fn behind(&self, key: Key) -> impl Iterator<Item = Key> {
        let start = self.through.partition_point(|(it, _)| *it < key);
        self.through[start..].iter().take_while(move |(it, _)| *it == key).map(|(_, next)| *next)
    }

    pub(super) fn bytes(&self) -> usize {
        self.symbols.bytes()
            + self.nodes.capacity() * size_of::<(Key, Symbol)>()
            + self.through.capacity() * size_of::<(Key, Key)>()
    }
}
