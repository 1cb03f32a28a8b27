//! A message for Teams: an adaptive card.
//!
//! Source: Microsoft's schema of adaptive cards 1.4 (`RichTextBlock`, `TextRun`: Markdown is not
//! read in these; `FactSet`'s texts do read it, so none is used) and the form that the workflow
//! "when a Teams webhook request is received" takes. A message may have 28 KB.

use serde_json::{Value, json};

use super::message::{Message, State, plain};

/// What is told of one by one: with 500 characters each, well below 28 KB.
const SUBJECTS_MAX: usize = 10;

/// The message.
pub(super) fn written(message: &Message, link: Option<&str>) -> Value {
    let color = match message.state {
        State::Firing => "Attention",
        State::Resolved => "Good",
    };
    let title = json!({"type": "TextRun", "text": message.title(), "weight": "Bolder",
        "size": "Medium", "color": color});
    let mut body = vec![json!({"type": "RichTextBlock", "inlines": [title]})];
    let row = |text: String, subtle: bool| {
        let run = json!({"type": "TextRun", "text": text, "isSubtle": subtle});
        json!({"type": "RichTextBlock", "inlines": [run]})
    };
    for subject in message.subjects.iter().take(SUBJECTS_MAX) {
        let namespace = subject.namespace.as_ref().map_or_else(String::new, |it| format!("{it}/"));
        let said = match message.state {
            State::Firing => format!(": {}", plain(&subject.message)),
            State::Resolved => String::new(),
        };
        let named = plain(&(namespace + &subject.name));
        body.push(row(format!("{} {named}{said}", plain(&subject.kind)), false));
    }
    let more = message.more + message.subjects.len().saturating_sub(SUBJECTS_MAX);
    if more > 0 {
        body.push(row(format!("{more} more"), true));
    }
    let owner =
        message.owner.as_deref().map_or_else(String::new, |it| format!(", owner {}", plain(it)));
    let below = format!("{} since {}{owner}", message.state.name(), message.at);
    body.push(row(below, true));
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    });
    if let Some(link) = link {
        card["actions"] =
            json!([{"type": "Action.OpenUrl", "title": "Open bollwerk", "url": link}]);
    }
    json!({"type": "message", "attachments": [{
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": null,
        "content": card,
    }]})
}
