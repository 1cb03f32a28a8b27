//! What is in an image of many languages, beside what Syft lists of it.
//!
//! Syft takes five minutes to build, so its list is kept in `peers/polyglot/syft.tsv`, which
//! `cargo xtask bench` holds against Syft itself. What is in the image is pinned beside it.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use program::{Folder, bollwerk};
use serde_json::Value;

/// Package URLs that Syft alone lists, and why.
const SYFT_ALONE: &[(&str, &str)] =
    &[("pkg:nuget/Python.Runtime@3.0.3", "the project itself, which no registry has")];
/// Those that we alone list, and why.
const OURS_ALONE: &[(&str, &str)] = &[];
/// Packages of which Syft states other licences, and why.
const LICENCES: &[(&str, &str)] = &[];

/// The image; none without it, which is a failure under `CI=true`.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn image() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("BOLLWERK_POLYGLOT") {
        return Some(PathBuf::from(folder));
    }
    let reason = "BOLLWERK_POLYGLOT does not name what `cargo xtask polyglot` makes";
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{reason}");
    println!("skipped: {reason}");
    None
}

type Licences = BTreeSet<String>;

fn theirs() -> BTreeMap<String, Licences> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../peers/polyglot/syft.tsv");
    let text = std::fs::read_to_string(file).unwrap();
    let row = |line: &str| {
        let (purl, licences) = line.split_once('\t').unwrap();
        let licences = licences.split(", ").filter(|it| !it.is_empty()).map(str::to_owned);
        (purl.to_owned(), licences.collect())
    };
    text.lines().map(row).collect()
}

/// Packages that are not Debian's, by what they are called, and their licences.
fn ours(image: &Path) -> BTreeMap<String, Licences> {
    let folder = Folder::new(&[]);
    let image = format!("oci:{}", image.display());
    let command = ["image", "sbom", "--format=cyclonedx", "--no-cache", &image];
    let (code, out, error) = bollwerk(folder.path(), &command, "");
    assert_eq!((code, error.as_str()), (0, ""));
    let document: Value = serde_json::from_str(&out).unwrap();
    let mut found = BTreeMap::new();
    for component in document["components"].as_array().unwrap() {
        let Some(purl) = component["purl"].as_str() else { continue };
        let (purl, _) = purl.split_once('?').unwrap_or((purl, ""));
        // It is as new as the compiler that is here.
        let purl = if purl.starts_with("pkg:golang/stdlib@") { "pkg:golang/stdlib" } else { purl };
        let licences = component["licenses"].as_array().into_iter().flatten();
        let licence = |it: &Value| {
            let stated = [&it["expression"], &it["license"]["id"], &it["license"]["name"]];
            stated.into_iter().find_map(|it| it.as_str().map(str::to_owned))
        };
        if !purl.starts_with("pkg:deb/") {
            let all: &mut Licences = found.entry(purl.to_owned()).or_default();
            all.extend(licences.filter_map(licence));
        }
    }
    found
}

fn named(table: &[(&'static str, &str)]) -> BTreeSet<&'static str> {
    assert!(table.iter().all(|(_, why)| !why.is_empty()));
    table.iter().map(|(purl, _)| *purl).collect()
}

#[test]
fn what_syft_lists_is_listed_or_named() {
    let Some(image) = image() else { return };
    let (ours, theirs) = (ours(&image), theirs());
    assert!(theirs.len() > 300, "{}", theirs.len());
    let only = |one: &BTreeMap<String, Licences>, other: &BTreeMap<String, Licences>| {
        one.keys().filter(|purl| !other.contains_key(*purl)).cloned().collect::<BTreeSet<_>>()
    };
    let texts = |table| named(table).into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(only(&theirs, &ours), texts(SYFT_ALONE), "Syft alone");
    assert_eq!(only(&ours, &theirs), texts(OURS_ALONE), "ours alone");
    let differing: BTreeMap<_, _> = theirs
        .iter()
        .filter_map(|(purl, licences)| {
            let own = ours.get(purl).filter(|own| *own != licences)?;
            Some((purl.as_str(), (own, licences)))
        })
        .collect();
    let unnamed: Vec<_> =
        differing.iter().filter(|(purl, _)| !named(LICENCES).contains(**purl)).collect();
    assert!(unnamed.is_empty(), "other licences: {unnamed:#?}");
    assert!(named(LICENCES).iter().all(|purl| differing.contains_key(purl)), "{differing:#?}");
}
