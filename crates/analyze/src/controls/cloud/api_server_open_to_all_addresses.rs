//! Whoever has an address may knock at the API server.

use crate::controls::cloud::{is_public, ranges};
use crate::{Check, Control, Impact, Reach, Report};
use engine::network::address::{AddressSet, Family, Prefix};
use model::Fix;
use model::cloud::{Fact, ManagedCluster};

pub(super) const CONTROL: Control = Control {
    id: "BW-CLOUD-001",
    name: "api-server-open-to-all-addresses",
    title: "API server open to all addresses",
    impact: Impact::Foothold,
    reach: Reach::Outside,
    page: include_str!("api_server_open_to_all_addresses.md"),
    check: Check::ManagedCluster(check),
};

fn check(cluster: &ManagedCluster<'_>, report: &mut Report<'_>) {
    if !is_public(cluster) {
        return;
    }
    let because = match ranges(cluster) {
        Fact::Unknown => return,
        Fact::Known(ranges) if !ranges.is_empty() => {
            if !cover_everything(&ranges) {
                return;
            }
            "the authorized ranges hold every address: the API server answers the whole internet"
        }
        Fact::Known(_) | Fact::Unset => {
            "no range of addresses is authorized: the API server answers the whole internet"
        }
    };
    let fix = Fix::advice(
        "name the networks that need it (`az aks update --api-server-authorized-ip-ranges`), or \
         make the cluster private",
    );
    report.finding(cluster.at("apiServerAccessProfile.authorizedIPRanges"), because, fix);
}

/// Whether ranges together hold all addresses of IPv4, which is what Azure takes here. A single
/// address is written without its length.
pub(super) fn cover_everything(ranges: &[&str]) -> bool {
    let prefixes = ranges.iter().filter_map(|text| Prefix::parse(text.trim()));
    AddressSet::of_prefixes(prefixes).covers(Family::V4)
}
