//! `bollwerk db build`: a database of files.

use std::fs;
use std::path::{Path, PathBuf};

use advisory::signature::{digest_of, sign};
use advisory::{Database, Intake};
use anyhow::{Context, Result, anyhow, ensure};
use collect::advisories::{patch, replace};
use serde_json::json;

use super::source::{Typed, tell};
use super::{UNKNOWN, now};
use crate::arguments::DbBuild;

/// Hexadecimal digits of the digest that names a patch.
const PATCH_NAME_DIGITS: usize = 16;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &DbBuild) -> Result<u8> {
    let (now, today) = now(arguments.now)?;
    let mut intake = Intake::new(now, today);
    if let Some(path) = &arguments.previous {
        let file = read(path)?;
        let opened = Database::split(&file).and_then(|(bytes, _)| Database::open(bytes));
        let before = opened.map_err(|error| anyhow!("{}: {error}", path.display()))?;
        intake.seen_before(&before);
    }
    for source in &arguments.sources {
        Typed::read(source)?.take(&mut intake)?;
    }
    let taken = intake.finish();
    tell(&taken);
    ensure!(taken.built.records > 0, "no record can be matched with anything: nothing is written");
    let mut file = taken.built.bytes;
    Database::open(&file)?;
    if let Some(path) = &arguments.sign {
        let shown = path.display();
        let key = fs::read_to_string(path).with_context(|| format!("{shown} cannot be read"))?;
        file = sign(&file, &key).with_context(|| format!("{shown} is no key to sign with"))?;
    }
    for before in &arguments.patch_from {
        let old = read(before)?;
        let made = patch(&old, &file).with_context(|| before.display().to_string())?;
        write(&patch_path(&arguments.output, &old), &made)?;
    }
    let head = json!({
        "schema": "bollwerk.database-head/v1",
        "digest": digest_of(&file),
        "size": file.len(),
    });
    write(&head_path(&arguments.output), format!("{head}\n").as_bytes())?;
    write(&arguments.output, &file)?;
    anstream::eprintln!(
        "{}: {} bytes, {} records",
        arguments.output.display(),
        file.len(),
        taken.built.records
    );
    Ok(if taken.refused_count > 0 && !arguments.accept_refused { UNKNOWN } else { 0 })
}

/// What a patch that leads on from a database is called, beside the new one.
pub(super) fn patch_name(name: &str, old: &[u8]) -> String {
    let digest = digest_of(old);
    let digits = digest.split_once(':').map_or("", |(_, digits)| digits);
    format!("{name}.from-{}.zst", digits.get(..PATCH_NAME_DIGITS).unwrap_or_default())
}

/// What the digest of a database stands in, beside it.
pub(super) fn head_name(name: &str) -> String {
    format!("{name}.head.json")
}

fn patch_path(output: &Path, old: &[u8]) -> PathBuf {
    PathBuf::from(patch_name(&output.to_string_lossy(), old))
}

fn head_path(output: &Path) -> PathBuf {
    PathBuf::from(head_name(&output.to_string_lossy()))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    replace(path, content).with_context(|| format!("{} cannot be written", path.display()))
}
