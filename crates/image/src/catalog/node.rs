//! Installed Node packages.
//!
//! Source: the documentation of `package.json` by npm.

use package::{Kind, Package};
use serde::Deserialize;
use serde_json::Value;

use crate::Fact;

/// Bytes of a `package.json`: what npm publishes has at most some hundred thousand, and the tree of
/// a hostile one takes many times its size.
const BYTES_MAX: usize = 4 << 20;

#[derive(Deserialize)]
struct Written {
    name: Option<String>,
    version: Option<String>,
    license: Option<Value>,
    licenses: Option<Value>,
}

/// `package.json`. One without name or version is no package but a part of
/// one: `{"type": "module"}`.
pub(super) fn package(content: &[u8]) -> Result<Vec<Fact>, String> {
    if content.len() > BYTES_MAX {
        return Err(format!("a package.json of more than {BYTES_MAX} bytes"));
    }
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
    let written: Written =
        serde_json::from_slice(content).map_err(|error| format!("no package.json: {error}"))?;
    let (Some(name), Some(version)) = (written.name, written.version) else {
        return Ok(Vec::new());
    };
    if name.is_empty() || version.is_empty() {
        return Ok(Vec::new());
    }
    let licences = licences(written.license.or(written.licenses).unwrap_or_default());
    Ok(vec![Fact::Packages(vec![Package { licences, ..named(&name, &version) }])])
}

/// A package by its name, with its scope.
pub(super) fn named(name: &str, version: &str) -> Package {
    let (namespace, name) = match name.split_once('/') {
        Some((scope, name)) if scope.starts_with('@') => (Some(scope.to_owned()), name),
        _ => (None, name),
    };
    Package { namespace, ..Package::new(Kind::Npm, name, version) }
}

/// `"MIT"`, and the old forms `{"type": "MIT"}` and a list of either.
pub(super) fn licences(value: Value) -> Vec<String> {
    match value {
        Value::String(text) if !text.is_empty() => vec![text],
        Value::Array(items) => items.into_iter().flat_map(licences).collect(),
        Value::Object(mut map) => map.remove("type").map(licences).unwrap_or_default(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_and_old_licences_are_known() {
        let content =
            br#"{"name": "@a/b", "version": "1.0.0", "licenses": [{"type": "MIT"}, "X"]}"#;
        let facts = package(content).unwrap();
        let [Fact::Packages(packages)] = &facts[..] else { panic!() };
        assert_eq!(packages[0].purl().to_string(), "pkg:npm/%40a/b@1.0.0");
        assert_eq!(packages[0].licences, ["MIT", "X"]);
        assert_eq!(package(br#"{"type": "module"}"#).unwrap(), []);
        assert!(package(b"{").is_err());
        let large = format!(r#"{{"name": "a", "version": "1", "x": "{}"}}"#, "x".repeat(BYTES_MAX));
        assert!(package(large.as_bytes()).is_err());
    }
}
