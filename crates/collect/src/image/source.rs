//! One image of a source: chosen by name and platform, its documents read and verified.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use image::{Config, DOCUMENT_BYTES_MAX, Descriptor, Digest, Index, Manifest, Platform};

use super::chosen::Chosen;
use super::containerd::Containerd;
use super::docker::DockerArchive;
use super::error::ImageError;
use super::in_place;
use super::layout::Layout;
use super::registry::Registry;

/// Indexes within indexes.
const DEPTH_MAX: usize = 4;

/// Where images are.
pub enum Source {
    /// An OCI image layout, in a folder or a tar.
    Layout(Layout),
    /// What `docker save` writes.
    DockerArchive(DockerArchive),
    /// A repository of a registry.
    Registry(Box<Registry>),
    /// What containerd has on a node.
    Containerd(Node),
}

/// What containerd has on a node, and where the layers of the chosen image are unpacked.
pub struct Node {
    containerd: Containerd,
    folders: OnceLock<HashMap<Digest, PathBuf>>,
}

impl Source {
    /// The folder of a containerd, such as `/var/lib/containerd`.
    ///
    /// # Errors
    ///
    /// If its database is not there or cannot be read.
    pub fn containerd(root: &Path) -> Result<Self, ImageError> {
        let containerd = Containerd::open(root)?;
        Ok(Self::Containerd(Node { containerd, folders: OnceLock::new() }))
    }
}

/// A blob as it is stored.
pub enum Blob<'a> {
    /// Its content has the digest.
    AsStored(Box<dyn Read + Send + 'a>),
    /// Its content has the digest when inflated.
    Inflated(Box<dyn Read + Send + 'a>),
    /// A layer, unpacked in a folder.
    Folder(PathBuf),
}

/// Opens what is at a path: a folder with an `oci-layout`, or a tar of one or by `docker save`.
pub fn open(path: &Path) -> Result<Source, ImageError> {
    let no_image =
        |reason: String| ImageError::NoImage { path: path.display().to_string(), reason };
    let metadata = fs::metadata(path).map_err(|error| no_image(error.to_string()))?;
    if metadata.is_dir() {
        return Layout::folder(path).map(Source::Layout);
    }
    let (entries, file) = in_place::entries(path)?;
    if entries.contains_key("manifest.json") {
        // Newer versions of Docker write both; this one names the tags.
        return DockerArchive::new(file, entries, path).map(Source::DockerArchive);
    }
    if entries.contains_key("oci-layout") {
        return Ok(Source::Layout(Layout::archive(file, entries, path)));
    }
    Err(no_image("a tar with neither `manifest.json` nor `oci-layout`: no image".to_owned()))
}

impl Source {
    /// The image of this name, or the only one, for the platform.
    ///
    /// # Errors
    ///
    /// If there is none or more than one, if a document is not what its digest says, or malformed.
    pub fn choose(&self, name: Option<&str>, platform: &Platform) -> Result<Chosen, ImageError> {
        match self {
            Self::Layout(layout) => {
                let (descriptor, names) = layout.named(name)?;
                let mut chosen = self.resolve(&descriptor, platform, 0)?;
                chosen.names = names;
                Ok(chosen)
            }
            Self::DockerArchive(archive) => archive.choose(name),
            Self::Containerd(Node { containerd, folders }) => {
                let name = name.ok_or_else(|| ImageError::Choice {
                    reason: "of what a node has, an image has to be named".to_owned(),
                    choices: Vec::new(),
                })?;
                let (descriptor, names) = containerd.named(name)?;
                let mut chosen = self.resolve(&descriptor, platform, 0)?;
                folders.get_or_init(|| containerd.folders(&chosen.config, &chosen.layers));
                chosen.names = names;
                Ok(chosen)
            }
            Self::Registry(registry) => {
                let (descriptor, content) = registry.named()?;
                let mut chosen = self.resolve_content(&descriptor, content, platform, 0)?;
                chosen.names = vec![registry.name()];
                Ok(chosen)
            }
        }
    }

    /// What [`Source::choose`] takes for each image of a file or folder: a name, or none where
    /// the only one has none.
    ///
    /// # Errors
    ///
    /// If the list of its images cannot be read.
    pub fn names(&self) -> Result<Vec<Option<String>>, ImageError> {
        Ok(match self {
            Self::Layout(layout) => layout.names()?,
            Self::DockerArchive(archive) => archive.names(),
            Self::Registry(_) | Self::Containerd(_) => Vec::new(),
        })
    }

    /// A blob.
    pub fn blob(&self, descriptor: &Descriptor) -> Result<Blob<'_>, ImageError> {
        let unreadable =
            |error| ImageError::Unreadable { what: format!("blob {}", descriptor.digest), error };
        match self {
            Self::Layout(layout) => {
                layout.blob(&descriptor.digest).map(Blob::AsStored).map_err(unreadable)
            }
            Self::DockerArchive(archive) => {
                archive.layer(&descriptor.digest).map(Blob::Inflated).map_err(unreadable)
            }
            Self::Registry(registry) => Ok(Blob::AsStored(registry.blob(descriptor)?)),
            Self::Containerd(Node { containerd, folders }) => {
                let folder = folders.get().and_then(|all| all.get(&descriptor.digest));
                if let Some(folder) = folder {
                    return Ok(Blob::Folder(folder.clone()));
                }
                let blob = containerd.blob(&descriptor.digest).map_err(unreadable)?;
                Ok(Blob::AsStored(Box::new(blob)))
            }
        }
    }

    fn resolve(
        &self,
        descriptor: &Descriptor,
        platform: &Platform,
        depth: usize,
    ) -> Result<Chosen, ImageError> {
        let content = match self {
            Self::Registry(registry) => registry.manifest(descriptor.digest.as_str())?,
            Self::Layout(_) | Self::DockerArchive(_) | Self::Containerd(_) => {
                small(self.blob(descriptor)?, || format!("manifest {}", descriptor.digest))?
            }
        };
        self.resolve_content(descriptor, content, platform, depth)
    }

    /// The same with the content at hand, which is verified first.
    fn resolve_content(
        &self,
        descriptor: &Descriptor,
        content: Vec<u8>,
        platform: &Platform,
        depth: usize,
    ) -> Result<Chosen, ImageError> {
        let what = || format!("manifest {}", descriptor.digest);
        let content = verified(content, &descriptor.digest, what)?;
        let malformed = |error| ImageError::Document { what: what(), error };
        if !Index::is_one(&content) {
            let manifest = Manifest::read(&content).map_err(malformed)?;
            let what = || format!("configuration {}", manifest.config.digest);
            let config = Config::read(&self.document(&manifest.config, what)?)
                .map_err(|error| ImageError::Document { what: what(), error })?;
            return Ok(Chosen {
                names: Vec::new(),
                digest: Some(descriptor.digest.clone()),
                config_digest: manifest.config.digest,
                config,
                layers: manifest.layers,
            });
        }
        let index = Index::read(&content).map_err(malformed)?;
        if depth >= DEPTH_MAX {
            let reason = "an index in an index in an index".to_owned();
            return Err(ImageError::Choice { reason, choices: Vec::new() });
        }
        self.resolve(of_platform(&index, platform)?, platform, depth + 1)
    }

    /// A small blob, verified.
    fn document(
        &self,
        descriptor: &Descriptor,
        what: impl Fn() -> String,
    ) -> Result<Vec<u8>, ImageError> {
        verified(small(self.blob(descriptor)?, &what)?, &descriptor.digest, what)
    }
}

/// A small blob, read whole.
fn small(blob: Blob<'_>, what: impl Fn() -> String) -> Result<Vec<u8>, ImageError> {
    let mut content = Vec::new();
    let blob = match blob {
        Blob::AsStored(blob) | Blob::Inflated(blob) => blob,
        Blob::Folder(_) => {
            let found = "a folder".to_owned();
            return Err(ImageError::WrongDigest { what: what(), found });
        }
    };
    blob.take(DOCUMENT_BYTES_MAX + 1)
        .read_to_end(&mut content)
        .map_err(|error| ImageError::Unreadable { what: what(), error })?;
    if content.len() as u64 > DOCUMENT_BYTES_MAX {
        let found = format!("more than {DOCUMENT_BYTES_MAX} bytes");
        return Err(ImageError::WrongDigest { what: what(), found });
    }
    Ok(content)
}

fn verified(
    content: Vec<u8>,
    digest: &Digest,
    what: impl Fn() -> String,
) -> Result<Vec<u8>, ImageError> {
    if !digest.is_of(&content) {
        let found = Digest::of(&content).to_string();
        return Err(ImageError::WrongDigest { what: what(), found });
    }
    Ok(content)
}

/// The manifest for the platform; of one that stands alone nobody asks what it is for.
fn of_platform<'a>(index: &'a Index, wanted: &Platform) -> Result<&'a Descriptor, ImageError> {
    // Attestations that BuildKit lists beside the images they speak of.
    let is_image = |descriptor: &&Descriptor| {
        descriptor.platform.as_ref().is_none_or(|platform| platform.os != "unknown")
    };
    let images: Vec<&Descriptor> = index.manifests.iter().filter(is_image).collect();
    if let [only] = images[..] {
        return Ok(only);
    }
    let mut serving = images.iter().filter(|descriptor| {
        descriptor.platform.as_ref().is_some_and(|platform| platform.serves(wanted))
    });
    let found = serving.next();
    found.copied().ok_or_else(|| ImageError::Choice {
        reason: format!("no image for {wanted}"),
        choices: images
            .iter()
            .filter_map(|descriptor| descriptor.platform.as_ref().map(ToString::to_string))
            .collect(),
    })
}
