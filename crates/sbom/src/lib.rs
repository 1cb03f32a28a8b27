//! Software bills of materials: what an image is made of, as CycloneDX and SPDX write it.
//!
//! Documents hang on nothing but what they describe: the same image at the same time of writing
//! gives the same bytes. Both forms, and Syft's own, are read back by [`read()`].
#![warn(clippy::disallowed_methods)]

mod cyclonedx;
mod licence;
mod read;
mod spdx_document;

use package::{Distribution, Package};
use serde_json::Value;

pub use read::{Read, SbomError, read};

/// What a document describes.
#[derive(Clone, Debug, Default)]
pub struct Sbom<'a> {
    /// The image as it was asked for.
    pub name: &'a str,
    /// The digest of its manifest, or of its configuration where it has no manifest.
    pub digest: &'a str,
    /// When the document is written: RFC 3339, in UTC and whole seconds.
    pub created: &'a str,
    /// The version of bollwerk.
    pub tool_version: &'a str,
    /// What distribution it is.
    pub distribution: Option<&'a Distribution>,
    /// Its packages.
    pub packages: &'a [Package],
    /// Digests of its layers, the lowest first.
    pub layers: &'a [&'a str],
    /// Programs that no package brought.
    pub unowned: &'a [&'a str],
}

impl Sbom<'_> {
    /// As CycloneDX 1.6.
    ///
    /// Source: ECMA-424.
    pub fn cyclonedx(&self) -> Value {
        cyclonedx::write(self)
    }

    /// As SPDX 2.3.
    ///
    /// Source: ISO/IEC 5962 in its later version 2.3.
    pub fn spdx(&self) -> Value {
        spdx_document::write(self)
    }

    /// A UUID of version 8 by all that is described, so that no two different documents share one.
    fn uuid(&self) -> String {
        let mut text = format!("{}\0{}\0{}\0", self.name, self.digest, self.created);
        for package in self.packages {
            text.push_str(&package.purl().to_string());
            text.push('\0');
        }
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        let mut bytes = digest.as_ref().first_chunk::<16>().copied().unwrap_or_default();
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let number = u128::from_be_bytes(bytes);
        let hex = format!("{number:032x}");
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
        parts.map(|part| hex.get(part).unwrap_or_default()).join("-")
    }

    fn layer(&self, number: Option<u32>) -> Option<&str> {
        self.layers.get(number? as usize).copied()
    }
}
