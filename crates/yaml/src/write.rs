//! Nodes as JSON, byte for byte as sigs.k8s.io/yaml prints them (`encoding/json`).

use std::fmt::Write;

use crate::arena::{Arena, Kind, RawNode};
use crate::number::write_json_float;
use crate::{Node, Value};

/// A collection that is being written.
enum Open {
    Sequence {
        next: u32,
        end: u32,
    },
    /// A range of the sorted entries.
    Mapping {
        first: usize,
        next: usize,
    },
}

/// Appends a node as JSON, without recursion.
pub(crate) fn write_json(arena: &Arena<'_>, id: u32, out: &mut String) {
    let mut writer = Writer { arena, out, open: Vec::new(), entries: Vec::new() };
    writer.value(id);
    while let Some(open) = writer.open.last_mut() {
        match open {
            Open::Sequence { next, end } if *next < *end => {
                let item = *next;
                *next = arena.node(item).next;
                writer.separate('[');
                writer.value(item);
            }
            Open::Sequence { .. } => {
                writer.out.push(']');
                writer.open.pop();
            }
            Open::Mapping { next, .. } if *next < writer.entries.len() => {
                let (text, key, value) = writer.entries[*next];
                *next += 1;
                writer.separate('{');
                let replaced = arena.node(arena.target(key)).has(RawNode::REPLACED);
                write_string(writer.out, text, replaced);
                writer.out.push(':');
                writer.value(value);
            }
            Open::Mapping { first, .. } => {
                writer.entries.truncate(*first);
                writer.out.push('}');
                writer.open.pop();
            }
        }
    }
}

struct Writer<'a> {
    arena: &'a Arena<'a>,
    out: &'a mut String,
    open: Vec<Open>,
    /// Entries of the open mappings: JSON key, key and value; each mapping's are sorted.
    entries: Vec<(&'a str, u32, u32)>,
}

impl Writer<'_> {
    /// Writes a scalar or opens a collection.
    fn value(&mut self, id: u32) {
        let node = Node::new(self.arena, id);
        match node.value() {
            Value::Null => self.out.push_str("null"),
            Value::Bool(value) => _ = write!(self.out, "{value}"),
            Value::Int(value) => _ = write!(self.out, "{value}"),
            Value::Uint(value) => _ = write!(self.out, "{value}"),
            Value::Float(value) => write_json_float(self.out, value),
            Value::String(text) => {
                let replaced = self.arena.node(self.arena.target(id)).has(RawNode::REPLACED);
                write_string(self.out, text, replaced);
            }
            Value::List => {
                self.out.push('[');
                let id = self.arena.target(id);
                debug_assert_eq!(self.arena.node(id).kind, Kind::Sequence);
                self.open.push(Open::Sequence { next: id + 1, end: self.arena.node(id).next });
            }
            Value::Map => {
                self.out.push('{');
                let first = self.entries.len();
                self.entries.extend(node.entry_ids());
                self.entries[first..].sort_by(|one, other| one.0.cmp(other.0));
                self.open.push(Open::Mapping { first, next: first });
            }
        }
    }

    /// A comma, unless the collection was only just opened.
    fn separate(&mut self, opening: char) {
        if !self.out.ends_with(opening) {
            self.out.push(',');
        }
    }
}

/// A string with the escapes of Go's `json.Marshal`, which also escapes what HTML gives meaning.
fn write_string(out: &mut String, text: &str, replaced: bool) {
    out.push('"');
    let mut written = 0;
    for (at, character) in text.char_indices() {
        let escape = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\x08' => "\\b",
            '\x0C' => "\\f",
            '<' => "\\u003c",
            '>' => "\\u003e",
            '&' => "\\u0026",
            '\u{2028}' => "\\u2028",
            '\u{2029}' => "\\u2029",
            char::REPLACEMENT_CHARACTER if replaced => "\\ufffd",
            '\0'..' ' => "",
            _ => continue,
        };
        out.push_str(&text[written..at]);
        if escape.is_empty() {
            _ = write!(out, "\\u{:04x}", u32::from(character));
        } else {
            out.push_str(escape);
        }
        written = at + character.len_utf8();
    }
    out.push_str(&text[written..]);
    out.push('"');
}
