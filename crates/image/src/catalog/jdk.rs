//! Java runtimes.
//!
//! Source: `make/ReleaseFile.gmk` of `OpenJDK`: a `release` in the folder of each runtime.

use package::{Kind, Package};

use crate::Fact;

/// The runtime of a `release`: `openjdk`, by the version it calls itself. One without
/// `JAVA_VERSION` is something else of this name.
pub(super) fn release(text: &str) -> Vec<Fact> {
    let (mut version, mut runtime, mut implementor) = ("", "", "");
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = value.trim_matches('"');
        match key {
            "JAVA_VERSION" => version = value,
            "JAVA_RUNTIME_VERSION" => runtime = value,
            "IMPLEMENTOR" => implementor = value,
            _ => {}
        }
    }
    if version.is_empty() {
        return Vec::new();
    }
    let name = if implementor.starts_with("Oracle") { "jdk" } else { "openjdk" };
    // With its build, `17.0.9+9`: the version alone is that of another update where it has four
    // numbers.
    let version = if runtime.is_empty() { version } else { runtime };
    vec![Fact::Packages(vec![Package::new(Kind::Generic, name, version)])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_names_its_runtime() {
        for (text, expected) in [
            (
                "IMPLEMENTOR=\"Eclipse Adoptium\"\nJAVA_RUNTIME_VERSION=\"17.0.9+9\"\n\
                 JAVA_VERSION=\"17.0.9\"\nMODULES=\"java.base\"\n",
                Some("pkg:generic/openjdk@17.0.9%2B9"),
            ),
            ("JAVA_VERSION=\"1.8.0_382\"\n", Some("pkg:generic/openjdk@1.8.0_382")),
            ("NAME=other\n", None),
        ] {
            let facts = release(text);
            let purl = facts.iter().find_map(|fact| match fact {
                Fact::Packages(packages) => Some(packages[0].purl().to_string()),
                _ => None,
            });
            assert_eq!(purl.as_deref(), expected, "{text}");
        }
    }
}
