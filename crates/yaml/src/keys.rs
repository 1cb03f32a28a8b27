//! The keys of a mapping: their JSON form, duplicates and merge keys.

use std::fmt::Write;

use hashbrown::HashMap;

use crate::arena::{Arena, KeyText, Kind, RawNode, Tag, Text};
use crate::build::{Builder, error};
use crate::number::float_key;
use crate::resolve::{Scalar, resolve};
use crate::{Duplicate, Error, ErrorKind, Style};

/// Above this many keys, duplicates are looked for in a hash table.
const SCANNED_KEYS: usize = 32;

/// What a key is to go-yaml and in JSON.
enum KeyKind {
    /// Its JSON form is its text.
    Text,
    /// Its JSON form differs.
    Other(String),
    /// `<<`
    Merge,
    /// JSON has no such key.
    Unrepresentable,
    /// A collection.
    Invalid,
}

impl Builder<'_, '_> {
    /// Checks the keys of a mapping that has just been closed.
    pub(crate) fn check_keys(&mut self, mapping: u32, count: usize) -> Result<(), Error> {
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        let mut key = mapping + 1;
        for _ in 0..count {
            let value = self.arena.node(key).next;
            self.check_key(key, value, mapping, &mut keys)?;
            key = self.arena.node(value).next;
        }
        let duplicates = if keys.len() <= SCANNED_KEYS {
            scan_for_duplicates(self.arena, &keys)
        } else {
            hash_for_duplicates(self.arena, &keys)
        };
        if !duplicates.is_empty() {
            self.arena.duplicates.extend(duplicates);
            self.mark_effective(mapping);
        }
        self.keys = keys;
        Ok(())
    }

    fn check_key(
        &mut self,
        key: u32,
        value: u32,
        mapping: u32,
        keys: &mut Vec<KeyText>,
    ) -> Result<(), Error> {
        let span = self.arena.node(key).span();
        match key_kind(self.arena, key) {
            KeyKind::Text => {
                let text = self.arena.node(self.arena.target(key)).text();
                keys.push(KeyText { node: key, text });
            }
            KeyKind::Other(json) => {
                let start = self.arena.side.len();
                self.arena.side.push_str(&json);
                let key_text = KeyText { node: key, text: Text::side(start, &self.arena.side) };
                self.arena.key_texts.push(key_text);
                self.arena.nodes[key as usize].flags |= RawNode::KEY_TEXT;
                keys.push(key_text);
            }
            KeyKind::Merge => {
                self.check_merge(value)?;
                self.mark_effective(mapping);
            }
            KeyKind::Unrepresentable => {
                self.note_unrepresentable(span, "JSON keys are text, this is none");
            }
            KeyKind::Invalid => {
                let message = "a mapping or a sequence cannot be a key";
                return Err(error(ErrorKind::NoJson, span, message));
            }
        }
        Ok(())
    }

    /// The value of `<<` is a mapping, an alias of one or a sequence of such.
    fn check_merge(&mut self, value: u32) -> Result<(), Error> {
        let arena = &mut *self.arena;
        arena.nodes[value as usize].flags |= RawNode::MERGED;
        let items: Vec<u32> = match arena.node(value).kind {
            Kind::Sequence => arena.children(value).collect(),
            _ => vec![value],
        };
        for item in items {
            if arena.node(arena.target(item)).kind != Kind::Mapping {
                let message = "only mappings can be merged with '<<'";
                return Err(error(ErrorKind::NoJson, arena.node(item).span(), message));
            }
            arena.nodes[item as usize].flags |= RawNode::MERGED;
        }
        Ok(())
    }

    fn mark_effective(&mut self, mapping: u32) {
        self.arena.nodes[mapping as usize].flags |= RawNode::EFFECTIVE;
        self.effective = true;
    }
}

/// Whether a node is a merge key: `isMerge` of go-yaml's `decode.go`.
pub(crate) fn is_merge(arena: &Arena<'_>, key: u32) -> bool {
    let node = arena.node(key);
    node.kind == Kind::Scalar
        && node.length == 2
        && match node.tag {
            Tag::None => node.style == Style::Plain,
            Tag::NonSpecific | Tag::Merge => true,
            _ => false,
        }
        && arena.scalar_text(node) == "<<"
}

fn key_kind(arena: &Arena<'_>, key: u32) -> KeyKind {
    let node = arena.node(arena.target(key));
    if node.kind != Kind::Scalar {
        return KeyKind::Invalid;
    }
    let plain = node.style == Style::Plain;
    if node.tag == Tag::None && !plain {
        return KeyKind::Text;
    }
    if is_merge(arena, key) {
        return KeyKind::Merge;
    }
    let text = arena.scalar_text(node);
    let mut json = String::new();
    match resolve(node.tag, plain, text) {
        None | Some(Scalar::Text) => return KeyKind::Text,
        Some(Scalar::Null | Scalar::Uint(_)) => return KeyKind::Unrepresentable,
        Some(Scalar::Bool(value)) => _ = write!(json, "{value}"),
        Some(Scalar::Int(value)) => _ = write!(json, "{value}"),
        Some(Scalar::Float(value)) => json = float_key(value),
    }
    if json == text { KeyKind::Text } else { KeyKind::Other(json) }
}

/// Compares each key with those before it, unless a filter shows that it is new.
fn scan_for_duplicates(arena: &Arena<'_>, keys: &[KeyText]) -> Vec<Duplicate> {
    let mut duplicates = Vec::new();
    let mut seen = 0u128;
    for (index, key) in keys.iter().enumerate() {
        let text = arena.bytes_of(key.text);
        let bit = 1 << signature(text);
        if seen & bit != 0
            && let Some(first) =
                keys[..index].iter().rev().find(|earlier| arena.bytes_of(earlier.text) == text)
        {
            duplicates.push(duplicate(arena, first.node, key.node));
        }
        seen |= bit;
    }
    duplicates
}

/// Seven bits that differ between most keys.
fn signature(text: &[u8]) -> u8 {
    let byte = |at: usize| text.get(at).copied().unwrap_or(0);
    let ends = byte(0).wrapping_mul(5) ^ byte(text.len().wrapping_sub(1)).wrapping_mul(17);
    (ends ^ byte(text.len() / 2).wrapping_mul(43)).wrapping_add(text.len() as u8) & 127
}

fn hash_for_duplicates(arena: &Arena<'_>, keys: &[KeyText]) -> Vec<Duplicate> {
    let mut duplicates = Vec::new();
    let mut seen = HashMap::with_capacity(keys.len());
    for key in keys {
        if let Some(first) = seen.insert(arena.slice(key.text), key.node) {
            duplicates.push(duplicate(arena, first, key.node));
        }
    }
    duplicates
}

fn duplicate(arena: &Arena<'_>, first: u32, second: u32) -> Duplicate {
    Duplicate { first: arena.node(first).span(), second: arena.node(second).span() }
}
