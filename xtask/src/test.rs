//! `cargo xtask test`: everything a change must pass; `cargo xtask prove`: the same at full size.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};

use crate::{
    cluster, command, containerd, corpus, fuzz, images, oracle, peers, polyglot, program, schemas,
    security, tidy,
};

/// Seconds each fuzz target runs in `test`.
const SMOKE_SECONDS: u32 = 5;
/// Seconds of one processor all fuzz targets share in `prove`, and the least each gets.
const PROOF_SECONDS: u32 = 3_600;
const PROOF_SECONDS_MIN: u32 = 120;

/// Sizes of the random trials: the environment variable, and its value in `prove`. The tests hold
/// the smaller defaults.
const PROOF_SIZES: &[(&str, &str)] = &[
    ("BOLLWERK_BESIDE", "1000000"),
    ("BOLLWERK_COVERS", "200000"),
    ("BOLLWERK_LEARN", "1000000"),
    ("BOLLWERK_MUTATIONS", "1000000"),
    ("BOLLWERK_PODS", "200000"),
    ("BOLLWERK_PROVE", "1"),
    ("BOLLWERK_REQUESTS", "10000000"),
    ("BOLLWERK_VEX_DOCUMENTS", "100000"),
];

/// What is built, fetched or found for the suites: the variable that names it, what needs it, and
/// how it is come by.
type Tool = (&'static str, &'static str, fn() -> Result<PathBuf>);
const TOOLS: &[Tool] = &[
    ("BOLLWERK_ORACLE", "tests against upstream's libraries", oracle::oracle),
    ("BOLLWERK_HELM", "the chart, by Helm's own library", oracle::helm),
    ("BOLLWERK_CLUSTER", "tests with a real API server", cluster::cluster),
    ("BOLLWERK_DEFINITIONS", "custom resources in a real API server", schemas::definitions),
    ("BOLLWERK_SARIF_SCHEMA", "the SARIF schema", schemas::sarif),
    ("BOLLWERK_OSCAL_SCHEMA", "the OSCAL schema", schemas::oscal),
    ("BOLLWERK_JUNIT_SCHEMA", "the JUnit schema", schemas::junit),
    ("BOLLWERK_CYCLONEDX_SCHEMA", "the schemas of CycloneDX", schemas::cyclonedx),
    (
        "BOLLWERK_PYTHON",
        "JUnit's schema, SPDX documents, the order of PyPI's versions",
        schemas::python,
    ),
    ("BOLLWERK_RPM", "the order of rpm's versions", program::rpm),
    ("BOLLWERK_DB_LOAD", "rpm's databases of before 4.16", program::db_load),
    ("BOLLWERK_POSTGRES", "the store in PostgreSQL", program::postgres),
    ("BOLLWERK_BROWSER", "tests in a browser", program::browser),
    ("BOLLWERK_IMAGES", "tests over Debian's images", images::images),
    ("BOLLWERK_POLYGLOT", "an image of many languages", polyglot::polyglot),
    ("BOLLWERK_CONTAINERD", "images as containerd keeps them", containerd::containerd),
    ("BOLLWERK_SECURITY", "tests over Debian's security suite", security::security),
    ("BOLLWERK_GITLEAKS", "credentials that gitleaks finds", peers::gitleaks),
];

/// What the suites need beside the repository.
struct Surroundings {
    environment: Vec<(&'static str, PathBuf)>,
    skipped: Vec<String>,
}

/// Runs every test. Nothing is skipped under `CI=true`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "`test` takes no arguments");
    let surroundings = Surroundings::find()?;
    surroundings.tell();
    tidy::run(&[])?;
    let mut tests = command::cargo();
    tests.args(["test", "--workspace", "--no-fail-fast"]);
    command::run(tests.envs(surroundings.environment.iter().cloned()))?;
    fuzz::run_all(SMOKE_SECONDS)?;
    surroundings.tell();
    Ok(())
}

/// Runs the random trials and the fuzz targets at full size, in release builds.
pub(crate) fn prove(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "`prove` takes no arguments");
    let surroundings = Surroundings::find()?;
    ensure!(surroundings.skipped.is_empty(), "{}", surroundings.skipped.join("; "));
    let mut tests = command::cargo();
    tests.args(["test", "--release", "--package", "yaml", "--package", "engine"]);
    tests.args(["--package", "package", "--package", "advisory", "--package", "store"]);
    tests.args(["--tests", "--"]);
    tests.args(["--nocapture", "--test-threads", "2"]);
    tests.envs(surroundings.environment.iter().cloned()).envs(PROOF_SIZES.iter().copied());
    command::run(&mut tests)?;
    let mut learning = command::cargo();
    learning.args(["test", "--release", "--package", "bollwerk", "--test", "learn_upstream"]);
    learning.args(["--", "--nocapture"]);
    learning.envs(surroundings.environment.iter().cloned()).envs(PROOF_SIZES.iter().copied());
    command::run(&mut learning)?;
    let targets = fuzz::targets()?.len() as u32;
    fuzz::run_all((PROOF_SECONDS / targets.max(1)).max(PROOF_SECONDS_MIN))
}

impl Surroundings {
    fn find() -> Result<Self> {
        let mut found = Self { environment: Vec::new(), skipped: Vec::new() };
        for (variable, what, find) in TOOLS {
            match find() {
                Ok(path) => found.environment.push((*variable, path)),
                Err(error) => found.skip(format!("{what}: {error:#}")),
            }
        }
        match corpus::folder()? {
            Some(folder) => found.environment.push(("BOLLWERK_CORPUS", folder)),
            None => found.skip("tests over the corpus: ../shared is not there".to_owned()),
        }
        if !crate::root().join("../shared/truth").is_dir() {
            found.skip("tests against truth tables: ../shared/truth is not there".to_owned());
        }
        if !crate::root().join("../shared/advisories").is_dir() {
            found.skip("tests over advisories: ../shared/advisories is not there".to_owned());
        }
        let is_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        if is_ci && !found.skipped.is_empty() {
            bail!("nothing may be skipped under CI=true: {}", found.skipped.join("; "));
        }
        Ok(found)
    }

    fn skip(&mut self, reason: String) {
        self.skipped.push(reason);
    }

    #[expect(clippy::print_stderr, reason = "what was skipped must be seen")]
    fn tell(&self) {
        for reason in &self.skipped {
            eprintln!("skipped: {reason}");
        }
    }
}
