//! A message as a `CloudEvent`.
//!
//! Source: `CloudEvents` 1.0.2, `spec.md` (attributes) and `formats/json-format.md`.

use serde_json::{Value, json};

use super::message::{Message, State, plain};

/// The event, in structured mode.
pub(super) fn written(message: &Message, link: Option<&str>) -> Value {
    let verb = match message.state {
        State::Firing => "opened",
        State::Resolved => "resolved",
    };
    let subjects = message.subjects.iter().map(|it| {
        json!({
            "fingerprint": plain(&it.fingerprint),
            "namespace": it.namespace.as_deref().map(plain),
            "kind": plain(&it.kind),
            "name": plain(&it.name),
            "message": plain(&it.message),
        })
    });
    json!({
        "specversion": "1.0",
        "id": message.id,
        "type": format!("io.bollwerk.finding.{verb}.v1"),
        // A URI reference: a cluster may be called anything.
        "source": format!("/clusters/{}", escaped(&message.cluster)),
        "subject": plain(&message.control),
        "time": message.at.to_string(),
        "datacontenttype": "application/json",
        "data": {
            "state": message.state.name(),
            "title": message.title(),
            "control": plain(&message.control),
            "severity": message.severity.name(),
            "cluster": plain(&message.cluster),
            "namespace": message.namespace.as_deref().map(plain),
            "owner": message.owner.as_deref().map(plain),
            "findings": subjects.collect::<Vec<_>>(),
            "more": message.more,
            "link": link,
        },
    })
}

/// A text as a segment of a path.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
