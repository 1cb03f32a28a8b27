//! Images: where their blobs are, and their layers read.

pub mod bolt;
mod chosen;
mod containerd;
mod docker;
mod error;
mod facts;
mod folder;
mod in_place;
mod layout;
mod read;
mod registry;
mod source;

pub use chosen::Chosen;
pub use error::ImageError;
pub use facts::Facts;
pub use folder::read_folder;
pub use read::{ImageRead, LayerFailure, ReadLayer, Reading, read, read_observed};
pub use registry::{
    Credential, Credentials, Referrer, ReferrerKind, Referrers, Registry, RegistryError,
    RegistryOptions,
};
pub use source::{Blob, Source, open};
