//! Java archives: what Maven, or else the manifest and the name of the file, say of them, and of
//! the archives within.
//!
//! Source: Maven's `MavenArchiver` (`pom.properties`), the JAR file specification and OSGi Core 8,
//! section 3.2 (manifests).

mod manifest;

use package::{Kind, Package};

use self::manifest::Manifest;
use crate::Fact;
use crate::zip::Zip;

/// Archives within archives that are looked into: `ear`, `war`, `jar`, and one that was shaded.
const DEPTH_MAX: usize = 4;
/// Bytes of all files that are looked at in one archive and those within it.
const INFLATED_BYTES_MAX: u64 = 1 << 30;
/// Bytes of a manifest or of properties.
const TEXT_BYTES_MAX: u64 = 4 << 20;
/// Bytes of an archive within another, which is kept in memory while it is read.
const NESTED_BYTES_MAX: u64 = 256 << 20;
/// Packages of one archive.
const PACKAGES_MAX: usize = 100_000;
/// Problems of one archive that are told.
const PROBLEMS_MAX: usize = 16;

/// Whether a file is a Java archive, by its name.
pub(super) fn is_archive(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| {
        ["jar", "war", "ear", "jpi", "hpi", "par", "nar", "kar", "lpkg"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// The packages of an archive, and what of it could not be read.
pub(super) fn archive(path: &str, content: &[u8]) -> (Vec<Fact>, Vec<String>) {
    let mut reading = Reading { budget: INFLATED_BYTES_MAX, ..Reading::default() };
    reading.archive(path, content, DEPTH_MAX);
    let Reading { mut packages, problems, .. } = reading;
    packages.sort();
    packages.dedup();
    let facts = if packages.is_empty() { Vec::new() } else { vec![Fact::Packages(packages)] };
    (facts, problems)
}

/// The packages of an archive so far.
#[derive(Default)]
struct Reading {
    packages: Vec<Package>,
    problems: Vec<String>,
    /// Bytes that may still be looked at.
    budget: u64,
}

impl Reading {
    fn archive(&mut self, path: &str, content: &[u8], depth: usize) {
        let zip = match Zip::open(content) {
            Ok(zip) => zip,
            Err(problem) => return self.problem(path, &problem),
        };
        let mut named = Vec::new();
        let mut manifest = Manifest::default();
        for entry in zip.entries() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(problem) => {
                    self.problem(path, &problem);
                    break;
                }
            };
            let name = String::from_utf8_lossy(entry.name);
            let is_nested = is_archive(&name);
            let is_manifest = name == "META-INF/MANIFEST.MF";
            let is_properties =
                name.starts_with("META-INF/maven/") && name.ends_with("/pom.properties");
            if !is_nested && !is_manifest && !is_properties {
                continue;
            }
            if is_nested && depth <= 1 {
                self.problem(path, &format!("`{name}` in it lies deeper than is looked"));
                continue;
            }
            let most = if is_nested { NESTED_BYTES_MAX } else { TEXT_BYTES_MAX };
            let most = most.min(self.budget);
            // Damaged or not: many entries may share the same bytes.
            self.budget -= Some(entry.cost()).filter(|cost| *cost <= most).unwrap_or_default();
            let content = match zip.content(&entry, most) {
                Ok(content) => content,
                Err(problem) => {
                    self.problem(path, &problem);
                    continue;
                }
            };
            if is_nested {
                self.archive(&format!("{path}!/{name}"), &content, depth - 1);
            } else if is_manifest {
                manifest = Manifest::parse(&String::from_utf8_lossy(&content));
            } else {
                named.extend(properties(&String::from_utf8_lossy(&content)));
            }
        }
        self.own(path, &manifest, named);
    }

    /// What the archive itself is. Maven names it; where it names only what was copied in, or
    /// nothing, the name of the file does, which is what a repository calls it.
    fn own(&mut self, path: &str, manifest: &Manifest, named: Vec<Package>) {
        let file = path.rsplit('/').next().unwrap_or(path);
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let by_file = split_version(stem);
        let own = match by_file {
            Some((name, version)) if named.iter().all(|package| package.name != name) => {
                Some(manifest.package(Some(name), Some(version)))
            }
            None if named.is_empty() => Some(manifest.package(None, None)),
            _ => None,
        };
        for package in named.into_iter().chain(own.flatten()) {
            if self.packages.len() >= PACKAGES_MAX {
                return self.problem(path, &format!("more than {PACKAGES_MAX} packages"));
            }
            self.packages.push(package);
        }
    }

    fn problem(&mut self, path: &str, problem: &str) {
        if self.problems.len() < PROBLEMS_MAX {
            let within = path.split_once("!/").map(|(_, within)| format!("`{within}`: "));
            self.problems.push(format!("{}{problem}", within.unwrap_or_default()));
        }
    }
}

/// A package of `pom.properties`.
fn properties(text: &str) -> Option<Package> {
    let (mut group, mut name, mut version) = ("", "", "");
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else { continue };
        match key.trim() {
            "groupId" => group = value.trim(),
            "artifactId" => name = value.trim(),
            "version" => version = value.trim(),
            _ => {}
        }
    }
    // What stands in braces was not filled in: a template that some archives ship.
    let is_whole = [group, name, version].iter().all(|it| !it.is_empty() && !it.contains("${"));
    is_whole.then(|| Package {
        namespace: Some(group.to_owned()),
        ..Package::new(Kind::Maven, name, version)
    })
}

/// `log4j-1.2-api` and `2.14.1` of `log4j-1.2-api-2.14.1`: the version begins at the last part
/// that begins with a digit after one that does not, unless that one belongs to a version too.
fn split_version(stem: &str) -> Option<(&str, &str)> {
    const QUALIFIERS: [&str; 12] =
        ["alpha", "beta", "milestone", "m", "rc", "cr", "b", "pre", "ea", "build", "jre", "rev"];
    let mut at = 0;
    let mut before: Option<&str> = None;
    let mut found = None;
    for part in stem.split('-') {
        let begins_with_digit = part.starts_with(|first: char| first.is_ascii_digit());
        if let Some(before) = before
            && begins_with_digit
            && !before.starts_with(|first: char| first.is_ascii_digit())
            && (found.is_none() || !QUALIFIERS.iter().any(|it| before.eq_ignore_ascii_case(it)))
        {
            found = Some(at);
        }
        before = Some(part);
        at += part.len() + 1;
    }
    let at = found?;
    Some((stem.get(..at - 1)?, stem.get(at..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_file_names_are_found() {
        for (stem, expected) in [
            ("log4j-core-2.14.1", Some(("log4j-core", "2.14.1"))),
            ("log4j-1.2-api-2.14.1", Some(("log4j-1.2-api", "2.14.1"))),
            ("guava-31.1-jre", Some(("guava", "31.1-jre"))),
            ("commons-lang3-3.12.0", Some(("commons-lang3", "3.12.0"))),
            ("a-1.0-beta-2", Some(("a", "1.0-beta-2"))),
            ("a-1.0-20200101.120000-3", Some(("a", "1.0-20200101.120000-3"))),
            ("jboss-api_3.1_spec-1.0.0.Final", Some(("jboss-api_3.1_spec", "1.0.0.Final"))),
            ("app", None),
            ("1.0", None),
            ("", None),
            ("-1", Some(("", "1"))),
        ] {
            assert_eq!(split_version(stem), expected, "{stem}");
        }
    }

    #[test]
    fn properties_name_a_package_or_none() {
        let text = "#Generated\r\nversion=2.14.1\r\ngroupId = org.a\nartifactId=b\n";
        assert_eq!(properties(text).unwrap().purl().to_string(), "pkg:maven/org.a/b@2.14.1");
        assert_eq!(properties("groupId=a\nartifactId=b\nversion=${project.version}"), None);
        assert_eq!(properties("groupId=a\nversion=1"), None);
    }
}
