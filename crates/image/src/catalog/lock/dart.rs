//! Dart.
//!
//! Source: `lib/src/lock_file.dart` of pub.

use package::{Kind, Package};

/// What is known of the package that is being read.
#[derive(Clone, Copy, Default)]
struct Entry<'a> {
    name: &'a str,
    version: &'a str,
    /// Whether it comes from a server of packages and is not for development alone.
    is_published: bool,
    is_for_development: bool,
}

/// `pubspec.lock`, as pub writes it: names two blanks in, their fields four.
pub(super) fn lock(text: &str) -> Vec<Package> {
    let mut packages = Vec::new();
    let mut entry = Entry::default();
    let mut is_packages = false;
    for line in text.lines().chain(["end:"]) {
        let depth = line.len() - line.trim_start_matches(' ').len();
        let (key, value) = line.trim().split_once(':').unwrap_or_default();
        let value = value.trim().trim_matches('"');
        if depth <= 2 && !key.is_empty() {
            let Entry { name, version, is_published, is_for_development } = entry;
            if is_published && !is_for_development && super::is_version(version) {
                packages.push(Package::new(Kind::Pub, name, version));
            }
            entry = Entry { name: key.trim_matches('"'), ..Entry::default() };
        }
        match (depth, key) {
            (0, "packages") => is_packages = true,
            (0, key) if !key.is_empty() => is_packages = false,
            (4, "version") if is_packages => entry.version = value,
            (4, "source") if is_packages => entry.is_published = value == "hosted",
            (4, "dependency") => entry.is_for_development = value == "direct dev",
            _ => {}
        }
    }
    packages
}
