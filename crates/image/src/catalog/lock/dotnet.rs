//! .NET.
//!
//! Source: `documentation/specs/runtime-configuration-file.md` of .NET's SDK, and NuGet's
//! documentation of `packages.lock.json` and `packages.config`.

use std::collections::BTreeMap;

use package::{Kind, Package};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dependencies {
    #[serde(default)]
    runtime_target: Target,
    /// What each library brings, by what it was built for.
    #[serde(default)]
    targets: BTreeMap<String, BTreeMap<String, Assets>>,
    #[serde(default)]
    libraries: BTreeMap<String, Library>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Target {
    name: String,
}

/// Files of a library that are there when a program runs.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Assets {
    runtime: Map<String, Value>,
    runtime_targets: Map<String, Value>,
    native: Map<String, Value>,
    resources: Map<String, Value>,
}

impl Assets {
    /// Whether it took part in the build alone, as analysers and compilers do.
    fn is_empty(&self) -> bool {
        [&self.runtime, &self.runtime_targets, &self.native, &self.resources]
            .iter()
            .all(|files| files.is_empty())
    }
}

#[derive(Deserialize)]
struct Library {
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// `*.deps.json`: what a program was published with, the runtime too where it carries its own;
/// without what has no file in it, and without the projects it was made of.
pub(super) fn dependencies(content: &[u8]) -> Result<Vec<Package>, String> {
    let written: Dependencies = super::json(content)?;
    let target = written.targets.get(&written.runtime_target.name);
    let of = |(id, library): (&String, &Library)| {
        if target.and_then(|target| target.get(id)).is_some_and(Assets::is_empty) {
            return None;
        }
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

/// `packages.config`, of before projects named their packages themselves: `<package id="a"
/// version="1.0.0" />`. What is for development alone is marked.
pub(super) fn configuration(text: &str) -> Vec<Package> {
    let of = |element: &str| {
        let element = element.split('>').next().unwrap_or_default();
        let attribute = |name: &str| {
            let (_, rest) = element.split_once(name)?;
            let quote = rest.chars().next().filter(|it| matches!(it, '"' | '\''))?;
            Some(rest.get(1..)?.split_once(quote)?.0)
        };
        let (id, version) = (attribute(" id=")?, attribute(" version=")?);
        let is_for_development =
            attribute(" developmentDependency=").is_some_and(|it| it.eq_ignore_ascii_case("true"));
        (super::is_version(version) && !is_for_development)
            .then(|| Package::new(Kind::Nuget, id, version))
    };
    text.split("<package").skip(1).filter_map(of).collect()
}
