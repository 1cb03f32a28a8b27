//! pnpm.
//!
//! Source: pnpm's specification `lockfile/6.0.md` and `lockfile/9.0.md`, and the `dependency-path`
//! package of pnpm for those before.

use package::Package;

use crate::catalog::node;

/// `pnpm-lock.yaml`, as pnpm writes it: a key of `packages` stands alone in a line, two blanks in.
pub(super) fn lock(text: &str) -> Result<Vec<Package>, String> {
    let mut packages: Vec<Package> = Vec::new();
    let (mut version, mut section, mut is_current) = (None, "", false);
    for line in text.lines() {
        if let Some(written) = line.strip_prefix("lockfileVersion:") {
            let major = written.trim().trim_matches(['\'', '"']).split('.').next();
            version = major.and_then(|major| major.parse::<u32>().ok());
        }
        if !line.starts_with([' ', '#']) && !line.is_empty() {
            section = line.trim_end();
        }
        if section != "packages:" {
            continue;
        }
        let key = line.strip_prefix("  ").filter(|rest| !rest.starts_with([' ', '#']));
        if let Some(key) = key {
            let key = key.trim_end().trim_end_matches(':').trim_matches(['\'', '"']);
            let found = if version.is_some_and(|it| it >= 6) { at(key) } else { slashed(key) };
            let found = found.filter(|(_, version)| super::is_version(version));
            is_current = found.is_some();
            packages.extend(found.map(|(name, version)| node::named(name, version)));
        } else if line.trim() == "dev: true" && std::mem::take(&mut is_current) {
            packages.pop();
        }
    }
    version.map(|_| packages).ok_or_else(|| "no `lockfileVersion` of pnpm".to_owned())
}

/// `@babel/core@7.0.0(supports-color@5.5.0)`, in version 6 after a `/`.
fn at(key: &str) -> Option<(&str, &str)> {
    let key = key.split('(').next().unwrap_or_default();
    key.strip_prefix('/').unwrap_or(key).rsplit_once('@')
}

/// `/@babel/core/7.0.0_supports-color@5.5.0`, of version 5.
fn slashed(key: &str) -> Option<(&str, &str)> {
    let key = key.strip_prefix('/')?;
    let scope = if key.starts_with('@') { key.find('/')? + 1 } else { 0 };
    let end = scope + key.get(scope..)?.find('/')?;
    let version = key.get(end + 1..)?.split(['_', '/']).next()?;
    Some((key.get(..end)?, version))
}
