//! A claim on such a volume mounts the host past every check of pods.

use model::{Fix, Node, Object, Severity};

use super::host_path::{exposure, is_runtime_socket};
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-030",
    name: "persistent-volume-on-host",
    title: "Persistent volume is a folder of the host",
    impact: Impact::Node,
    reach: Reach::Writer,
    page: include_str!("persistent_volume_on_host.md"),
    check: Check::Object(Kinds::Of(&[("", "PersistentVolume")]), check),
};

fn check(volume: &Object<'_>, report: &mut Report<'_>) {
    for (field, severity) in [("hostPath", Severity::Medium), ("local", Severity::Info)] {
        let at = volume.at("spec").field(field).field("path");
        let Some(path) = at.resolve(volume.root).and_then(Node::as_str) else { continue };
        let (severity, what) = match exposure(path, true) {
            Some((severity, exposes)) => (severity, exposes),
            None if is_runtime_socket(path) => (Severity::High, "the container runtime"),
            // A disk of its own under `local` is what the type is for.
            None if field == "local" => continue,
            None => (severity, "it is shared with whatever else uses the folder"),
        };
        let because =
            format!("whoever claims volume `{}` writes `{path}` of a node: {what}", volume.name);
        let fix = Fix::advice("use a CSI driver, or a `local` volume on a disk of its own");
        report.finding_of(severity, at, because, fix);
    }
}
