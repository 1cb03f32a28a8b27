//! Programs for the same purpose, which the suites ask what they find and `bench` how fast.

use std::path::PathBuf;

use anyhow::Result;

use crate::go::{self, Program};

/// gitleaks, which finds credentials in files. The version is pinned in `peers/go.mod`.
pub(crate) fn gitleaks() -> Result<PathBuf> {
    const GITLEAKS: Program = Program {
        name: "gitleaks",
        package: "github.com/zricethezav/gitleaks/v8",
        variables: &[],
    };
    Ok(go::programs("peers", &[GITLEAKS])?.join(GITLEAKS.name))
}
