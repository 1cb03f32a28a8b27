//! A `FlexVolume` driver is a program that the kubelet runs as root.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-029",
    name: "flex-volume",
    title: "Volume mounted by a program on the node",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("flex_volume.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for volume in pod.volumes() {
        let Some(source) = volume.node.get("flexVolume") else { continue };
        let driver = source.str("driver").unwrap_or_default();
        let because = format!(
            "the kubelet runs `{driver}` as root on the node for volume `{}`, with options the pod \
             gives",
            volume.name()
        );
        report.finding(volume.at("flexVolume.driver"), because, Fix::advice("use a CSI driver"));
    }
}
