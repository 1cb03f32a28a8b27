//! Where network plugins differ, and what each is known to do.

use super::address::AddressSet;

/// What the specification leaves to the network plugin. The constants are named plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Profile {
    /// Its name in answers.
    pub name: &'static str,
    /// Whether an `ipBlock` of a NetworkPolicy matches the addresses of pods.
    pub ip_block_matches_pods: bool,
    /// Whether an `ipBlock` of a NetworkPolicy matches nodes, and so pods on their network.
    pub ip_block_matches_nodes: bool,
    /// What pods on the host's network are to selectors of a NetworkPolicy.
    pub host_network: HostNetwork,
    /// Whether a pod always reaches itself. So it is in every cluster; published truth tables say
    /// otherwise.
    pub loopback_is_open: bool,
    /// Whether clients of services of type `LoadBalancer` and `NodePort` keep their address under
    /// `externalTrafficPolicy: Cluster`.
    pub keeps_source_address: bool,
}

/// What a pod on the host's network is to NetworkPolicies. The specification permits both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostNetwork {
    /// A part of its node: no selector matches it.
    Node,
    /// A pod like any other.
    Pod,
    /// One of the two: what differs between them is not known.
    Either,
}

/// What is known beside the objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What the network plugin makes of what is left to it.
    pub profile: Profile,
    /// Where the addresses of pods lie, if known: decides on pods whose own address was not seen.
    pub pod_addresses: AddressSet,
}

impl From<Profile> for Options {
    fn from(profile: Profile) -> Self {
        Self { profile, ..Self::default() }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::UPSTREAM
    }
}

impl Profile {
    /// The specification alone (`k8s.io/api/networking/v1/types.go`): addresses are matched
    /// whatever they belong to, and pods on the host's network are left open.
    pub const UPSTREAM: Self = Self {
        name: "upstream",
        ip_block_matches_pods: true,
        ip_block_matches_nodes: true,
        host_network: HostNetwork::Either,
        loopback_is_open: true,
        keeps_source_address: false,
    };
    /// Azure Network Policy Manager: ipsets of addresses, pods on the host's network left out.
    pub const AZURE: Self =
        Self { name: "azure", host_network: HostNetwork::Node, ..Self::UPSTREAM };
    /// Cilium: an `ipBlock` never matches what Cilium manages (cilium#9209), nodes only with
    /// `policyCIDRMatchMode: nodes` (cilium#20550), which is off by default.
    pub const CILIUM: Self = Self {
        name: "cilium",
        ip_block_matches_pods: false,
        ip_block_matches_nodes: false,
        host_network: HostNetwork::Node,
        ..Self::UPSTREAM
    };
    /// Calico: matches by address; pods on the host's network are host endpoints.
    pub const CALICO: Self =
        Self { name: "calico", host_network: HostNetwork::Node, ..Self::UPSTREAM };
    /// The plugin of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name == name)
    }

    /// All of them.
    pub const ALL: [Self; 4] = [Self::UPSTREAM, Self::AZURE, Self::CILIUM, Self::CALICO];
}
