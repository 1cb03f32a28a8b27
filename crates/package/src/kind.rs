//! What a package is installed by.

use serde::{Deserialize, Serialize};

use crate::Scheme;

/// The package managers we catalogue, named by their purl type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Kind {
    /// Alpine's apk, also of Wolfi and Chainguard.
    Apk,
    /// Rust crates.
    Cargo,
    /// PHP packages.
    Composer,
    /// R packages.
    Cran,
    /// Debian's dpkg, also of Ubuntu.
    Deb,
    /// Ruby gems.
    Gem,
    /// What no package manager knows: a binary with a version, no more.
    Generic,
    /// Go modules, the standard library (`stdlib`) among them.
    Golang,
    /// Haskell packages.
    Hackage,
    /// Erlang and Elixir packages.
    Hex,
    /// Java artifacts.
    Maven,
    /// Node packages.
    Npm,
    /// .NET packages.
    Nuget,
    /// Dart packages.
    Pub,
    /// Python distributions.
    Pypi,
    /// rpm, of Red Hat, SUSE and their kin.
    Rpm,
}

impl Kind {
    /// All of them, in the order of their types.
    pub const ALL: [Self; 16] = [
        Self::Apk,
        Self::Cargo,
        Self::Composer,
        Self::Cran,
        Self::Deb,
        Self::Gem,
        Self::Generic,
        Self::Golang,
        Self::Hackage,
        Self::Hex,
        Self::Maven,
        Self::Npm,
        Self::Nuget,
        Self::Pub,
        Self::Pypi,
        Self::Rpm,
    ];

    /// The type in package URLs.
    pub fn purl_type(self) -> &'static str {
        match self {
            Self::Apk => "apk",
            Self::Cargo => "cargo",
            Self::Composer => "composer",
            Self::Cran => "cran",
            Self::Deb => "deb",
            Self::Gem => "gem",
            Self::Generic => "generic",
            Self::Golang => "golang",
            Self::Hackage => "hackage",
            Self::Hex => "hex",
            Self::Maven => "maven",
            Self::Npm => "npm",
            Self::Nuget => "nuget",
            Self::Pub => "pub",
            Self::Pypi => "pypi",
            Self::Rpm => "rpm",
        }
    }

    /// The kind of a purl type in lower case; none for types we do not catalogue.
    pub fn of_purl_type(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.purl_type() == name)
    }

    /// The order its versions stand in; none for what has no package manager.
    pub fn scheme(self) -> Option<Scheme> {
        Some(match self {
            Self::Apk => Scheme::Apk,
            Self::Cargo | Self::Golang | Self::Hex | Self::Npm => Scheme::Semver,
            Self::Composer => Scheme::Composer,
            Self::Cran => Scheme::Cran,
            Self::Deb => Scheme::Dpkg,
            Self::Gem => Scheme::Gem,
            Self::Generic => return None,
            Self::Hackage => Scheme::Hackage,
            Self::Maven => Scheme::Maven,
            Self::Nuget => Scheme::Nuget,
            Self::Pub => Scheme::Pub,
            Self::Pypi => Scheme::Pep440,
            Self::Rpm => Scheme::Rpm,
        })
    }

    /// Whether the packages are an operating system's, and so only its own advisories speak of
    /// them.
    pub fn is_system(self) -> bool {
        matches!(self, Self::Apk | Self::Deb | Self::Rpm)
    }
}
