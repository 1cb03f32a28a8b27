//! Flow logs, record by record: who opened a connection to whom.
//!
//! The format is found line by line: JSON of Hubble, of Cilium's file exporter, of AWS, of Azure
//! and our own; text of `ss -tunap`, `conntrack -L` and AWS VPC flow logs of version 2. Only what
//! was let through is a connection; what cannot be read is counted and told with its line.

mod azure;
mod hubble;
mod listing;
mod plain;
mod vpc;

use std::io::{self, BufRead};

use model::flow::{Flow, FlowEnd, Traffic};
use serde_json::Value;

use crate::lines::read_line;

/// Longest line that is read, in bytes: Azure writes an hour of a subnet as one.
const LINE_BYTES_MAX: usize = 64 << 20;
/// Unreadable records that are told one by one.
const EXAMPLES_MAX: usize = 10;
/// Most different connections that are kept; a log with more is cut, which is told.
const FLOWS_MAX: usize = 4_000_000;

/// Longest name of a namespace or a pod, in bytes: the API server's limit (a DNS subdomain).
const NAME_BYTES_MAX: usize = 253;
/// Longest time that is kept, in bytes: RFC 3339 with nanoseconds and an offset.
const TIME_BYTES_MAX: usize = 40;

/// What a record says.
#[derive(Debug, PartialEq, Eq)]
enum Record {
    /// A connection, let through.
    Seen(Flow),
    /// One that was refused.
    Denied,
    /// An answer, or no connection.
    PassedOver,
}

/// Takes in flow logs, one after the other.
#[derive(Default)]
pub struct Reader {
    traffic: Traffic,
}

impl Reader {
    /// Reads one log; `name` is what it is called in messages.
    ///
    /// # Errors
    ///
    /// When the log cannot be read any further. What was read until then counts.
    pub fn read(&mut self, log: &mut dyn BufRead, name: &str) -> io::Result<()> {
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            let is_whole = read_line(log, LINE_BYTES_MAX, &mut line)?;
            if line.is_empty() && is_whole {
                break;
            }
            let place = || format!("{name}:{number}");
            if is_whole {
                self.line(line.trim_ascii(), &place);
            } else {
                self.unreadable(place(), format!("is longer than {LINE_BYTES_MAX} bytes"));
            }
        }
        Ok(())
    }

    /// All that was read.
    pub fn finish(self) -> Traffic {
        self.traffic
    }

    fn line(&mut self, line: &[u8], place: &dyn Fn() -> String) {
        let Ok(text) = std::str::from_utf8(line) else {
            return self.unreadable(place(), "is no valid UTF-8".to_owned());
        };
        if text.is_empty() {
            return;
        }
        if !text.starts_with('{') {
            let record = listing::record(text).unwrap_or_else(|| vpc::text(text));
            return self.take(record, place);
        }
        match serde_json::from_str::<Value>(text) {
            Ok(value) => self.value(&value, place),
            Err(error) if error.is_eof() => self.unreadable(place(), "is cut off".to_owned()),
            Err(error) => self.unreadable(place(), format!("is no JSON: {error}")),
        }
    }

    fn value(&mut self, value: &Value, place: &dyn Fn() -> String) {
        self.time(value);
        if let Some(records) = value.get("records").and_then(Value::as_array) {
            for record in records {
                azure::records(record, &mut |record| self.take(record, place));
            }
        } else if value.get("flow").is_some() || value.get("verdict").is_some() {
            self.take(hubble::record(value.get("flow").unwrap_or(value)), place);
        } else if value.get("srcaddr").is_some() {
            self.take(vpc::json(value), place);
        } else if value.get("from").is_some() {
            self.take(plain::record(value), place);
        } else if ["lost_events", "node_status"].iter().any(|key| value.get(key).is_some()) {
            let lost = value.get("lost_events").is_some();
            let record =
                if lost { Err("tells of lost events".into()) } else { Ok(Record::PassedOver) };
            self.take(record, place);
        } else {
            self.unreadable(place(), "is of no known format of flows".to_owned());
        }
    }

    /// Hubble, Azure's flow logs and lines of our own tell when a record was written.
    fn time(&mut self, value: &Value) {
        let times = value.get("records").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let own = [value, value.get("flow").unwrap_or(&Value::Null)];
        for record in own.into_iter().chain(times) {
            let Some(time) = record.get("time").and_then(Value::as_str) else { continue };
            if time.len() > TIME_BYTES_MAX || !time.starts_with(|char: char| char.is_ascii_digit())
            {
                continue;
            }
            match &mut self.traffic.window {
                None => self.traffic.window = Some((time.to_owned(), time.to_owned())),
                Some((first, _)) if time < first.as_str() => time.clone_into(first),
                Some((_, last)) if time > last.as_str() => time.clone_into(last),
                Some(_) => {}
            }
        }
    }

    fn take(&mut self, record: Result<Record, String>, place: &dyn Fn() -> String) {
        match record {
            Ok(Record::Seen(flow)) => {
                let flows = &mut self.traffic.flows;
                if let Some(count) = flows.get_mut(&flow) {
                    *count += 1;
                } else if flows.len() < FLOWS_MAX {
                    flows.insert(flow, 1);
                } else {
                    let reason = format!("more than {FLOWS_MAX} different connections");
                    self.unreadable(place(), reason);
                }
            }
            Ok(Record::Denied) => self.traffic.denied += 1,
            Ok(Record::PassedOver) => self.traffic.passed_over += 1,
            Err(reason) => self.unreadable(place(), reason),
        }
    }

    fn unreadable(&mut self, place: String, reason: String) {
        self.traffic.unreadable += 1;
        if self.traffic.examples.len() < EXAMPLES_MAX {
            self.traffic.examples.push((place, reason));
        }
    }
}

/// A connection; `protocol` is a name in any case or a number of IANA's. Others than the three
/// that policies speak of are passed over.
fn seen(from: FlowEnd, to: FlowEnd, protocol: &str, port: &str) -> Result<Record, String> {
    let is_long = |end: &FlowEnd| match end {
        FlowEnd::Named { namespace, name } => namespace.len().max(name.len()) > NAME_BYTES_MAX,
        FlowEnd::Address(_) => false,
    };
    if is_long(&from) || is_long(&to) {
        return Err(format!("has a name of more than {NAME_BYTES_MAX} bytes"));
    }
    let protocol = match protocol.to_ascii_uppercase().as_str() {
        "TCP" | "6" | "T" => "TCP",
        "UDP" | "17" | "U" => "UDP",
        "SCTP" | "132" => "SCTP",
        _ => return Ok(Record::PassedOver),
    };
    match port.parse() {
        Ok(port) if port > 0 => Ok(Record::Seen(Flow { from, to, protocol, port })),
        _ => Err("has no port from 1 to 65535".to_owned()),
    }
}

fn address(text: &str) -> Result<FlowEnd, String> {
    let text = text.trim_start_matches('[').trim_end_matches(']');
    let text = text.split('%').next().unwrap_or_default();
    let parsed = text.parse::<std::net::IpAddr>();
    parsed.map(|it| FlowEnd::Address(it.to_canonical())).map_err(|_| "has no address".to_owned())
}

/// A string or a number, as text.
fn text(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn field(value: &Value, key: &str) -> Result<String, String> {
    text(value, key).ok_or_else(|| format!("has no `{key}`"))
}

#[cfg(test)]
mod tests;
