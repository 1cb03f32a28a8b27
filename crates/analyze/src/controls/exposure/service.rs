//! What a Service opens to the outside, and the one thing to say of it.

use std::net::IpAddr;

use model::{Node, Object, Path};

use super::is_everywhere;
use crate::Kinds;

/// The kind these controls look at.
pub(super) const SERVICE: Kinds = Kinds::Of(&[("", "Service")]);

/// How far a Service can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// By a load balancer that asks nobody where they come from.
    Internet,
    /// By a load balancer whose ranges hold every address; the place of the first such range.
    AllRanges(usize),
    /// By whoever reaches a node.
    Nodes,
}

/// The one fault to tell of an exposed Service: what it exposes if that is the fault, else how.
pub(super) enum Fault<'a> {
    /// A user interface that trusts whoever reaches it.
    Dashboard(&'static str),
    /// A port that nobody outside should speak to: its place, and what listens there.
    SensitivePort(usize, i64, &'static str),
    /// Nothing but the way it is exposed.
    Opening(&'a str),
}

/// How far a Service can be reached from outside, and what is wrong with that.
pub(super) fn exposed<'a>(service: &Object<'a>) -> Option<(Opening, Fault<'a>)> {
    let opening = opening(service)?;
    let dashboard = dashboard(service).map(Fault::Dashboard);
    let fault =
        dashboard.or_else(|| sensitive_port(service)).unwrap_or(Fault::Opening(service.name));
    Some((opening, fault))
}

/// Where the way a Service is exposed is written.
pub(super) fn place(service: &Object<'_>, opening: Opening) -> Path {
    match opening {
        Opening::AllRanges(index) => service.at("spec.loadBalancerSourceRanges").index(index),
        Opening::Internet | Opening::Nodes => service.at("spec.type"),
    }
}

fn opening(service: &Object<'_>) -> Option<Opening> {
    let spec = service.root.get("spec")?;
    match spec.str("type")? {
        "NodePort" => Some(Opening::Nodes),
        "LoadBalancer" if !is_internal(service, spec) => {
            let mut ranges = spec.list("loadBalancerSourceRanges").filter_map(Node::as_str);
            match ranges.by_ref().position(is_everywhere) {
                Some(index) => Some(Opening::AllRanges(index)),
                None if spec.list("loadBalancerSourceRanges").next().is_some() => None,
                None => Some(Opening::Internet),
            }
        }
        _ => None,
    }
}

/// Annotations that keep a load balancer inside, with the value that does; `*` is any but
/// `false` (documentation of the cloud providers' load balancers).
const INTERNAL: &[(&str, &str)] = &[
    ("service.beta.kubernetes.io/azure-load-balancer-internal", "true"),
    ("service.beta.kubernetes.io/azure-allowed-ip-ranges", "*"),
    ("service.beta.kubernetes.io/azure-allowed-service-tags", "*"),
    ("service.beta.kubernetes.io/aws-load-balancer-internal", "*"),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"),
    ("networking.gke.io/load-balancer-type", "Internal"),
    ("cloud.google.com/load-balancer-type", "Internal"),
    ("service.beta.kubernetes.io/openstack-internal-load-balancer", "true"),
    ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", "intranet"),
    ("service.beta.kubernetes.io/oci-load-balancer-internal", "true"),
    ("service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "private"),
    ("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", "*"),
    ("service.beta.kubernetes.io/load-balancer-source-ranges", "*"),
];

/// Annotations with the address a load balancer gets.
const ADDRESSES: &[&str] = &[
    "metallb.io/loadBalancerIPs",
    "metallb.universe.tf/loadBalancerIPs",
    "lbipam.cilium.io/ips",
    "io.cilium/lb-ipam-ips",
    "kube-vip.io/loadbalancerIPs",
];

fn is_internal(service: &Object<'_>, spec: Node<'_>) -> bool {
    let is_set = |(key, wanted): &(&str, &str)| {
        let written = service.annotation(key).map(str::trim).unwrap_or_default();
        let open =
            written.is_empty() || written == "false" || written.split(',').any(is_everywhere);
        written.eq_ignore_ascii_case(wanted) || (*wanted == "*" && !open)
    };
    // The AWS controller makes what it is asked for by class internal unless told otherwise.
    let scheme = service.annotation("service.beta.kubernetes.io/aws-load-balancer-scheme");
    let is_aws_class = spec.str("loadBalancerClass") == Some("service.k8s.aws/nlb");
    let addresses = ADDRESSES.iter().filter_map(|key| service.annotation(key));
    let mut addresses = addresses.chain(spec.str("loadBalancerIP")).flat_map(|all| all.split(','));
    INTERNAL.iter().any(is_set)
        || (is_aws_class && scheme != Some("internet-facing"))
        || addresses.any(is_private)
}

/// Whether an address leads nowhere from the internet.
fn is_private(address: &str) -> bool {
    match address.trim().parse() {
        Ok(IpAddr::V4(address)) => address.is_private() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_unique_local() || address.is_unicast_link_local(),
        Err(_) => false,
    }
}

/// Ports of what trusts its network (IANA's registry and the programs' documentation). Not those
/// that are made to be public, whatever one thinks of them.
const SENSITIVE_PORTS: &[(i64, &str)] = &[
    (22, "SSH"),
    (23, "Telnet"),
    (873, "rsync"),
    (1433, "SQL Server"),
    (1521, "Oracle Database"),
    (2049, "NFS"),
    (2181, "ZooKeeper"),
    (2375, "the Docker API without TLS"),
    (2376, "the Docker API"),
    (2379, "etcd"),
    (2380, "etcd's peers"),
    (3306, "MySQL"),
    (3389, "Remote Desktop"),
    (4194, "cAdvisor"),
    (5432, "PostgreSQL"),
    (5900, "VNC"),
    (5984, "CouchDB"),
    (6379, "Redis"),
    (9042, "Cassandra"),
    (9200, "Elasticsearch"),
    (9300, "Elasticsearch's nodes"),
    (10_250, "the kubelet"),
    (10_255, "the kubelet's read-only port"),
    (10_257, "the controller manager"),
    (10_259, "the scheduler"),
    (11_211, "memcached"),
    (27_017, "MongoDB"),
];

/// The number of a sensitive port, and what listens there.
pub(super) fn sensitive(number: i64) -> Option<(i64, &'static str)> {
    SENSITIVE_PORTS.iter().copied().find(|(port, _)| *port == number)
}

fn sensitive_port<'a>(service: &Object<'a>) -> Option<Fault<'a>> {
    let ports = service.root.field("spec.ports")?;
    ports.items().enumerate().find_map(|(index, port)| {
        let numbers = [port.int("port"), port.int("targetPort")];
        let (number, what) = numbers.into_iter().flatten().find_map(sensitive)?;
        Some(Fault::SensitivePort(index, number, what))
    })
}

/// User interfaces without a login of their own, or with the cluster behind it.
const DASHBOARDS: &[&str] = &[
    "alertmanager",
    "hubble-ui",
    "jaeger-query",
    "k8s-dashboard",
    "kube-ops-view",
    "kubernetes-dashboard",
    "kubernetes-dashboard-kong-proxy",
    "kubeview",
    "longhorn-frontend",
    "longhorn-ui",
    "octant",
    "polaris-dashboard",
    "prometheus",
    "prometheus-operated",
    "traefik-dashboard",
    "weave-scope-app",
];

/// The known user interface of this name.
pub(super) fn dashboard_named(name: &str) -> Option<&'static str> {
    DASHBOARDS.iter().copied().find(|known| *known == name)
}

fn dashboard(service: &Object<'_>) -> Option<&'static str> {
    let selector = service.root.field("spec.selector");
    let selected = ["k8s-app", "app", "app.kubernetes.io/name"]
        .into_iter()
        .filter_map(|key| selector?.str(key));
    std::iter::once(service.name).chain(selected).find_map(dashboard_named)
}
