//! Where the cluster's DNS answers.

use std::collections::BTreeSet;

use model::Object;

use super::super::ports::Protocol;
use super::services::Service;
use super::units::{UnitId, Units};

/// The port that resolvers ask.
const DNS_PORT: u16 = 53;
/// The namespace of the cluster's DNS, whose Service has the label of its pods
/// (`cluster/addons/dns/coredns/coredns.yaml.base` of `k8s.io/kubernetes`).
pub(super) const DNS_NAMESPACE: &str = "kube-system";
/// The label.
pub(super) const DNS_LABEL: (&str, &str) = ("k8s-app", "kube-dns");

/// The cluster's DNS, which everybody may ask who may call anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dns {
    /// The workloads that answer; none where they are not in the input: then they are taken to be
    /// where they usually are.
    pub units: BTreeSet<UnitId>,
    /// The ports they answer on.
    pub ports: BTreeSet<(Protocol, u16)>,
}

impl Dns {
    pub(super) fn is_service(object: &Object<'_>) -> bool {
        object.namespace == Some(DNS_NAMESPACE)
            && (object.label(DNS_LABEL.0) == Some(DNS_LABEL.1) || object.name == DNS_LABEL.1)
            || object.namespace == Some("openshift-dns") && object.name == "dns-default"
    }

    pub(super) fn add(&mut self, service: &Service, units: &Units) {
        for port in service.ports.iter().filter(|it| it.port == DNS_PORT) {
            for (unit, number) in &port.pods {
                if !units.unit(*unit).is_host {
                    self.units.insert(*unit);
                    self.ports.insert((port.protocol, *number));
                }
            }
        }
    }

    /// The workloads that have the label of DNS.
    pub(super) fn labelled(units: &Units) -> Self {
        let is_dns = |id: &UnitId| {
            let it = units.unit(*id);
            let has_label = |label: &u32| {
                let (key, value) = &units.labels[*label as usize];
                (key.as_str(), value.as_str()) == DNS_LABEL
            };
            !it.is_host
                && units.namespace_of(*id) == DNS_NAMESPACE
                && it.stable.iter().any(has_label)
        };
        Self {
            units: units.ids().filter(is_dns).collect(),
            ports: [(Protocol::Tcp, DNS_PORT), (Protocol::Udp, DNS_PORT)].into(),
        }
    }
}
