//! What refers to an image: signatures, SBOMs, VEX documents, attestations.
//!
//! Source: OCI distribution specification 1.1, "Listing Referrers" and "Unavailable Referrers
//! API"; OCI image specification 1.1, "Guidelines for Artifact Usage".

use std::collections::BTreeMap;
use std::io::Read;

use image::{DOCUMENT_BYTES_MAX, Descriptor, Digest};
use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};
use serde::Deserialize;

use super::{Registry, RegistryError};

/// Pages of one list.
const PAGES_MAX: usize = 100;
/// Referrers of one image.
const REFERRERS_MAX: usize = 10_000;
/// Referrers of which the manifest is read to learn what they are.
const UNCLEAR_MAX: usize = 200;
/// Bytes of a document that is attached.
const ATTACHED_BYTES_MAX: u64 = 64 << 20;
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// What says nothing of what something is.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// Something that refers to an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// The digest of its manifest.
    pub digest: Digest,
    /// Bytes of its manifest.
    pub size: u64,
    /// What it is, in the words of who attached it; empty if it does not say.
    pub artifact_type: String,
    /// Notes.
    pub annotations: BTreeMap<String, String>,
    /// What it is.
    pub kind: ReferrerKind,
}

/// What refers to an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReferrerKind {
    /// Statements in OpenVEX.
    OpenVex,
    /// An SBOM or statements in CycloneDX.
    CycloneDx,
    /// Statements in CSAF.
    Csaf,
    /// An SBOM in SPDX.
    Spdx,
    /// A signed envelope (DSSE, in-toto, a bundle of sigstore): listed, and not trusted.
    Attestation,
    /// A signature.
    Signature,
    /// Something else.
    Other,
}

impl ReferrerKind {
    /// As it stands in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenVex => "openvex",
            Self::CycloneDx => "cyclonedx",
            Self::Csaf => "csaf",
            Self::Spdx => "spdx",
            Self::Attestation => "attestation",
            Self::Signature => "signature",
            Self::Other => "other",
        }
    }

    /// Whether it may state something about vulnerabilities.
    pub fn may_be_vex(self) -> bool {
        matches!(self, Self::OpenVex | Self::CycloneDx | Self::Csaf)
    }

    /// By a media type: registries have those of the projects, and older ones.
    fn of(media_type: &str) -> Self {
        let has = |part: &str| media_type.contains(part);
        match () {
            () if has("openvex") => Self::OpenVex,
            () if has("cyclonedx") => Self::CycloneDx,
            () if has("csaf") => Self::Csaf,
            () if has("spdx") => Self::Spdx,
            () if has("dsse") || has("in-toto") || has("sigstore.bundle") => Self::Attestation,
            () if has("notary.signature") || has("cosign") => Self::Signature,
            () => Self::Other,
        }
    }
}

/// What refers to an image, by digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Referrers {
    /// Each once.
    pub found: Vec<Referrer>,
    /// What of the list is not known, as a sentence each.
    pub gaps: Vec<String>,
}

/// An entry of a list of referrers, or a part of a manifest.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(flatten)]
    descriptor: Descriptor,
    #[serde(default)]
    artifact_type: String,
}

#[derive(Deserialize)]
struct Listed {
    manifests: Vec<Entry>,
}

/// The manifest of what is attached; `blobs` in the manifests of before version 1.1.
#[derive(Deserialize)]
struct Artifact {
    #[serde(default, rename = "artifactType")]
    media_type: String,
    config: Option<Entry>,
    #[serde(default, alias = "blobs")]
    layers: Vec<Entry>,
    subject: Option<Entry>,
}

impl Registry {
    /// What refers to a manifest or index, as the registry lists it and as those list it under a
    /// tag who do not know whether the registry does. Only of a type, if one is asked for.
    ///
    /// # Errors
    ///
    /// If the registry gives no answer of use. That it has no such list is none.
    pub fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Referrers, RegistryError> {
        let mut referrers = Referrers::default();
        let mut entries = self.listed(subject, artifact_type, &mut referrers.gaps)?;
        entries.extend(self.tagged(subject)?);
        let mut seen: BTreeMap<String, Entry> = BTreeMap::new();
        for entry in entries {
            seen.entry(entry.descriptor.digest.to_string()).or_insert(entry);
        }
        if seen.len() > REFERRERS_MAX {
            let more = seen.len() - REFERRERS_MAX;
            referrers.gaps.push(format!("{more} more referrers are not looked at"));
        }
        let mut unclear = 0;
        for entry in seen.into_values().take(REFERRERS_MAX) {
            let Entry { descriptor, mut artifact_type } = entry;
            if matches!(artifact_type.as_str(), "" | EMPTY) {
                unclear += 1;
                if unclear <= UNCLEAR_MAX {
                    match self.artifact(&descriptor.digest, subject) {
                        Ok(artifact) => artifact_type = artifact.kind(),
                        Err(error) => referrers.gaps.push(error.to_string()),
                    }
                }
            }
            referrers.found.push(Referrer {
                kind: ReferrerKind::of(&artifact_type),
                digest: descriptor.digest,
                size: descriptor.size,
                artifact_type,
                annotations: descriptor.annotations.unwrap_or_default(),
            });
        }
        if unclear > UNCLEAR_MAX {
            let more = unclear - UNCLEAR_MAX;
            referrers.gaps.push(format!("{more} referrers do not say what they are"));
        }
        // Registries need not filter, and of some the type was not known yet.
        referrers.found.retain(|it| artifact_type.is_none_or(|wanted| it.artifact_type == wanted));
        Ok(referrers)
    }

    /// The document that a referrer of a subject holds, verified.
    ///
    /// # Errors
    ///
    /// If it holds none or several, refers to something else, or is not what its digests say.
    pub fn attached(
        &self,
        referrer: &Referrer,
        subject: &Digest,
    ) -> Result<Vec<u8>, RegistryError> {
        let artifact = self.artifact(&referrer.digest, subject)?;
        let what = &referrer.digest;
        let [document] = &artifact.layers[..] else {
            let count = artifact.layers.len();
            return Err(self.protocol(format!("{what} holds {count} documents, not one")));
        };
        let descriptor = &document.descriptor;
        if descriptor.size > ATTACHED_BYTES_MAX {
            let size = descriptor.size;
            let reason = format!("{what} has {size} bytes, {ATTACHED_BYTES_MAX} are the limit");
            return Err(self.protocol(reason));
        }
        let mut content = Vec::new();
        let read = self.blob(descriptor)?.read_to_end(&mut content);
        read.map_err(|error| self.connection(error.to_string()))?;
        if !descriptor.digest.is_of(&content) {
            return Err(
                self.protocol(format!("the document of {what} is not what its digest says"))
            );
        }
        Ok(content)
    }

    /// What the registry lists; nothing if it keeps no list.
    fn listed(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
        gaps: &mut Vec<String>,
    ) -> Result<Vec<Entry>, RegistryError> {
        let first = self.url("referrers", subject.as_str())?;
        let mut url = first.clone();
        if let Some(artifact_type) = artifact_type {
            url.query_pairs_mut().append_pair("artifactType", artifact_type);
        }
        let mut entries: Vec<Entry> = Vec::new();
        for page in 0..PAGES_MAX {
            let response = match self.get(&url, INDEX, 0) {
                Err(RegistryError::Refused { status: 404 | 405, .. }) if page == 0 => break,
                answer => answer?,
            };
            let next = next(response.headers());
            let listed: Listed = self.read(&self.content(response)?, "a list of referrers")?;
            entries.extend(listed.manifests);
            let Some(next) = next else { return Ok(entries) };
            url = self.following(&first, &url, &next)?;
            if entries.len() > REFERRERS_MAX || page + 1 == PAGES_MAX {
                gaps.push("the list of referrers goes on and on: the rest is not read".to_owned());
                break;
            }
        }
        Ok(entries)
    }

    /// The next page, which is one of the same list: credentials go there.
    fn following(&self, first: &Url, url: &Url, next: &str) -> Result<Url, RegistryError> {
        let next = url.join(next).map_err(|error| self.protocol(error.to_string()))?;
        if next.origin() != first.origin() || next.path() != first.path() {
            let reason = "the next page of a list of referrers is somewhere else".to_owned();
            return Err(self.protocol(reason));
        }
        Ok(next)
    }

    /// What stands under the tag of a subject (`sha256-…`).
    fn tagged(&self, subject: &Digest) -> Result<Vec<Entry>, RegistryError> {
        const ALGORITHM_CHARS: usize = 32;
        const HEX_CHARS: usize = 64;
        let cut = |text: &str, most| text.chars().take(most).collect::<String>();
        let algorithm = cut(subject.algorithm(), ALGORITHM_CHARS);
        let tag = format!("{algorithm}-{}", cut(subject.hex(), HEX_CHARS));
        match self.manifest(&tag) {
            Ok(content) => {
                let listed: Listed = self.read(&content, "a list of referrers")?;
                Ok(listed.manifests)
            }
            Err(RegistryError::Refused { status: 404, .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The manifest of a referrer, verified to be one of this subject.
    fn artifact(&self, digest: &Digest, subject: &Digest) -> Result<Artifact, RegistryError> {
        let content = self.manifest(digest.as_str())?;
        if !digest.is_of(&content) {
            return Err(self.protocol(format!("{digest} is not what its digest says")));
        }
        let artifact: Artifact = self.read(&content, "the manifest of a referrer")?;
        let is_of = |it: &Entry| it.descriptor.digest == *subject;
        if !artifact.subject.as_ref().is_some_and(is_of) {
            return Err(self.protocol(format!("{digest} is listed and refers to something else")));
        }
        Ok(artifact)
    }

    fn read<'c, T: Deserialize<'c>>(
        &self,
        content: &'c [u8],
        what: &str,
    ) -> Result<T, RegistryError> {
        serde_json::from_slice(content).map_err(|error| self.protocol(format!("{what}: {error}")))
    }

    /// A small answer, as a whole.
    pub(super) fn content(
        &self,
        response: reqwest::blocking::Response,
    ) -> Result<Vec<u8>, RegistryError> {
        let mut content = Vec::new();
        let read = response.take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut content);
        read.map_err(|error| self.connection(error.to_string()))?;
        if content.len() as u64 > DOCUMENT_BYTES_MAX {
            return Err(
                self.protocol(format!("a manifest of more than {DOCUMENT_BYTES_MAX} bytes"))
            );
        }
        Ok(content)
    }
}

impl Artifact {
    /// What it is: as it says, else as its configuration or what it holds says.
    fn kind(&self) -> String {
        let config = self.config.iter().map(|it| it.descriptor.media_type.as_str());
        let layers = self.layers.iter().map(|it| it.descriptor.media_type.as_str());
        let mut all = [self.media_type.as_str()].into_iter().chain(config).chain(layers);
        all.find(|it| !matches!(*it, "" | EMPTY)).unwrap_or_default().to_owned()
    }
}

/// Where a list goes on: `<…>; rel="next"` (RFC 8288).
fn next(headers: &HeaderMap) -> Option<String> {
    headers.get_all(LINK).iter().filter_map(|it| it.to_str().ok()).find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = |it: &str| {
            let relation = it.trim().strip_prefix("rel=").map(|it| it.trim_matches('"'));
            relation.is_some_and(|it| it.eq_ignore_ascii_case("next"))
        };
        parameters.split(';').any(is_next).then(|| target.to_owned())
    })
}
