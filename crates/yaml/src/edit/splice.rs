//! Where bytes are replaced, inserted and taken out.

use crate::{Node, Span, Style};

use super::render::{self, Surroundings, column, key};
use super::{Place, Refusal, Splice};

fn splice(start: usize, end: usize, text: impl Into<String>) -> Splice {
    Splice { span: Span { start: start as u32, end: end as u32 }, text: text.into() }
}

/// Puts `rendered` (with the blank before it) in the place of a value.
pub(super) fn replace(
    text: &str,
    place: &Place<'_>,
    rendered: &str,
    around: &Surroundings,
) -> Result<Splice, Refusal> {
    let Span { start, end } = place.node.span();
    let (start, end) = (start as usize, end as usize);
    let is_one_line = !rendered.starts_with(around.line_break);
    // A value on its key's line is replaced where it stands, so the blanks before it stay.
    let starts_here = match place.key {
        Some(key) => !text[key.span().end as usize..start].contains('\n'),
        None => true,
    };
    if is_one_line && start < end && starts_here {
        return Ok(splice(start, end, rendered.trim_start()));
    }
    let colon = colon(text, place)?;
    if starts_here {
        return Ok(splice(colon, end.max(colon), rendered));
    }
    // A comment behind the key stays there.
    let behind = &text[colon..line_end(text, colon)];
    let (first, second) = if is_one_line { (rendered, behind) } else { (behind, rendered) };
    Ok(splice(colon, end, format!("{first}{second}")))
}

/// The byte after the `:` of a place's key.
fn colon(text: &str, place: &Place<'_>) -> Result<usize, Refusal> {
    after_colon(text, place.key.ok_or(Refusal::Unusual)?)
}

fn after_colon(text: &str, key: Node<'_>) -> Result<usize, Refusal> {
    let end = key.span().end as usize;
    let rest = &text[end..];
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    if rest[blanks..].starts_with(':') { Ok(end + blanks + 1) } else { Err(Refusal::Unusual) }
}

/// The end of the line that holds `at`, before its line break.
fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    if text[..end].ends_with('\r') { end - 1 } else { end }
}

/// Inserts an entry after the last one of a block mapping.
pub(super) fn insert_in_block(
    text: &str,
    map: Node<'_>,
    name: &str,
    value: Node<'_>,
) -> Result<Splice, Refusal> {
    let (_, first, _) = map.entries().next().ok_or(Refusal::Unusual)?;
    let around = Surroundings::at(text, first.span().start as usize, map);
    let end = line_end(text, map.span().end as usize);
    let rendered = render::value(value, &around);
    let blanks = " ".repeat(around.indentation);
    let line = format!("{}{blanks}{}:{rendered}", around.line_break, key(name, false));
    Ok(splice(end, end, line))
}

/// Inserts an entry before the `}` of a flow mapping.
pub(super) fn insert_in_flow(
    text: &str,
    map: Node<'_>,
    name: &str,
    value: Node<'_>,
) -> Result<Splice, Refusal> {
    let Span { start, end } = map.span();
    let (start, close) = (start as usize, (end as usize).saturating_sub(1));
    if !text[close..].starts_with('}') {
        return Err(Refusal::Unusual);
    }
    let around = Surroundings::at(text, start, map);
    let mut entry = format!("{}: ", key(name, around.is_json));
    render::flow(value, around.is_json, &mut entry);
    let Some((_, last_key, last)) = map.entries().last() else {
        return Ok(splice(start + 1, close, entry));
    };
    let mut at = last.alias_span().unwrap_or(last.span()).end as usize;
    let tail = &text[at..close];
    if tail.contains('#') {
        return Err(Refusal::Unusual);
    }
    let has_comma = tail.trim_start().starts_with(',');
    if has_comma {
        at += tail.find(',').unwrap_or(0) + 1;
    }
    let separator = if text[at..close].contains('\n') {
        format!("{}{}", around.line_break, blanks(text, last_key.span().start as usize))
    } else {
        " ".to_owned()
    };
    let comma = if has_comma { "" } else { "," };
    Ok(splice(at, at, format!("{comma}{separator}{entry}")))
}

/// What brings a new line to the column of `at`: tabs stay tabs.
fn blanks(text: &str, at: usize) -> String {
    let before = text[at - column(text, at)..at].chars();
    before.map(|char| if char == '\t' { '\t' } else { ' ' }).collect()
}

/// Takes an entry or an item out.
pub(super) fn remove(text: &str, place: &Place<'_>) -> Result<Splice, Refusal> {
    let parent = place.parent.ok_or(Refusal::NoPlace)?;
    let siblings: Vec<(usize, usize)> = match place.key {
        Some(_) => parent.node.entries().map(|(_, key, value)| extent(key, value)).collect(),
        None => parent.node.items().map(|item| extent(item, item)).collect(),
    };
    let own = extent(place.key.unwrap_or(place.node), place.node);
    let at = siblings.iter().position(|other| *other == own).ok_or(Refusal::Unusual)?;
    if siblings.len() == 1 {
        let empty = if place.key.is_some() { "{}" } else { "[]" };
        return only(text, parent.node, parent.key, empty);
    }
    if parent.node.style() == Style::Flow {
        return Ok(match siblings.get(at + 1) {
            Some(next) => splice(own.0, next.0, ""),
            None => splice(siblings[at - 1].1, own.1, ""),
        });
    }
    if place.key.is_some() { entry(text, own, siblings.get(at + 1)) } else { item(text, own) }
}

/// From the first byte of a key or item to the last of its value.
fn extent(first: Node<'_>, value: Node<'_>) -> (usize, usize) {
    let start = first.alias_span().unwrap_or(first.span()).start as usize;
    let end = value.alias_span().unwrap_or(value.span()).end as usize;
    (start, end.max(first.span().end as usize))
}

/// The last entry or item goes: an empty collection stays.
fn only(
    text: &str,
    collection: Node<'_>,
    key: Option<Node<'_>>,
    empty: &str,
) -> Result<Splice, Refusal> {
    let Span { start, end } = collection.span();
    let (start, end) = (start as usize, end as usize);
    match key {
        Some(key) if text[key.span().end as usize..start].contains('\n') => {
            // Comments behind the key and above the collection stay; its own go with it.
            let colon = after_colon(text, key)?;
            let above = text[colon..start - column(text, start)].trim_end_matches(['\n', '\r']);
            Ok(splice(colon, line_end(text, end), format!(" {empty}{above}")))
        }
        _ => Ok(splice(start, end, empty)),
    }
}

/// An entry of a block mapping: its lines, or behind a `- ` up to the next entry.
fn entry(
    text: &str,
    own: (usize, usize),
    next: Option<&(usize, usize)>,
) -> Result<Splice, Refusal> {
    let line = own.0 - column(text, own.0);
    if text[line..own.0].bytes().all(|byte| byte == b' ') {
        return Ok(lines(text, line, own.1));
    }
    let next = next.ok_or(Refusal::Unusual)?.0;
    // Lines of comment above the next entry belong to it.
    let end = line_end(text, own.1).min(next);
    let comment = text[end..next].find('#').map(|at| end + at);
    Ok(splice(own.0, comment.unwrap_or(next), ""))
}

/// An item of a block sequence: its lines.
fn item(text: &str, own: (usize, usize)) -> Result<Splice, Refusal> {
    let dash = text[..own.0].trim_end().len().checked_sub(1).ok_or(Refusal::Unusual)?;
    let line = dash - column(text, dash);
    if text.as_bytes()[dash] != b'-' || !text[line..dash].bytes().all(|byte| byte == b' ') {
        return Err(Refusal::Unusual);
    }
    Ok(lines(text, line, own.1))
}

/// Whole lines, with one line break.
fn lines(text: &str, start: usize, last: usize) -> Splice {
    let end = line_end(text, last);
    if let Some(length) = text[end..].find('\n') {
        return splice(start, end + length + 1, "");
    }
    // The last line of a file without a line break at its end: take the one before it.
    let before = text[..start].trim_end_matches(['\n', '\r']).len();
    splice(before, end, "")
}
