//! Yarn, version 1 and those after.
//!
//! Source: `src/lockfile/stringify.js` of Yarn 1 and Yarn's documentation of protocols.

use package::Package;

use crate::catalog::node;

/// `yarn.lock`: what was asked for at the beginning of a line, and what it came to below.
pub(super) fn lock(text: &str) -> Vec<Package> {
    let mut packages = Vec::new();
    let mut asked = "";
    for line in text.lines() {
        if !line.starts_with([' ', '#']) {
            asked = line.trim_end().trim_end_matches(':');
            continue;
        }
        // `version "1.0.0"` before version 2, `version: 1.0.0` after.
        let version = line.strip_prefix("  version").map(|it| it.trim_matches([' ', ':', '"']));
        let Some((version, name)) = version.zip(name(asked)) else { continue };
        asked = "";
        // `0.0.0-use.local` is what Yarn calls the project itself.
        if super::is_version(version) && !version.ends_with("-use.local") {
            packages.push(node::named(name, version));
        }
    }
    packages
}

/// The package of `"@a/b@^1.0.0, @a/b@npm:^1.1.0"`: of several questions to one answer the first.
fn name(asked: &str) -> Option<&str> {
    let first = asked.split(',').next()?.trim().trim_matches('"');
    let (name, range) = split(first)?;
    // `a@npm:b@^1.0.0`: `b`, under the name of `a`.
    let other = range.strip_prefix("npm:").and_then(split);
    Some(other.map_or(name, |(other, _)| other))
}

/// At the `@` that is not that of a scope.
fn split(text: &str) -> Option<(&str, &str)> {
    let scope = usize::from(text.starts_with('@'));
    let at = scope + text.get(scope..)?.find('@').filter(|at| *at > 0)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}
