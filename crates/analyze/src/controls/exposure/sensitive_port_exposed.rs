//! Databases, etcd, the kubelet and SSH trust whoever reaches them.

use model::{Fix, Object, Severity};

use super::service::{Fault, Opening, SERVICE, exposed};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-004",
    name: "sensitive-port-exposed",
    title: "Port of a database or of the system exposed",
    impact: Impact::Workload,
    reach: Reach::Outside,
    page: include_str!("sensitive_port_exposed.md"),
    check: Check::Object(SERVICE, check),
};

fn check(service: &Object<'_>, report: &mut Report<'_>) {
    let Some((opening, Fault::SensitivePort(index, number, what))) = exposed(service) else {
        return;
    };
    let (severity, who) = match opening {
        Opening::Internet | Opening::AllRanges(_) => (Severity::High, "everybody on the internet"),
        Opening::Nodes => (Severity::Medium, "whoever reaches a node"),
    };
    let because = format!("{who} can reach port {number} ({what}) of Service `{}`", service.name);
    let fix = Fix::advice("use type ClusterIP, and reach it from inside or through a tunnel");
    report.finding_of(severity, service.at("spec.ports").index(index).field("port"), because, fix);
}
