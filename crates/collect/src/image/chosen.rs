//! One image of a source.

use image::{Config, Descriptor, Digest};

/// One image.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Its names in the source.
    pub names: Vec<String>,
    /// The digest of its manifest; none in an archive that has no manifest.
    pub digest: Option<Digest>,
    /// The digest of its configuration.
    pub config_digest: Digest,
    /// How it was built and how it runs.
    pub config: Config,
    /// Its layers, the lowest first.
    pub layers: Vec<Descriptor>,
}
