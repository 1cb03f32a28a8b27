//! What goes to etcd is the whole state of the cluster.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-012",
    name: "etcd-connection-unencrypted",
    title: "API server speaks to etcd without TLS",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("etcd_connection_unencrypted.md"),
    check: Check::Component(&[ComponentKind::ApiServer], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "etcd-servers";
    let is_plain = |url: &str| {
        url.strip_prefix("http://").is_some_and(|host| {
            !["127.0.0.1", "localhost", "[::1]"].iter().any(|own| host.starts_with(own))
        })
    };
    if component.list(FLAG).any(is_plain) {
        let because = "whoever sits between the API server and etcd reads and changes every \
                       object, Secrets among them: the connection has no TLS";
        let fix = Fix::advice("use `https://`, `--etcd-cafile`, `--etcd-certfile` and its key");
        report.finding(component.at(FLAG), because, fix);
    }
}
