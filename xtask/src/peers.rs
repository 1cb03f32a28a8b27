//! Programs for the same purpose, which the suites ask what they find and `bench` how fast.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::go::{self, Program};
use crate::{command, images, program, security};

/// gitleaks, which finds credentials in files. The version is pinned in `peers/go.mod`.
pub(crate) fn gitleaks() -> Result<PathBuf> {
    const GITLEAKS: Program =
        Program { name: "gitleaks", package: "github.com/zricethezav/gitleaks/v8", variables: &[] };
    Ok(go::programs("peers", &[GITLEAKS])?.join(GITLEAKS.name))
}

/// Syft, which lists what is in an image. The version is pinned in `peers/syft/go.mod`: its five
/// minutes of building are for `bench` alone.
fn syft() -> Result<PathBuf> {
    const SYFT: Program =
        Program { name: "syft", package: "github.com/anchore/syft/cmd/syft", variables: &[] };
    Ok(go::programs("peers/syft", &[SYFT])?.join(SYFT.name))
}

/// Lists what is in Debian's images by both programs, prints what that cost and where the lists
/// differ.
#[expect(clippy::print_stdout, reason = "the measurements are this task's result")]
pub(crate) fn measure_inventories(bollwerk: &Path) -> Result<()> {
    let images = [
        ("bookworm, the smallest system", images::images()?.join("bookworm.oci")),
        ("bookworm with 34 programs", security::security()?.join("main.oci")),
    ];
    let syft = syft()?;
    let folder = std::env::temp_dir().join(format!("bollwerk-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    println!(
        "{:<32}{:>8}{:>10}{:>10}{:>10}{:>8}{:>10}",
        "packages of", "CPU s", "peak MiB", "syft s", "peak MiB", "ratio", "known s"
    );
    for (name, image) in images {
        let image = format!("oci:{}", image.display());
        let list = |cache: &[&str]| {
            let mut list = Command::new(bollwerk);
            list.args(["image", "sbom", "--format=cyclonedx", "--output=ours.json"]).args(cache);
            list.arg(&image).current_dir(&folder);
            list
        };
        let ours = median(|| cost(&mut list(&["--no-cache"])))?;
        cost(&mut list(&["--cache=facts"]))?;
        let known = median(|| cost(&mut list(&["--cache=facts"])))?;
        let theirs = median(|| {
            let mut scan = Command::new(&syft);
            let path = image.replacen("oci:", "oci-dir:", 1);
            scan.args(["scan", "--quiet", "--output=cyclonedx-json=theirs.json", &path]);
            cost(scan.env("SYFT_CHECK_FOR_APP_UPDATE", "false").current_dir(&folder))
        })?;
        println!(
            "{name:<32}{:>8.2}{:>10.0}{:>10.2}{:>10.0}{:>8.1}{:>10.3}",
            ours.cpu_seconds,
            ours.peak_mib,
            theirs.cpu_seconds,
            theirs.peak_mib,
            theirs.cpu_seconds / ours.cpu_seconds,
            known.cpu_seconds,
        );
        let [ours, theirs] = ["ours.json", "theirs.json"].map(|it| packages(&folder.join(it)));
        let (ours, theirs) = (ours?, theirs?);
        let missing: Vec<_> = theirs.difference(&ours).collect();
        let more: Vec<_> = ours.difference(&theirs).collect();
        println!("  {} packages of both; syft alone: {missing:?}; ours alone: {more:?}", {
            ours.intersection(&theirs).count()
        });
    }
    fs::remove_dir_all(&folder)?;
    Ok(())
}

/// The packages of a CycloneDX document, with version and source.
fn packages(path: &Path) -> Result<BTreeSet<String>> {
    let document: Value = serde_json::from_slice(&fs::read(path)?)?;
    let components = document["components"].as_array().into_iter().flatten();
    let purls = components.filter_map(|it| it["purl"].as_str());
    let source = |purl: &str| {
        let (name, qualifiers) = purl.split_once('?').unwrap_or((purl, ""));
        let source = qualifiers.split('&').find(|it| it.starts_with("upstream="));
        // Both spellings of a colon are allowed.
        format!("{name} {}", source.unwrap_or_default()).replace("%3A", ":").replace("%40", "@")
    };
    Ok(purls.map(source).collect())
}

/// The run in the middle of some.
fn median(run: impl Fn() -> Result<Cost>) -> Result<Cost> {
    let mut costs = (0..RUNS).map(|_| run()).collect::<Result<Vec<Cost>>>()?;
    costs.sort_by(|a, b| a.cpu_seconds.total_cmp(&b.cpu_seconds));
    costs.get(RUNS / 2).copied().context("no run")
}

/// Runs of each of which the median counts; gitleaks, which takes a minute, runs once.
const RUNS: usize = 5;

/// Processor seconds, and mebibytes at the most.
#[derive(Clone, Copy)]
struct Cost {
    cpu_seconds: f64,
    peak_mib: f64,
}

/// Searches the root file system of Debian bookworm for credentials, as a folder by both programs
/// and as an image by ours, and prints what that cost.
#[expect(clippy::print_stdout, reason = "the measurements are this task's result")]
pub(crate) fn measure_secrets(bollwerk: &Path) -> Result<()> {
    let images = images::images()?;
    let folder = std::env::temp_dir().join(format!("bollwerk-bench-{}", std::process::id()));
    let root = folder.join("root");
    fs::create_dir_all(&root)?;
    let layer = largest_blob(&images.join("bookworm.oci/blobs/sha256"))?;
    command::run(Command::new("tar").arg("-xf").arg(layer).arg("-C").arg(&root))?;
    let search = |input: &str| {
        median(|| {
            let mut command = Command::new(bollwerk);
            command.args(["image", "secrets", "--format=json", "--fail-on=none", input]);
            cost(command.current_dir(&folder))
        })
    };
    let ours = search("dir:root")?;
    let image = search(&format!("oci:{}", images.join("bookworm.oci").display()))?;
    let mut theirs = Command::new(gitleaks()?);
    theirs.args(["dir", "root", "--no-banner", "--exit-code=0", "--report-format=json"]);
    let theirs = cost(theirs.args(["-r", "report.json"]).current_dir(&folder))?;
    println!("{:<44}{:>8}{:>10}", "root file system of bookworm", "CPU s", "peak MiB");
    for (name, it) in [
        ("bollwerk image secrets, the folder", ours),
        ("bollwerk image secrets, the image (inflated)", image),
        ("gitleaks dir, the folder", theirs),
    ] {
        println!("{name:<44}{:>8.2}{:>10.0}", it.cpu_seconds, it.peak_mib);
    }
    println!("gitleaks / bollwerk: {:.0}", theirs.cpu_seconds / ours.cpu_seconds);
    fs::remove_dir_all(&folder)?;
    Ok(())
}

/// The layer of an image that has one.
fn largest_blob(folder: &Path) -> Result<PathBuf> {
    let mut blobs = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        blobs.push((entry.metadata()?.len(), entry.path()));
    }
    blobs.sort();
    blobs.pop().map(|(_, path)| path).context("an image without blobs")
}

/// What a run costs, by GNU time.
fn cost(command: &mut Command) -> Result<Cost> {
    let time = program::installed(&["time"], "time")?;
    let mut timed = Command::new(time);
    timed.args(["--format", "cost %U %S %M"]).arg(command.get_program());
    timed.args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        timed.current_dir(folder);
    }
    let output = timed.output()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = told.lines().rev().find_map(|line| line.strip_prefix("cost "));
    let numbers: Option<Vec<f64>> =
        line.and_then(|line| line.split(' ').map(|it| it.parse().ok()).collect());
    let Some([user, system, peak]) = numbers.as_deref() else {
        anyhow::bail!("`time` printed {told:?}");
    };
    Ok(Cost { cpu_seconds: user + system, peak_mib: peak / 1024.0 })
}
