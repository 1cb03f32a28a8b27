//! `cargo xtask fuzz`: the fuzz targets, on the stable compiler.
//!
//! libFuzzer needs the coverage instrumentation of LLVM, whose options the stable compiler takes;
//! only the sanitizers would need a nightly one.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::command;

const RUSTFLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
    --cfg fuzzing -Cdebug-assertions";

/// Largest input tried, in bytes.
const INPUT_BYTES_MAX: u32 = 4_096;
/// Most memory a target may take, in MiB.
const MEMORY_MIB_MAX: u32 = 2_048;

/// Runs all targets, or one, each for some seconds (10 when not given).
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut seconds = 10;
    let mut only = None;
    for argument in arguments {
        match argument.parse() {
            Ok(number) => seconds = number,
            Err(_) => only = Some(argument.clone()),
        }
    }
    let targets = targets()?;
    if let Some(only) = &only {
        ensure!(targets.contains(only), "there are the targets {}", targets.join(", "));
    }
    let chosen = only.map_or(targets, |only| vec![only]);
    run_these(&chosen, seconds)
}

/// Runs every target for so many seconds.
pub(crate) fn run_all(seconds: u32) -> Result<()> {
    run_these(&targets()?, seconds)
}

/// Names of the targets: the binaries of `fuzz/Cargo.toml`.
pub(crate) fn targets() -> Result<Vec<String>> {
    let manifest = crate::root().join("fuzz/Cargo.toml");
    let text = std::fs::read_to_string(&manifest)
        .with_context(|| format!("cannot read {}", manifest.display()))?;
    let names = text
        .split("[[bin]]")
        .skip(1)
        .filter_map(|section| section.lines().find_map(|line| line.strip_prefix("name = ")));
    let mut names: Vec<_> = names.map(|name| name.trim_matches('"').to_owned()).collect();
    names.sort();
    if names.is_empty() {
        bail!("{} names no fuzz target", manifest.display());
    }
    Ok(names)
}

fn run_these(targets: &[String], seconds: u32) -> Result<()> {
    let root = crate::root();
    let host = host()?;
    let mut build = command::cargo();
    build.args(["build", "--release", "--manifest-path", "fuzz/Cargo.toml", "--bins"]);
    // With a target named, build scripts and proc macros stay without instrumentation.
    build.args(["--target", &host]).env("RUSTFLAGS", RUSTFLAGS);
    command::run(&mut build)?;
    for target in targets {
        let corpus = root.join("fuzz/corpus").join(target);
        std::fs::create_dir_all(&corpus)?;
        let artifacts = root.join("fuzz/artifacts").join(target);
        std::fs::create_dir_all(&artifacts)?;
        let binary = root.join("fuzz/target").join(&host).join("release").join(target);
        let mut fuzz = Command::new(binary);
        fuzz.arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={INPUT_BYTES_MAX}"))
            .arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"))
            .arg("-timeout=10")
            .arg("-print_final_stats=1")
            .arg("-verbosity=0")
            .arg("-print_funcs=0")
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg(&corpus);
        let seeds = root.join("fuzz/seeds").join(target);
        if seeds.is_dir() {
            fuzz.arg(seeds);
        }
        command::run(&mut fuzz).with_context(|| format!("fuzz target `{target}` failed"))?;
    }
    Ok(())
}

/// The platform the compiler builds for.
fn host() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = command::output(Command::new(rustc).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` names no host")
}
