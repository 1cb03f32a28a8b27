//! Ranges keep most away; a private address keeps away all who are not inside.

use super::api_server_open_to_all_addresses::cover_everything;
use crate::controls::cloud::{is_public, ranges};
use crate::{Check, Control, Impact, Reach, Report};
use model::Fix;
use model::cloud::{Fact, ManagedCluster};

pub(super) const CONTROL: Control = Control {
    id: "BW-CLOUD-002",
    name: "api-server-public-address",
    title: "API server with a public address",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("api_server_public_address.md"),
    check: Check::ManagedCluster(check),
};

fn check(cluster: &ManagedCluster<'_>, report: &mut Report<'_>) {
    // A server that is open to all is told as that.
    let Fact::Known(ranges) = ranges(cluster) else { return };
    if ranges.is_empty() || cover_everything(&ranges) || !is_public(cluster) {
        return;
    }
    let because = "the API server has a public address: whoever gets hold of an address in its \
                   authorized ranges reaches it from the internet";
    let fix = Fix::advice("make the cluster private when it is made anew, or close public access");
    report.finding(cluster.at("apiServerAccessProfile.enablePrivateCluster"), because, fix);
}
