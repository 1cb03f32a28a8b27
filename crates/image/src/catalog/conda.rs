//! Packages of conda environments.
//!
//! Source: conda's `PrefixRecord` (`conda/models/records.py`), written to `conda-meta/*.json` when
//! a package is linked.

use package::{Kind, Package};
use serde::Deserialize;

use crate::Fact;
use crate::path;

/// Bytes of a record: the largest packages have some ten thousand files.
const BYTES_MAX: usize = 32 << 20;

#[derive(Deserialize)]
struct Record {
    name: String,
    version: String,
    #[serde(default)]
    license: Option<String>,
    #[serde(default)]
    files: Vec<String>,
}

/// The package of a record, and its files: what is known of Python distributions among them stays
/// known by their own metadata, since nobody but their authors mends them.
pub(super) fn package(at: &str, content: &[u8]) -> Result<Vec<Fact>, String> {
    if content.len() > BYTES_MAX {
        return Err(format!("a record of conda of more than {BYTES_MAX} bytes"));
    }
    let record: Record = serde_json::from_slice(content)
        .map_err(|error| format!("not as conda writes it: {error}"))?;
    if record.name.is_empty() || record.version.is_empty() {
        return Err("a package without name or version".to_owned());
    }
    let licences = record.license.into_iter().filter(|it| !it.is_empty()).collect();
    let package = Package { licences, ..Package::new(Kind::Conda, record.name, record.version) };
    let environment = at.rsplit_once("conda-meta/").map_or("", |(environment, _)| environment);
    let files = record.files.iter().map(|file| {
        let (path, _) = path::normal(format!("{environment}{file}").as_bytes());
        path::hash(&path)
    });
    Ok(vec![Fact::Packages(vec![package]), Fact::Placed(files.collect())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_names_its_package_and_files() {
        let content = br#"{"build": "h166bdaf_4", "channel": "conda-forge", "depends": [],
            "files": ["bin/xz", "lib/liblzma.so.5"], "license": "LGPL-2.1 and GPL-2.0",
            "name": "xz", "subdir": "linux-64", "version": "5.2.6"}"#;
        let facts = package("opt/conda/conda-meta/xz-5.2.6-h166bdaf_4.json", content).unwrap();
        let [Fact::Packages(packages), Fact::Placed(files)] = &facts[..] else { panic!() };
        assert_eq!(packages[0].purl().to_string(), "pkg:conda/xz@5.2.6");
        assert_eq!(packages[0].licences, ["LGPL-2.1 and GPL-2.0"]);
        let expected = ["opt/conda/bin/xz", "opt/conda/lib/liblzma.so.5"].map(path::hash);
        assert_eq!(files[..], expected);
        assert!(package("conda-meta/a.json", b"{}").is_err());
        assert!(package("conda-meta/a.json", br#"{"name": "", "version": "1"}"#).is_err());
    }
}
