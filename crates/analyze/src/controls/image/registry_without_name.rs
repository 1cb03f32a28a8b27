//! A registry that is an address cannot prove who it is.

use model::{Fix, Pod};

use super::reference::Reference;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-IMAGE-007",
    name: "registry-without-name",
    title: "Image from a registry by address",
    impact: Impact::Workload,
    reach: Reach::SecondFault,
    page: include_str!("registry_without_name.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        let Some(image) = Reference::parse(container.image()) else { continue };
        let Some(host) = image.host.filter(|host| is_address(host)) else { continue };
        let because = format!(
            "container `{}` takes its image from `{host}`, which no certificate names",
            container.name()
        );
        report.finding(
            container.at("image"),
            because,
            Fix::advice("give the registry a name with TLS"),
        );
    }
}

/// Whether a host is an address or the node itself.
fn is_address(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok()
}
