//! Our own format: `{"from": "shop/web", "to": "10.0.0.1", "port": 443, "protocol": "TCP"}`.

use model::flow::FlowEnd;
use serde_json::Value;

use super::{Record, address, field, seen, text};

pub(super) fn record(value: &Value) -> Result<Record, String> {
    let end = |key| match field(value, key)?.split_once('/') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
            Ok(FlowEnd::Named { namespace: namespace.to_owned(), name: name.to_owned() })
        }
        Some(_) => Err(format!("`{key}` is no namespace/pod")),
        None => address(&field(value, key)?),
    };
    let protocol = text(value, "protocol").unwrap_or_else(|| "TCP".to_owned());
    if !matches!(protocol.as_str(), "TCP" | "UDP" | "SCTP") {
        return Err("`protocol` is not TCP, UDP or SCTP".to_owned());
    }
    seen(end("from")?, end("to")?, &protocol, &field(value, "port")?)
}
