//! `cargo xtask bench`: speed and memory of whole runs, beside the floor.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::{command, corpus, inventories, peers};

/// Runs of each measurement, of which the median counts.
const RUNS: usize = 7;

/// One run, as `--stats` tells it.
#[derive(Clone, Copy)]
struct Cost {
    wall_ms: f64,
    cpu_ms: f64,
    peak_mib: f64,
}

/// Measures and prints.
#[expect(clippy::print_stdout, reason = "the measurements are this task's result")]
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "`bench` takes no arguments");
    let corpus = corpus::folder()?.context("../shared/corpus is not there")?;
    let mut build = command::cargo();
    build.args(["build", "--release", "--package", "bollwerk", "--package", "yaml", "--examples"]);
    command::run(build.arg("--bins"))?;
    let mut engine = command::cargo();
    command::run(engine.args([
        "build",
        "--release",
        "--package",
        "engine",
        "--package",
        "collect",
        "--package",
        "advisory",
        "--package",
        "image",
        "--examples",
    ]))?;
    let release = crate::root().join("target/release");
    println!("{}\n", machine());
    println!("The reader, one thread:");
    command::run(Command::new(release.join("examples/read_corpus")).arg(&corpus))?;
    println!("\nAuthorization on a generated cluster (`crates/engine/examples/rbac_scale.rs`):");
    command::run(&mut Command::new(release.join("examples/rbac_scale")))?;
    println!("\nThe escalation graph on the same (`crates/engine/examples/paths_scale.rs`):");
    command::run(&mut Command::new(release.join("examples/paths_scale")))?;
    println!("\nLearned network policies (`crates/engine/examples/network_learn.rs`):");
    command::run(&mut Command::new(release.join("examples/network_learn")))?;
    println!("\nAudit events, one thread (`crates/collect/examples/audit_speed.rs`):");
    command::run(&mut Command::new(release.join("examples/audit_speed")))?;
    println!("\nAdvisories and versions (`crates/advisory/examples/advisory_scale.rs`):");
    command::run(&mut Command::new(release.join("examples/advisory_scale")))?;
    let files = files(&corpus)?;
    let bollwerk = release.join("bollwerk");
    println!("\nA layer of millions of files (`crates/image/examples/layer_scale.rs`):");
    command::run(&mut Command::new(release.join("examples/layer_scale")))?;
    println!("\nPackages of images, the median of five runs:");
    inventories::measure(&bollwerk)?;
    println!("\nCredentials, the median of five runs; gitleaks once:");
    peers::measure_secrets(&bollwerk)?;
    println!(
        "\nWhole runs of `bollwerk scan --format json`, all controls and Pod Security restricted,\n\
         the median of {RUNS}; the floor is one thread that reads and checks UTF-8:\n\n\
         {:<34}{:>9}{:>10}{:>10}{:>10}{:>10}{:>8}",
        "input", "MB", "wall ms", "CPU ms", "peak MiB", "floor ms", "ratio"
    );
    let pod = one_pod()?;
    measure(&bollwerk, "one Pod", &[pod])?;
    measure(&bollwerk, "the first 400 files", &files[..files.len().min(400)])?;
    for percent in [10, 25, 50, 100] {
        // Every n-th file, so that each part is a fair sample.
        let part: Vec<PathBuf> = files
            .iter()
            .enumerate()
            .filter(|(at, _)| at * percent / 100 != (at + 1) * percent / 100)
            .map(|(_, file)| file.clone())
            .collect();
        measure(&bollwerk, &format!("{percent} % of the corpus"), &part)?;
    }
    Ok(())
}

fn machine() -> String {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    format!("{cpus} processors,{}", model.trim_start_matches(['\t', ':']))
}

/// All files below a folder, in byte order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_none_or(|name| name != ".complete") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn one_pod() -> Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("bollwerk-bench-{}.yaml", std::process::id()));
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: one\nspec:\n  containers:\n  \
                - name: web\n    image: nginx\n    securityContext:\n      privileged: yes\n";
    fs::write(&path, text)?;
    Ok(path)
}

/// Copies the files into a folder of their own, so that the walk counts too, and scans it.
#[expect(clippy::print_stdout, reason = "the measurements are this task's result")]
fn measure(bollwerk: &Path, name: &str, files: &[PathBuf]) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("bollwerk-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let mut bytes = 0;
    for (number, file) in files.iter().enumerate() {
        let extension = file.extension().and_then(|it| it.to_str()).unwrap_or("yaml");
        let inner = folder.join(format!("{:03}", number / 100));
        fs::create_dir_all(&inner)?;
        bytes += fs::copy(file, inner.join(format!("{number:05}.{extension}")))?;
    }
    let mut costs = Vec::new();
    for _ in 0..RUNS {
        costs.push(scan(bollwerk, &folder)?);
    }
    let median = |of: fn(&Cost) -> f64| {
        let mut all: Vec<f64> = costs.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let wall = median(|cost| cost.wall_ms);
    let floor = floor(&folder)?;
    #[expect(clippy::cast_precision_loss, reason = "printed with one digit")]
    let megabytes = bytes as f64 / 1e6;
    println!(
        "{name:<34}{megabytes:>9.1}{wall:>10.1}{:>10.0}{:>10.1}{floor:>10.1}{:>8.1}",
        median(|cost| cost.cpu_ms),
        median(|cost| cost.peak_mib),
        wall / floor
    );
    fs::remove_dir_all(&folder)?;
    Ok(())
}

fn scan(bollwerk: &Path, folder: &Path) -> Result<Cost> {
    let mut command = Command::new(bollwerk);
    command.args(["scan", "--no-config", "--stats", "--format", "json"]);
    command.args(["--pod-security", "restricted", "--output", "/dev/null"]).arg(folder);
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let number = |before: &str| {
        let rest = text.split(before).nth(1)?;
        rest.split_whitespace().next()?.parse::<f64>().ok()
    };
    let (wall, cpu, peak) = (number("wall "), number("CPU "), number("peak "));
    let context = || format!("`--stats` printed {text:?}");
    Ok(Cost {
        wall_ms: wall.with_context(context)?,
        cpu_ms: cpu.with_context(context)?,
        peak_mib: peak.with_context(context)?,
    })
}

/// Milliseconds to read the files and check that they are UTF-8, the best of some runs.
fn floor(folder: &Path) -> Result<f64> {
    let files = files(folder)?;
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        for file in &files {
            std::hint::black_box(std::str::from_utf8(&fs::read(file)?).is_ok());
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(best)
}
