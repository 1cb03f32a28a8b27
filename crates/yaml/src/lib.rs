//! Reads YAML and JSON the way Kubernetes' own tools read them, with the position of everything.
//!
//! A [`Stream`] is one file: all its documents, one flat arena, spans into the text. A document
//! is read with the rules of `sigs.k8s.io/yaml` (go-yaml v2: YAML 1.1 scalars, so `yes` is a bool
//! and `0777` is 511), because that is what `kubectl` and the API server's clients see. A reader
//! with other rules can be deceived: to it, `privileged: yes` is a harmless string.
//! Reading never fails as a whole: a document that cannot be read is an [`Error`] in its place,
//! its neighbours are not affected.
//!
//! ```
//! use yaml::{Limits, Stream, Value};
//!
//! let text = "\
//! kind: Pod
//! spec:
//!   containers:
//!   - name: shell   # for debugging
//!     securityContext: {privileged: yes}
//! ---
//! kind: [broken
//! ";
//! let stream = Stream::yaml(text, &Limits::default());
//! let mut documents = stream.documents();
//!
//! let pod = documents.next().unwrap().unwrap();
//! let containers = pod.root().get("spec").unwrap().get("containers").unwrap();
//! let container = containers.items().next().unwrap();
//! let privileged = container.get("securityContext").unwrap().get("privileged").unwrap();
//! assert_eq!(privileged.value(), Value::Bool(true));
//! assert_eq!(privileged.written(), "yes");
//! assert_eq!(stream.position(privileged.span().start).line, 5);
//! let comment = pod.comments()[0].span;
//! assert_eq!(&text[comment.start as usize..comment.end as usize], "# for debugging");
//!
//! let error = documents.next().unwrap().unwrap_err();
//! assert_eq!(error.message, "expected ',' or ']'");
//! ```
//!
//! # How it works
//!
//! The text is cut into documents first. Nearly every document is read by the fast path, a
//! recursive descent over lines that copies nothing but folded text and gives up on whatever is
//! unusual. What it gives up on goes through the slow path: a scanner that makes tokens and a
//! parser that makes nodes, the same automata as in libyaml. Both write compact nodes in the order
//! of the text into one arena. Scalars are resolved when they are asked for; aliases stay aliases.
//! What upstream's decoder refuses is refused at the end of each document: keys and values JSON
//! cannot hold, and aliases that expand too often.
//!
//! # Upstream
//!
//! Upstream is `sigs.k8s.io/yaml` 1.6.0 on `go.yaml.in/yaml/v2` 2.4.4, as Kubernetes 1.37.2 pins
//! them; for JSON, Go's `encoding/json`. [`Node::write_json`] prints what `YAMLToJSON` prints, byte
//! for byte, and the tests compare both on real manifests and on mutated ones.
//!
//! Some of its answers surprise: text after the top node is ignored (`{a: 1} b`; see
//! [`Document::ignored`]), `[]: x` is an empty sequence, and a merge key overwrites the keys that
//! stand before it.
//!
//! # Differences from upstream
//!
//! * **Documents.** `kubectl` splits a file at lines of a bare `---`, and of each piece reads the
//!   first document only: what follows a `...` or a `--- # comment` is dropped without a word. We
//!   split at every line that starts with `---` or `...` and a blank or the line's end, so nothing
//!   is hidden. Directives belong to the document that follows them. Empty documents are left out
//!   (upstream: `null`).
//! * **Limits.** [`Limits`] are stricter than upstream's own (nesting of 10,000), and nesting is
//!   counted with aliases expanded, so that a caller may recurse.
//! * **Keys that become one in JSON.** `1`, `'1'` and `1.0` are three keys to go-yaml and one in
//!   JSON. Upstream keeps a random one; here the last wins, as with equal keys, and
//!   [`Document::duplicates`] tells. The same holds for `.nan`, which never equals itself.
//! * **Byte order marks.** One at the start of a document is skipped, any other is an ordinary
//!   character. Upstream means to do so, but may skip other characters in its place, depending on
//!   its buffer.
//! * **Control characters** are refused in the whole document; upstream does not notice them in
//!   text it ignores.
//! * **Encoding.** Texts are UTF-8; upstream also reads UTF-16 when it starts with a byte order
//!   mark. Decode such files first.
//! * **JSON.** A byte order mark at the start is skipped (Go: an error), since such a file is no
//!   doubt meant as JSON. Nothing is read after an error, as nothing tells where the next value
//!   starts.
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
