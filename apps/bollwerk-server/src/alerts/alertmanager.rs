//! A message for Alertmanager: one alert for each finding, as it groups by itself.
//!
//! Source: Alertmanager's `api/v2/openapi.yaml` (`postableAlerts`). An alert is told over by the
//! same labels with an end in the past; without an end it would be over after `resolve_timeout`,
//! so that one that lasts gets an end far ahead.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::message::{Message, State, plain};

/// How long an alert stands that nobody tells over.
const LASTS: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The alerts.
pub(super) fn written(message: &Message, link: Option<&str>) -> Value {
    let ends = match message.state {
        State::Firing => message.at.saturating_add(LASTS).unwrap_or(message.at),
        State::Resolved => message.at,
    };
    let alerts = message.subjects.iter().map(|it| {
        let mut labels = json!({
            "alertname": "BollwerkFinding",
            "cluster": plain(&message.cluster),
            "control": plain(&message.control),
            "severity": message.severity.name(),
            "kind": plain(&it.kind),
            "name": plain(&it.name),
            "fingerprint": plain(&it.fingerprint),
        });
        if let Some(namespace) = &it.namespace {
            labels["namespace"] = plain(namespace).into();
        }
        if let Some(owner) = &message.owner {
            labels["owner"] = plain(owner).into();
        }
        let mut alert = json!({
            "labels": labels,
            "annotations": {
                "summary": plain(&format!("{}: {} {}", message.control, it.kind, it.name)),
                "description": plain(&it.message),
            },
            "endsAt": ends.to_string(),
        });
        // Of what is over nobody here knows the beginning: Alertmanager keeps what it has.
        if message.state == State::Firing {
            alert["startsAt"] = message.at.to_string().into();
        }
        if let Some(link) = link {
            alert["generatorURL"] = link.into();
        }
        alert
    });
    alerts.collect()
}
