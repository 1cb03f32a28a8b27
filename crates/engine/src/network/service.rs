//! The pods behind a Service, and the ports it sends to.

use std::collections::HashMap;

use model::{Node, Object, Snapshot, Value};

use super::ports::Protocol;
use super::{Network, WorkloadId, workload};

/// Workloads by their labels, so that a Service finds its own without asking all of them.
pub(super) struct Backends<'a> {
    network: &'a Network,
    snapshot: &'a Snapshot,
    /// By namespace and label, each list in order.
    labelled: HashMap<String, Vec<WorkloadId>>,
}

/// A label within a namespace. No name has a zero in it.
fn label(namespace: &str, key: &str, value: &str) -> String {
    format!("{namespace}\0{key}\0{value}")
}

impl<'a> Backends<'a> {
    pub(super) fn new(network: &'a Network, snapshot: &'a Snapshot) -> Self {
        let mut labelled: HashMap<String, Vec<WorkloadId>> = HashMap::new();
        for id in network.workloads() {
            let it = network.workload(id);
            let pods = snapshot.object(it.object).pods();
            let Some(pod) = pods.get(it.template as usize) else { continue };
            let labels = pod.root.field("metadata.labels");
            for (key, value) in labels.into_iter().flat_map(Node::entries) {
                if let Some(value) = value.as_str() {
                    let label = label(network.namespace_of(id), key, value);
                    labelled.entry(label).or_default().push(id);
                }
            }
        }
        Self { network, snapshot, labelled }
    }

    /// The workloads a service selects; none where it says nothing of them.
    pub(super) fn selected(&self, object: &Object<'_>, spec: Node<'_>) -> Option<Vec<WorkloadId>> {
        let selector: Vec<(&str, &str)> = spec
            .get("selector")?
            .entries()
            .map(|(key, value)| Some((key, value.as_str()?)))
            .collect::<Option<_>>()?;
        let namespace = object.namespace.filter(|_| !selector.is_empty())?;
        let with = |(key, value): &(&str, &str)| {
            self.labelled.get(&label(namespace, key, value)).map_or(&[][..], Vec::as_slice)
        };
        // The rarest label first, so that common ones cost little.
        let mut lists: Vec<&[WorkloadId]> = selector.iter().map(with).collect();
        lists.sort_by_key(|list| list.len());
        let (first, rest) = lists.split_first()?;
        let is_in_all = |id: &&WorkloadId| rest.iter().all(|list| list.binary_search(id).is_ok());
        Some(first.iter().filter(is_in_all).copied().collect())
    }

    /// The port of a workload that a port of a service leads to.
    ///
    /// Source: `FindPort` in `pkg/api/v1/pod/util.go` of `k8s.io/kubernetes`.
    pub(super) fn target_port(
        &self,
        id: WorkloadId,
        port: Node<'_>,
        protocol: Protocol,
    ) -> Option<u16> {
        let number = |number: i64| u16::try_from(number).ok().filter(|number| *number > 0);
        let target = port.get("targetPort").map(Node::value);
        match target {
            Some(Value::String(name)) => {
                let it = self.network.workload(id);
                let pods = self.snapshot.object(it.object).pods();
                let named = workload::named_ports(pods.get(it.template as usize)?);
                let found = named.iter().find(|(known, of, _)| known == name && *of == protocol);
                found.map(|(_, _, number)| *number)
            }
            None | Some(Value::Int(0)) => number(port.int("port")?),
            _ => number(port.int("targetPort")?),
        }
    }
}
