//! Programs for the same purpose, which the suites ask what they find and `bench` how fast.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::go::{self, Program};
use crate::{command, images, program};

/// gitleaks, which finds credentials in files. The version is pinned in `peers/go.mod`.
pub(crate) fn gitleaks() -> Result<PathBuf> {
    const GITLEAKS: Program =
        Program { name: "gitleaks", package: "github.com/zricethezav/gitleaks/v8", variables: &[] };
    Ok(go::programs("peers", &[GITLEAKS])?.join(GITLEAKS.name))
}

/// Syft, which lists what is in an image. The version is pinned in `peers/syft/go.mod`: its five
/// minutes of building are for `bench` alone.
pub(crate) fn syft() -> Result<PathBuf> {
    const SYFT: Program =
        Program { name: "syft", package: "github.com/anchore/syft/cmd/syft", variables: &[] };
    Ok(go::programs("peers/syft", &[SYFT])?.join(SYFT.name))
}

/// Trivy, for the same. The version is pinned in `peers/trivy/go.mod`; its ten minutes of building
/// are for `bench` alone.
pub(crate) fn trivy() -> Result<PathBuf> {
    const TRIVY: Program = Program {
        name: "trivy",
        package: "github.com/aquasecurity/trivy/cmd/trivy",
        variables: &[],
    };
    // It reads JSON with what is not yet in Go's standard library.
    let programs = go::programs_with("peers/trivy", &[TRIVY], &[("GOEXPERIMENT", "jsonv2")])?;
    Ok(programs.join(TRIVY.name))
}

/// The run in the middle of some.
pub(crate) fn median(run: impl Fn() -> Result<Cost>) -> Result<Cost> {
    let mut costs = (0..RUNS).map(|_| run()).collect::<Result<Vec<Cost>>>()?;
    costs.sort_by(|a, b| a.cpu_seconds.total_cmp(&b.cpu_seconds));
    costs.get(RUNS / 2).copied().context("no run")
}

/// Runs of each of which the median counts; gitleaks, which takes a minute, runs once.
const RUNS: usize = 5;

/// Processor seconds, and mebibytes at the most.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_mib: f64,
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
pub(crate) fn cost(command: &mut Command) -> Result<Cost> {
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
