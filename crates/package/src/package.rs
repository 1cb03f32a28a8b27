//! A package: what a cataloger found, what an SBOM lists, what an advisory is matched with.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ecosystem::canonical_name;
use crate::{Distribution, Kind, Purl};

/// One package in one version.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Package {
    /// What it is installed by.
    pub kind: Kind,
    /// What its name belongs to: a distribution's id (`debian`), a Maven group, an npm scope with
    /// its `@`, the path of a Go module up to its last part, a Composer vendor.
    pub namespace: Option<String>,
    /// The name as the package manager writes it.
    pub name: String,
    /// The version as the package manager writes it, with its epoch where it has one that is not
    /// zero (`1:2.3-4`). Empty where it is not known.
    pub version: String,
    /// The architecture in the package manager's words: `amd64`, `x86_64`, `noarch`. Of a gem its
    /// platform, where it is not Ruby alone: `x86_64-linux`, `java`.
    pub architecture: Option<String>,
    /// What it was built from, where that has another name or version.
    pub source: Option<Source>,
    /// Licences as the package states them, SPDX expressions where it does.
    pub licences: Vec<String>,
    /// The distribution it is installed in. Shared: all packages of an image have the same.
    pub distribution: Option<Arc<Distribution>>,
    /// Where it was found.
    pub found_in: Vec<Evidence>,
}

/// The source package a binary package was built from.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Source {
    /// Its name: `openssl` of `libssl3`.
    pub name: String,
    /// Its version; none where it is the binary package's.
    pub version: Option<String>,
}

/// A file that shows a package.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// The path in the image, without a leading `/`.
    pub path: String,
    /// The layer, counted from 0 for the lowest; none where there are no layers.
    pub layer: Option<u32>,
}

impl Package {
    /// A package of which only this is known.
    pub fn new(kind: Kind, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            kind,
            namespace: None,
            name: name.into(),
            version: version.into(),
            architecture: None,
            source: None,
            licences: Vec::new(),
            distribution: None,
            found_in: Vec::new(),
        }
    }

    /// Its package URL, canonical. Qualifiers: `arch` (`platform` of gems), `distro` (id and
    /// version), `epoch` for rpm, whose purl version has none, and `upstream` for the source as
    /// other tools write it (`name` or `name@version`), so that an SBOM can be matched as its image
    /// is.
    pub fn purl(&self) -> Purl {
        let mut qualifiers = Vec::new();
        let mut version = self.version.as_str();
        if let Some(architecture) = &self.architecture {
            qualifiers.push((architecture_key(self.kind), architecture.clone()));
        }
        let distribution = self.distribution.as_deref().filter(|_| self.kind.is_system());
        if let Some(release) = distribution.and_then(Distribution::qualifier) {
            qualifiers.push(("distro", release));
        }
        if self.kind == Kind::Rpm
            && let Some((epoch, rest)) = version.split_once(':')
        {
            if epoch != "0" {
                qualifiers.push(("epoch", epoch.to_owned()));
            }
            version = rest;
        }
        if let Some(source) = &self.source {
            let text = match &source.version {
                Some(version) => format!("{}@{version}", source.name),
                None => source.name.clone(),
            };
            qualifiers.push(("upstream", text));
        }
        Purl::of_parts(self.kind, self.namespace.as_deref(), &self.name, version, &qualifiers)
    }

    /// The package a purl names, as [`Package::purl`] writes it; none for a type we do not
    /// catalogue. The distribution is what the `distro` qualifier says, else the namespace.
    pub fn of_purl(purl: &Purl) -> Option<Self> {
        let kind = Kind::of_purl_type(purl.kind())?;
        let mut version = purl.version().unwrap_or_default().to_owned();
        if kind == Kind::Rpm
            && let Some(epoch) = purl.qualifier("epoch").filter(|epoch| *epoch != "0")
        {
            version = format!("{epoch}:{version}");
        }
        let upstream = purl.qualifier("upstream").filter(|it| !it.is_empty());
        let source = upstream.map(|text| source_of(kind, text));
        let distribution = purl.namespace().filter(|_| kind.is_system()).map(|namespace| {
            Arc::new(Distribution::of_qualifier(purl.qualifier("distro"), namespace))
        });
        Some(Self {
            namespace: purl.namespace().map(str::to_owned),
            architecture: purl.qualifier(architecture_key(kind)).map(str::to_owned),
            source,
            distribution,
            ..Self::new(kind, purl.name(), version)
        })
    }

    /// The name advisories know it by: of the source package for Debian and Alpine and their kin,
    /// with its namespace where that is part of the name, as the ecosystem compares it.
    pub fn advisory_name(&self) -> Cow<'_, str> {
        let name = self.name.as_str();
        let joint = match self.kind {
            Kind::Deb | Kind::Apk => {
                return Cow::Borrowed(self.source.as_ref().map_or(name, |it| it.name.as_str()));
            }
            Kind::Maven => ":",
            Kind::Composer | Kind::Golang | Kind::Npm | Kind::Swift => "/",
            _ => return canonical_name(self.kind, name),
        };
        match self.namespace.as_deref() {
            Some(namespace) if !namespace.is_empty() => {
                let whole = format!("{namespace}{joint}{name}");
                Cow::Owned(canonical_name(self.kind, &whole).into_owned())
            }
            _ => canonical_name(self.kind, name),
        }
    }

    /// The version advisories speak of: the source package's where its name is.
    pub fn advisory_version(&self) -> &str {
        let of_source = self.source.as_ref().and_then(|source| source.version.as_deref());
        match self.kind {
            Kind::Deb | Kind::Apk => of_source.unwrap_or(&self.version),
            _ => &self.version,
        }
    }
}

/// The qualifier for what a package was built for.
fn architecture_key(kind: Kind) -> &'static str {
    if kind == Kind::Gem { "platform" } else { "arch" }
}

/// `openssl`, `openssl@3.0.1-2`, and for rpm also the file name of a source package,
/// `bash-5.1.8-4.el9.src.rpm`, which Syft writes.
fn source_of(kind: Kind, text: &str) -> Source {
    if kind == Kind::Rpm
        && let Some(stem) = text.strip_suffix(".src.rpm")
    {
        let mut parts = stem.rsplitn(3, '-');
        if let (Some(release), Some(version), Some(name)) =
            (parts.next(), parts.next(), parts.next())
        {
            let version = Some(format!("{version}-{release}"));
            return Source { name: name.to_owned(), version };
        }
    }
    match text.split_once('@') {
        Some((name, version)) if !name.is_empty() => {
            Source { name: name.to_owned(), version: Some(version.to_owned()) }
        }
        _ => Source { name: text.to_owned(), version: None },
    }
}
