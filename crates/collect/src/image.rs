//! Images: where their blobs are, and their layers read.

mod chosen;
mod docker;
mod error;
mod in_place;
mod layout;
mod read;
mod registry;
mod source;

pub use chosen::Chosen;
pub use error::ImageError;
pub use read::{ImageRead, LayerFailure, ReadLayer, read, read_observed};
pub use registry::{Credential, Credentials, Registry, RegistryError, RegistryOptions};
pub use source::{Blob, Source, open};
