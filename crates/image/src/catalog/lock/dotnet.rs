//! .NET.
//!
//! Source: `documentation/specs/runtime-configuration-file.md` of .NET's SDK, and NuGet's
//! documentation of `packages.lock.json`.

use std::collections::BTreeMap;

use package::{Kind, Package};
use serde::Deserialize;

#[derive(Deserialize)]
struct Dependencies {
    #[serde(default)]
    libraries: BTreeMap<String, Library>,
}

#[derive(Deserialize)]
struct Library {
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// `*.deps.json`: what a program was published with, the runtime too where it carries its own.
pub(super) fn dependencies(content: &[u8]) -> Result<Vec<Package>, String> {
    let written: Dependencies = super::json(content)?;
    let of = |(id, library): (&String, &Library)| {
        let (name, version) = id.split_once('/')?;
        let name = match library.kind.as_deref() {
            Some("package") => name,
            Some("runtimepack") => name.strip_prefix("runtimepack.")?,
            _ => return None,
        };
        Some(Package::new(Kind::Nuget, name, version))
    };
    Ok(written.libraries.iter().filter_map(of).collect())
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    dependencies: BTreeMap<String, BTreeMap<String, Locked>>,
}

#[derive(Deserialize)]
struct Locked {
    resolved: Option<String>,
}

/// `packages.lock.json`: by target, then by package. A project has no resolved version.
pub(super) fn lock(content: &[u8]) -> Result<Vec<Package>, String> {
    let written: Lock = super::json(content)?;
    let all = written.dependencies.into_values().flatten();
    Ok(all.filter_map(|(name, it)| Some(Package::new(Kind::Nuget, name, it.resolved?))).collect())
}
