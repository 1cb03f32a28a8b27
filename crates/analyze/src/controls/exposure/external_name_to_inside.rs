//! An ingress follows an `ExternalName` with its own place in the network.

use std::net::IpAddr;

use model::{Fix, Object, Severity};

use super::service::SERVICE;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-007",
    name: "external-name-to-inside",
    title: "ExternalName leads inside",
    impact: Impact::Workload,
    reach: Reach::Outside,
    page: include_str!("external_name_to_inside.md"),
    check: Check::Object(SERVICE, check),
};

fn check(service: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = service.root.get("spec") else { return };
    let name = spec.str("externalName").filter(|_| spec.str("type") == Some("ExternalName"));
    let Some(name) = name else { return };
    let Some((severity, what)) = leads_to(name.trim_end_matches('.')) else { return };
    let because = format!("who asks Service `{}` is led to {what} `{name}`", service.name);
    let fix =
        Fix::advice("name the outside host by its DNS name, or use a Service with a selector");
    report.finding_of(severity, service.at("spec.externalName"), because, fix);
}

/// What a name stands for, if it is no host of the outside.
fn leads_to(name: &str) -> Option<(Severity, &'static str)> {
    let lower = name.to_ascii_lowercase();
    let is_metadata = METADATA_HOSTS.contains(&lower.as_str());
    if is_metadata {
        return Some((Severity::High, "the cloud's metadata service"));
    }
    if lower == "localhost" || lower.ends_with(".localhost") {
        return Some((Severity::High, "the asking program's own host,"));
    }
    if lower.starts_with("kubernetes.default.svc") || lower == "kubernetes.default" {
        return Some((Severity::High, "the API server"));
    }
    match lower.parse() {
        Ok(IpAddr::V4(address)) if address.is_loopback() || address.is_unspecified() => {
            Some((Severity::High, "the asking program's own host,"))
        }
        Ok(IpAddr::V6(address)) if address.is_loopback() || address.is_unspecified() => {
            Some((Severity::High, "the asking program's own host,"))
        }
        Ok(_) => Some((Severity::Medium, "a fixed address,")),
        Err(_) => None,
    }
}

/// Where the big clouds hand out credentials.
const METADATA_HOSTS: &[&str] = &[
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "fd00:ec2::254",
    "100.100.100.200",
    "168.63.129.16",
    "metadata",
    "metadata.google.internal",
    "instance-data",
];
