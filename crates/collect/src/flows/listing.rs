//! Listings of a node: `ss -tunap` and `conntrack -L`.

use super::{Record, address, seen};

/// None where the line is of neither.
pub(super) fn record(line: &str) -> Option<Result<Record, String>> {
    let fields: Vec<&str> = line.split_whitespace().take(32).collect();
    match fields.as_slice() {
        ["Netid", ..] | ["tcp" | "udp", "LISTEN" | "UNCONN", ..] => Some(Ok(Record::PassedOver)),
        [protocol @ ("tcp" | "udp"), state, queued, _, local, peer, ..]
            if !state.bytes().all(|it| it.is_ascii_digit()) && queued.parse::<u64>().is_ok() =>
        {
            Some(socket(protocol, local, peer))
        }
        [protocol, number, ..] if number.parse::<u8>().is_ok() && line.contains("src=") => {
            Some(tracked(protocol, line, &fields))
        }
        _ => None,
    }
}

/// A listing does not say who opened a connection: the higher port is the opener's.
fn socket(protocol: &str, local: &str, peer: &str) -> Result<Record, String> {
    let ends = local.rsplit_once(':').zip(peer.rsplit_once(':'));
    let ((here, here_port), (there, there_port)) = ends.ok_or("is cut off")?;
    let number = |port: &str| port.parse::<u16>().map_err(|_| "has no ports".to_owned());
    if number(here_port)? > number(there_port)? {
        seen(address(here)?, address(there)?, protocol, there_port)
    } else {
        seen(address(there)?, address(here)?, protocol, here_port)
    }
}

/// The answer's source is who really answered, behind a service's address.
fn tracked(protocol: &str, line: &str, fields: &[&str]) -> Result<Record, String> {
    if line.contains("[UNREPLIED]") {
        return Ok(Record::PassedOver);
    }
    let all = |key: &str| -> Vec<&str> {
        fields.iter().filter_map(|it| it.strip_prefix(key)).take(2).collect()
    };
    let (sources, ports) = (all("src="), all("sport="));
    match (sources.as_slice(), ports.as_slice()) {
        ([from, to], [_, port]) => seen(address(from)?, address(to)?, protocol, port),
        (_, []) => Ok(Record::PassedOver),
        _ => Err("is cut off".to_owned()),
    }
}
