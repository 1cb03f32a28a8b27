//! Reads YAML and JSON the way Kubernetes' own tools read them, with the position of everything.
//!
//! A [`Stream`] is one file: all its documents, one flat arena, spans into the text. A document
//! is read with the rules of `sigs.k8s.io/yaml` (go-yaml v2: YAML 1.1 scalars, so `yes` is a bool
//! and `0777` is 511), because that is what `kubectl` and the API server's clients see.
//! Reading never fails as a whole: a document that cannot be read is an [`Error`] in its place,
//! its neighbours are not affected.
#![warn(clippy::disallowed_methods)]

mod arena;
mod base64;
mod build;
mod character;
pub mod edit;
mod fast;
mod finish;
mod json;
mod keys;
mod node;
mod number;
mod parse;
mod position;
mod resolve;
mod scan;
mod split;
mod stream;
mod timestamp;
mod write;

pub use node::{Entries, Items, Node, NodeId, Style, Value};
pub use stream::{Comment, Document, Duplicate, Error, ErrorKind, Limits, Position, Span, Stream};
