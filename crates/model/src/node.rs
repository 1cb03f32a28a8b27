//! A node of an object, whatever the object is stored in.

use crate::compact::CompactNode;
use crate::redaction::{Redacted, Redactions};

/// Strings longer than this many bytes are not kept: a node says how long it was. No control
/// reads prose of that size, and a snapshot must not hold whole files.
const STRING_BYTES_MAX: usize = 16 << 10;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Null, or nothing written.
    Null,
    /// A bool.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    String(&'a str),
    /// A text longer than 16 KiB, of this many bytes.
    Elided(u32),
    /// A value that is or may be a credential: never the value itself.
    Redacted(Redacted),
    /// A list: see [`Node::items`].
    List,
    /// A map: see [`Node::entries`] and [`Node::get`].
    Map,
}

impl Value<'_> {
    /// The type's name in messages.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "integer",
            Self::Float(_) => "number",
            Self::Redacted(redacted) if !redacted.is_text => "number or bool",
            Self::String(_) | Self::Elided(_) | Self::Redacted(_) => "string",
            Self::List => "list",
            Self::Map => "map",
        }
    }
}

/// A node: a cheap handle over a file's tree or over the snapshot's compact form. Both give the
/// same answers to every question.
#[derive(Clone, Copy)]
pub struct Node<'a>(Backing<'a>);

/// Which of a snapshot's stored trees a node is: see [`Node::shared`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SharedTree((usize, u32));

#[derive(Clone, Copy)]
enum Backing<'a> {
    Tree(yaml::Node<'a>, &'a Redactions),
    Compact(CompactNode<'a>),
}

impl<'a> Node<'a> {
    /// A node of a file's tree; `redactions` are those found in the same tree.
    pub fn tree(node: yaml::Node<'a>, redactions: &'a Redactions) -> Self {
        Self(Backing::Tree(node, redactions))
    }

    /// A node of the compact form.
    pub fn compact(node: CompactNode<'a>) -> Self {
        Self(Backing::Compact(node))
    }

    /// What the node is.
    pub fn value(self) -> Value<'a> {
        match self.0 {
            Backing::Compact(node) => node.value(),
            Backing::Tree(node, redactions) => match node.value() {
                yaml::Value::List => Value::List,
                yaml::Value::Map => Value::Map,
                scalar => match redactions.of(node.id()) {
                    Some(redacted) => Value::Redacted(redacted),
                    None => Self::scalar(scalar, || redactions.elided(node.id())),
                },
            },
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "clients of the API see such numbers rounded")]
    fn scalar(value: yaml::Value<'a>, elided: impl Fn() -> Option<u32>) -> Value<'a> {
        match value {
            yaml::Value::Null => elided().map_or(Value::Null, Value::Elided),
            yaml::Value::Bool(bool) => Value::Bool(bool),
            yaml::Value::Int(int) => Value::Int(int),
            // Kubernetes has no unsigned 64-bit field: its clients see a float here.
            yaml::Value::Uint(int) => Value::Float(int as f64),
            yaml::Value::Float(float) => Value::Float(float),
            yaml::Value::String(text) if text.len() > STRING_BYTES_MAX => {
                Value::Elided(text.len() as u32)
            }
            yaml::Value::String(text) => Value::String(text),
            yaml::Value::List => Value::List,
            yaml::Value::Map => Value::Map,
        }
    }

    /// The value under `key`, if this is a map that has it and it is not null. Kubernetes treats
    /// null as not set.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        self.get_or_null(key).filter(|found| !matches!(found.value(), Value::Null))
    }

    /// The value under `key`, null included: the API server reads a null in a map of texts as an
    /// empty text.
    pub fn get_or_null(self, key: &str) -> Option<Node<'a>> {
        Some(match self.0 {
            Backing::Tree(node, redactions) => Self::tree(node.get(key)?, redactions),
            Backing::Compact(node) => Self::compact(node.get(key)?),
        })
    }

    /// An item of a list by its place, null included.
    pub fn item(self, index: usize) -> Option<Node<'a>> {
        Some(match self.0 {
            Backing::Tree(node, redactions) => Self::tree(node.items().nth(index)?, redactions),
            Backing::Compact(node) => Self::compact(node.item(index)?),
        })
    }

    /// The node behind field names joined by dots, as [`Node::get`] step by step.
    pub fn field(self, dotted: &str) -> Option<Node<'a>> {
        dotted.split('.').try_fold(self, Node::get)
    }

    /// Entries of a map, nulls included, in the order written; nothing for anything else.
    pub fn entries(self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        let (tree, compact) = match self.0 {
            Backing::Tree(node, redactions) => (Some((node, redactions)), None),
            Backing::Compact(node) => (None, Some(node)),
        };
        tree.into_iter()
            .flat_map(|(node, redactions)| {
                node.entries().map(move |(key, _, value)| (key, Self::tree(value, redactions)))
            })
            .chain(
                compact.into_iter().flat_map(|node| {
                    node.entries().map(|(key, value)| (key, Self::compact(value)))
                }),
            )
    }

    /// Items of a list, nulls included; nothing for anything else.
    pub fn items(self) -> impl Iterator<Item = Node<'a>> {
        let (tree, compact) = match self.0 {
            Backing::Tree(node, redactions) => (Some((node, redactions)), None),
            Backing::Compact(node) => (None, Some(node)),
        };
        tree.into_iter()
            .flat_map(|(node, redactions)| {
                node.items().map(move |item| Self::tree(item, redactions))
            })
            .chain(compact.into_iter().flat_map(|node| node.items().map(Self::compact)))
    }

    /// The text, if this is a string that is kept.
    pub fn as_str(self) -> Option<&'a str> {
        match self.value() {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The bool, if this is one.
    pub fn as_bool(self) -> Option<bool> {
        match self.value() {
            Value::Bool(bool) => Some(bool),
            _ => None,
        }
    }

    /// The integer, if this is one or a number without a fraction (`1.0` reaches the API server
    /// as `1`).
    pub fn as_int(self) -> Option<i64> {
        match self.value() {
            Value::Int(int) => Some(int),
            Value::Float(float) if float.fract() == 0.0 && float.abs() < 9.0e15 => {
                Some(float as i64)
            }
            _ => None,
        }
    }

    /// Whether this is a map.
    pub fn is_map(self) -> bool {
        matches!(self.value(), Value::Map)
    }

    /// Whether this is a list.
    pub fn is_list(self) -> bool {
        matches!(self.value(), Value::List)
    }

    /// What was redacted here, if anything was.
    pub fn redacted(self) -> Option<Redacted> {
        match self.value() {
            Value::Redacted(redacted) => Some(redacted),
            _ => None,
        }
    }

    /// `get(key)` as a string.
    pub fn str(self, key: &str) -> Option<&'a str> {
        self.get(key)?.as_str()
    }

    /// `get(key)` as a bool.
    pub fn bool(self, key: &str) -> Option<bool> {
        self.get(key)?.as_bool()
    }

    /// `get(key)` as an integer.
    pub fn int(self, key: &str) -> Option<i64> {
        self.get(key)?.as_int()
    }

    /// The items of the list under `key`; nothing when it is absent.
    pub fn list(self, key: &str) -> impl Iterator<Item = Node<'a>> {
        self.get(key).into_iter().flat_map(Node::items)
    }

    /// Which stored tree this is: nodes of one snapshot with the same answer are equal. None for
    /// what is not stored once (a file's tree) or is no map and no list.
    pub fn shared(self) -> Option<SharedTree> {
        match self.0 {
            Backing::Tree(..) => None,
            Backing::Compact(node) => node.shared().map(SharedTree),
        }
    }

    /// The anchored node's number, when this node of a tree was reached through an alias.
    pub(crate) fn alias(self) -> Option<yaml::NodeId> {
        match self.0 {
            Backing::Tree(node, _) => node.alias_span().map(|_| node.id()),
            Backing::Compact(_) => None,
        }
    }
}
