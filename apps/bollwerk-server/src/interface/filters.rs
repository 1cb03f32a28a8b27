//! How texts are shown on pages.
#![expect(
    unreachable_pub,
    clippy::inline_always,
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "askama's macro writes it so"
)]

use askama::filters::Safe;
use askama::{Result, Values};

/// Points in time as people read them.
#[askama::filter_fn]
pub(crate) fn day(at: &jiff::Timestamp, _: &dyn Values) -> Result<String> {
    Ok(at.strftime("%Y-%m-%d %H:%M").to_string())
}

/// Numbers with their thousands apart.
#[askama::filter_fn]
pub(crate) fn grouped(number: impl std::fmt::Display, _: &dyn Values) -> Result<String> {
    Ok(group(number))
}

/// A text of the cluster on one line, without characters that steer a terminal or the
/// direction of writing.
#[askama::filter_fn]
pub(crate) fn plain(text: impl AsRef<str>, _: &dyn Values) -> Result<String> {
    Ok(report::harmless(text.as_ref()))
}

/// An image's reference with the first digits of its digest.
#[askama::filter_fn]
pub(crate) fn brief(text: impl AsRef<str>, _: &dyn Values) -> Result<String> {
    let text = report::harmless(text.as_ref());
    let Some((name, digest)) = text.split_once("@sha256:") else { return Ok(text) };
    Ok(format!("{name}@{}", digest.get(..12).unwrap_or(digest)))
}

/// A sentence of ours, with what stands in backticks as code.
#[askama::filter_fn]
pub(crate) fn prose(text: impl AsRef<str>, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(as_prose(text.as_ref())))
}

/// `12,345`.
pub(crate) fn group(number: impl std::fmt::Display) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A sentence as HTML: all of it is escaped, and what stands in backticks is code.
fn as_prose(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 32);
    let mut parts = text.split('`').enumerate().peekable();
    while let Some((number, part)) = parts.next() {
        // The last part is behind the last backtick: it is code only if that was left open.
        let is_code = number % 2 == 1 && parts.peek().is_some();
        let part = report::as_markup(part);
        match (number % 2, is_code) {
            (_, true) => html.push_str(&format!("<code>{part}</code>")),
            (1, false) => html.push_str(&format!("`{part}")),
            _ => html.push_str(&part),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_become_code_and_nothing_becomes_markup() {
        assert_eq!(as_prose("set `a: <b>` & go"), "set <code>a: &lt;b&gt;</code> &amp; go");
        assert_eq!(as_prose("an `open one"), "an `open one");
        assert_eq!(as_prose("`<script>`"), "<code>&lt;script&gt;</code>");
    }

    #[test]
    fn thousands_stand_apart() {
        let all = [0, 999, 1_000, 1_234_567].map(group);
        assert_eq!(all, ["0", "999", "1,000", "1,234,567"]);
    }
}
