//! SPDX 2.3.

use std::collections::BTreeMap;

use package::Package;
use serde_json::{Value, json};

use crate::Sbom;
use crate::licence::Licence;

const NOTHING: &str = "NOASSERTION";

pub(crate) fn write(sbom: &Sbom<'_>) -> Value {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut packages = vec![image(sbom)];
    for (at, it) in sbom.packages.iter().enumerate() {
        packages.push(package(sbom, at, it, &mut texts));
    }
    let mut relationships = vec![json!({
        "spdxElementId": "SPDXRef-DOCUMENT",
        "relationshipType": "DESCRIBES",
        "relatedSpdxElement": "SPDXRef-Image",
    })];
    relationships.extend((0..sbom.packages.len()).map(|at| {
        json!({
            "spdxElementId": "SPDXRef-Image",
            "relationshipType": "CONTAINS",
            "relatedSpdxElement": id(at),
        })
    }));
    let mut document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": sbom.name,
        "documentNamespace": format!("urn:uuid:{}", sbom.uuid()),
        "creationInfo": {
            "created": sbom.created,
            "creators": [format!("Tool: bollwerk-{}", sbom.tool_version)],
        },
        "packages": packages,
        "relationships": relationships,
    });
    if !texts.is_empty() {
        let infos = texts
            .into_iter()
            .map(|(id, text)| json!({"licenseId": id, "extractedText": text, "name": text}));
        document["hasExtractedLicensingInfos"] = infos.collect();
    }
    document
}

fn id(at: usize) -> String {
    format!("SPDXRef-Package-{at}")
}

fn image(sbom: &Sbom<'_>) -> Value {
    let mut image = json!({
        "SPDXID": "SPDXRef-Image",
        "name": sbom.name,
        "versionInfo": sbom.digest,
        "primaryPackagePurpose": "CONTAINER",
        "downloadLocation": NOTHING,
        "filesAnalyzed": false,
        "licenseConcluded": NOTHING,
        "licenseDeclared": NOTHING,
        "copyrightText": NOTHING,
    });
    if let Some(hex) = sbom.digest.strip_prefix("sha256:") {
        image["checksums"] = json!([{"algorithm": "SHA256", "checksumValue": hex}]);
    }
    if !sbom.unowned.is_empty() {
        let programs = sbom.unowned.join(", ");
        image["comment"] = format!("programs that no package brought: {programs}").into();
    }
    image
}

fn package(
    sbom: &Sbom<'_>,
    at: usize,
    package: &Package,
    texts: &mut BTreeMap<String, String>,
) -> Value {
    let mut written = json!({
        "SPDXID": id(at),
        "name": package.name,
        "supplier": NOTHING,
        "downloadLocation": NOTHING,
        "filesAnalyzed": false,
        "licenseConcluded": NOTHING,
        "licenseDeclared": declared(&package.licences, texts),
        "copyrightText": NOTHING,
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": package.purl().to_string(),
        }],
    });
    if !package.version.is_empty() {
        written["versionInfo"] = package.version.clone().into();
    }
    let places: Vec<String> = package
        .found_in
        .iter()
        .map(|place| match sbom.layer(place.layer) {
            Some(layer) => format!("/{} in layer {layer}", place.path),
            None => format!("/{}", place.path),
        })
        .collect();
    if !places.is_empty() {
        written["sourceInfo"] = format!("found at {}", places.join(", ")).into();
    }
    written
}

/// All that is stated, each as SPDX names it, or as a text of its own.
fn declared(stated: &[String], texts: &mut BTreeMap<String, String>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for text in stated {
        parts.push(match Licence::of(text) {
            Licence::Id(id) => id.to_owned(),
            Licence::Expression(text) if stated.len() == 1 => text.to_owned(),
            Licence::Expression(text) => format!("({text})"),
            Licence::Name(text) => {
                let id = reference(text);
                texts.insert(id.clone(), text.to_owned());
                id
            }
        });
    }
    if parts.is_empty() { NOTHING.to_owned() } else { parts.join(" AND ") }
}

/// An id for a text: letters, digits, dots and dashes, and what keeps two of them apart.
fn reference(text: &str) -> String {
    let mut id = String::from("LicenseRef-");
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    id.extend(text.bytes().take(60).map(|byte| if allowed(byte) { byte as char } else { '-' }));
    if text.len() > 60 || !text.bytes().all(allowed) {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        id.push('-');
        digest.as_ref().iter().take(4).for_each(|byte| id.push_str(&format!("{byte:02x}")));
    }
    id
}
