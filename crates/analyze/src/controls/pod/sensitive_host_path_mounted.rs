//! Some folders of the node hold the keys to it, or to every pod on it.

use model::{Fix, Pod};

use super::host_path;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-015",
    name: "sensitive-host-path-mounted",
    title: "Sensitive folder of the host mounted",
    impact: Impact::Node,
    reach: Reach::Container,
    page: include_str!("sensitive_host_path_mounted.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for folder in host_path::all(pod) {
        let Some(container) = folder.container else { continue };
        let path = folder.path;
        let Some((severity, exposes)) = host_path::exposure(path, folder.is_writable) else {
            continue;
        };
        let (access, advice) = if folder.is_writable {
            ("write", "mount only the folder it needs, with `readOnly: true`")
        } else {
            ("read", "mount only the folder or file it needs")
        };
        let because =
            format!("container `{container}` can {access} `{path}` of its node: {exposes}");
        report.finding_of(severity, folder.at(), because, Fix::advice(advice));
    }
}
