//! Azure: NSG flow logs with tuples of version 2, and flow logs of virtual networks.

use serde_json::Value;

use super::{Record, address, seen};

/// Tuples of one record: NSG logs have them below `properties.flows[].flows[].flowTuples`, those
/// of virtual networks below `flowRecords.flows[].flowGroups[].flowTuples`.
pub(super) fn records(record: &Value, take: &mut dyn FnMut(Result<Record, String>)) {
    let list = |value: &Value, key: &str| {
        value.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let (top, inner, is_nsg) = match (record.get("properties"), record.get("flowRecords")) {
        (_, Some(top)) => (top, "flowGroups", false),
        (Some(top), None) => (top, "flows", true),
        (None, None) => return take(Err("is a record without flows".to_owned())),
    };
    for flows in list(top, "flows") {
        for group in list(&flows, inner) {
            for tuple in list(&group, "flowTuples") {
                let text = tuple.as_str().ok_or_else(|| "has a tuple that is no text".to_owned());
                take(text.and_then(|it| if is_nsg { nsg(it) } else { vnet(it) }));
            }
        }
    }
}

/// `time,source,destination,source port,destination port,T|U,I|O,A|D,B|C|E,…`.
fn nsg(tuple: &str) -> Result<Record, String> {
    let fields: Vec<&str> = tuple.split(',').take(14).collect();
    let [_, from, to, _, port, protocol @ ("T" | "U"), _, decision, rest @ ..] = fields.as_slice()
    else {
        return Err("has a tuple that is cut off".to_owned());
    };
    match (*decision, rest.first()) {
        ("D", _) => Ok(Record::Denied),
        // It goes on, or has ended: it was told when it began.
        ("A", Some(&("C" | "E"))) => Ok(Record::PassedOver),
        ("A", _) => seen(address(from)?, address(to)?, protocol, port),
        _ => Err("has a tuple of an unknown decision".to_owned()),
    }
}

/// `time,source,destination,source port,destination port,protocol,I|O,B|C|E|D,…`.
fn vnet(tuple: &str) -> Result<Record, String> {
    let fields: Vec<&str> = tuple.split(',').take(14).collect();
    let [_, from, to, _, port, protocol, _, state, ..] = fields.as_slice() else {
        return Err("has a tuple that is cut off".to_owned());
    };
    match *state {
        "D" => Ok(Record::Denied),
        "C" | "E" => Ok(Record::PassedOver),
        "B" => seen(address(from)?, address(to)?, protocol, port),
        _ => Err("has a tuple of an unknown state".to_owned()),
    }
}
