//! OCI image layouts.
//!
//! Source: OCI image specification 1.1, `image-layout.md`.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use image::{DOCUMENT_BYTES_MAX, Descriptor, Digest, Index};

use super::error::ImageError;
use super::in_place::{Piece, Span};

/// The annotation that names an image in an index.
const NAME: &str = "org.opencontainers.image.ref.name";
/// What containerd writes beside it.
const FULL_NAME: &str = "io.containerd.image.name";

/// A layout.
pub struct Layout {
    files: Files,
    path: String,
}

enum Files {
    Folder(PathBuf),
    Archive(File, HashMap<String, Span>),
}

impl Layout {
    /// A folder with an `oci-layout`.
    pub(super) fn folder(path: &Path) -> Result<Self, ImageError> {
        let shown = path.display().to_string();
        if !path.join("oci-layout").is_file() {
            let reason = "a folder without `oci-layout`: no image layout".to_owned();
            return Err(ImageError::NoImage { path: shown, reason });
        }
        Ok(Self { files: Files::Folder(path.to_owned()), path: shown })
    }

    /// The same in a tar.
    pub(super) fn archive(file: File, entries: HashMap<String, Span>, path: &Path) -> Self {
        Self { files: Files::Archive(file, entries), path: path.display().to_string() }
    }

    fn index(&self) -> Result<Index, ImageError> {
        let what = || format!("{}/index.json", self.path);
        let mut content = Vec::new();
        self.open("index.json")
            .and_then(|file| file.take(DOCUMENT_BYTES_MAX).read_to_end(&mut content))
            .map_err(|error| ImageError::Unreadable { what: what(), error })?;
        Index::read(&content).map_err(|error| ImageError::Document { what: what(), error })
    }

    /// The digest of each image.
    pub(super) fn names(&self) -> Result<Vec<Option<String>>, ImageError> {
        let index = self.index()?;
        let digests = index.manifests.iter().map(|it| it.digest.as_str());
        let unique: BTreeSet<&str> = digests.collect();
        Ok(unique.into_iter().map(|it| Some(it.to_owned())).collect())
    }

    /// The image of this name, or the only one, and all its names.
    pub(super) fn named(
        &self,
        name: Option<&str>,
    ) -> Result<(Descriptor, Vec<String>), ImageError> {
        let index = self.index()?;
        let names = |descriptor: &Descriptor| -> Vec<String> {
            let notes = descriptor.annotations.iter().flatten();
            let names = notes.filter(|(key, _)| matches!(key.as_str(), NAME | FULL_NAME));
            names.map(|(_, name)| name.clone()).collect()
        };
        let is_wanted = |descriptor: &&Descriptor| {
            let is_it = |it: &str| it == descriptor.digest.as_str();
            name.is_none_or(|name| names(descriptor).iter().any(|it| it == name) || is_it(name))
        };
        let found: Vec<&Descriptor> = index.manifests.iter().filter(is_wanted).collect();
        let first = found.first().copied();
        // One image may stand there once for each of its names.
        let is_one = found.iter().all(|it| Some(&it.digest) == first.map(|it| &it.digest));
        if let Some(only) = first.filter(|_| is_one) {
            return Ok((only.clone(), found.iter().copied().flat_map(names).collect()));
        }
        let reason = match (name, first) {
            (Some(name), None) => format!("no image `{name}` in {}", self.path),
            (Some(name), _) => format!("several images `{name}` in {}", self.path),
            (None, None) => format!("no image in {}", self.path),
            (None, _) => format!("several images in {0}: name one as `{0}:NAME`", self.path),
        };
        let choices = index.manifests.iter().flat_map(names).collect();
        Err(ImageError::Choice { reason, choices })
    }

    pub(super) fn blob(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        self.open(&format!("blobs/{}/{}", digest.algorithm(), digest.hex()))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        match &self.files {
            Files::Folder(folder) => {
                let file = File::open(folder.join(name))?;
                if !File::metadata(&file)?.is_file() {
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
                }
                Ok(Box::new(file))
            }
            Files::Archive(file, entries) => {
                let span = entries.get(name).ok_or(io::ErrorKind::NotFound)?;
                Ok(Box::new(Piece::new(file, *span)))
            }
        }
    }
}
