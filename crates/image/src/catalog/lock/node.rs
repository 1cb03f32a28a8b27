//! npm.
//!
//! Source: npm's documentation of `package-lock.json`, versions 1 to 3.

use std::collections::BTreeMap;

use package::Package;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::node;

#[derive(Deserialize)]
struct Lock {
    packages: Option<BTreeMap<String, Locked>>,
    #[serde(default)]
    dependencies: Value,
}

#[derive(Deserialize)]
struct Locked {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    dev: bool,
    #[serde(default)]
    link: bool,
}

/// `package-lock.json`: by place since version 2, by name and nested before.
pub(super) fn lock(content: &[u8]) -> Result<Vec<Package>, String> {
    let written: Lock = super::json(content)?;
    let mut packages = Vec::new();
    let Some(by_place) = written.packages else {
        nested(&written.dependencies, &mut packages);
        return Ok(packages);
    };
    for (place, locked) in &by_place {
        // Else it is the project itself, or a part of it.
        let Some((_, folder)) = place.rsplit_once("node_modules/") else { continue };
        if !locked.link && !locked.dev {
            let version = locked.version.as_deref().unwrap_or_default();
            packages.extend(package_of(locked.name.as_deref().unwrap_or(folder), version));
        }
    }
    Ok(packages)
}

/// Packages by their names, and those below them: as deep as the document is, which its reader
/// bounds.
fn nested(dependencies: &Value, packages: &mut Vec<Package>) {
    for (name, locked) in dependencies.as_object().into_iter().flatten() {
        let is_for_development = locked.get("dev").and_then(Value::as_bool) == Some(true);
        if let Some(version) = locked.get("version").and_then(Value::as_str)
            && !is_for_development
        {
            packages.extend(package_of(name, version));
        }
        if let Some(below) = locked.get("dependencies") {
            nested(below, packages);
        }
    }
}

fn package_of(name: &str, version: &str) -> Option<Package> {
    // `npm:other@1.0.0`: under another name than its own.
    let other = version.strip_prefix("npm:").and_then(|it| it.rsplit_once('@'));
    let (name, version) = other.unwrap_or((name, version));
    super::is_version(version).then(|| node::named(name, version))
}
