//! Gentoo's package manager.
//!
//! Source: the Package Manager Specification, and `var/db/pkg` of Portage: a folder
//! `⟨category⟩/⟨name⟩-⟨version⟩` for each package, in it `CONTENTS`, a file a line.

use package::{Kind, Package};

use crate::Fact;
use crate::path;

/// The package a `CONTENTS` lies with, and its files: `obj /usr/bin/x ⟨MD5⟩ ⟨time⟩`.
pub(super) fn contents(at: &str, text: &str) -> Result<Vec<Fact>, String> {
    let folder = at.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts = folder.rsplit('/');
    let (whole, category) = (parts.next().unwrap_or_default(), parts.next());
    let (name, version) = split_version(whole).ok_or("it lies with no name and version")?;
    let package = Package {
        namespace: category.map(str::to_owned),
        ..Package::new(Kind::Ebuild, name, version)
    };
    let files = text.lines().filter_map(|line| {
        let file = line.strip_prefix("obj ")?;
        let file = file.rsplitn(3, ' ').nth(2)?;
        Some(path::hash(&path::normal(file.as_bytes()).0))
    });
    Ok(vec![Fact::Packages(vec![package]), Fact::Owned(files.collect())])
}

/// `bash` and `5.1_p16-r2` of `bash-5.1_p16-r2`: a version begins with a digit, and its revision is
/// a part of it.
fn split_version(whole: &str) -> Option<(&str, &str)> {
    let is_revision = |part: &str| {
        part.strip_prefix('r').is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let (before, last) = whole.rsplit_once('-')?;
    let (name, version) = if is_revision(last) {
        let (name, _) = before.rsplit_once('-')?;
        (name, whole.get(name.len() + 1..)?)
    } else {
        (before, last)
    };
    let is_version = version.starts_with(|first: char| first.is_ascii_digit());
    (is_version && !name.is_empty()).then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_names_the_package() {
        let text = "dir /usr\nobj /usr/bin/a b 00 1\nsym /usr/bin/sh -> bash 1\n";
        let facts = contents("var/db/pkg/app-shells/bash-5.1_p16-r2/CONTENTS", text).unwrap();
        let [Fact::Packages(packages), Fact::Owned(owned)] = &facts[..] else { panic!() };
        let purl = packages[0].purl().to_string();
        assert_eq!(purl, "pkg:ebuild/app-shells/bash@5.1_p16-r2");
        assert_eq!(owned[..], [path::hash("usr/bin/a b")]);
        for (whole, expected) in [
            ("gtk+-2.24.33-r1", Some(("gtk+", "2.24.33-r1"))),
            ("font-adobe-100dpi-1.0.3", Some(("font-adobe-100dpi", "1.0.3"))),
            ("bash", None),
            ("a-r1", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(split_version(whole), expected, "{whole}");
        }
        assert!(contents("var/db/pkg/a/b/CONTENTS", "").is_err());
    }
}
