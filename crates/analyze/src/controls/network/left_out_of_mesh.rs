//! Without its proxy a pod is bound by no policy of the mesh.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Fix, Node, Pod};

pub(super) const CONTROL: Control = Control {
    id: "BW-NETWORK-009",
    name: "left-out-of-mesh",
    title: "Pod left out of the mesh",
    impact: Impact::Foothold,
    reach: Reach::Writer,
    page: include_str!("left_out_of_mesh.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    // What is in the host's network has no proxy anyhow.
    if pod.host_network() {
        return;
    }
    let metadata = pod.root.get("metadata");
    for field in ["labels", "annotations"] {
        let values = metadata.and_then(|metadata| metadata.get(field));
        let found = SWITCHES.iter().find(|(key, off)| {
            values.and_then(|values| values.get(key)).is_some_and(|value| is(value, off))
        });
        if let Some((key, _)) = found {
            let because = "it speaks plain text and past every policy of the mesh: its proxy is \
                           not injected";
            let at = pod.metadata_at(field).key(key);
            return report.finding(at, because, Fix::advice("remove it, or say why in its place"));
        }
    }
}

/// Keys that keep the proxy out, and their values (documentation of Istio and Linkerd).
const SWITCHES: &[(&str, &str)] =
    &[("sidecar.istio.io/inject", "false"), ("linkerd.io/inject", "disabled")];

fn is(value: Node<'_>, text: &str) -> bool {
    value.as_str() == Some(text) || (text == "false" && value.as_bool() == Some(false))
}
