//! VEX: what somebody states about a vulnerability in a product, in OpenVEX 0.2.0, in CycloneDX
//! 1.4 and later, and in CSAF 2.0.
//!
//! A statement speaks of a product, or of parts of one. Which statement counts follows OpenVEX:
//! products are matched by name, digest or package URL, and of several statements the latest
//! counts. Of several with one time the most careful does: nothing is hidden by the order of files.
//!
//! Source: OpenVEX Specification 0.2.0, "Statement Inheritance" and "Product Matching"; and
//! `pkg/vex` of `github.com/openvex/go-vex`.

mod csaf;
mod cyclonedx;
mod index;
mod open_vex;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use package::Purl;
use serde_json::Value;

use crate::Status;
use index::Indexed;
pub use open_vex::is_justification;
pub use write::{Claim, write};

/// Bytes of a document.
pub const DOCUMENT_BYTES_MAX: usize = 64 << 20;
/// Products, and parts of products, of all statements of a document.
const PRODUCTS_MAX: usize = 500_000;
/// Statements that could not be read whose reason is kept.
const UNREAD_KEPT_MAX: usize = 100;

/// Why a document could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VexError {
    /// Larger than a document may be.
    #[error("it has {0} bytes, {DOCUMENT_BYTES_MAX} are the limit")]
    TooLong(usize),
    /// Not JSON, or fields of the wrong type.
    #[error("it is no VEX document: {0}")]
    Form(#[from] serde_json::Error),
    /// JSON of another kind.
    #[error("it is no VEX document: neither OpenVEX nor CycloneDX nor CSAF")]
    Unknown,
    /// It names more products than are looked at.
    #[error("its statements name more than {PRODUCTS_MAX} products")]
    TooMany,
}

/// What somebody states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// The names of the vulnerability: a CVE id, an address, aliases.
    pub vulnerabilities: Vec<String>,
    /// What it is about.
    pub products: Vec<Product>,
    /// One of [`Status::Affected`], [`Status::NotAffected`], [`Status::Fixed`] and
    /// [`Status::UnderInvestigation`].
    pub status: Status,
    /// Why it is not affected, as one of the format's words; empty if none is given.
    pub justification: String,
    /// The same in a sentence, or what to do; empty if nothing is said.
    pub words: String,
    /// Who states it.
    pub author: String,
    /// Since when; of the whole document where the statement has no time of its own.
    pub timestamp: Option<Timestamp>,
    /// The document it stands in.
    pub document: String,
}

/// A product, or parts of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Product {
    /// The product.
    pub whole: Component,
    /// The parts that are meant; all of it if none.
    pub parts: Vec<Component>,
}

/// How a product is known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Component {
    /// Names that have to be equal: addresses, digests, CPEs.
    pub names: Vec<String>,
    /// Package URLs. What one leaves open is left open.
    pub purls: Vec<Purl>,
}

/// What is looked at: an image, or a package in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Subject {
    /// Its names.
    pub names: Vec<String>,
    /// Its package URLs, as exact as they are known.
    pub purls: Vec<Purl>,
}

/// A document.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Document {
    /// Its statements, in their order.
    pub statements: Vec<Statement>,
    /// Why some were passed over, the first of them.
    pub unread: Vec<String>,
    /// How many were passed over.
    pub unread_count: usize,
}

/// Statements of several documents. A clone shares them.
#[derive(Clone, Debug, Default)]
pub struct Statements {
    statements: Vec<Arc<Indexed>>,
    /// By the names of vulnerabilities, in lower case.
    by_name: BTreeMap<String, Vec<usize>>,
}

/// The statement that counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Effective<'s> {
    /// Its place in [`Statements`].
    pub place: usize,
    /// The statement.
    pub statement: &'s Statement,
    /// Places of those that state otherwise: by another author, or at the same time.
    pub against: Vec<usize>,
}

/// Reads a document; `name` is what it is called for people. What form it has is told by its
/// content.
///
/// # Errors
///
/// If it is none of the three, or larger than its limits. A single statement that cannot be read
/// is passed over and told of in [`Document::unread`].
pub fn read(name: &str, content: &[u8]) -> Result<Document, VexError> {
    if content.len() > DOCUMENT_BYTES_MAX {
        return Err(VexError::TooLong(content.len()));
    }
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
    let value: Value = serde_json::from_slice(content)?;
    let mut document = if text(&value, "@context").contains("openvex") {
        open_vex::read(&value)
    } else if text(&value, "bomFormat") == "CycloneDX" {
        cyclonedx::read(&value)?
    } else if value["document"].is_object() {
        csaf::read(content)?
    } else {
        return Err(VexError::Unknown);
    };
    let named: usize = document.statements.iter().map(Statement::size).sum();
    if named > PRODUCTS_MAX {
        return Err(VexError::TooMany);
    }
    for statement in &mut document.statements {
        name.clone_into(&mut statement.document);
    }
    Ok(document)
}

impl Statements {
    /// Adds those of a document.
    pub fn add(&mut self, document: Document) {
        for statement in document.statements {
            let place = self.statements.len();
            let names: BTreeSet<String> =
                statement.vulnerabilities.iter().map(|it| it.to_ascii_lowercase()).collect();
            for name in names {
                self.by_name.entry(name).or_default().push(place);
            }
            self.statements.push(Arc::new(Indexed::new(statement)));
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// A statement by its place.
    pub fn at(&self, place: usize) -> Option<&Statement> {
        self.statements.get(place).map(|it| &it.statement)
    }

    /// The statement that counts for a vulnerability, under any of its names, in a package of an
    /// image; none if nobody states anything.
    pub fn effective(
        &self,
        vulnerability: &[String],
        image: &Subject,
        package: &Subject,
    ) -> Option<Effective<'_>> {
        let places: BTreeSet<usize> = vulnerability
            .iter()
            .filter_map(|name| self.by_name.get(&name.to_ascii_lowercase()))
            .flatten()
            .copied()
            .collect();
        let about: Vec<(usize, &Statement)> = places
            .into_iter()
            .filter_map(|place| Some((place, self.statements.get(place)?)))
            .filter(|(_, it)| it.is_about(image, package))
            .map(|(place, it)| (place, &it.statement))
            .collect();
        // A later one replaces what was said before; of the same time the most careful counts.
        let rank = |it: &Statement| (it.timestamp, care(it.status));
        let (place, statement) = *about.iter().max_by_key(|(_, it)| rank(it))?;
        let is_against = |it: &Statement| {
            it.status != statement.status
                && (it.timestamp == statement.timestamp || it.author != statement.author)
        };
        let against = about.iter().filter(|(_, it)| is_against(it)).map(|(at, _)| *at).collect();
        Some(Effective { place, statement, against })
    }
}

/// How careful it is to believe a status.
fn care(status: Status) -> u8 {
    match status {
        Status::NotAffected => 0,
        Status::Fixed => 1,
        Status::UnderInvestigation => 2,
        _ => 3,
    }
}

impl Statement {
    /// Whether it says that nothing has to be done.
    pub fn clears(&self) -> bool {
        matches!(self.status, Status::NotAffected | Status::Fixed)
    }

    fn size(&self) -> usize {
        self.products.iter().map(|product| 1 + product.parts.len()).sum()
    }
}

impl Component {
    fn is(&self, subject: &Subject) -> bool {
        self.names.iter().any(|name| subject.names.contains(name))
            || self.purls.iter().any(|general| subject.purls.iter().any(|it| covers(general, it)))
    }

    fn is_known(&self) -> bool {
        !self.names.is_empty() || !self.purls.is_empty()
    }

    /// A name that may be a package URL.
    fn push(&mut self, name: &str) {
        if name.is_empty() {
            return;
        }
        if let Ok(purl) = Purl::parse(name) {
            self.purls.push(purl);
        }
        self.names.push(name.to_owned());
    }
}

/// Whether a package URL stands for another: type, namespace and name are equal, and so are the
/// version and each qualifier that it has.
fn covers(general: &Purl, exact: &Purl) -> bool {
    general.kind() == exact.kind()
        && general.namespace() == exact.namespace()
        && general.name() == exact.name()
        && general.version().is_none_or(|version| exact.version() == Some(version))
        && general.qualifiers().all(|(key, value)| exact.qualifier(key) == Some(value))
}

impl Document {
    fn pass_over(&mut self, reason: String) {
        self.unread_count += 1;
        if self.unread.len() < UNREAD_KEPT_MAX {
            self.unread.push(reason);
        }
    }
}

/// What stands under a key, if it is text.
fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// What stands under a key, if it is a list.
fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}
