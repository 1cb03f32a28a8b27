//! Who may write to etcd is administrator of its cluster.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix, Severity};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-018",
    name: "etcd-takes-any-client",
    title: "etcd asks clients for no certificate",
    impact: Impact::Cluster,
    reach: Reach::Container,
    page: include_str!("etcd_takes_any_client.md"),
    check: Check::Component(&[ComponentKind::Etcd], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "client-cert-auth";
    if !listens_beyond_itself(component) {
        return;
    }
    let is_off = match component.switch(FLAG) {
        Some(asks) => !asks,
        None => component.lacks(FLAG),
    };
    if is_off {
        let because = "whoever reaches its port reads and writes everything etcd holds: it asks \
                       for no certificate";
        let fix = Fix::advice("set `--client-cert-auth=true` and `--trusted-ca-file`");
        // Next to an API server it holds a cluster; elsewhere what its owner keeps in it.
        let severity = if is_of_cluster(component) { Severity::Critical } else { Severity::Medium };
        report.finding_of(severity, component.at(FLAG), because, fix);
    }
}

/// Whether it takes clients from other machines; it listens on the loopback unless told.
fn listens_beyond_itself(component: &Component<'_>) -> bool {
    let is_own = |url: &str| {
        let host = url.split_once("://").map_or(url, |(_, host)| host);
        ["127.0.0.1", "localhost", "[::1]"].iter().any(|own| host.starts_with(own))
    };
    component.list("listen-client-urls").any(|url| !is_own(url))
}

/// Whether it keeps its data where kubeadm and the other installers keep that of a cluster.
fn is_of_cluster(component: &Component<'_>) -> bool {
    let files = ["cert-file", "trusted-ca-file", "data-dir", "peer-cert-file"];
    files
        .iter()
        .filter_map(|name| component.text(name))
        .any(|path| path.starts_with("/etc/kubernetes") || path.starts_with("/var/lib/etcd"))
}
