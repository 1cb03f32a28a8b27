//! The compact form of objects: interned strings and shared subtrees, no text.
//!
//! Equal subtrees are stored once (hash consing), so a thousand pods of one Deployment cost
//! little more than what differs between them. A reference is one `u32`: three bits say what it
//! is, the rest is the value itself (null, bools, small integers), the number of a string, or
//! the place of a collection in `words`.
//!
//! A map keeps its entries in the order written. One of more than sixteen entries carries their
//! order by key behind them, so that a key is found without going through all of them.

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use std::hash::BuildHasher;

use crate::{Node, Redacted, Value};

/// Number of an interned tree in its [`Pool`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CompactId(u32);

const TAG_BITS: u32 = 3;
const TAG_MASK: u32 = (1 << TAG_BITS) - 1;
const TAG_WORDS: u32 = 0;
const TAG_STRING: u32 = 1;
const TAG_CONSTANT: u32 = 2;
const TAG_SMALL_INT: u32 = 3;
const TAG_REDACTED: u32 = 4;
const TAG_ELIDED: u32 = 5;

const NULL: u32 = 0;
const FALSE: u32 = 1;
const TRUE: u32 = 2;

const KIND_LIST: u32 = 0;
const KIND_MAP: u32 = 1;
const KIND_INT: u32 = 2;
const KIND_FLOAT: u32 = 3;
const KIND_BITS: u32 = 2;

/// Most entries of a map that are simply gone through; larger ones carry their order by key.
const ENTRIES_SCANNED_MAX: usize = 16;

const SMALL_INT_MAX: i64 = (1 << 28) - 1;

fn tagged(tag: u32, payload: u32) -> u32 {
    payload << TAG_BITS | tag
}

/// A store of interned trees; only grows.
#[derive(Default)]
pub struct Pool {
    text: String,
    strings: Vec<(u32, u32)>,
    string_index: HashTable<u32>,
    words: Vec<u32>,
    word_index: HashTable<u32>,
    redacted: Vec<Redacted>,
    hasher: DefaultHashBuilder,
    scratch: Vec<u32>,
}

impl Pool {
    /// An empty pool.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes in use, the pool's own tables included.
    pub fn bytes(&self) -> usize {
        self.text.capacity()
            + self.strings.capacity() * size_of::<(u32, u32)>()
            + self.words.capacity() * size_of::<u32>()
            + self.redacted.capacity() * size_of::<Redacted>()
            + (self.string_index.capacity() + self.word_index.capacity()) * (size_of::<u32>() + 1)
    }

    /// The tree behind an id this pool has given out.
    pub fn node(&self, id: CompactId) -> CompactNode<'_> {
        CompactNode { pool: self, reference: id.0 }
    }

    /// Takes in a tree. `skip` says which entries are left out, by depth, the key above and key.
    pub fn insert(&mut self, node: Node<'_>, skip: impl Fn(u32, &str, &str) -> bool) -> CompactId {
        let mut aliased = HashMap::new();
        CompactId(self.intern(node, (0, ""), &skip, &mut aliased))
    }

    /// Gives back the memory that only taking in needs. What is taken in afterwards is not shared
    /// with what was there before.
    pub(crate) fn seal(&mut self) {
        self.text.shrink_to_fit();
        self.strings.shrink_to_fit();
        self.words.shrink_to_fit();
        self.redacted.shrink_to_fit();
        self.string_index = HashTable::new();
        self.word_index = HashTable::new();
        self.scratch = Vec::new();
    }

    fn intern(
        &mut self,
        node: Node<'_>,
        (depth, above): (u32, &str),
        skip: &impl Fn(u32, &str, &str) -> bool,
        aliased: &mut HashMap<yaml::NodeId, u32>,
    ) -> u32 {
        // A subtree reached through an alias is interned once however often it is used, so an
        // alias bomb costs no more than its text.
        let alias = node.alias();
        if let Some(known) = alias.and_then(|id| aliased.get(&id)) {
            return *known;
        }
        let reference = match node.value() {
            Value::Null => tagged(TAG_CONSTANT, NULL),
            Value::Bool(false) => tagged(TAG_CONSTANT, FALSE),
            Value::Bool(true) => tagged(TAG_CONSTANT, TRUE),
            Value::Int(int) => self.intern_int(int),
            Value::Float(float) => self.intern_wide(KIND_FLOAT, float.to_bits()),
            Value::String(text) => tagged(TAG_STRING, self.intern_str(text)),
            Value::Elided(bytes) => tagged(TAG_ELIDED, bytes.min(u32::MAX >> TAG_BITS)),
            Value::Redacted(redacted) => {
                self.redacted.push(redacted);
                tagged(TAG_REDACTED, self.redacted.len() as u32 - 1)
            }
            Value::List => {
                let base = self.scratch.len();
                for item in node.items() {
                    let item = self.intern(item, (depth + 1, above), skip, aliased);
                    self.scratch.push(item);
                }
                self.intern_collection(KIND_LIST, base)
            }
            Value::Map => {
                let base = self.scratch.len();
                for (key, value) in node.entries() {
                    if skip(depth, above, key) {
                        continue;
                    }
                    let value = self.intern(value, (depth + 1, key), skip, aliased);
                    let key = self.intern_str(key);
                    self.scratch.extend([key, value]);
                }
                self.order_entries(base);
                self.intern_collection(KIND_MAP, base)
            }
        };
        if let Some(id) = alias {
            aliased.insert(id, reference);
        }
        reference
    }

    /// Appends the numbers of the entries in `scratch[base..]` in the order of their keys' text,
    /// if there are many.
    fn order_entries(&mut self, base: usize) {
        let entries = &self.scratch[base..];
        let count = entries.len() / 2;
        if count <= ENTRIES_SCANNED_MAX {
            return;
        }
        let mut order: Vec<u32> = (0..count as u32).collect();
        order.sort_unstable_by_key(|&number| self.str(entries[2 * number as usize]));
        self.scratch.extend(order);
    }

    #[expect(clippy::cast_sign_loss, reason = "the range check makes the sum positive")]
    fn intern_int(&mut self, int: i64) -> u32 {
        if (-SMALL_INT_MAX..=SMALL_INT_MAX).contains(&int) {
            return tagged(TAG_SMALL_INT, (int + SMALL_INT_MAX) as u32);
        }
        self.intern_wide(KIND_INT, int.cast_unsigned())
    }

    fn intern_wide(&mut self, kind: u32, bits: u64) -> u32 {
        let base = self.scratch.len();
        self.scratch.extend([bits as u32, (bits >> 32) as u32]);
        self.intern_collection(kind, base)
    }

    /// Moves `scratch[base..]` into `words`, or finds it there.
    fn intern_collection(&mut self, kind: u32, base: usize) -> u32 {
        let header = ((self.scratch.len() - base) as u32) << KIND_BITS | kind;
        let body = &self.scratch[base..];
        let hash = self.hasher.hash_one((header, body));
        let words = &self.words;
        let same = |&at: &u32| {
            let at = at as usize;
            words[at] == header && words.get(at + 1..at + 1 + body.len()) == Some(body)
        };
        let at = if let Some(found) = self.word_index.find(hash, same) {
            *found
        } else {
            let at = self.words.len() as u32;
            self.words.push(header);
            self.words.extend_from_slice(body);
            let (words, hasher) = (&self.words, &self.hasher);
            self.word_index.insert_unique(hash, at, |&at| {
                let (header, body) = collection(words, at);
                hasher.hash_one((header, body))
            });
            at
        };
        self.scratch.truncate(base);
        tagged(TAG_WORDS, at)
    }

    fn intern_str(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text);
        let (store, strings) = (&self.text, &self.strings);
        let str_at = |at: u32| {
            let (start, end) = strings[at as usize];
            &store[start as usize..end as usize]
        };
        if let Some(found) = self.string_index.find(hash, |&at| str_at(at) == text) {
            return *found;
        }
        let start = self.text.len() as u32;
        self.text.push_str(text);
        let at = self.strings.len() as u32;
        self.strings.push((start, self.text.len() as u32));
        let (store, strings, hasher) = (&self.text, &self.strings, &self.hasher);
        self.string_index.insert_unique(hash, at, |&at| {
            let (start, end) = strings[at as usize];
            hasher.hash_one(&store[start as usize..end as usize])
        });
        at
    }

    fn str(&self, at: u32) -> &str {
        let (start, end) = self.strings[at as usize];
        &self.text[start as usize..end as usize]
    }
}

fn collection(words: &[u32], at: u32) -> (u32, &[u32]) {
    let header = words[at as usize];
    let start = at as usize + 1;
    (header, &words[start..start + (header >> KIND_BITS) as usize])
}

/// A node of an interned tree.
#[derive(Clone, Copy)]
pub struct CompactNode<'a> {
    pool: &'a Pool,
    reference: u32,
}

impl<'a> CompactNode<'a> {
    pub(crate) fn value(self) -> Value<'a> {
        let payload = self.reference >> TAG_BITS;
        match self.reference & TAG_MASK {
            TAG_STRING => Value::String(self.pool.str(payload)),
            TAG_CONSTANT => match payload {
                NULL => Value::Null,
                other => Value::Bool(other == TRUE),
            },
            TAG_SMALL_INT => Value::Int(i64::from(payload) - SMALL_INT_MAX),
            TAG_REDACTED => Value::Redacted(self.pool.redacted[payload as usize]),
            TAG_ELIDED => Value::Elided(payload),
            _ => {
                let (header, body) = collection(&self.pool.words, payload);
                let bits = || u64::from(body[0]) | u64::from(body[1]) << 32;
                match header & ((1 << KIND_BITS) - 1) {
                    KIND_LIST => Value::List,
                    KIND_MAP => Value::Map,
                    KIND_INT => Value::Int(bits().cast_signed()),
                    _ => Value::Float(f64::from_bits(bits())),
                }
            }
        }
    }

    /// The pool, by where it is, and the place in it; none for what has no place of its own.
    pub(crate) fn shared(self) -> Option<(usize, u32)> {
        let is_stored = self.reference & TAG_MASK == TAG_WORDS;
        is_stored.then(|| (std::ptr::from_ref(self.pool).addr(), self.reference))
    }

    fn body(self, kind: u32) -> &'a [u32] {
        if self.reference & TAG_MASK != TAG_WORDS {
            return &[];
        }
        let (header, body) = collection(&self.pool.words, self.reference >> TAG_BITS);
        if header & ((1 << KIND_BITS) - 1) == kind { body } else { &[] }
    }

    /// The entries of a map as pairs of key and value, and their order by key if it is kept.
    fn map(self) -> (&'a [u32], &'a [u32]) {
        let body = self.body(KIND_MAP);
        // Two words an entry, three where the order is kept.
        let is_ordered = body.len() > 2 * ENTRIES_SCANNED_MAX;
        body.split_at(if is_ordered { body.len() / 3 * 2 } else { body.len() })
    }

    pub(crate) fn get(self, key: &str) -> Option<CompactNode<'a>> {
        let (entries, order) = self.map();
        let pool = self.pool;
        if order.is_empty() {
            let entry = entries.chunks_exact(2).find(|entry| pool.str(entry[0]) == key)?;
            return Some(CompactNode { pool, reference: entry[1] });
        }
        let key_of = |number: &u32| pool.str(entries[2 * *number as usize]);
        let at = order.binary_search_by(|number| key_of(number).cmp(key)).ok()?;
        Some(CompactNode { pool, reference: entries[2 * order[at] as usize + 1] })
    }

    pub(crate) fn entries(self) -> impl Iterator<Item = (&'a str, CompactNode<'a>)> {
        let pool = self.pool;
        let (entries, _) = self.map();
        entries
            .chunks_exact(2)
            .map(move |entry| (pool.str(entry[0]), CompactNode { pool, reference: entry[1] }))
    }

    pub(crate) fn item(self, index: usize) -> Option<CompactNode<'a>> {
        let reference = *self.body(KIND_LIST).get(index)?;
        Some(CompactNode { pool: self.pool, reference })
    }

    pub(crate) fn items(self) -> impl Iterator<Item = CompactNode<'a>> {
        let pool = self.pool;
        self.body(KIND_LIST).iter().map(move |&reference| CompactNode { pool, reference })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Redactions;

    /// Maps on both sides of the border: every key is found, in the order written, and a list's
    /// items are reached by their place.
    #[test]
    fn small_and_large_collections_answer_alike() {
        for count in [0, 1, ENTRIES_SCANNED_MAX, ENTRIES_SCANNED_MAX + 1, 500] {
            let keys: Vec<String> = (0..count).map(|n| format!("k{}", (n * 7919) % 1009)).collect();
            let entries: Vec<_> =
                keys.iter().map(|key| format!("{key}: [{key}, {key}x]\n")).collect();
            let map = entries.concat();
            let text = if map.is_empty() { "{}".to_owned() } else { map };
            let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
            let root = stream.documents().next().expect("a document").expect("readable").root();
            let redactions = Redactions::default();
            let mut pool = Pool::new();
            let id = pool.insert(Node::tree(root, &redactions), |_, _, _| false);
            let map = Node::compact(pool.node(id));
            let written: Vec<_> = map.entries().map(|(key, _)| key.to_owned()).collect();
            assert_eq!(written, keys);
            for key in &keys {
                let list = map.get(key).expect("the key is there");
                assert_eq!(list.item(0).and_then(Node::as_str), Some(key.as_str()));
                assert_eq!(list.item(1).and_then(Node::as_str), Some(format!("{key}x").as_str()));
                assert!(list.item(2).is_none());
            }
            assert!(map.get("k").is_none() && map.get("").is_none() && map.item(0).is_none());
        }
    }
}
