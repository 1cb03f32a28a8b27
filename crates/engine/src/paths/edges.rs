//! All edges, by where they start.

mod cloud;
mod identity;
mod node;
mod operator;
mod pod;
mod traffic;
mod workload;

use super::edge::{Edge, Gain, Name, Need, Right, Serves, Target, Within};
use super::rights;

/// Every edge, in the order of the pages.
pub const EDGES: &[&[Edge]] = &[
    identity::EDGES,
    workload::EDGES,
    operator::EDGES,
    pod::EDGES,
    node::EDGES,
    cloud::EDGES,
    traffic::EDGES,
];

/// What most edges have; the rest is overwritten.
const EDGE: Edge = Edge {
    id: "",
    name: "",
    needs: &[],
    gives: Gain::ClusterAdmin,
    target: Target::Nothing,
    since: None,
    until: None,
    source: "",
    page: "",
};

/// A right in the namespace, for all names.
const fn all(right: &'static Right) -> Need {
    Need::Right(right, Within::Namespace, Name::All)
}

/// A right in the namespace, on the object or on all.
const fn on(right: &'static Right) -> Need {
    Need::Right(right, Within::Namespace, Name::Target)
}

/// A right in the whole cluster, for all names.
const fn cluster(right: &'static Right) -> Need {
    Need::Right(right, Within::Cluster, Name::All)
}

/// A right in the whole cluster, on the object or on all.
const fn cluster_on(right: &'static Right) -> Need {
    Need::Right(right, Within::Cluster, Name::Target)
}

/// A right where the impersonated service account is, on it or on all.
const fn of_account(right: &'static Right) -> Need {
    Need::Right(right, Within::Account, Name::Target)
}

/// A right in the whole cluster, on this signer of certificates.
const fn cluster_signer(right: &'static Right, signer: &'static str) -> Need {
    Need::Right(right, Within::Cluster, Name::Signer(signer))
}

/// A right in the whole cluster, on any name whatever.
const fn cluster_some(right: &'static Right) -> Need {
    Need::Right(right, Within::Cluster, Name::Some)
}

/// A description among Kubernetes' good practices for RBAC.
const PRACTICES: &str = "https://kubernetes.io/docs/concepts/security/rbac-good-practices/";
