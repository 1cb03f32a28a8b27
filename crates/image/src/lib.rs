//! What is in a container image: layers as streams of bytes in, facts about their files out.
//!
//! [`Layer::read`] reads one layer once, in memory that does not grow with it, and keeps what
//! [`catalog`] finds in the files that say something. [`merge`] lays the layers of an image over
//! each other as a runtime does. Where the bytes come from is the business of the caller.
#![warn(clippy::disallowed_methods)]

pub mod catalog;
mod compression;
mod digest;
mod layer;
mod manifest;
mod merge;
mod path;
mod reference;
mod tar;
mod zip;

pub use catalog::is_wanted;
pub use compression::{Compression, NotInflated, inflated};
pub use digest::{Digest, DigestError, Digesting};
pub use layer::{
    EDITION, Entries, Fact, Find, Layer, LayerError, LayerGap, LayerLimits, LayerReading, Observer,
    Problem,
};
pub use manifest::{
    Config, DOCUMENT_BYTES_MAX, Descriptor, History, Index, Manifest, ManifestError, MediaType,
    Platform, Process,
};
pub use merge::{Image, Owned, Unowned, is_visible, merge};
pub use reference::{Reference, ReferenceError};
pub use tar::{Archive, Entry, EntryKind, TarError};
pub use zip::{Zip, ZipEntry};
