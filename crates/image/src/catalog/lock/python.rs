//! Python.
//!
//! Source: pip's documentation, Requirements File Format, and Pipenv's of `Pipfile.lock`.

use std::collections::BTreeMap;

use package::{Kind, Package};
use serde::Deserialize;

#[derive(Deserialize)]
struct Pipfile {
    #[serde(default)]
    default: BTreeMap<String, Pinned>,
}

#[derive(Deserialize)]
struct Pinned {
    version: Option<String>,
}

/// `Pipfile.lock` without `develop`.
pub(super) fn pipenv(content: &[u8]) -> Result<Vec<Package>, String> {
    let written: Pipfile = super::json(content)?;
    let of = |(name, pinned): (String, Pinned)| {
        let version = pinned.version?;
        Some(Package::new(Kind::Pypi, name, version.trim_start_matches('=').trim()))
    };
    Ok(written.default.into_iter().filter_map(of).collect())
}

/// `requirements.txt`: those of one exact version alone, since a range says nothing of what is
/// there.
pub(super) fn requirements(text: &str) -> Vec<Package> {
    let of = |line: &str| {
        let line = line.split(" #").next().unwrap_or_default();
        let line = line.split([';', '\\']).next().unwrap_or_default();
        let line = line.split(" --").next().unwrap_or_default().trim();
        let (name, version) = line.split_once("==")?;
        let name = name.split('[').next().unwrap_or_default().trim();
        let version = version.trim_start_matches('=').trim();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_exact = !name.is_empty()
            && !name.starts_with('-')
            && name.bytes().all(is_name)
            && super::is_version(version)
            && !version.contains(['*', ',', ' ', '$', '{']);
        is_exact.then(|| Package::new(Kind::Pypi, name, version))
    };
    text.lines().filter_map(of).collect()
}
