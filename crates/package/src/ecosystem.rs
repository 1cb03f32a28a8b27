//! Ecosystems, as advisories in the OSV format name them: `PyPI`, `Debian:12`, `Alpine:v3.20`.
//!
//! Names are those of the OSV schema 1.7.5 (`docs/schema.md`, "Defined ecosystems").

use std::borrow::Cow;
use std::fmt;

use crate::purl::pypi_name;
use crate::{Distribution, Kind, Package, Scheme};

/// An ecosystem without a release: one row of the list of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Family {
    /// As the OSV schema spells it.
    pub name: &'static str,
    /// The order of its versions.
    pub scheme: Scheme,
    /// What its packages are installed by.
    pub kind: Kind,
    /// The `ID` of `os-release`, of distributions.
    pub distribution: Option<&'static str>,
}

/// All we know. A record of another ecosystem cannot be judged.
const FAMILIES: &[Family] = &[
    language("CRAN", Kind::Cran, Scheme::Cran),
    language("Go", Kind::Golang, Scheme::Semver),
    language("Hackage", Kind::Hackage, Scheme::Hackage),
    language("Hex", Kind::Hex, Scheme::Semver),
    language("Maven", Kind::Maven, Scheme::Maven),
    language("NuGet", Kind::Nuget, Scheme::Nuget),
    language("Packagist", Kind::Composer, Scheme::Composer),
    language("Pub", Kind::Pub, Scheme::Pub),
    language("PyPI", Kind::Pypi, Scheme::Pep440),
    language("RubyGems", Kind::Gem, Scheme::Gem),
    language("crates.io", Kind::Cargo, Scheme::Semver),
    language("npm", Kind::Npm, Scheme::Semver),
    system("AlmaLinux", "almalinux", Kind::Rpm),
    system("Alpaquita", "alpaquita", Kind::Apk),
    system("Alpine", "alpine", Kind::Apk),
    system("Chainguard", "chainguard", Kind::Apk),
    system("Debian", "debian", Kind::Deb),
    system("Mageia", "mageia", Kind::Rpm),
    system("MinimOS", "minimos", Kind::Apk),
    system("Photon OS", "photon", Kind::Rpm),
    system("Red Hat", "rhel", Kind::Rpm),
    system("Rocky Linux", "rocky", Kind::Rpm),
    system("SUSE", "sles", Kind::Rpm),
    system("Ubuntu", "ubuntu", Kind::Deb),
    system("Wolfi", "wolfi", Kind::Apk),
    system("openEuler", "openeuler", Kind::Rpm),
    system("openSUSE", "opensuse", Kind::Rpm),
];

/// Debian's codenames and numbers, as in `distro-info-data` (`debian.csv`).
const DEBIAN_RELEASES: &[(&str, &str)] = &[
    ("woody", "3.0"),
    ("sarge", "3.1"),
    ("etch", "4.0"),
    ("lenny", "5.0"),
    ("squeeze", "6.0"),
    ("wheezy", "7"),
    ("jessie", "8"),
    ("stretch", "9"),
    ("buster", "10"),
    ("bullseye", "11"),
    ("bookworm", "12"),
    ("trixie", "13"),
    ("forky", "14"),
    ("duke", "15"),
];

const fn language(name: &'static str, kind: Kind, scheme: Scheme) -> Family {
    Family { name, scheme, kind, distribution: None }
}

const fn system(name: &'static str, id: &'static str, kind: Kind) -> Family {
    let scheme = match kind {
        Kind::Apk => Scheme::Apk,
        Kind::Deb => Scheme::Dpkg,
        _ => Scheme::Rpm,
    };
    Family { name, scheme, kind, distribution: Some(id) }
}

/// An ecosystem, of a release where it has releases.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ecosystem {
    family: &'static Family,
    release: String,
}

impl Ecosystem {
    /// Reads `Debian:12`, `PyPI` or `Ubuntu:22.04:LTS`; none for an ecosystem we do not know.
    /// Spellings of one release are one: `Ubuntu:22.04` is `Ubuntu:22.04:LTS`, a repository behind
    /// a stream of Red Hat (`::appstream`) falls away.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, release) = text.split_once(':').unwrap_or((text, ""));
        let family = FAMILIES.iter().find(|family| family.name == name)?;
        let release = match family.name {
            "Ubuntu" => release.trim_end_matches(":LTS"),
            "Red Hat" => release.split("::").next().unwrap_or_default(),
            _ => release,
        };
        Some(Self { family, release: release.to_owned() })
    }

    /// Where advisories speak of a package; none where no ecosystem is its own: a binary without a
    /// package manager, a distribution we do not know.
    pub fn of(package: &Package) -> Option<Self> {
        if !package.kind.is_system() {
            let family = FAMILIES.iter().find(|family| family.kind == package.kind)?;
            return Some(Self { family, release: String::new() });
        }
        let found = Self::of_distribution(package.distribution.as_deref()?)?;
        (found.family.kind == package.kind).then_some(found)
    }

    /// Where advisories speak of a distribution's own packages; none for one we do not know. A
    /// release that advisories name by more than its number is spelled as they do:
    /// `Alpine:v3.20`, `Debian:12`, `AlmaLinux:9`, `SUSE:Linux Enterprise Server 15 SP5`.
    pub fn of_distribution(distribution: &Distribution) -> Option<Self> {
        let id = match distribution.id.as_str() {
            leap if leap.starts_with("opensuse") => "opensuse",
            id => id,
        };
        let family = FAMILIES.iter().find(|family| family.distribution == Some(id))?;
        Some(Self { family, release: release(family, distribution) })
    }

    /// A package's name as the ecosystem compares it: Python's names in their normal form, those
    /// of Packagist and NuGet in lower case, all others as they are.
    pub fn canonical_name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        canonical_name(self.family.kind, name)
    }

    /// The ecosystem without its release.
    pub fn family(&self) -> &'static Family {
        self.family
    }

    /// The release: `12` of `Debian:12`; empty where there is none.
    pub fn release(&self) -> &str {
        &self.release
    }

    /// Debian's release of a codename; none for one that has no number, like `sid`.
    pub fn of_debian(codename: &str) -> Option<Self> {
        let distribution = Distribution {
            id: "debian".to_owned(),
            codename: codename.to_owned(),
            ..Distribution::default()
        };
        Self::of_distribution(&distribution).filter(|found| !found.release.is_empty())
    }

    /// The order of its versions.
    pub fn scheme(&self) -> Scheme {
        self.family.scheme
    }
}

/// As the OSV schema spells it.
impl fmt::Display for Ecosystem {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.family.name)?;
        if !self.release.is_empty() {
            write!(to, ":{}", self.release)?;
        }
        Ok(())
    }
}

pub(crate) fn canonical_name(kind: Kind, name: &str) -> Cow<'_, str> {
    let has_capitals = || name.bytes().any(|byte| byte.is_ascii_uppercase());
    match kind {
        Kind::Pypi => pypi_name(name),
        Kind::Composer | Kind::Nuget if has_capitals() => Cow::Owned(name.to_ascii_lowercase()),
        _ => Cow::Borrowed(name),
    }
}

fn release(family: &Family, distribution: &Distribution) -> String {
    let version = distribution.version_id.as_str();
    let major = version.split('.').next().unwrap_or_default();
    match family.name {
        "Debian" => {
            let named = DEBIAN_RELEASES.iter().find(|(name, _)| *name == distribution.codename);
            // A point release (`9.13`) is its release; 3.0 to 6.0 had two numbers of their own.
            let two = DEBIAN_RELEASES.iter().find(|(_, number)| *number == version);
            match (two, major, named) {
                (Some((_, number)), ..) | (None, "", Some((_, number))) => (*number).to_owned(),
                _ => major.to_owned(),
            }
        }
        "Alpine" | "Alpaquita" => {
            let mut parts = version.split('.');
            match (parts.next(), parts.next()) {
                // `3.21.0_alpha20240807` is what edge says.
                _ if version.contains("_alpha") => "edge".to_owned(),
                (Some(major), Some(minor)) if family.name == "Alpine" => {
                    format!("v{major}.{minor}")
                }
                _ => version.to_owned(),
            }
        }
        "AlmaLinux" | "Rocky Linux" => major.to_owned(),
        "Red Hat" => format!("enterprise_linux:{major}"),
        "Chainguard" | "MinimOS" | "Wolfi" => String::new(),
        "SUSE" => match version.split_once('.') {
            Some((major, pack)) => format!("Linux Enterprise Server {major} SP{pack}"),
            None => format!("Linux Enterprise Server {version}"),
        },
        "openSUSE" => match distribution.id.as_str() {
            "opensuse-tumbleweed" => "Tumbleweed".to_owned(),
            _ => format!("Leap {version}"),
        },
        _ => version.to_owned(),
    }
}
