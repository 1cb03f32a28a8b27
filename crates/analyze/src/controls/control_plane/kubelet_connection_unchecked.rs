//! Without an authority to check by, any certificate of a kubelet will do.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-013",
    name: "kubelet-connection-unchecked",
    title: "API server takes any kubelet for the right one",
    impact: Impact::Workload,
    reach: Reach::SecondFault,
    page: include_str!("kubelet_connection_unchecked.md"),
    check: Check::Component(&[ComponentKind::ApiServer], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "kubelet-certificate-authority";
    if component.lacks(FLAG) {
        let because = "whoever takes a node's address receives what people type into `kubectl \
                       exec`: the API server does not check the kubelet's certificate";
        let fix = Fix::advice("set `--kubelet-certificate-authority`, and let the cluster sign");
        report.finding(component.at(FLAG), because, fix);
    }
}
