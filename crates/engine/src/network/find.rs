//! Workloads by the names people give them.

use std::collections::HashMap;

use super::answer::WorkloadId;
use super::{Network, Workload};

/// Workloads by a hash-free key: their numbers in the order of namespace, name and kind.
pub(super) fn index(network: &Network) -> Vec<u32> {
    let mut order: Vec<u32> = (0..network.workloads.len() as u32).collect();
    let key = |number: &u32| {
        let it = &network.workloads[*number as usize];
        (&network.namespaces[it.namespace as usize], &it.name, &it.kind, *number)
    };
    order.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    order
}

impl Network {
    /// The workloads of this name in a namespace: pods and templates of whatever kind.
    pub fn find(&self, namespace: &str, name: &str) -> impl Iterator<Item = WorkloadId> + '_ {
        let key = |number: &u32| {
            let it = &self.workloads[*number as usize];
            (self.namespaces[it.namespace as usize].as_str(), &*it.name)
        };
        let first = self.by_name.partition_point(|number| key(number) < (namespace, name));
        let rest = &self.by_name[first..];
        let count = rest.partition_point(|number| key(number) <= (namespace, name));
        rest[..count].iter().map(|number| WorkloadId(*number))
    }

    /// The pod of this name.
    pub fn find_pod(&self, namespace: &str, name: &str) -> Option<WorkloadId> {
        self.find(namespace, name).find(|id| self.workload(*id).is_pod)
    }

    /// The pods of a template that were seen, by the template's workload.
    pub fn pods_of(&self, id: WorkloadId) -> Vec<WorkloadId> {
        let owner = self.workload(id);
        let is_owned = |it: &Workload| {
            it.namespace == owner.namespace
                && it
                    .owner
                    .as_ref()
                    .is_some_and(|(kind, name)| **kind == *owner.kind && **name == *owner.name)
        };
        let all = (0..).zip(&self.workloads);
        all.filter(|(_, it)| is_owned(it)).map(|(number, _)| WorkloadId(number)).collect()
    }

    /// How many workloads each namespace has.
    pub fn workloads_by_namespace(&self) -> HashMap<&str, usize> {
        let mut found = HashMap::new();
        for workload in &self.workloads {
            *found.entry(self.namespaces[workload.namespace as usize].as_str()).or_default() += 1;
        }
        found
    }
}
