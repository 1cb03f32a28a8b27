//! What a package is affected by.

use package::{Ecosystem, Kind, NotAVersion, Package, Scheme};

use super::entry::{Outcome, Verdict, Verdicts};
use super::{Advisory, Database, EcosystemRow, Section};
use crate::{Date, Identifier, Informational, Rating, Status};

/// One vulnerability of one package.
#[derive(Clone, Debug)]
pub struct Match<'a> {
    /// Its name: the CVE id where there is one. A package has one match for each.
    pub vulnerability: Identifier<'a>,
    /// The advisory that tells. Where several do, the one that asks for the newest version.
    pub advisory: Advisory<'a>,
    /// The others that tell of it.
    pub also: Vec<Identifier<'a>>,
    /// The day the first of these was published, where one is dated.
    pub published: Option<Date>,
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
        let mut merge = Merge::new(self, found);
        merge.add(&row, &ecosystem, &package.advisory_name(), version);
        // rpm advisories name binary packages, some vendors' the source package alone.
        if let (Kind::Rpm, Some(source)) = (package.kind, &package.source)
            && source.name != package.name
            && self.block(&row, &package.name).is_none()
        {
            let version = source.version.as_deref().unwrap_or(version);
            merge.add(&row, &ecosystem, &source.name, version);
        }
        merge.finish(ecosystem.scheme())
    }
}

/// Brings the entries of a package together: one match for each vulnerability.
struct Merge<'d, 'a> {
    database: &'d Database<'a>,
    found: Matching<'a>,
    told: Vec<(Advisory<'a>, Verdict<'a>)>,
    /// Each vulnerability, and who tells of it: a place in `told`.
    vulnerabilities: Vec<(Identifier<'a>, usize)>,
}

impl<'d, 'a> Merge<'d, 'a> {
    fn new(database: &'d Database<'a>, found: Matching<'a>) -> Self {
        Self { database, found, told: Vec::new(), vulnerabilities: Vec::new() }
    }

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
            let place = self.told.len();
            self.told.push((advisory, verdict));
            self.vulnerabilities.extend(advisory.vulnerabilities().map(|it| (it, place)));
        }
    }

    fn finish(mut self, scheme: Scheme) -> Matching<'a> {
        self.vulnerabilities.sort_unstable();
        for group in self.vulnerabilities.chunk_by(|(one, _), (other, _)| one == other) {
            let told = group.iter().filter_map(|(_, place)| self.told.get(*place));
            let vulnerability = group.first().map(|(name, _)| *name);
            let found = vulnerability.and_then(|name| summarize(name, &told, scheme));
            self.found.matches.extend(found);
        }
        self.found.gaps.sort();
        self.found.gaps.dedup();
        self.found
    }
}

/// One match of all that is told of a vulnerability; none where the vendor says "not affected",
/// which outweighs whoever else says so.
fn summarize<'m, 'a: 'm>(
    vulnerability: Identifier<'a>,
    told: &(impl Iterator<Item = &'m (Advisory<'a>, Verdict<'a>)> + Clone),
    scheme: Scheme,
) -> Option<Match<'a>> {
    if told.clone().any(|(_, verdict)| verdict.status == Status::NotAffected) {
        return None;
    }
    let (advisory, verdict) = told
        .clone()
        .reduce(|one, other| if asks_for_more(other, one, scheme) { other } else { one })?;
    let ratings = told.clone().map(|(advisory, verdict)| match verdict.rating {
        Rating::Unknown => advisory.rating,
        rating => rating,
    });
    let others = told.clone().map(|(advisory, _)| advisory.id);
    let mut also: Vec<Identifier<'a>> = others.filter(|id| *id != advisory.id).collect();
    also.sort_unstable();
    also.dedup();
    Some(Match {
        vulnerability,
        advisory: *advisory,
        also,
        published: told.clone().filter_map(|(advisory, _)| advisory.published).min(),
        fixed: fixed(verdict),
        // A branch of versions may have a fix where another has none.
        status: match (verdict.status, fixed(verdict)) {
            (Status::Fixed, None) => Status::Affected,
            (Status::Affected, Some(_)) => Status::Fixed,
            (status, _) => status,
        },
        rating: ratings.max().unwrap_or_default(),
        informational: advisory.informational,
    })
}

/// Whether one asks for a newer version than the other; one that knows of no fix asks for more
/// than any version.
fn asks_for_more<'a>(
    one: &(Advisory<'a>, Verdict<'a>),
    other: &(Advisory<'a>, Verdict<'a>),
    scheme: Scheme,
) -> bool {
    match (fixed(&one.1), fixed(&other.1)) {
        (Some(one), Some(other)) => scheme.compare(one, other).is_ok_and(std::cmp::Ordering::is_gt),
        (one, other) => one.is_none() && other.is_some(),
    }
}

fn fixed<'a>(verdict: &Verdict<'a>) -> Option<&'a str> {
    match verdict.outcome {
        Outcome::Affected(fixed) => fixed,
        _ => None,
    }
}
