//! Archives of Docker.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use image::{Config, DOCUMENT_BYTES_MAX, Descriptor, Digest, ManifestError};
use serde::Deserialize;

use super::chosen::Chosen;
use super::error::ImageError;
use super::in_place::{Piece, Span};

/// What `docker save` writes.
///
/// Source: the image specification of Docker, version 1.2, section Combined Image JSON.
pub struct DockerArchive {
    file: File,
    entries: HashMap<String, Span>,
    images: Vec<Listed>,
    path: String,
    /// Where the layer with this digest when inflated is.
    layers: HashMap<Digest, Span>,
    configs: HashMap<String, Config>,
}

/// An image of `manifest.json`.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

impl DockerArchive {
    pub(super) fn new(
        file: File,
        entries: HashMap<String, Span>,
        path: &Path,
    ) -> Result<Self, ImageError> {
        let mut archive = Self {
            file,
            entries,
            images: Vec::new(),
            path: path.display().to_string(),
            layers: HashMap::new(),
            configs: HashMap::new(),
        };
        let malformed = |what: &str, error: String| ImageError::Document {
            what: format!("{}/{what}", path.display()),
            error: ManifestError::Malformed(error),
        };
        let content = archive.small("manifest.json")?;
        archive.images = serde_json::from_slice(&content)
            .map_err(|error| malformed("manifest.json", error.to_string()))?;
        for image in archive.images.clone() {
            let config = Config::read(&archive.small(&image.config)?)
                .map_err(|error| malformed(&image.config, error.to_string()))?;
            let digests = &config.rootfs.diff_ids;
            if digests.len() != image.layers.len() {
                let counts = format!("{} layers, {} digests", image.layers.len(), digests.len());
                return Err(malformed(&image.config, counts));
            }
            for (name, digest) in image.layers.iter().zip(digests) {
                let digest = digest
                    .parse()
                    .map_err(|error| malformed(&image.config, format!("`{digest}` is {error}")))?;
                let span = archive.entries.get(name).copied();
                let span = span.ok_or_else(|| malformed(name, "is not there".to_owned()))?;
                archive.layers.insert(digest, span);
            }
            archive.configs.insert(image.config.clone(), config);
        }
        Ok(archive)
    }

    /// The first tag of each image; none where it has none.
    pub(super) fn names(&self) -> Vec<Option<String>> {
        let first = |image: &Listed| image.repo_tags.as_ref()?.first().cloned();
        self.images.iter().map(first).collect()
    }

    pub(super) fn choose(&self, name: Option<&str>) -> Result<Chosen, ImageError> {
        let names = |image: &Listed| image.repo_tags.clone().unwrap_or_default();
        let is_wanted =
            |image: &&Listed| name.is_none_or(|name| names(image).iter().any(|it| it == name));
        let mut found = self.images.iter().filter(is_wanted);
        let (Some(image), None) = (found.next(), found.next()) else {
            let reason = match name {
                Some(name) => format!("not exactly one image `{name}` in {}", self.path),
                None => format!("not exactly one image in {0}: name one as `{0}:NAME`", self.path),
            };
            let choices = self.images.iter().flat_map(names).collect();
            return Err(ImageError::Choice { reason, choices });
        };
        let config = self.configs.get(&image.config).cloned().unwrap_or_default();
        let layer = |digest: &String| {
            let digest: Digest = digest.parse().ok()?;
            let size = self.layers.get(&digest)?.length();
            Some(Descriptor {
                media_type: "application/vnd.docker.image.rootfs.diff.tar".to_owned(),
                digest,
                size,
                platform: None,
                annotations: None,
                urls: Vec::new(),
            })
        };
        let layers = config.rootfs.diff_ids.iter().filter_map(layer).collect();
        // Named by nothing but its content.
        let config_digest = Digest::of(&self.small(&image.config)?);
        Ok(Chosen { names: names(image), digest: None, config_digest, config, layers })
    }

    pub(super) fn layer(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        let span = self.layers.get(digest).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Piece::new(&self.file, *span)))
    }

    fn small(&self, name: &str) -> Result<Vec<u8>, ImageError> {
        let what = || format!("{}/{name}", self.path);
        let unreadable = |error| ImageError::Unreadable { what: what(), error };
        let span = self.entries.get(name).copied();
        let span = span.ok_or_else(|| unreadable(io::ErrorKind::NotFound.into()))?;
        if span.length() > DOCUMENT_BYTES_MAX {
            let error = io::Error::new(io::ErrorKind::InvalidData, "too large for a document");
            return Err(unreadable(error));
        }
        let mut content = Vec::new();
        Piece::new(&self.file, span).read_to_end(&mut content).map_err(unreadable)?;
        Ok(content)
    }
}
