//! The oracle: upstream's own libraries, asked by tests.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::go::{self, Program};

/// Prints the path of the oracle on stdout and nothing else, building it first if needed.
#[expect(clippy::print_stdout, reason = "the path is this task's result")]
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "`oracle` takes no arguments");
    println!("{}", oracle()?.display());
    Ok(())
}

/// The path of an oracle built from the present sources.
pub(crate) fn oracle() -> Result<PathBuf> {
    const ORACLE: Program = Program { name: "oracle", package: ".", variables: &[] };
    Ok(go::programs("oracle", &[ORACLE])?.join(ORACLE.name))
}

/// The path of the program that renders charts: Helm's own library, a module of its own.
pub(crate) fn helm() -> Result<PathBuf> {
    const HELM: Program = Program { name: "helm", package: ".", variables: &[] };
    Ok(go::programs("oracle/helm", &[HELM])?.join(HELM.name))
}
