//! Documents against the published schemas, and read back.

use std::sync::Arc;

use package::{Distribution, Evidence, Kind, Package, Source};
use sbom::{Read, Sbom, SbomError, read};
use serde_json::{Value, json};

fn packages() -> Vec<Package> {
    let debian = Distribution::parse("ID=debian\nVERSION_ID=\"12\"\n");
    let place = |path: &str| vec![Evidence { path: path.to_owned(), layer: Some(0) }];
    vec![
        Package {
            namespace: Some("debian".to_owned()),
            architecture: Some("amd64".to_owned()),
            source: Some(Source { name: "glibc".to_owned(), version: None }),
            distribution: Some(Arc::new(debian)),
            licences: vec!["GPL-2".to_owned(), "LGPL-2.1".to_owned()],
            found_in: place("var/lib/dpkg/status"),
            ..Package::new(Kind::Deb, "libc6", "2.36-9+deb12u4")
        },
        Package {
            namespace: Some("golang.org/x".to_owned()),
            found_in: place("usr/bin/app"),
            ..Package::new(Kind::Golang, "net", "v0.1.0")
        },
        Package { ..Package::new(Kind::Golang, "app", "") },
        Package {
            namespace: Some("@a".to_owned()),
            licences: vec!["MIT OR Apache-2.0".to_owned()],
            ..Package::new(Kind::Npm, "b", "1.0.0")
        },
        Package {
            licences: vec!["My own licence, \"see\" below".to_owned()],
            ..Package::new(Kind::Pypi, "six", "1.16.0")
        },
    ]
}

fn sbom<'a>(packages: &'a [Package], distribution: &'a Distribution) -> Sbom<'a> {
    Sbom {
        name: "registry.example.org/shop/cart:1.2",
        digest: "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        created: "2026-11-24T00:00:00Z",
        tool_version: "0.1.0",
        distribution: Some(distribution),
        packages,
        layers: &["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
        unowned: &["opt/tool"],
    }
}

/// A package as a document can tell it: without licences, its places without a layer.
fn told(package: &Package, with_places: bool) -> Package {
    let place = |it: &Evidence| Evidence { path: it.path.clone(), layer: None };
    let found_in = package.found_in.iter().filter(|_| with_places).map(place).collect();
    Package { licences: Vec::new(), found_in, ..package.clone() }
}

fn written() -> (Vec<Package>, Value, Value) {
    let packages = packages();
    let distribution = Distribution::parse("ID=debian\nVERSION_ID=\"12\"\n");
    let sbom = sbom(&packages, &distribution);
    let (cyclonedx, spdx) = (sbom.cyclonedx(), sbom.spdx());
    (packages, cyclonedx, spdx)
}

/// What `cargo xtask test` sets up; without it the test is skipped, but never in CI.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn surrounding(variable: &str) -> Option<String> {
    let found = std::env::var(variable).ok();
    if found.is_none() {
        assert!(std::env::var("CI").is_err(), "{variable} is not set");
        println!("skipped: {variable} is not set; `cargo xtask test` sets it");
    }
    found
}

#[test]
fn cyclonedx_holds_to_the_published_schema() {
    let Some(folder) = surrounding("BOLLWERK_CYCLONEDX_SCHEMA") else { return };
    let schema = |name: &str| -> Value {
        let path = std::path::Path::new(&folder).join(name);
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    let registry = jsonschema::Registry::new()
        .add("http://cyclonedx.org/schema/spdx.schema.json", schema("spdx.schema.json"))
        .and_then(|it| {
            it.add(
                "http://cyclonedx.org/schema/jsf-0.82.schema.json",
                schema("jsf-0.82.schemax.json"),
            )
        })
        .and_then(jsonschema::RegistryBuilder::prepare)
        .unwrap();
    let schema = schema("bom-1.6.schema.json");
    let validator = jsonschema::options().with_registry(&registry).build(&schema).unwrap();
    let (_, document, _) = written();
    let errors = validator.iter_errors(&document);
    let errors: Vec<String> = errors.map(|it| format!("{it} at {}", it.instance_path())).collect();
    assert_eq!(errors, [""; 0], "{document:#}");
    // The schema does judge.
    let mut broken = document;
    broken["components"][1]["type"] = "nonsense".into();
    assert!(!validator.is_valid(&broken));
}

/// SPDX's own reader and judge.
const JUDGE: &str = "import sys
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
for message in validate_full_spdx_document(parse_file(sys.argv[1]), 'SPDX-2.3'):
    print(message.validation_message)
";

#[test]
fn spdx_holds_to_its_own_judge() {
    let Some(python) = surrounding("BOLLWERK_PYTHON") else { return };
    let (_, _, document) = written();
    let judged = |document: &Value, name: &str| {
        let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&file, document.to_string()).unwrap();
        let judged =
            std::process::Command::new(&python).args(["-c", JUDGE]).arg(&file).output().unwrap();
        let [said, failed] =
            [judged.stdout, judged.stderr].map(|it| String::from_utf8(it).unwrap());
        (judged.status.success(), said + &failed)
    };
    assert_eq!(judged(&document, "good.spdx.json"), (true, String::new()));
    let mut broken = document;
    broken["packages"][1]["licenseDeclared"] = "no licence at all".into();
    let (is_read, said) = judged(&broken, "broken.spdx.json");
    assert!(!is_read || !said.is_empty());
}

#[test]
fn what_is_written_is_read_back() {
    let (packages, cyclonedx, spdx) = written();
    let mut expected: Vec<Package> = packages.iter().map(|it| told(it, true)).collect();
    expected.sort();
    let found = read(cyclonedx.to_string().as_bytes()).unwrap();
    assert_eq!(found.packages, expected);
    assert_eq!((found.unowned, found.unknown), (vec!["opt/tool".to_owned()], vec![]));
    assert!(found.digest.starts_with("sha256:e3b0"));
    let mut expected: Vec<Package> = packages.iter().map(|it| told(it, false)).collect();
    expected.sort();
    let found = read(spdx.to_string().as_bytes()).unwrap();
    assert_eq!(found.packages, expected);
    assert!(found.digest.starts_with("sha256:e3b0"));
}

#[test]
fn the_same_image_gives_the_same_bytes() {
    assert_eq!(written().1.to_string(), written().1.to_string());
    let packages = packages();
    let distribution = Distribution::default();
    let serial =
        |packages: &[Package]| sbom(packages, &distribution).cyclonedx()["serialNumber"].clone();
    assert_ne!(serial(&packages), serial(&packages[1..]));
}

#[test]
fn documents_of_others_are_read() {
    let syft = json!({
        "schema": {"version": "16.0.0"},
        "source": {"name": "x", "metadata": {"manifestDigest": "sha256:00"}},
        "distro": {"id": "debian", "versionID": "12"},
        "artifacts": [
            {"name": "bash", "purl": "pkg:deb/debian/bash@5.2-1?arch=amd64",
             "locations": [{"path": "/var/lib/dpkg/status"}]},
            {"name": "odd", "purl": ""},
        ],
    });
    let found = read(syft.to_string().as_bytes()).unwrap();
    assert_eq!(found.packages[0].distribution.as_ref().unwrap().version_id, "12");
    assert_eq!(found.packages[0].found_in[0].path, "var/lib/dpkg/status");
    assert_eq!(found.unknown, ["odd"]);
    assert_eq!(read(b"{}"), Err(SbomError::Unknown));
    assert!(matches!(read(b"{"), Err(SbomError::Malformed(_))));
    let empty = Read { format: "CycloneDX", ..Read::default() };
    assert_eq!(read(br#"{"bomFormat": "CycloneDX", "components": {}}"#), Ok(empty));
    // Components within components, to any depth.
    let deep = format!(
        r#"{{"bomFormat": "CycloneDX", "components": {}{}}}"#,
        r#"[{"name": "a", "components": "#.repeat(40) + "[]",
        "}]".repeat(40)
    );
    assert_eq!(read(deep.as_bytes()), Err(SbomError::TooLarge));
}
