//! What Bitnami's images are made of.
//!
//! Source: `.spdx-⟨component⟩.spdx` below `/opt/bitnami`, an SPDX 2.3 document in JSON.

use package::{Kind, Package, Purl};
use serde::Deserialize;

use crate::Fact;

/// Bytes of a document.
const BYTES_MAX: usize = 16 << 20;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    packages: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(default)]
    license_declared: String,
    #[serde(default)]
    external_refs: Vec<Reference>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    #[serde(default)]
    reference_type: String,
    #[serde(default)]
    reference_locator: String,
}

/// The components of a document: those that Bitnami itself names. What else it lists, such as Go
/// modules, is found in the files themselves.
pub(super) fn components(content: &[u8]) -> Result<Vec<Fact>, String> {
    if content.len() > BYTES_MAX {
        return Err(format!("a document of more than {BYTES_MAX} bytes"));
    }
    let document: Document =
        serde_json::from_slice(content).map_err(|error| format!("no SPDX document: {error}"))?;
    let of = |listed: Listed| {
        let mut purls = listed.external_refs.iter().filter(|it| it.reference_type == "purl");
        let found = purls.find_map(|it| {
            let purl = Purl::parse(&it.reference_locator).ok()?;
            Package::of_purl(&purl).filter(|it| it.kind == Kind::Bitnami)
        })?;
        let is_stated = !matches!(listed.license_declared.as_str(), "" | "NOASSERTION" | "NONE");
        let licences = is_stated.then_some(listed.license_declared).into_iter().collect();
        Some(Package { licences, ..found })
    };
    let packages: Vec<Package> = document.packages.into_iter().filter_map(of).collect();
    Ok(if packages.is_empty() { Vec::new() } else { vec![Fact::Packages(packages)] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_alone_are_taken() {
        let content = br#"{"spdxVersion": "SPDX-2.3", "packages": [
            {"name": "redis", "versionInfo": "7.0.4", "licenseDeclared": "BSD-3-Clause",
             "externalRefs": [{"referenceCategory": "SECURITY", "referenceType": "cpe23Type",
                "referenceLocator": "cpe:2.3:*:redis:redis:7.0.4:*:*:*:*:*:*:*"},
              {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
               "referenceLocator": "pkg:bitnami/redis@7.0.4-10?arch=amd64"}]},
            {"name": "x", "externalRefs": [{"referenceType": "purl",
                "referenceLocator": "pkg:golang/example.org/x@v1"}]}, {}]}"#;
        let facts = components(content).unwrap();
        let [Fact::Packages(packages)] = &facts[..] else { panic!() };
        assert_eq!(packages.len(), 1);
        assert_eq!(packages[0].purl().to_string(), "pkg:bitnami/redis@7.0.4-10?arch=amd64");
        assert_eq!(packages[0].licences, ["BSD-3-Clause"]);
        assert_eq!(components(b"{}").unwrap(), []);
        assert!(components(b"SPDXVersion: SPDX-2.3").is_err());
    }
}
