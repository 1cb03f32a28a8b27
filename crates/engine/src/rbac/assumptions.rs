//! What is taken for granted beside what was read.

/// What is taken for granted beside what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assumptions {
    /// The roles and bindings every API server makes when it starts.
    pub bootstrap: Bootstrap,
    /// How much of the cluster's roles was read.
    pub seen: Seen,
    /// Whether the Node authorizer stands beside RBAC (`--authorization-mode=Node,RBAC`).
    pub node_authorizer: Switch,
    /// Whether the admission plugin `NodeRestriction` narrows what nodes do to nodes and pods.
    pub node_restriction: Switch,
}

/// Whether a part of the API server is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// Whether the roles and bindings that every API server makes when it starts are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bootstrap {
    /// They are there where the input has no object of the same name.
    Implied,
    /// There is only what was read.
    Absent,
}

/// How much of the cluster's roles was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// All: a binding to a missing role grants nothing, as in the API server.
    Everything,
    /// Some, as from a folder of manifests: what a missing role grants is not known.
    Part,
}

impl Default for Assumptions {
    /// What holds for manifests of a cluster as kubeadm makes it: bootstrap objects are there,
    /// other roles may be, and nodes are held to what is theirs.
    fn default() -> Self {
        Self {
            bootstrap: Bootstrap::Implied,
            seen: Seen::Part,
            node_authorizer: Switch::On,
            node_restriction: Switch::On,
        }
    }
}
