//! Lists of what is in images, by us and by peers: what each costs, and where they differ.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::peers::{self, Cost, cost, median};
use crate::{images, polyglot, security};

/// What Syft listed in the image of many languages: `PURL<tab>LICENCES` a line.
const RECORD: &str = "peers/polyglot/syft.tsv";

/// A program that lists what is in an image.
struct Peer {
    name: &'static str,
    program: PathBuf,
    /// Its arguments before the image; it writes `NAME.json`.
    arguments: &'static [&'static str],
    /// What stands before the folder of an OCI layout.
    scheme: &'static str,
}

/// Lists what is in images by all programs, prints what that cost and where the lists differ.
#[expect(clippy::print_stdout, reason = "the measurements are this task's result")]
pub(crate) fn measure(bollwerk: &Path) -> Result<()> {
    let images = [
        ("bookworm, the smallest system", images::images()?.join("bookworm.oci")),
        ("bookworm with a web server", images::web()?),
        ("bookworm with 34 programs", security::security()?.join("main.oci")),
        ("packages of many languages", polyglot::polyglot()?),
    ];
    let peers = peers()?;
    let folder = std::env::temp_dir().join(format!("bollwerk-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    println!("{:<32}{:<10}{:>8}{:>10}{:>8}", "packages of", "by", "CPU s", "peak MiB", "ratio");
    for (name, image) in images {
        let ours = own_cost(bollwerk, &image, &folder)?;
        for peer in &peers {
            let own = packages(&folder.join("ours.json"), peer.name)?;
            let theirs = median(|| peer.run(&image, &folder))?;
            let ratio = theirs.cpu_seconds / ours.cpu_seconds;
            row(name, peer.name, theirs, Some(ratio));
            let listed = packages(&folder.join(format!("{}.json", peer.name)), peer.name)?;
            let of_both = own.intersection(&listed).count();
            let missing: Vec<_> = listed.difference(&own).collect();
            let more: Vec<_> = own.difference(&listed).collect();
            println!("  {of_both} of both; {} alone: {missing:?}; ours alone: {more:?}", peer.name);
        }
    }
    fs::remove_dir_all(&folder)?;
    check_record()
}

fn peers() -> Result<[Peer; 2]> {
    let syft = Peer {
        name: "syft",
        program: peers::syft()?,
        arguments: &["scan", "--quiet", "--output=cyclonedx-json=syft.json"],
        scheme: "oci-dir:",
    };
    let trivy = Peer {
        name: "trivy",
        program: peers::trivy()?,
        arguments: &[
            "image",
            "--quiet",
            "--format=cyclonedx",
            "--output=trivy.json",
            "--cache-dir=trivy.cache",
            "--offline-scan",
            "--skip-version-check",
            "--disable-telemetry",
            "--input",
        ],
        scheme: "",
    };
    Ok([syft, trivy])
}

impl Peer {
    /// One run that knows nothing of earlier ones.
    fn run(&self, image: &Path, folder: &Path) -> Result<Cost> {
        let cache = folder.join(format!("{}.cache", self.name));
        if cache.is_dir() {
            fs::remove_dir_all(cache)?;
        }
        let mut list = Command::new(&self.program);
        list.args(self.arguments).arg(format!("{}{}", self.scheme, image.display()));
        cost(list.env("SYFT_CHECK_FOR_APP_UPDATE", "false").current_dir(folder))
    }
}

/// What our own list costs, which is left in `ours.json`: of layers that are not known, and of
/// those that are.
fn own_cost(bollwerk: &Path, image: &Path, folder: &Path) -> Result<Cost> {
    let list = |cache: &str| {
        let mut list = Command::new(bollwerk);
        list.args(["image", "sbom", "--format=cyclonedx", "--output=ours.json", cache]);
        list.arg(format!("oci:{}", image.display())).current_dir(folder);
        list
    };
    let ours = median(|| cost(&mut list("--no-cache")))?;
    cost(&mut list("--cache=facts"))?;
    let known = median(|| cost(&mut list("--cache=facts")))?;
    let name = image.file_name().unwrap_or_default().to_string_lossy().into_owned();
    row(&name, "bollwerk", ours, None);
    row(&name, "known", known, None);
    Ok(ours)
}

#[expect(clippy::print_stdout, reason = "the measurements are this task's result")]
fn row(image: &str, by: &str, cost: Cost, ratio: Option<f64>) {
    let ratio = ratio.map_or(String::new(), |ratio| format!("{ratio:.1}"));
    let Cost { cpu_seconds, peak_mib } = cost;
    println!("{image:<32}{by:<10}{cpu_seconds:>8.2}{peak_mib:>10.0}{ratio:>8}");
}

/// The packages of a CycloneDX document, with version and source; Trivy does not name sources.
fn packages(path: &Path, by: &str) -> Result<BTreeSet<String>> {
    let document: Value = serde_json::from_slice(&fs::read(path)?)?;
    let components = document["components"].as_array().into_iter().flatten();
    let purls = components.filter_map(|it| it["purl"].as_str());
    let source = |purl: &str| {
        let (name, qualifiers) = purl.split_once('?').unwrap_or((purl, ""));
        let source = qualifiers.split('&').find(|it| it.starts_with("upstream="));
        let source = source.filter(|_| by != "trivy").unwrap_or_default();
        // Both spellings of a colon are allowed.
        let name = name.replace("%3A", ":").replace("%40", "@");
        // Trivy writes the epoch of a version beside it.
        let epoch = qualifiers.split('&').find_map(|it| it.strip_prefix("epoch="));
        let name = match (epoch.filter(|_| by == "trivy"), name.rsplit_once('@')) {
            (Some(epoch), Some((name, version))) => format!("{name}@{epoch}:{version}"),
            _ => name,
        };
        format!("{name} {source}")
    };
    Ok(purls.map(source).collect())
}

/// `cargo xtask polyglot --record`: writes what Syft lists into the record.
pub(crate) fn record() -> Result<()> {
    fs::write(crate::root().join(RECORD), syft_list()?)?;
    Ok(())
}

/// Whether the record that a test compares us with is what Syft says.
fn check_record() -> Result<()> {
    let is_same = fs::read_to_string(crate::root().join(RECORD))? == syft_list()?;
    ensure!(is_same, "{RECORD} is not what Syft lists: run `cargo xtask polyglot --record`");
    Ok(())
}

/// What Syft lists in the image of many languages, without Debian's packages, which change.
fn syft_list() -> Result<String> {
    let mut scan = Command::new(peers::syft()?);
    scan.args(["scan", "--quiet", "--output=syft-json"]);
    scan.arg(format!("oci-dir:{}", polyglot::polyglot()?.display()));
    let document: Value = serde_json::from_str(&crate::command::output(
        scan.env("SYFT_CHECK_FOR_APP_UPDATE", "false"),
    )?)?;
    let row = |artifact: &Value| {
        let purl = artifact["purl"].as_str().unwrap_or_default().split('?').next()?;
        // It is as new as the compiler that is here.
        let purl = if purl.starts_with("pkg:golang/stdlib@") { "pkg:golang/stdlib" } else { purl };
        let licences = artifact["licenses"].as_array().into_iter().flatten();
        let licences: BTreeSet<&str> = licences.filter_map(|it| it["value"].as_str()).collect();
        let licences: Vec<&str> = licences.into_iter().collect();
        (!purl.starts_with("pkg:deb/")).then(|| format!("{purl}\t{}\n", licences.join(", ")))
    };
    let artifacts = document["artifacts"].as_array().into_iter().flatten();
    let rows: BTreeSet<String> = artifacts.filter_map(row).collect();
    Ok(rows.into_iter().collect())
}
