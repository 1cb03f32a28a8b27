//! AWS VPC flow logs: the default text of version 2, and JSON with the same fields.

use serde_json::Value;

use super::{Record, address, field, seen};

/// `version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start
/// end action log-status`.
pub(super) fn text(line: &str) -> Result<Record, String> {
    let fields: Vec<&str> = line.split_whitespace().take(15).collect();
    match fields.as_slice() {
        ["version", ..] | ["2", _, _, .., "NODATA"] => Ok(Record::PassedOver),
        ["2", _, _, .., "SKIPDATA"] => Err("tells of records that were skipped".to_owned()),
        ["2", _, _, from, to, sport, dport, protocol, _, _, _, _, action, "OK"] => {
            record([from, to, sport, dport, protocol, action])
        }
        _ => Err("is of no known format of flows, or cut off".to_owned()),
    }
}

pub(super) fn json(value: &Value) -> Result<Record, String> {
    let keys = ["srcaddr", "dstaddr", "srcport", "dstport", "protocol", "action"];
    let [from, to, sport, dport, protocol, action] = keys.map(|key| field(value, key));
    record([&from?, &to?, &sport?, &dport?, &protocol?, &action?])
}

/// The log has both ways of a connection and does not say who opened it: the way towards the
/// lower port is the request.
fn record([from, to, sport, dport, protocol, action]: [&str; 6]) -> Result<Record, String> {
    match action {
        "ACCEPT" => {}
        "REJECT" => return Ok(Record::Denied),
        _ => return Err("has an unknown `action`".to_owned()),
    }
    let (Ok(source), Ok(destination)) = (sport.parse::<u16>(), dport.parse::<u16>()) else {
        return Err("has no ports".to_owned());
    };
    if destination > source {
        return Ok(Record::PassedOver);
    }
    seen(address(from)?, address(to)?, protocol, dport)
}
