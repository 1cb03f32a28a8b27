//! What a package is affected by.

use std::collections::{BTreeMap, BTreeSet};

use package::{Ecosystem, Kind, NotAVersion, Package};

use super::entry::{Outcome, Verdict, Verdicts};
use super::{Advisory, Database, EcosystemRow, Section};
use crate::{Identifier, Informational, Rating, Status};

/// One vulnerability of one package.
#[derive(Clone, Debug)]
pub struct Match<'a> {
    /// Its name: the CVE id where there is one. A package has one match for each.
    pub vulnerability: Identifier<'a>,
    /// The advisory that tells. Where several do, the one that asks for the newest version.
    pub advisory: Advisory<'a>,
    /// The others that tell of it.
    pub also: Vec<Identifier<'a>>,
    /// The version that has no more of it; none where there is none yet.
    pub fixed: Option<&'a str>,
    /// The vendor's word.
    pub status: Status,
    /// How bad it is in this package: the vendor's word for it, else the advisory's.
    pub rating: Rating,
    /// What the advisory is, if it tells of no vulnerability.
    pub informational: Option<Informational>,
}

/// What could not be said of a package.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Gap {
    /// No advisory of any ecosystem could speak of it: no package manager has installed it, or its
    /// distribution is not known.
    NoEcosystem,
    /// The database holds nothing about its ecosystem and release: `no-advisory-data`.
    NoAdvisoryData(Ecosystem),
    /// Its version is not known.
    NoVersion,
    /// Its version, or one an advisory names, is none to its package manager.
    NotAVersion {
        /// The text.
        version: String,
        /// The advisory; none where the package's own version is meant.
        advisory: Option<String>,
    },
    /// The database contradicts itself here.
    Damaged,
}

/// All that is known of a package.
#[derive(Clone, Debug, Default)]
pub struct Matching<'a> {
    /// What it is affected by, in the order of the vulnerabilities' names.
    pub matches: Vec<Match<'a>>,
    /// What could not be said.
    pub gaps: Vec<Gap>,
}

impl<'a> Database<'a> {
    /// What a package is affected by. Without matches and without gaps, it is affected by nothing
    /// that is known.
    pub fn matching(&self, package: &Package) -> Matching<'a> {
        let mut found = Matching::default();
        let Some(ecosystem) = Ecosystem::of(package) else {
            found.gaps.push(Gap::NoEcosystem);
            return found;
        };
        let Some(row) = self.ecosystem_named(&ecosystem.to_string()) else {
            found.gaps.push(Gap::NoAdvisoryData(ecosystem));
            return found;
        };
        let version = package.advisory_version();
        if version.is_empty() {
            found.gaps.push(Gap::NoVersion);
            return found;
        }
        if let Err(NotAVersion { version, .. }) = ecosystem.scheme().compare(version, version) {
            found.gaps.push(Gap::NotAVersion { version, advisory: None });
            return found;
        }
        let mut merge = Merge { database: self, found, by_vulnerability: BTreeMap::new() };
        merge.add(&row, &ecosystem, &package.advisory_name(), version);
        // rpm advisories name binary packages, some vendors' the source package alone.
        if let (Kind::Rpm, Some(source)) = (package.kind, &package.source)
            && source.name != package.name
            && self.block(&row, &package.name).is_none()
        {
            let version = source.version.as_deref().unwrap_or(version);
            merge.add(&row, &ecosystem, &source.name, version);
        }
        merge.finish()
    }
}

/// Brings the entries of a package together: one match for each vulnerability.
struct Merge<'d, 'a> {
    database: &'d Database<'a>,
    found: Matching<'a>,
    by_vulnerability: BTreeMap<Identifier<'a>, Vec<(Advisory<'a>, Verdict<'a>)>>,
}

impl<'a> Merge<'_, 'a> {
    fn add(&mut self, row: &EcosystemRow<'_>, ecosystem: &Ecosystem, name: &str, version: &str) {
        let Some(block) = self.database.block(row, name) else { return };
        let texts = self.database.section(Section::Texts);
        let Some(mut verdicts) = Verdicts::new(block, texts, ecosystem.scheme()) else {
            self.found.gaps.push(Gap::Damaged);
            return;
        };
        loop {
            let verdict = match verdicts.next(version) {
                Ok(Some(verdict)) => verdict,
                Ok(None) => break,
                Err(()) => {
                    self.found.gaps.push(Gap::Damaged);
                    break;
                }
            };
            if verdict.outcome == Outcome::Not {
                continue;
            }
            let Some(advisory) = self.database.advisory(verdict.advisory) else {
                self.found.gaps.push(Gap::Damaged);
                continue;
            };
            if let Outcome::Undecided(at) = verdict.outcome {
                let advisory = Some(advisory.id.to_string());
                self.found.gaps.push(Gap::NotAVersion { version: at.to_owned(), advisory });
                continue;
            }
            for vulnerability in advisory.vulnerabilities() {
                self.by_vulnerability.entry(vulnerability).or_default().push((advisory, verdict));
            }
        }
        // Which of several fixes is the newest, the package's own order says.
        let scheme = ecosystem.scheme();
        for told in self.by_vulnerability.values_mut() {
            told.sort_by(|(_, one), (_, other)| match (fixed(one), fixed(other)) {
                (Some(one), Some(other)) => {
                    scheme.compare(other, one).unwrap_or_else(|_| other.cmp(one))
                }
                // One that knows of no fix asks for more than any version.
                (one, other) => one.is_some().cmp(&other.is_some()),
            });
        }
    }

    fn finish(mut self) -> Matching<'a> {
        for (vulnerability, told) in self.by_vulnerability {
            // The vendor's "not affected" outweighs whoever else says so.
            if told.iter().any(|(_, verdict)| verdict.status == Status::NotAffected) {
                continue;
            }
            let Some((advisory, verdict)) = told.first().copied() else { continue };
            let ratings = told.iter().map(|(advisory, verdict)| match verdict.rating {
                Rating::Unknown => advisory.rating,
                rating => rating,
            });
            let others = told.iter().map(|(advisory, _)| advisory.id);
            let also: BTreeSet<_> = others.filter(|id| *id != advisory.id).collect();
            self.found.matches.push(Match {
                vulnerability,
                advisory,
                also: also.into_iter().collect(),
                fixed: fixed(&verdict),
                // A branch of versions may have a fix where another has none.
                status: match (verdict.status, fixed(&verdict)) {
                    (Status::Fixed, None) => Status::Affected,
                    (Status::Affected, Some(_)) => Status::Fixed,
                    (status, _) => status,
                },
                rating: ratings.max().unwrap_or_default(),
                informational: advisory.informational,
            });
        }
        self.found.gaps.sort();
        self.found.gaps.dedup();
        self.found
    }
}

fn fixed<'a>(verdict: &Verdict<'a>) -> Option<&'a str> {
    match verdict.outcome {
        Outcome::Affected(fixed) => fixed,
        _ => None,
    }
}
