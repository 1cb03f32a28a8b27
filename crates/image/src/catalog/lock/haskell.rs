//! Haskell.
//!
//! Source: cabal's user guide, `cabal freeze`, and Stack's documentation of lock files.

use package::{Kind, Package};

/// `cabal.project.freeze`: `any.text ==1.2.4.1,`.
pub(super) fn freeze(text: &str) -> Vec<Package> {
    let of = |line: &str| {
        let (_, rest) = line.split_once("any.")?;
        let (name, version) = rest.split_once(" ==")?;
        let version = version.trim_end().trim_end_matches(',');
        super::is_version(version).then(|| Package::new(Kind::Hackage, name, version))
    };
    text.lines().filter_map(of).collect()
}

/// `stack.yaml.lock`: `hackage: text-1.2.4.1@sha256:…`, once as it was asked for and once as it was
/// found.
pub(super) fn stack(text: &str) -> Vec<Package> {
    let of = |line: &str| {
        let (_, rest) = line.split_once("hackage: ")?;
        let whole = rest.split('@').next()?.trim();
        let (name, version) = whole.rsplit_once('-')?;
        super::is_version(version).then(|| Package::new(Kind::Hackage, name, version))
    };
    text.lines().filter_map(of).collect()
}
