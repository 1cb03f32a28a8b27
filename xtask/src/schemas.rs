//! Published schemas that outputs are held against. They are others' data, so they are taken from
//! a package into the cache and never copied into the repository.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{command, oracle};

/// A Go module that carries the SARIF 2.1.0 schema of OASIS (errata 01) as one raw string.
const MODULE: &str = "github.com/owenrumney/go-sarif/v3@v3.3.1";
const FILE: &str = "pkg/report/v210/sarif/schema.go";

/// The SARIF schema as a file; taken from its module the first time, which needs Go.
pub(crate) fn sarif() -> Result<PathBuf> {
    let schema = oracle::cache_folder()?.join("sarif-schema-2.1.0.json");
    if schema.is_file() {
        return Ok(schema);
    }
    let mut go = Command::new("go");
    go.args(["mod", "download", "-json", MODULE]).env("GOTOOLCHAIN", "local");
    let told: serde_json::Value = serde_json::from_str(&command::output(&mut go)?)?;
    let folder = told["Dir"].as_str().with_context(|| format!("{MODULE} has no folder"))?;
    let source = fs::read_to_string(PathBuf::from(folder).join(FILE))?;
    let text = source.split_once('`').and_then(|(_, rest)| rest.rsplit_once('`'));
    let (text, _) = text.with_context(|| format!("{FILE} of {MODULE} holds no raw string"))?;
    serde_json::from_str::<serde_json::Value>(text)?;
    fs::create_dir_all(schema.parent().unwrap_or(&schema))?;
    fs::write(&schema, text)?;
    Ok(schema)
}
