//! Arch Linux's package manager.
//!
//! Source: `lib/libalpm/be_local.c` of pacman: a folder for each package below
//! `var/lib/pacman/local`, with fields as `%NAME%` and their values in the lines below.

use package::{Kind, Package, Source};

use crate::Fact;
use crate::path;

/// `desc`: what a package is.
pub(super) fn description(text: &str) -> Result<Vec<Fact>, String> {
    let mut package = Package::new(Kind::Alpm, "", "");
    for (field, value) in fields(text) {
        match field {
            "NAME" => value.clone_into(&mut package.name),
            "VERSION" => value.clone_into(&mut package.version),
            "ARCH" => package.architecture = Some(value.to_owned()),
            "LICENSE" => package.licences.push(value.to_owned()),
            "BASE" => package.source = Some(Source { name: value.to_owned(), version: None }),
            _ => {}
        }
    }
    if package.name.is_empty() || package.version.is_empty() {
        let Package { name, version, .. } = package;
        return Err(format!("a package without name or version: `{name}` `{version}`"));
    }
    package.source = package.source.filter(|source| source.name != package.name);
    Ok(vec![Fact::Packages(vec![package])])
}

/// `files`: what it brought. A folder ends in `/`.
pub(super) fn files(text: &str) -> Vec<Fact> {
    let files = fields(text).filter(|(field, path)| *field == "FILES" && !path.ends_with('/'));
    let hashes = files.map(|(_, path)| path::hash(&path::normal(path.as_bytes()).0));
    vec![Fact::Owned(hashes.collect())]
}

/// Each value with its field.
fn fields(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut field = "";
    text.lines().filter_map(move |line| {
        let name = line.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
        if let Some(name) = name {
            field = name;
            return None;
        }
        (!line.is_empty()).then_some((field, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_and_files_are_in_two_lists() {
        let text = "%NAME%\ngcc-libs\n\n%VERSION%\n13.2.1-3\n\n%BASE%\ngcc\n\n%ARCH%\nx86_64\n\n\
                    %LICENSE%\nGPL\nFDL\n\n%DEPENDS%\nglibc>=2.27\n";
        let facts = description(text).unwrap();
        let [Fact::Packages(packages)] = &facts[..] else { panic!() };
        let purl = "pkg:alpm/gcc-libs@13.2.1-3?arch=x86_64&upstream=gcc";
        assert_eq!(packages[0].purl().to_string(), purl);
        assert_eq!(packages[0].licences, ["GPL", "FDL"]);
        assert!(description("%NAME%\na\n").is_err());
        let [Fact::Owned(owned)] =
            &files("%FILES%\nusr/\nusr/bin/gcc\n\n%BACKUP%\netc/x\tab\n")[..]
        else {
            panic!()
        };
        assert_eq!(owned[..], [path::hash("usr/bin/gcc")]);
    }
}
