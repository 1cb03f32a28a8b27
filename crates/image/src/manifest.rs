//! Indexes, manifests and configurations of images, as OCI and Docker write them.
//!
//! Source: OCI image specification 1.1, `image-index.md`, `manifest.md`, `config.md`; Docker's
//! image manifest version 2, schema 2.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// Bytes of an index, a manifest or a configuration: what registries take at the most is 4 MiB.
pub const DOCUMENT_BYTES_MAX: u64 = 4 << 20;
/// Layers of one image; overlayfs takes no more than 500 with containerd, 127 with Docker.
const LAYERS_MAX: usize = 1_000;
/// Manifests an index lists.
const MANIFESTS_MAX: usize = 10_000;

/// Why a document cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// No JSON, or fields of other types.
    #[error("cannot be read: {0}")]
    Malformed(String),
    /// Another kind of document.
    #[error("is a {found}, not {expected}")]
    Kind {
        /// What it says it is.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// More than any image has.
    #[error("lists {0} layers or manifests, more than any image has")]
    TooMany(usize),
}

/// What a blob is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// A list of manifests, one for a platform.
    Index,
    /// A manifest.
    Manifest,
    /// Docker's first format, which names no configuration.
    OldManifest,
    /// Anything else.
    Other,
}

impl MediaType {
    /// By its name; parameters after a `;` do not matter.
    pub fn of(name: &str) -> Self {
        match name.split(';').next().unwrap_or_default().trim() {
            "application/vnd.oci.image.index.v1+json"
            | "application/vnd.docker.distribution.manifest.list.v2+json" => Self::Index,
            "application/vnd.oci.image.manifest.v1+json"
            | "application/vnd.docker.distribution.manifest.v2+json" => Self::Manifest,
            "application/vnd.docker.distribution.manifest.v1+json"
            | "application/vnd.docker.distribution.manifest.v1+prettyjws" => Self::OldManifest,
            _ => Self::Other,
        }
    }
}

/// What a document points at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is said to be.
    #[serde(default)]
    pub media_type: String,
    /// What its content must be.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
    /// What it is for, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Addresses of layers that registries do not keep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
}

/// A platform: `linux/arm64/v8`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Platform {
    /// `linux`.
    #[serde(default)]
    pub os: String,
    /// `amd64`, in Go's words.
    #[serde(default)]
    pub architecture: String,
    /// `v8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// Whether an image for `self` is what is asked for: a variant matters where both name one.
    pub fn serves(&self, wanted: &Self) -> bool {
        let variant = |platform: &Self| match (&platform.variant, platform.architecture.as_str()) {
            // The only one there is.
            (None, "arm64") => Some("v8".to_owned()),
            (variant, _) => variant.clone(),
        };
        let is_variant = match (variant(self), variant(wanted)) {
            (Some(own), Some(wanted)) => own == wanted,
            _ => true,
        };
        self.os == wanted.os && self.architecture == wanted.architecture && is_variant
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

impl FromStr for Platform {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.split('/');
        let (Some(os), Some(architecture), variant, None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("a platform is written `linux/amd64` or `linux/arm64/v8`");
        };
        let variant = variant.map(str::to_owned);
        Ok(Self { os: os.to_owned(), architecture: architecture.to_owned(), variant })
    }
}

/// A list of manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Manifests, one for a platform, and what else there is.
    pub manifests: Vec<Descriptor>,
}

/// What an image is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// How it was built and how it runs.
    pub config: Descriptor,
    /// Its layers, the lowest first.
    pub layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    media_type: Option<String>,
    schema_version: Option<u64>,
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
}

impl Written {
    fn read(content: &[u8]) -> Result<Self, ManifestError> {
        let written: Self = serde_json::from_slice(content)
            .map_err(|error| ManifestError::Malformed(error.to_string()))?;
        if written.schema_version == Some(1) {
            return Err(ManifestError::Kind {
                found: "manifest of Docker's first format, which says too little".to_owned(),
                expected: "a manifest or an index",
            });
        }
        Ok(written)
    }

    /// Both at once could be read one way by one and the other way by another.
    fn is_both(&self) -> bool {
        self.manifests.is_some() && (self.layers.is_some() || self.config.is_some())
    }

    fn unlike(&self, expected: &'static str) -> ManifestError {
        let found = match &self.media_type {
            _ if self.is_both() => "manifest and an index at once".to_owned(),
            Some(media_type) => format!("`{media_type}`"),
            None => "document of another kind".to_owned(),
        };
        ManifestError::Kind { found, expected }
    }
}

impl Index {
    /// An index.
    pub fn read(content: &[u8]) -> Result<Self, ManifestError> {
        let written = Written::read(content)?;
        if written.is_both() {
            return Err(written.unlike("an index"));
        }
        match written {
            Written { manifests: Some(manifests), .. } if manifests.len() > MANIFESTS_MAX => {
                Err(ManifestError::TooMany(manifests.len()))
            }
            Written { manifests: Some(manifests), .. } => Ok(Self { manifests }),
            written => Err(written.unlike("an index")),
        }
    }

    /// Whether the content is an index, by what it says and by what it has.
    pub fn is_one(content: &[u8]) -> bool {
        Self::read(content).is_ok()
    }
}

impl Manifest {
    /// A manifest.
    pub fn read(content: &[u8]) -> Result<Self, ManifestError> {
        let written = Written::read(content)?;
        if written.is_both() {
            return Err(written.unlike("a manifest"));
        }
        match written {
            Written { config: Some(config), layers: Some(layers), .. } => {
                if layers.len() > LAYERS_MAX {
                    return Err(ManifestError::TooMany(layers.len()));
                }
                Ok(Self { config, layers })
            }
            written => Err(written.unlike("a manifest")),
        }
    }
}

/// How an image was built and how it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// When it was made: RFC 3339, as written.
    #[serde(default)]
    pub created: Option<String>,
    /// What it runs on.
    #[serde(default)]
    pub os: String,
    /// In Go's words.
    #[serde(default)]
    pub architecture: String,
    /// Of the architecture.
    #[serde(default)]
    pub variant: Option<String>,
    /// What its containers run as.
    #[serde(default)]
    pub config: Option<Process>,
    /// Digests of its layers when inflated.
    #[serde(default)]
    pub rootfs: RootFs,
    /// Each step of its making.
    #[serde(default)]
    pub history: Option<Vec<History>>,
}

impl Config {
    /// A configuration.
    pub fn read(content: &[u8]) -> Result<Self, ManifestError> {
        serde_json::from_slice(content).map_err(|error| ManifestError::Malformed(error.to_string()))
    }

    /// What it runs on.
    pub fn platform(&self) -> Platform {
        Platform {
            os: self.os.clone(),
            architecture: self.architecture.clone(),
            variant: self.variant.clone(),
        }
    }
}

/// Layers of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootFs {
    /// `diff_ids`, the lowest first.
    #[serde(default)]
    pub diff_ids: Vec<String>,
}

/// What containers of an image run as.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Process {
    /// User, with a group after a colon; empty is root.
    #[serde(default)]
    pub user: Option<String>,
    /// `NAME=value`.
    #[serde(default)]
    pub env: Option<Vec<String>>,
    /// What is run.
    #[serde(default)]
    pub entrypoint: Option<Vec<String>>,
    /// Its arguments.
    #[serde(default)]
    pub cmd: Option<Vec<String>>,
    /// `80/tcp`.
    #[serde(default)]
    pub exposed_ports: Option<BTreeMap<String, serde_json::Value>>,
    /// Where it begins.
    #[serde(default)]
    pub working_dir: Option<String>,
    /// Notes.
    #[serde(default)]
    pub labels: Option<BTreeMap<String, String>>,
    /// How to ask whether it is well: Docker's, which Kubernetes does not run.
    #[serde(default)]
    pub healthcheck: Option<serde_json::Value>,
}

/// One step of an image's making.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// When.
    #[serde(default)]
    pub created: Option<String>,
    /// What was run.
    #[serde(default)]
    pub created_by: Option<String>,
    /// What was said of it.
    #[serde(default)]
    pub comment: Option<String>,
    /// Whether it made no layer.
    #[serde(default)]
    pub empty_layer: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESCRIPTOR: &str = r#"{"mediaType": "x", "size": 1, "digest":
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#;

    #[test]
    fn a_document_is_one_thing() {
        let manifest = format!(r#"{{"config": {DESCRIPTOR}, "layers": [{DESCRIPTOR}]}}"#);
        let index = format!(r#"{{"manifests": [{DESCRIPTOR}]}}"#);
        let both = format!(
            r#"{{"manifests": [{DESCRIPTOR}], "config": {DESCRIPTOR}, "layers": [{DESCRIPTOR}]}}"#
        );
        assert_eq!(Manifest::read(manifest.as_bytes()).unwrap().layers.len(), 1);
        assert!(Manifest::read(index.as_bytes()).is_err());
        assert!(Index::is_one(index.as_bytes()) && !Index::is_one(manifest.as_bytes()));
        // CVE-2021-41190: documents that are both.
        assert!(Manifest::read(both.as_bytes()).is_err() && !Index::is_one(both.as_bytes()));
        assert!(Manifest::read(br#"{"schemaVersion": 1, "fsLayers": []}"#).is_err());
        let traversal = manifest.replace("sha256:e3b0", "sha256:../0");
        assert!(Manifest::read(traversal.as_bytes()).is_err());
    }

    #[test]
    fn variants_matter_where_both_name_one() {
        let platform = |text: &str| text.parse::<Platform>().unwrap();
        assert!(platform("linux/arm64").serves(&platform("linux/arm64/v8")));
        assert!(platform("linux/arm64/v8").serves(&platform("linux/arm64")));
        assert!(!platform("linux/arm/v6").serves(&platform("linux/arm/v7")));
        assert!(!platform("linux/amd64").serves(&platform("linux/arm64")));
        assert!("linux".parse::<Platform>().is_err());
    }
}
