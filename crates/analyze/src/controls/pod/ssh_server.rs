//! A way in that the API server neither sees nor logs.

use model::{Fix, Node, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-032",
    name: "ssh-server",
    title: "SSH server in a container",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("ssh_server.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        let command = container.node.list("command").chain(container.node.list("args")).next();
        let runs_sshd = command
            .and_then(Node::as_str)
            .is_some_and(|text| text.rsplit('/').next() == Some("sshd"));
        let port = container.ports().find(|port| port.node.int("containerPort") == Some(22));
        let at = match (runs_sshd, port) {
            (_, Some(port)) => container.at("ports").index(port.index).field("containerPort"),
            (true, None) if container.node.get("command").is_some() => container.at("command"),
            (true, None) => container.at("args"),
            (false, None) => continue,
        };
        let because = format!(
            "whoever has a key or a password gets a shell in container `{}`, past the API server \
             and its log",
            container.name()
        );
        report.finding(
            at,
            because,
            Fix::advice("use `kubectl exec`, which asks RBAC and is logged"),
        );
    }
}
