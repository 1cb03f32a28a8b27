//! Gradle.
//!
//! Source: Gradle's manual, Locking Versions.

use package::{Kind, Package};

/// `gradle.lockfile`: `group:name:version=configuration,configuration`.
pub(super) fn lock(text: &str) -> Vec<Package> {
    let of = |line: &str| {
        let (module, configurations) = line.trim().split_once('=')?;
        let mut parts = module.split(':');
        let (group, name, version) = (parts.next()?, parts.next()?, parts.next()?);
        let is_test = configurations.split(',').all(|it| it.starts_with("test"));
        (!line.starts_with('#') && !is_test).then(|| Package {
            namespace: Some(group.to_owned()),
            ..Package::new(Kind::Maven, name, version)
        })
    };
    text.lines().filter_map(of).collect()
}
