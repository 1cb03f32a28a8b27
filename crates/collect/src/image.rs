//! Images: where their blobs are, and their layers read.

mod archive;
mod layout;
mod read;
mod registry;
mod source;

pub use read::{ImageRead, LayerFailure, ReadLayer, read};
pub use registry::{Credential, Credentials, Registry, RegistryError, RegistryOptions};
pub use source::{Blob, Chosen, ImageError, Source, open};
