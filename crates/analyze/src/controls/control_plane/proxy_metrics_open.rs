//! Its figures and profiles are for its own node.

use crate::{Check, Control, Impact, Kinds, Reach, Report};
use model::{Fix, Node, Object};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-029",
    name: "proxy-metrics-open",
    title: "kube-proxy serves its figures on every address",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("proxy_metrics_open.md"),
    check: Check::Object(
        Kinds::Of(&[("kubeproxy.config.k8s.io", "KubeProxyConfiguration")]),
        check,
    ),
};

fn check(configuration: &Object<'_>, report: &mut Report<'_>) {
    const FIELD: &str = "metricsBindAddress";
    let address = configuration.root.get(FIELD).and_then(Node::as_str).unwrap_or_default();
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    if matches!(host, "0.0.0.0" | "[::]" | "::") {
        let because = "every pod can ask kube-proxy which Services and endpoints there are: its \
                       metrics are served on every address of the node";
        let fix = Fix::advice("remove it: kube-proxy then serves 127.0.0.1:10249");
        report.finding(configuration.at(FIELD), because, fix);
    }
}
