//! Limits that are on by default are off where a field says so.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-026",
    name: "kubelet-protection-switched-off",
    title: "Kubelet protection switched off",
    impact: Impact::Availability,
    reach: Reach::Container,
    page: include_str!("kubelet_protection_switched_off.md"),
    check: Check::Component(&[ComponentKind::Kubelet], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    for Protection { flag, off, because, advice } in PROTECTIONS {
        if component.text(flag).is_some_and(|value| off.contains(&value)) {
            report.finding(component.at(flag), *because, Fix::advice(*advice));
        }
    }
}

/// A protection, and the values that switch it off.
struct Protection {
    flag: &'static str,
    off: &'static [&'static str],
    because: &'static str,
    advice: &'static str,
}

const PROTECTIONS: &[Protection] = &[
    Protection {
        flag: "streaming-connection-idle-timeout",
        off: &["0", "0s", "0m", "0h", "0h0m0s"],
        because: "connections of `kubectl exec` that somebody forgot stay open for ever",
        advice: "set it to some hours, such as `4h`",
    },
    Protection {
        flag: "make-iptables-util-chains",
        off: &["false"],
        because: "packets that Kubernetes marks to be dropped are let through",
        advice: "set it to true",
    },
    Protection {
        flag: "pod-max-pids",
        off: &["-1", "0"],
        because: "one pod can start processes until the node has none left",
        advice: "set a limit, such as 4096",
    },
];
