//! Debian's package manager.
//!
//! Source: `deb822(5)`, `dpkg-query(1)`, Debian Policy 5.6 and 12.5.

use package::{Kind, Package, Source};

use crate::Fact;
use crate::path;

/// Licences of one package that are kept.
const LICENCES_MAX: usize = 64;

/// Packages of `var/lib/dpkg/status` whose files are there.
pub(super) fn status(text: &str) -> Result<Vec<Fact>, String> {
    let packages = paragraphs(text).filter_map(|paragraph| {
        let paragraph = paragraph.filter_installed();
        paragraph.map(package_of)
    });
    packages.collect::<Result<_, _>>().map(|packages| vec![Fact::Packages(packages)])
}

/// The package of a file in `var/lib/dpkg/status.d`: it says nothing of its state.
pub(super) fn status_part(text: &str) -> Result<Vec<Fact>, String> {
    let packages = paragraphs(text).map(package_of);
    packages.collect::<Result<_, _>>().map(|packages| vec![Fact::Packages(packages)])
}

/// One package's fields.
#[derive(Clone, Copy, Default)]
struct Paragraph<'a> {
    name: &'a str,
    status: &'a str,
    version: &'a str,
    architecture: &'a str,
    source: &'a str,
}

impl Paragraph<'_> {
    /// Whether its files are there: wanted or not, whole or half configured. Of a package that was
    /// removed the configuration alone may be left.
    fn filter_installed(self) -> Option<Self> {
        let state = self.status.split_ascii_whitespace().nth(2).unwrap_or_default();
        (!matches!(state, "not-installed" | "config-files")).then_some(self)
    }
}

/// Paragraphs of fields, between empty lines. Lines that go on with a field begin with a blank.
fn paragraphs(text: &str) -> impl Iterator<Item = Paragraph<'_>> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        let mut paragraph = Paragraph::default();
        let mut is_begun = false;
        for line in lines.by_ref() {
            if line.trim().is_empty() {
                if is_begun {
                    break;
                }
                continue;
            }
            is_begun = true;
            if line.starts_with([' ', '\t', '#']) {
                continue;
            }
            let Some((field, value)) = line.split_once(':') else { continue };
            let slot = match field {
                _ if field.eq_ignore_ascii_case("Package") => &mut paragraph.name,
                _ if field.eq_ignore_ascii_case("Status") => &mut paragraph.status,
                _ if field.eq_ignore_ascii_case("Version") => &mut paragraph.version,
                _ if field.eq_ignore_ascii_case("Architecture") => &mut paragraph.architecture,
                _ if field.eq_ignore_ascii_case("Source") => &mut paragraph.source,
                _ => continue,
            };
            *slot = value.trim();
        }
        is_begun.then_some(paragraph)
    })
}

fn package_of(paragraph: Paragraph<'_>) -> Result<Package, String> {
    let Paragraph { name, version, architecture, source, .. } = paragraph;
    if name.is_empty() || version.is_empty() {
        return Err(format!("a package without name or version: `{name}` `{version}`"));
    }
    // `glibc (2.36-9)`: the version stands there where it is another.
    let (source_name, source_version) = source.split_once(" (").unwrap_or((source, ""));
    let source_version = source_version.trim_end_matches(')');
    let source_version = Some(source_version).filter(|it| !it.is_empty() && *it != version);
    let is_own = source_name.is_empty() || (source_name == name && source_version.is_none());
    Ok(Package {
        architecture: Some(architecture.to_owned()).filter(|it| !it.is_empty()),
        source: (!is_own).then(|| Source {
            name: source_name.to_owned(),
            version: source_version.map(str::to_owned),
        }),
        ..Package::new(Kind::Deb, name, version)
    })
}

/// Files that a package brought: a path a line, or after a checksum.
pub(super) fn files(path: &str, content: &[u8]) -> Vec<Fact> {
    let is_list = path.strip_suffix(".list").is_some();
    let paths = content.split(|byte| *byte == b'\n').filter_map(|line| {
        let line = if is_list { line } else { line.get(34..)? };
        let (path, _) = path::normal(line);
        (!path.is_empty()).then(|| path::hash(&path))
    });
    vec![Fact::Owned(paths.collect())]
}

/// Short names of licences in `usr/share/doc/*/copyright`, in the format of DEP-5 or as references
/// to the texts that every system has.
pub(super) fn copyright(text: &str) -> Vec<Fact> {
    const COMMON: &str = "/usr/share/common-licenses/";
    let mut licences: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        let name = name.trim();
        let name = name.trim_end_matches(['.', ',', ';', ':', ')', '\'', '"', '`', '’', '”', '>']);
        let is_name = !name.is_empty() && name.len() <= 100 && !name.contains('/');
        let name = super::licence::of_debian(name);
        if is_name && licences.len() < LICENCES_MAX && !licences.contains(&name) {
            licences.push(name);
        }
    };
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("License:") {
            add(name);
        }
        if let Some((_, rest)) = line.split_once(COMMON) {
            add(rest.split_ascii_whitespace().next().unwrap_or_default());
        }
    }
    licences.sort();
    vec![Fact::Licences(licences)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\n\
        Source: glibc\nVersion: 2.36-9\nDescription: a\n b\n .\n Package: none\n\n\
        Package: perl-base\nStatus: install ok half-configured\nArchitecture: amd64\n\
        Source: perl (5.36.0-7)\nVersion: 5.36.0-7+b1\n\n\
        Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n\n\
        Package: bash\nstatus: hold ok installed\nVersion: 5.2-1\nArchitecture: amd64\n";

    #[test]
    fn installed_packages_are_found_with_their_sources() {
        let facts = status(STATUS).unwrap();
        let [Fact::Packages(packages)] = &facts[..] else { panic!("{facts:?}") };
        let shown: Vec<_> = packages
            .iter()
            .map(|it| (it.name.as_str(), it.version.as_str(), it.source.clone()))
            .collect();
        let source = |name: &str, version: Option<&str>| {
            Some(Source { name: name.to_owned(), version: version.map(str::to_owned) })
        };
        assert_eq!(
            shown,
            [
                ("libc6", "2.36-9", source("glibc", None)),
                ("perl-base", "5.36.0-7+b1", source("perl", Some("5.36.0-7"))),
                ("bash", "5.2-1", None),
            ]
        );
    }

    #[test]
    fn a_package_without_a_version_is_an_error() {
        assert!(status("Package: a\nStatus: install ok installed\n").is_err());
        assert!(status_part("Version: 1\n").is_err());
        assert_eq!(status(""), Ok(vec![Fact::Packages(vec![])]));
    }

    #[test]
    fn licences_are_named_once() {
        let text = "Format: x\n\nFiles: *\nLicense: GPL-2+\n text in \
                    /usr/share/common-licenses/GPL-2'.\nLicense: MIT\nLicense: GPL-2+\n";
        let expected = ["GPL-2.0-only", "GPL-2.0-or-later", "MIT"].map(str::to_owned).to_vec();
        assert_eq!(copyright(text), [Fact::Licences(expected)]);
    }

    #[test]
    fn files_of_a_package_are_numbers() {
        let of = |path: &str, content: &[u8]| match &files(path, content)[..] {
            [Fact::Owned(paths)] => paths.to_vec(),
            other => panic!("{other:?}"),
        };
        let number = path::hash("usr/bin/x");
        assert_eq!(of("a.list", b"/.\n/usr/bin/x\n"), [number]);
        assert_eq!(
            of("a.md5sums", b"d41d8cd98f00b204e9800998ecf8427e  usr/bin/x\nshort\n"),
            [number]
        );
    }
}
