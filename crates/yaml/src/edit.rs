//! Changes one field in a text and leaves every other byte as it is.
//!
//! [`edit`] finds a field by its path and answers with the one [`Splice`] that sets or removes
//! it, in the style of its surroundings: block or flow, YAML or JSON, the file's indentation and
//! line breaks. Comments stay. Where a change would reach further than the field (into an anchor,
//! through an alias or a merge key), it is refused.

mod render;
mod splice;

use std::fmt;

use crate::{Limits, Node, Span, Stream, Style, Value};

pub use render::text;

use render::Surroundings;

/// One step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'p> {
    /// A key of a mapping, in its JSON form.
    Key(&'p str),
    /// An item of a sequence, counted from 0.
    Index(usize),
}

/// What to do with the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'v> {
    /// Set it to this JSON value, making the mappings on the way.
    Set(&'v str),
    /// Take it out of its mapping or sequence.
    Remove,
}

/// Replace the bytes of `span` with `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// What stands there then.
    pub text: String,
}

impl Splice {
    /// The text after the change.
    pub fn apply(&self, text: &str) -> String {
        let (start, end) = (self.span.start as usize, self.span.end as usize);
        [&text[..start], &self.text, &text[end..]].concat()
    }
}

/// Why a field cannot be changed in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is reached through an alias: the change would show wherever the anchor is used.
    Alias,
    /// It stands in an anchored node that others may use.
    Anchor,
    /// It comes in by a merge key.
    Merged,
    /// There is no such item, or a step leads into a scalar.
    NoPlace,
    /// The field to remove is not there.
    Absent,
    /// The new value is no JSON.
    Value,
    /// The place is written in a way that is not edited (a key over several lines, a tag).
    Unusual,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Alias => "it is reached through an alias",
            Self::Anchor => "it stands in an anchored node that is used elsewhere",
            Self::Merged => "it comes in by a merge key",
            Self::NoPlace => "there is no place for it",
            Self::Absent => "it is not there",
            Self::Value => "the new value is no JSON",
            Self::Unusual => "its place is written in an unusual way",
        })
    }
}

/// The change of `text` that sets or removes the field at `steps` below `root`, a node of
/// `stream`. The result is not read again here: whoever applies it should.
pub fn edit(
    stream: &Stream<'_>,
    root: Node<'_>,
    steps: &[Step<'_>],
    change: Change<'_>,
) -> Result<Splice, Refusal> {
    let text = stream.text();
    let mut place = Place { node: root, key: None, parent: None };
    for (at, step) in steps.iter().enumerate() {
        let Some(next) = place.step(*step)? else {
            return match change {
                Change::Remove => Err(Refusal::Absent),
                Change::Set(value) => set_missing(text, &place, &steps[at..], value),
            };
        };
        next.check_anchor(text)?;
        place = next;
    }
    match change {
        Change::Set(value) => {
            let value = Stream::json(value, &Limits::default());
            let surroundings = Surroundings::of(text, &place);
            let rendered = render::value(single(&value)?, &surroundings);
            splice::replace(text, &place, &rendered, &surroundings)
        }
        Change::Remove => splice::remove(text, &place),
    }
}

/// A node and how it was reached.
#[derive(Clone, Copy)]
struct Place<'s> {
    node: Node<'s>,
    /// Its key, when it stands in a mapping.
    key: Option<Node<'s>>,
    parent: Option<Parent<'s>>,
}

#[derive(Clone, Copy)]
struct Parent<'s> {
    node: Node<'s>,
    /// The parent's own key, to write `{}` beside.
    key: Option<Node<'s>>,
}

impl Place<'_> {
    /// The next place; none when the mapping has no such key.
    fn step(&self, step: Step<'_>) -> Result<Option<Self>, Refusal> {
        let parent = Some(Parent { node: self.node, key: self.key });
        let (node, key) = match (step, self.node.value()) {
            (Step::Key(name), Value::Map) => {
                let Some(key) = self.node.key_node(name) else { return Ok(None) };
                if !contains(self.node.span(), key.span()) {
                    return Err(Refusal::Merged);
                }
                (self.node.get(name).ok_or(Refusal::NoPlace)?, Some(key))
            }
            (Step::Key(_), Value::Null) => return Ok(None),
            (Step::Index(index), Value::List) => {
                (self.node.items().nth(index).ok_or(Refusal::NoPlace)?, None)
            }
            _ => return Err(Refusal::NoPlace),
        };
        if node.alias_span().is_some() {
            return Err(Refusal::Alias);
        }
        Ok(Some(Self { node, key, parent }))
    }

    /// An anchor before the node would carry the change to its aliases; a tag is not edited.
    fn check_anchor(&self, text: &str) -> Result<(), Refusal> {
        let start = self.node.span().start as usize;
        let before = match (self.key, self.parent) {
            (Some(key), _) => {
                let between = &text[key.span().end as usize..start];
                between.split_once(':').map_or(between, |(_, properties)| properties)
            }
            (None, Some(parent)) => {
                let between = &text[parent.node.span().start as usize..start];
                between.rsplit(['-', ',', '[']).next().unwrap_or_default()
            }
            (None, None) => return Ok(()),
        };
        match before.trim_start().bytes().next() {
            Some(b'&') => Err(Refusal::Anchor),
            Some(b'!') => Err(Refusal::Unusual),
            _ => Ok(()),
        }
    }
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn single<'s>(value: &'s Stream<'_>) -> Result<Node<'s>, Refusal> {
    let mut documents = value.documents();
    let root = documents.next().and_then(Result::ok).ok_or(Refusal::Value)?.root();
    if documents.next().is_some() { Err(Refusal::Value) } else { Ok(root) }
}

/// Inserts the first missing key into the mapping at `place`, with the rest of the path below it.
fn set_missing(
    text: &str,
    place: &Place<'_>,
    steps: &[Step<'_>],
    value: &str,
) -> Result<Splice, Refusal> {
    // The path that is missing, as JSON around the value: the first key stays apart.
    let mut nested = value.to_owned();
    for step in steps[1..].iter().rev() {
        let Step::Key(name) = step else { return Err(Refusal::NoPlace) };
        nested = format!("{{{}:{nested}}}", render::quoted(name));
    }
    let Some(Step::Key(name)) = steps.first() else { return Err(Refusal::NoPlace) };
    if place.node.value() == Value::Null {
        let whole = format!("{{{}:{nested}}}", render::quoted(name));
        let stream = Stream::json(&whole, &Limits::default());
        let surroundings = Surroundings::of(text, place);
        let rendered = render::value(single(&stream)?, &surroundings);
        return splice::replace(text, place, &rendered, &surroundings);
    }
    let stream = Stream::json(&nested, &Limits::default());
    let value = single(&stream)?;
    if place.node.style() == Style::Flow {
        splice::insert_in_flow(text, place.node, name, value)
    } else {
        splice::insert_in_block(text, place.node, name, value)
    }
}

#[cfg(test)]
mod tests;
