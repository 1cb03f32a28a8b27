//! From an identity to the traffic of Services.

use super::{EDGE, Edge, Gain, Name, Need, PRACTICES, Within, all, rights};

pub(super) const EDGES: &[Edge] = &[
    Edge {
        id: "change-services",
        name: "Point Services elsewhere",
        needs: &[all(&rights::CHANGE_SERVICES)],
        gives: Gain::Traffic,
        source: PRACTICES,
        page: "The selector of a Service says which pods answer: whoever changes it, or takes it \
               away and writes the addresses, sees and answers what is sent there.",
        ..EDGE
    },
    Edge {
        id: "change-endpoints",
        name: "Write Endpoints of Services",
        needs: &[all(&rights::CHANGE_ENDPOINTS)],
        gives: Gain::Traffic,
        source: "https://github.com/kubernetes/kubernetes/issues/103675",
        page: "Endpoints are copied into the EndpointSlices of their Service where it has no \
               selector; they may name addresses of other namespaces too.",
        ..EDGE
    },
    Edge {
        id: "change-endpoint-slices",
        name: "Write EndpointSlices of Services",
        needs: &[all(&rights::CHANGE_ENDPOINT_SLICES)],
        gives: Gain::Traffic,
        source: "https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/",
        page: "Any EndpointSlice whose label names a Service is among its addresses: another one \
               takes a share of what is sent there.",
        ..EDGE
    },
    Edge {
        id: "cluster-dns",
        name: "Answer names instead of the cluster's DNS",
        needs: &[
            Need::Right(
                &rights::CHANGE_CONFIG_MAPS,
                Within::Fixed("kube-system"),
                Name::Fixed("coredns"),
            ),
            Need::Object("", "ConfigMap", "kube-system", "coredns"),
        ],
        gives: Gain::EveryTraffic,
        source: "https://www.aquasec.com/blog/dns-spoofing-kubernetes-clusters/",
        page: "The ConfigMap `coredns` says what the names of Services lead to, in every \
               namespace.",
        ..EDGE
    },
];
