//! The configuration file: typed sections with positions, from tables.
//!
//! Every crate owns its section: a table of [`Key`]s, from which the file is checked and its JSON
//! schema is generated, and a function that takes over the values.

use std::fmt;

use yaml::{Node, Position, Span, Stream, Value};

/// A key of a section.
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: KeyKind,
    /// What it does, in one sentence.
    pub doc: &'static str,
}

/// What a key holds.
pub enum KeyKind {
    /// One text (a number or bool counts as it is written).
    Text,
    /// A list of texts.
    Texts,
    /// True or false.
    Bool,
    /// A map with these keys.
    Section(&'static [Key]),
    /// A list of maps with these keys.
    Sections(&'static [Key]),
    /// A map of texts.
    Pairs,
}

/// What is wrong in a configuration file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Line and column.
    pub position: Position,
    /// What is wrong and what would be right, as a lower-case fragment.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        write!(formatter, "{line}:{column}: {}", self.message)
    }
}

impl std::error::Error for ConfigError {}

/// A section that was checked against its table.
#[derive(Clone, Copy)]
pub struct Section<'s> {
    stream: &'s Stream<'s>,
    node: Option<Node<'s>>,
}

impl<'s> Section<'s> {
    /// The whole file, checked against the table of its top keys.
    pub fn file(stream: &'s Stream<'s>, keys: &'static [Key]) -> Result<Self, ConfigError> {
        let mut documents = stream.documents();
        let node = match documents.next() {
            None => None,
            Some(Ok(document)) => Some(document.root()),
            Some(Err(error)) => return Err(at(stream, error.span, error.message.clone())),
        };
        let section = Self { stream, node };
        if let Some(node) = node {
            section.check(node, keys)?;
        }
        Ok(section)
    }

    fn check(&self, node: Node<'s>, keys: &'static [Key]) -> Result<(), ConfigError> {
        if node.value() != Value::Map {
            return Err(at(self.stream, node.span(), "expected a map of settings".into()));
        }
        for (name, key_node, value) in node.entries() {
            let Some(key) = keys.iter().find(|key| key.name == name) else {
                let known: Vec<_> = keys.iter().map(|key| key.name).collect();
                let message = format!("unknown key `{name}`; known are {}", known.join(", "));
                return Err(at(self.stream, key_node.span(), message));
            };
            let is_scalar = |node: Node<'_>| !matches!(node.value(), Value::List | Value::Map);
            let expected = match key.kind {
                KeyKind::Section(keys) => {
                    self.check(value, keys)?;
                    continue;
                }
                KeyKind::Sections(keys) if value.value() == Value::List => {
                    value.items().try_for_each(|item| self.check(item, keys))?;
                    continue;
                }
                KeyKind::Sections(_) => "a list of maps",
                KeyKind::Pairs
                    if value.value() != Value::Map
                        || !value.entries().all(|(_, _, value)| is_scalar(value)) =>
                {
                    "a map of texts"
                }
                KeyKind::Text if !is_scalar(value) => "one text",
                KeyKind::Texts if value.value() != Value::List || !value.items().all(is_scalar) => {
                    "a list of texts"
                }
                KeyKind::Bool if !matches!(value.value(), Value::Bool(_)) => "true or false",
                _ => continue,
            };
            let message = format!("`{name}` takes {expected}");
            return Err(at(self.stream, value.span(), message));
        }
        Ok(())
    }

    /// The section under a key; empty when it is not there.
    #[must_use]
    pub fn section(&self, name: &str) -> Self {
        Self { stream: self.stream, node: self.node.and_then(|node| node.get(name)) }
    }

    /// The sections of a list; none when it is not there.
    pub fn sections(&self, name: &str) -> Vec<Self> {
        let list = self.node.and_then(|node| node.get(name));
        let section = |node| Self { stream: self.stream, node: Some(node) };
        list.into_iter().flat_map(Node::items).map(section).collect()
    }

    /// The entries of a map of texts.
    pub fn pairs(&self, name: &str) -> Vec<(String, String)> {
        let map = self.node.and_then(|node| node.get(name));
        map.into_iter()
            .flat_map(Node::entries)
            .map(|(key, _, value)| (key.to_owned(), text_of(value).to_owned()))
            .collect()
    }

    /// Where the section is written.
    pub fn position(&self) -> Position {
        let start = self.node.map_or(0, |node| node.span().start);
        self.stream.position(start)
    }

    /// An error about the section as a whole.
    pub fn error(&self, message: String) -> ConfigError {
        ConfigError { position: self.position(), message }
    }

    /// A text, parsed; none when it is not there.
    pub fn parse<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(node) = self.node.and_then(|node| node.get(name)) else { return Ok(None) };
        self.parsed(node, &parse).map(Some)
    }

    /// A list of texts, each parsed; none when it is not there.
    pub fn parse_all<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<Vec<T>>, ConfigError> {
        let Some(node) = self.node.and_then(|node| node.get(name)) else { return Ok(None) };
        node.items().map(|item| self.parsed(item, &parse)).collect::<Result<_, _>>().map(Some)
    }

    /// A bool; none when it is not there.
    pub fn bool(&self, name: &str) -> Option<bool> {
        match self.node?.get(name)?.value() {
            Value::Bool(bool) => Some(bool),
            _ => None,
        }
    }

    fn parsed<T>(
        &self,
        node: Node<'s>,
        parse: &impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        parse(text_of(node)).map_err(|message| at(self.stream, node.span(), message))
    }
}

/// `1.30` is a number to YAML and a version to people: what is written counts.
fn text_of(node: Node<'_>) -> &str {
    node.as_str().unwrap_or_else(|| node.written())
}

fn at(stream: &Stream<'_>, span: Span, message: String) -> ConfigError {
    ConfigError { position: stream.position(span.start), message }
}

/// The JSON schema (draft 2020-12) of a table.
pub fn schema(keys: &'static [Key]) -> serde_json::Value {
    let properties = keys.iter().map(|key| {
        let mut schema = match key.kind {
            KeyKind::Text => serde_json::json!({"type": ["string", "number"]}),
            KeyKind::Texts => {
                serde_json::json!({"type": "array", "items": {"type": ["string", "number"]}})
            }
            KeyKind::Bool => serde_json::json!({"type": "boolean"}),
            KeyKind::Section(keys) => schema(keys),
            KeyKind::Sections(keys) => {
                serde_json::json!({"type": "array", "items": schema(keys)})
            }
            KeyKind::Pairs => serde_json::json!({
                "type": "object",
                "additionalProperties": {"type": ["string", "number", "boolean"]},
            }),
        };
        schema["description"] = key.doc.into();
        (key.name.to_owned(), schema)
    });
    serde_json::json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties.collect::<serde_json::Map<_, _>>(),
    })
}
