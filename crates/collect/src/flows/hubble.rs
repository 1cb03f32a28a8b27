//! What Hubble and Cilium's file exporter write (`api/v1/flow/flow.proto` of `cilium/cilium`).

use model::flow::FlowEnd;
use serde_json::Value;

use super::{Record, address, field, seen, text};

pub(super) fn record(flow: &Value) -> Result<Record, String> {
    match flow.get("verdict").and_then(Value::as_str) {
        Some("FORWARDED" | "REDIRECTED") => {}
        Some("DROPPED") => return Ok(Record::Denied),
        Some(_) => return Ok(Record::PassedOver),
        None => return Err("has no `verdict`".to_owned()),
    }
    let is_reply = match flow.get("is_reply") {
        Some(Value::Bool(is_reply)) => Some(*is_reply),
        _ => flow.get("reply").and_then(Value::as_bool),
    };
    let Some(l4) = flow.get("l4").and_then(Value::as_object) else {
        return Ok(Record::PassedOver);
    };
    let Some((protocol, ports)) = l4.iter().next() else { return Ok(Record::PassedOver) };
    // Which end opened it is not known of a packet that says neither: its flags may tell.
    let flags = ports.get("flags");
    let is_answer = flags.is_some_and(|it| it.get("SYN").is_some() && it.get("ACK").is_some());
    if is_reply == Some(true) || is_answer {
        return Ok(Record::PassedOver);
    }
    if !matches!(protocol.as_str(), "TCP" | "UDP" | "SCTP") {
        return Ok(Record::PassedOver);
    }
    let ip = flow.get("IP").or_else(|| flow.get("ip"));
    let end = |key: &str| {
        let named = flow.get(key).and_then(named);
        named.map_or_else(|| address(&field(ip.ok_or("has no `IP`")?, key)?), Ok)
    };
    seen(end("source")?, end("destination")?, protocol, &field(ports, "destination_port")?)
}

fn named(end: &Value) -> Option<FlowEnd> {
    let namespace = text(end, "namespace").filter(|it| !it.is_empty())?;
    let workload = end.get("workloads").and_then(|it| it.get(0)).and_then(|it| text(it, "name"));
    let name = workload.or_else(|| text(end, "pod_name")).filter(|it| !it.is_empty())?;
    Some(FlowEnd::Named { namespace, name })
}
