//! Documents read back, ours and those of others.

use package::{Distribution, Evidence, Package, Purl};
use serde_json::Value;

use crate::cyclonedx::UNOWNED;

/// Bytes of a document.
const DOCUMENT_BYTES_MAX: usize = 512 << 20;
/// Packages of a document.
const PACKAGES_MAX: usize = 2_000_000;
/// Components within components.
const DEPTH_MAX: usize = 16;

/// Why a document cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SbomError {
    /// No JSON.
    #[error("not a JSON document: {0}")]
    Malformed(String),
    /// Nothing we know.
    #[error("neither CycloneDX (1.x), nor SPDX (2.x), nor Syft's JSON")]
    Unknown,
    /// More than any image has.
    #[error("lists more than {PACKAGES_MAX} packages, or is larger than 512 MiB")]
    TooLarge,
}

/// What a document says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// CycloneDX, `SPDX` or `Syft`.
    pub format: &'static str,
    /// What it describes, by name.
    pub name: String,
    /// The digest of what it describes.
    pub digest: String,
    /// Packages with a package URL of a kind we know.
    pub packages: Vec<Package>,
    /// Names of what has no package URL, or one of a kind we do not know: nothing can be said of
    /// them.
    pub unknown: Vec<String>,
    /// Programs that no package brought.
    pub unowned: Vec<String>,
}

/// Reads a document, by what it says it is.
pub fn read(content: &[u8]) -> Result<Read, SbomError> {
    if content.len() > DOCUMENT_BYTES_MAX {
        return Err(SbomError::TooLarge);
    }
    let document: Value =
        serde_json::from_slice(content).map_err(|error| SbomError::Malformed(error.to_string()))?;
    let text = |key: &str| document[key].as_str().unwrap_or_default();
    let mut found = Read::default();
    if text("bomFormat") == "CycloneDX" {
        found.format = "CycloneDX";
        let image = &document["metadata"]["component"];
        found.name = string(&image["name"]);
        found.digest = string(&image["version"]);
        let mut release = None;
        components(&document["components"], 0, &mut found, &mut release)?;
        found.settle(release);
    } else if text("spdxVersion").starts_with("SPDX-2") {
        found.format = "SPDX";
        text("name").clone_into(&mut found.name);
        spdx(&document, &mut found)?;
    } else if document["artifacts"].is_array() && document["schema"].is_object() {
        found.format = "Syft";
        syft(&document, &mut found)?;
    } else {
        return Err(SbomError::Unknown);
    }
    found.packages.sort();
    found.packages.dedup();
    Ok(found)
}

impl Read {
    /// What is named by this package URL, with what else the document says of it.
    fn add(&mut self, purl: &str, name: &Value, places: Vec<Evidence>) -> Result<(), SbomError> {
        if self.packages.len() + self.unknown.len() >= PACKAGES_MAX {
            return Err(SbomError::TooLarge);
        }
        match Purl::parse(purl).ok().and_then(|purl| Package::of_purl(&purl)) {
            Some(package) => self.packages.push(Package { found_in: places, ..package }),
            None if purl.is_empty() => self.unknown.push(string(name)),
            None => self.unknown.push(purl.to_owned()),
        }
        Ok(())
    }

    /// Packages whose package URL names no release are of the one the document names.
    fn settle(&mut self, release: Option<Distribution>) {
        let Some(release) = release.map(std::sync::Arc::new) else { return };
        for package in &mut self.packages {
            let has_release =
                package.distribution.as_ref().is_some_and(|it| !it.version_id.is_empty());
            if package.kind.is_system() && !has_release {
                package.distribution = Some(release.clone());
            }
        }
    }
}

fn components(
    list: &Value,
    depth: usize,
    found: &mut Read,
    release: &mut Option<Distribution>,
) -> Result<(), SbomError> {
    if depth > DEPTH_MAX {
        return Err(SbomError::TooLarge);
    }
    for component in list.as_array().into_iter().flatten() {
        let is_unowned = component["properties"]
            .as_array()
            .is_some_and(|all| all.iter().any(|property| property["name"] == UNOWNED));
        match component["type"].as_str().unwrap_or_default() {
            "operating-system" => {
                *release = Some(Distribution {
                    id: string(&component["name"]).to_ascii_lowercase(),
                    version_id: string(&component["version"]),
                    ..Distribution::default()
                });
            }
            "file" if is_unowned => found.unowned.push(string(&component["name"])),
            // Files that a document lists beside packages.
            "file" => {}
            _ => {
                let places = component["evidence"]["occurrences"].as_array();
                let places = places.into_iter().flatten().map(|it| place(&it["location"]));
                let purl = component["purl"].as_str().unwrap_or_default();
                found.add(purl, &component["name"], places.collect())?;
            }
        }
        components(&component["components"], depth + 1, found, release)?;
    }
    Ok(())
}

fn spdx(document: &Value, found: &mut Read) -> Result<(), SbomError> {
    for package in document["packages"].as_array().into_iter().flatten() {
        let references = package["externalRefs"].as_array();
        let purl = references.into_iter().flatten().find_map(|it| {
            (it["referenceType"] == "purl").then(|| it["referenceLocator"].as_str()).flatten()
        });
        let is_image = matches!(
            package["primaryPackagePurpose"].as_str(),
            Some("CONTAINER" | "OPERATING-SYSTEM" | "OPERATING_SYSTEM")
        );
        if is_image {
            found.digest = string(&package["versionInfo"]);
        } else {
            found.add(purl.unwrap_or_default(), &package["name"], Vec::new())?;
        }
    }
    Ok(())
}

fn syft(document: &Value, found: &mut Read) -> Result<(), SbomError> {
    let source = &document["source"];
    found.name = string(&source["name"]);
    found.digest = string(&source["metadata"]["manifestDigest"]);
    for artifact in document["artifacts"].as_array().into_iter().flatten() {
        let places = artifact["locations"].as_array();
        let places = places.into_iter().flatten().map(|it| place(&it["path"]));
        let purl = artifact["purl"].as_str().unwrap_or_default();
        found.add(purl, &artifact["name"], places.collect())?;
    }
    let distribution = &document["distro"];
    let release = Distribution {
        id: string(&distribution["id"]).to_ascii_lowercase(),
        version_id: string(&distribution["versionID"]),
        ..Distribution::default()
    };
    found.settle(Some(release).filter(|it| !it.id.is_empty()));
    Ok(())
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn place(path: &Value) -> Evidence {
    Evidence { path: string(path).trim_start_matches('/').to_owned(), layer: None }
}
