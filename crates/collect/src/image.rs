//! Images: where their blobs are, and their layers read.

mod archive;
mod layout;
mod read;
mod source;

pub use read::{ImageRead, LayerFailure, ReadLayer, read};
pub use source::{Blob, Chosen, ImageError, Source, open};
