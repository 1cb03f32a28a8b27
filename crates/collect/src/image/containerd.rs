//! What containerd has on a node: images by name, their documents as blobs, and their layers as
//! the folders that its overlays are made of. Nothing is pulled, and nobody is asked.
//!
//! Source: `core/metadata/buckets.go` and `core/snapshots/storage/bolt.go` of containerd.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use image::{Config, Descriptor, Digest};

use super::bolt::{Bolt, Bucket};
use super::error::ImageError;

/// The namespace in which Kubernetes has its images.
const KUBERNETES: &[u8] = b"k8s.io";
const METADATA: &str = "io.containerd.metadata.v1.bolt/meta.db";
const BLOBS: &str = "io.containerd.content.v1.content/blobs";
const OVERLAYS: &str = "io.containerd.snapshotter.v1.overlayfs";

/// The folder of a containerd, such as `/var/lib/containerd`.
pub(super) struct Containerd {
    root: PathBuf,
    metadata: Bolt,
}

impl Containerd {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// If its database is not there or cannot be read.
    pub(super) fn open(root: &Path) -> Result<Self, ImageError> {
        let path = root.join(METADATA);
        let unreadable = |error| ImageError::Unreadable { what: path.display().to_string(), error };
        Ok(Self { root: root.to_owned(), metadata: Bolt::open(&path).map_err(unreadable)? })
    }

    /// The image of this name or digest, and all its names.
    ///
    /// A name is as containerd has it (`docker.io/library/nginx:1.27`); where several namespaces
    /// have it, the one of Kubernetes counts.
    pub(super) fn named(&self, name: &str) -> Result<(Descriptor, Vec<String>), ImageError> {
        let failed = |error| self.unreadable(error);
        let mut found = None;
        let mut names = Vec::new();
        let mut known = Vec::new();
        for namespace in self.namespaces().map_err(failed)? {
            let path = [b"v1".as_slice(), &namespace, b"images"];
            let Some(images) = self.metadata.bucket(&path).map_err(failed)? else { continue };
            for key in images.keys().map_err(failed)? {
                let Some(target) = target(&images, &key).map_err(failed)? else { continue };
                let text = String::from_utf8_lossy(&key).into_owned();
                if text == name || target.digest.as_str() == name {
                    found.get_or_insert(target.clone());
                }
                if found.as_ref().is_some_and(|it| it.digest == target.digest) {
                    names.push(text);
                } else {
                    known.push(text);
                }
            }
        }
        names.sort();
        names.dedup();
        found.map(|descriptor| (descriptor, names)).ok_or_else(|| {
            known.sort();
            known.dedup();
            known.truncate(20);
            ImageError::Choice { reason: format!("no image `{name}`"), choices: known }
        })
    }

    /// All namespaces, that of Kubernetes first.
    fn namespaces(&self) -> io::Result<Vec<Vec<u8>>> {
        let Some(all) = self.metadata.bucket(&[b"v1"])? else { return Ok(Vec::new()) };
        let mut names = all.keys()?;
        names.sort_by_key(|name| (name != KUBERNETES, name.clone()));
        Ok(names)
    }

    /// A blob.
    pub(super) fn blob(&self, digest: &Digest) -> io::Result<File> {
        File::open(self.root.join(BLOBS).join(digest.algorithm()).join(digest.hex()))
    }

    /// The folders of an image's layers, by the digest of the layer, where it is unpacked by
    /// overlays.
    pub(super) fn folders(
        &self,
        config: &Config,
        layers: &[Descriptor],
    ) -> HashMap<Digest, PathBuf> {
        // An image that is not unpacked, or by another snapshotter, has its blobs.
        self.overlays(config, layers).unwrap_or_default().unwrap_or_default()
    }

    fn overlays(
        &self,
        config: &Config,
        layers: &[Descriptor],
    ) -> io::Result<Option<HashMap<Digest, PathBuf>>> {
        let overlays = Bolt::open(&self.root.join(OVERLAYS).join("metadata.db"))?;
        let Some(kept) = overlays.bucket(&[b"v1", b"snapshots"])? else { return Ok(None) };
        let mut folders = HashMap::new();
        let mut chain: Option<Digest> = None;
        for (layer, content) in layers.iter().zip(&config.rootfs.diff_ids) {
            let id = match &chain {
                None => content.parse().map_err(|_| damaged("a digest in the configuration"))?,
                Some(below) => Digest::of(format!("{below} {content}").as_bytes()),
            };
            for namespace in self.namespaces()? {
                let path = [b"v1".as_slice(), &namespace, b"snapshots", b"overlayfs"];
                let Some(known) = self.metadata.bucket(&path)? else { continue };
                let Some(known) = known.inner(id.as_str().as_bytes())? else { continue };
                let Some(name) = known.value(b"name")? else { continue };
                let Some(kept) = kept.inner(&name)? else { continue };
                let number = kept.value(b"id")?.and_then(|it| variable_length(&it));
                let Some(number) = number else { continue };
                let folder = self.root.join(OVERLAYS).join(format!("snapshots/{number}/fs"));
                if folder.is_dir() {
                    folders.insert(layer.digest.clone(), folder);
                    break;
                }
            }
            chain = Some(id);
        }
        Ok(Some(folders))
    }

    fn unreadable(&self, error: io::Error) -> ImageError {
        ImageError::Unreadable { what: self.root.join(METADATA).display().to_string(), error }
    }
}

/// What an image's name stands for.
fn target(images: &Bucket<'_>, name: &[u8]) -> io::Result<Option<Descriptor>> {
    let Some(image) = images.inner(name)? else { return Ok(None) };
    let Some(target) = image.inner(b"target")? else { return Ok(None) };
    let text = |key: &[u8]| -> io::Result<String> {
        Ok(String::from_utf8_lossy(&target.value(key)?.unwrap_or_default()).into_owned())
    };
    let Ok(digest) = text(b"digest")?.parse() else { return Ok(None) };
    // Go's zigzag: the least bit is the sign.
    let size = target.value(b"size")?.and_then(|it| variable_length(&it)).unwrap_or_default() >> 1;
    Ok(Some(Descriptor {
        media_type: text(b"mediatype")?,
        digest,
        size,
        platform: None,
        annotations: None,
        urls: Vec::new(),
    }))
}

/// A number as Go's `binary.PutUvarint` writes it.
fn variable_length(bytes: &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f).checked_shl(7 * at as u32)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
