//! Builds a network: what runs, its classes, and what the policies say of them.

use std::collections::HashMap;
use std::net::IpAddr;

use model::{Gap, GapKind, Node, Object, ObjectId, Pod, SharedTree, Snapshot, WorldId};

use super::classes::{Asked, Classes, Interner, Traits, TraitsBuilder};
use super::policy::Policy;
use super::profile::Options;
use super::select::{Selection, World};
use super::workload::{self, Inventory};
use super::{Class, Network, Workload};

/// Kind and name of the workload that something belongs to.
type Owner = Option<(String, String)>;

/// Takes in what runs.
struct Builder<'a> {
    snapshot: &'a Snapshot,
    traits: TraitsBuilder<'a>,
    namespaces: Interner<String>,
    workloads: Vec<Workload>,
    gaps: Vec<Gap>,
    /// By number of the namespace and what is written of the owners.
    owners: HashMap<(u32, SharedTree), Owner>,
}

/// Builds it; `change` is told the policies and may put others in their place.
pub(super) fn build(
    snapshot: &Snapshot,
    world: WorldId,
    options: &Options,
    change: impl FnOnce(&mut Vec<Policy>),
) -> Network {
    let mut inventory = workload::read(snapshot, world);
    workload::mark_same_names(&mut inventory.policies, |_, policy| snapshot.object(policy.id));
    change(&mut inventory.policies);
    let mut builder = Builder {
        snapshot,
        traits: TraitsBuilder::default(),
        namespaces: Interner::new(),
        workloads: Vec::new(),
        gaps: std::mem::take(&mut inventory.gaps),
        owners: HashMap::new(),
    };
    builder.take_workloads(&inventory);
    let (traits, labels) = builder.traits.finish();
    let network = Network {
        profile: options.profile,
        pod_addresses: options.pod_addresses.clone(),
        namespaces: builder.namespaces.values(),
        workloads: builder.workloads,
        gaps: builder.gaps,
        around: inventory.around,
        ..Network::default()
    };
    finish(network, (traits, &labels), &inventory.policies)
}

impl<'a> Builder<'a> {
    fn take_workloads(&mut self, inventory: &Inventory) {
        for id in &inventory.makers {
            let object = self.snapshot.object(*id);
            if object.kind != "Pod" && inventory.top(&object).is_some() {
                continue;
            }
            let (pods, is_whole) = object.pods_within_limits();
            if !is_whole {
                let reason = "makes more pods than are looked at".to_owned();
                self.gap(&object, GapKind::Limit, reason);
            }
            if pods.is_empty() {
                continue;
            }
            let Some(namespace) = object.namespace else {
                let reason = "has no namespace, so which policies hold for it is not known";
                self.gap(&object, GapKind::NoObject, reason.to_owned());
                continue;
            };
            let namespace = self.namespaces.number(&namespace.to_owned());
            for (template, pod) in (0..).zip(&pods) {
                let Some(addresses) =
                    (if pod.is_bare() { workload::addresses(&object) } else { Some(Vec::new()) })
                else {
                    continue;
                };
                let owner = pod.is_bare().then(|| self.owner(&object, namespace, inventory));
                let owner = owner.flatten();
                self.take(&object, *id, pod, (namespace, template), addresses, owner);
            }
        }
    }

    /// The workload that a pod belongs to: pods of one namespace with the same owners have one.
    fn owner(&mut self, object: &Object<'_>, namespace: u32, inventory: &Inventory) -> Owner {
        let owners = object.root.field("metadata.ownerReferences")?;
        let Some(shared) = owners.shared() else { return inventory.top(object) };
        let known = self.owners.entry((namespace, shared));
        known.or_insert_with(|| inventory.top(object)).clone()
    }

    fn gap(&mut self, object: &Object<'_>, kind: GapKind, reason: String) {
        let subject = object.identity().to_string();
        self.gaps.push(Gap { kind, subject, location: None, reason });
    }

    fn take(
        &mut self,
        object: &Object<'_>,
        id: ObjectId,
        pod: &Pod<'a>,
        (namespace, template): (u32, u32),
        addresses: Vec<IpAddr>,
        owner: Owner,
    ) {
        self.traits.add(pod);
        let node = pod.spec.str("nodeName").filter(|node| !node.is_empty());
        self.workloads.push(Workload {
            namespace,
            kind: object.kind.into(),
            name: object.name.into(),
            object: id,
            template,
            is_pod: pod.is_bare(),
            owner,
            addresses: addresses.into_boxed_slice(),
            host_network: pod.host_network(),
            node: node.map(Into::into),
            class: 0,
        });
    }
}

/// Parts what runs into classes, and holds the policies against them.
fn finish(
    mut network: Network,
    (traits, labels): (Traits, &[Option<Node<'_>>]),
    policies: &[Policy],
) -> Network {
    let asked = Asked::of(policies);
    let ranks = asked.ranks(&network.namespaces, &network.around);
    let part = |workload: &Workload| ranks[workload.namespace as usize];
    let mut classes = Classes::new(&network.workloads, &traits, labels, &asked, part);
    for (workload, class) in network.workloads.iter_mut().zip(&classes.of) {
        workload.class = *class;
    }
    network.named_ports = std::mem::take(&mut classes.ports);
    network.classes = records(&classes);
    let mut selection = Selection::new(World {
        profile: network.profile,
        pod_addresses: &network.pod_addresses,
        namespaces: &network.namespaces,
        around: &network.around,
        classes: &classes,
        asked: &asked,
    });
    let (mut rules, mut peers) = (Vec::new(), Vec::new());
    let evaluate = |policy| selection.policy(policy, &mut rules, &mut peers);
    network.policies = policies.iter().map(evaluate).collect();
    network.rules = rules;
    network.peers = peers;
    network.names_asked = asked.names;
    network.traits = traits;
    network.by_name = super::find::index(&network);
    network.group();
    network
}

/// Classes without their groups.
pub(super) fn records(classes: &Classes) -> Vec<Class> {
    let of = |key: &super::classes::Key| Class {
        namespace: key.namespace,
        ports: key.ports,
        places: classes.places[key.addresses as usize].clone().into_boxed_slice(),
        host_network: key.host_network,
        ..Class::default()
    };
    let mut found: Vec<Class> = classes.keys.iter().map(of).collect();
    for class in &classes.of {
        found[*class as usize].members += 1;
    }
    found
}
