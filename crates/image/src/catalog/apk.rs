//! Alpine's package manager.
//!
//! Source: `apk-package(5)` and `src/database.c` of apk-tools: fields of one letter.

use package::{Kind, Package, Source};

use crate::Fact;
use crate::path;

/// Packages of `lib/apk/db/installed`, and the files they brought.
pub(super) fn installed(text: &str) -> Result<Vec<Fact>, String> {
    let mut packages = Vec::new();
    let mut owned = Vec::new();
    let mut package = Package::new(Kind::Apk, "", "");
    let mut folder = "";
    for line in text.lines().chain([""]) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        match field {
            "" => {
                let done = std::mem::replace(&mut package, Package::new(Kind::Apk, "", ""));
                if done == package {
                    continue;
                }
                if done.name.is_empty() || done.version.is_empty() {
                    let Package { name, version, .. } = done;
                    return Err(format!("a package without name or version: `{name}` `{version}`"));
                }
                packages.push(done);
                folder = "";
            }
            "P" => value.clone_into(&mut package.name),
            "V" => value.clone_into(&mut package.version),
            "A" => package.architecture = Some(value.to_owned()),
            "L" if !value.is_empty() => package.licences = vec![value.to_owned()],
            "o" if !value.is_empty() => {
                package.source = Some(Source { name: value.to_owned(), version: None });
            }
            "F" => folder = value,
            "R" => {
                let (path, _) = path::normal(format!("{folder}/{value}").as_bytes());
                owned.push(path::hash(&path));
            }
            _ => {}
        }
    }
    for package in &mut packages {
        if package.source.as_ref().is_some_and(|source| source.name == package.name) {
            package.source = None;
        }
    }
    Ok(vec![Fact::Packages(packages), Fact::Owned(owned.into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installed_packages_are_found_with_their_origins() {
        let text = "C:Q1abc=\nP:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\nF:lib\n\
                    R:ld-musl-x86_64.so.1\na:0:0:755\n\nP:libssl3\nV:3.3.2-r0\nA:x86_64\n\
                    L:Apache-2.0\no:openssl\n\n";
        let facts = installed(text).unwrap();
        let [Fact::Packages(packages), Fact::Owned(owned)] = &facts[..] else { panic!() };
        assert_eq!(packages.len(), 2);
        assert_eq!((packages[0].name.as_str(), &packages[0].source), ("musl", &None));
        assert_eq!(packages[0].licences, ["MIT"]);
        assert_eq!(packages[1].advisory_name(), "openssl");
        assert_eq!(owned[..], [path::hash("lib/ld-musl-x86_64.so.1")]);
        assert_eq!(installed("").unwrap(), [Fact::Packages(vec![]), Fact::Owned([].into())]);
        assert!(installed("P:a\n\n").is_err());
    }
}
