//! Composer.
//!
//! Source: `src/Composer/Package/Locker.php` and `Repository/FilesystemRepository.php` of Composer.

use package::{Kind, Package};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Lock {
        packages: Vec<Locked>,
    },
    /// `installed.json` of Composer 1.
    Installed(Vec<Locked>),
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    #[serde(default)]
    license: serde_json::Value,
}

/// `composer.lock` without what is for development; `installed.json`, where all of it is there.
pub(super) fn composer(content: &[u8]) -> Result<Vec<Package>, String> {
    let (Written::Lock { packages } | Written::Installed(packages)) = super::json(content)?;
    let of = |it: Locked| {
        let (vendor, name) = match it.name.split_once('/') {
            Some((vendor, name)) => (Some(vendor.to_owned()), name),
            None => (None, it.name.as_str()),
        };
        let licences = crate::catalog::node::licences(it.license);
        Package { namespace: vendor, licences, ..Package::new(Kind::Composer, name, it.version) }
    };
    Ok(packages.into_iter().map(of).collect())
}
