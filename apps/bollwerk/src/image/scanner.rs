//! Images of registries, scanned for the server: the same reading, matching and judging as
//! `bollwerk image scan`, with answers that outlive the database.

use std::path::PathBuf;
use std::sync::Arc;

use advisory::Date;
use anyhow::{Context, Result, anyhow};
use collect::image::{Credentials, Registry, RegistryOptions};
use gate::{Exposure, Policy};
use image::{Platform, Reference};
use report::harmless;

use super::findings::find;
use super::input::{Input, Load};
use super::local::LocalImages;
use super::text::{class_name, gap_name};
use crate::arguments::{DatabaseInput, ImageOrigin, ImageReading};
use crate::db::Chosen;

/// How images are come by.
#[derive(Clone, Debug)]
pub struct ScannerOptions {
    /// The advisory database; the newer of the user's and the embedded if none.
    pub database: Option<PathBuf>,
    /// Where what layers hold is kept; nowhere if none.
    pub cache: Option<PathBuf>,
    /// Of an image for several platforms, the one for this.
    pub platform: Platform,
    /// Whether plain HTTP is spoken with registries on this machine.
    pub insecure: bool,
    /// Registries, and which one is asked before each.
    pub mirrors: Vec<(String, String)>,
    /// Files of credentials, as `docker login` writes them, beside the user's own.
    pub credentials: Vec<PathBuf>,
    /// Folder of layouts, archives and SBOMs in which images are looked for first.
    pub folder: Option<PathBuf>,
}

/// Scans images, one after the other or side by side.
pub struct Scanner {
    chosen: Chosen,
    reading: ImageReading,
    credentials: Credentials,
    local: LocalImages,
}

/// One image, and what is known to be wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scanned {
    /// The digest of its manifest.
    pub digest: String,
    /// The operating system, as `debian 12`.
    pub os: Option<String>,
    /// When it was built: RFC 3339, as it says itself.
    pub created: Option<String>,
    /// How many packages were found.
    pub packages: usize,
    /// The day of the database.
    pub database: Option<String>,
    /// What is known to be wrong, the most urgent first.
    pub findings: Vec<ScannedFinding>,
    /// What is not known of it, as a kind and a sentence each.
    pub gaps: Vec<(String, String)>,
}

/// A vulnerability of a package of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct ScannedFinding {
    /// The CVE where there is one.
    pub vulnerability: String,
    /// Name and version of the package, and its purl.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Its package URL.
    pub purl: String,
    /// The version without the fault; none where there is none yet.
    pub fixed: Option<String>,
    /// How bad it is: `critical` … `low`, `negligible`, `unknown`.
    pub severity: &'static str,
    /// What has to be done: `act`, `grace`, `waiting`, `accepted`, `not-affected`.
    pub class: &'static str,
    /// Whether attackers are known to use it.
    pub known_exploited: bool,
    /// How likely it is to be used within 30 days, from 0 to 1.
    pub epss: Option<f64>,
    /// A line about it; empty where nobody wrote one.
    pub title: String,
}

impl Scanner {
    /// Opens the database.
    ///
    /// # Errors
    ///
    /// If there is no database of use at the path that is named.
    pub fn open(options: ScannerOptions) -> Result<Self> {
        let ScannerOptions { database, cache, platform, insecure, mirrors, credentials, folder } =
            options;
        let chosen = Chosen::of(&DatabaseInput { database, database_key: None })?;
        chosen.open()?;
        let origin =
            ImageOrigin { platform, insecure, mirror: mirrors, containerd: PathBuf::default() };
        let no_cache = cache.is_none();
        let own = credentials.into_iter().fold(Credentials::default(), Credentials::of_file);
        let credentials = own.of_user();
        let reading = ImageReading { origin, cache, no_cache };
        let local = match folder {
            Some(folder) => LocalImages::read(&folder, Load::packages(&reading))?,
            None => LocalImages::default(),
        };
        for problem in &local.problems {
            anstream::eprintln!("warning: {}", harmless(problem));
        }
        Ok(Self { chosen, reading, credentials, local })
    }

    /// The day of the database, and what tells it from every other.
    pub fn database(&self) -> (Option<String>, u64) {
        let open = self.chosen.open().ok();
        let day = open.as_ref().and_then(crate::db::state).map(|it| it.to_string());
        (day, open.map_or(0, |it| it.fingerprint()))
    }

    /// Whether an image is in the folder that images are looked for in.
    pub fn has(&self, reference: &str) -> bool {
        self.local.find(reference).is_some()
    }

    /// Reads an image of the folder or of its registry, and matches and judges what is in it.
    ///
    /// # Errors
    ///
    /// If the registry does not give it. A layer that cannot be read is a gap of the image.
    pub fn scan(&self, reference: &str, now: jiff::Timestamp) -> Result<Scanned> {
        let load = Load::packages(&self.reading);
        let input = match self.local.find(reference) {
            Some(input) => Arc::clone(input),
            None => Arc::new(Input::of_registry_as(reference, load, &self.credentials)?),
        };
        let today = Date::parse(&now.to_string()).context("the clock is before 1970")?;
        let database = self.chosen.open()?;
        let policy = Policy::default();
        let found = find(&input, &database, &policy, today, Exposure::Unknown);
        let findings = found.findings.iter().map(|it| ScannedFinding {
            vulnerability: it.matched.vulnerability.to_string(),
            package: super::sbom::name(it.package),
            version: it.package.version.clone(),
            purl: it.package.purl().to_string(),
            fixed: it.matched.fixed.map(str::to_owned),
            severity: it.matched.rating.name(),
            class: class_name(it.class),
            known_exploited: it.exploitation.known_since.is_some(),
            epss: it.exploitation.epss.map(|it| f64::from(it) / 10_000.0),
            title: it.matched.advisory.summary().to_owned(),
        });
        let os = |it: &package::Distribution| format!("{} {}", it.id, it.version_id);
        Ok(Scanned {
            digest: input.digest.clone(),
            os: input.distribution.as_deref().map(os),
            created: input.created.clone(),
            packages: input.packages.len(),
            database: self.database().0,
            findings: findings.collect(),
            gaps: found.gaps.iter().map(|(kind, text)| (gap_name(*kind), text.clone())).collect(),
        })
    }

    /// The digest that a reference names at its registry now. Only the head is asked for, which
    /// counts as no pull.
    ///
    /// # Errors
    ///
    /// If the reference is none, or the registry does not say.
    pub fn names_now(&self, reference: &str) -> Result<String> {
        let named: Reference = reference
            .parse()
            .map_err(|error| anyhow!("`{}` names no image: {error}", harmless(reference)))?;
        let options = RegistryOptions {
            credentials: self.credentials.clone(),
            insecure: self.reading.origin.insecure,
            ..RegistryOptions::default()
        };
        Ok(Registry::new(named, options)?.digest()?.to_string())
    }
}
