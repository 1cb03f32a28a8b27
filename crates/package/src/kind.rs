//! What a package is installed by.

use serde::{Deserialize, Serialize};

use crate::Scheme;

/// The package managers we catalogue, named by their purl type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Kind {
    /// pacman, of Arch Linux and its kin.
    Alpm,
    /// Alpine's apk, also of Wolfi and Chainguard.
    Apk,
    /// Components of Bitnami's images.
    Bitnami,
    /// Rust crates.
    Cargo,
    /// PHP packages.
    Composer,
    /// Libraries of C and C++ by Conan.
    Conan,
    /// Packages of conda, of any language.
    Conda,
    /// R packages.
    Cran,
    /// Debian's dpkg, also of Ubuntu.
    Deb,
    /// Portage, of Gentoo; its purl type is the one other tools write.
    Ebuild,
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
    /// Swift packages, by the address of their repository.
    Swift,
}

impl Kind {
    /// All of them, in the order of their types.
    pub const ALL: [Self; 22] = [
        Self::Alpm,
        Self::Apk,
        Self::Bitnami,
        Self::Cargo,
        Self::Composer,
        Self::Conan,
        Self::Conda,
        Self::Cran,
        Self::Deb,
        Self::Ebuild,
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
        Self::Swift,
    ];

    /// The type in package URLs.
    pub fn purl_type(self) -> &'static str {
        match self {
            Self::Alpm => "alpm",
            Self::Apk => "apk",
            Self::Bitnami => "bitnami",
            Self::Cargo => "cargo",
            Self::Composer => "composer",
            Self::Conan => "conan",
            Self::Conda => "conda",
            Self::Cran => "cran",
            Self::Deb => "deb",
            Self::Ebuild => "ebuild",
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
            Self::Swift => "swift",
        }
    }

    /// The kind of a purl type in lower case; none for types we do not catalogue.
    pub fn of_purl_type(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.purl_type() == name)
    }

    /// The order its versions stand in; none where there is no package manager or no one order.
    pub fn scheme(self) -> Option<Scheme> {
        Some(match self {
            Self::Apk => Scheme::Apk,
            Self::Cargo | Self::Golang | Self::Hex | Self::Npm | Self::Swift => Scheme::Semver,
            Self::Composer => Scheme::Composer,
            Self::Cran => Scheme::Cran,
            Self::Deb => Scheme::Dpkg,
            Self::Gem => Scheme::Gem,
            Self::Alpm
            | Self::Bitnami
            | Self::Conan
            | Self::Conda
            | Self::Ebuild
            | Self::Generic => return None,
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
        matches!(self, Self::Alpm | Self::Apk | Self::Deb | Self::Rpm)
    }
}
