//! A message for Slack's incoming webhooks.
//!
//! Source: Slack's reference of Block Kit: `header` (plain text, 150 characters), `section`
//! (3,000), `context` (10 elements), 50 blocks a message. Whatever others wrote is `plain_text`,
//! which takes neither marks nor mentions; `text`, which notifications show, escapes `&`, `<` and
//! `>` as the reference of `mrkdwn` says.

use serde_json::{Value, json};

use super::message::{Message, State, plain};

/// What is told of one by one.
const SUBJECTS_MAX: usize = 10;
const HEADER_CHARS_MAX: usize = 150;

/// The message.
pub(super) fn written(message: &Message, link: Option<&str>) -> Value {
    let title = message.title();
    let mut blocks = vec![json!({"type": "header", "text": text(&cut(&title, HEADER_CHARS_MAX))})];
    for subject in message.subjects.iter().take(SUBJECTS_MAX) {
        let namespace = subject.namespace.as_ref().map_or_else(String::new, |it| format!("{it}/"));
        let said = match message.state {
            State::Firing => format!(": {}", plain(&subject.message)),
            State::Resolved => String::new(),
        };
        let said_of =
            format!("{} {}{said}", plain(&subject.kind), plain(&(namespace + &subject.name)));
        blocks.push(json!({"type": "section", "text": text(&said_of)}));
    }
    let more = message.more + message.subjects.len().saturating_sub(SUBJECTS_MAX);
    let mut below = vec![format!("{} since {}", message.state.name(), message.at)];
    below.extend((more > 0).then(|| format!("{more} more")));
    below.extend(message.owner.as_deref().map(|it| format!("owner {}", plain(it))));
    below.extend(link.map(str::to_owned));
    let below: Vec<Value> = below.iter().map(|it| text(it)).collect();
    blocks.push(json!({"type": "context", "elements": below}));
    json!({"text": escaped(&title), "blocks": blocks})
}

fn text(text: &str) -> Value {
    json!({"type": "plain_text", "text": text, "emoji": false})
}

fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max - 1).chain(['…']).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
