//! All findings of an image, and what could not be said.

use std::collections::BTreeMap;

use advisory::{Database, Date, Gap};
use gate::{Ended, Exposure, Finding, Policy, ended, judge};

use super::input::Input;
use super::ranking;
use super::sbom::name;
use super::stated::Stated;
use crate::arguments::ImageGapKind;

/// What was found, the most urgent first.
#[expect(clippy::struct_field_names, reason = "findings are what it holds first of all")]
pub(super) struct Findings<'a> {
    pub(super) findings: Vec<Finding<'a>>,
    pub(super) gaps: Vec<(ImageGapKind, String)>,
    /// Who reaches what runs the image.
    pub(super) exposure: Exposure,
    /// The end of its operating system's support, if that is over.
    pub(super) ended: Option<Ended>,
    /// What VEX states, to which findings that are not affected point.
    pub(super) stated: Stated,
}

/// Matches every package and puts each finding into its class.
pub(super) fn find<'a>(
    input: &'a Input,
    database: &Database<'a>,
    policy: &Policy,
    today: Date,
    exposure: Exposure,
) -> Findings<'a> {
    let mut findings = Vec::new();
    let mut gaps = input.gaps.clone();
    let mut outside: BTreeMap<String, usize> = BTreeMap::new();
    for package in &input.packages {
        let matching = database.matching(package);
        for gap in matching.gaps {
            let told = name(package);
            match gap {
                Gap::NoAdvisoryData(ecosystem) => {
                    *outside.entry(ecosystem.to_string()).or_default() += 1;
                }
                Gap::NoEcosystem => {
                    let text = format!("no advisories speak of `{told}`");
                    gaps.push((ImageGapKind::UnknownPackage, text));
                }
                Gap::NoVersion => {
                    let text = format!("`{told}` has no version");
                    gaps.push((ImageGapKind::UnknownVersion, text));
                }
                Gap::NotAVersion { version, advisory } => {
                    let whose = advisory.map_or_else(String::new, |id| format!(", named by {id}"));
                    let text = format!("`{told}`: `{version}`{whose} is no version");
                    gaps.push((ImageGapKind::UnknownVersion, text));
                }
                Gap::Damaged => {
                    let text = format!("the database contradicts itself on `{told}`");
                    gaps.push((ImageGapKind::NoAdvisoryData, text));
                }
            }
        }
        let matches = matching.matches.into_iter();
        findings.extend(matches.filter_map(|it| judge(policy, database, package, it, today)));
    }
    for (ecosystem, count) in outside {
        let text = format!(
            "the advisories at hand do not speak of {ecosystem}: nothing is known of {count} of \
             the packages"
        );
        gaps.push((ImageGapKind::NoAdvisoryData, text));
    }
    if !input.unowned.is_empty() {
        let text = format!(
            "{} programs that no package brought, such as /{}: nothing is known of them",
            input.unowned.len(),
            input.unowned.first().map_or("", |path| path),
        );
        gaps.push((ImageGapKind::UnownedProgram, text));
    }
    ranking::sort(&mut findings, exposure);
    let distribution = input.distribution.as_deref();
    let ended = distribution.and_then(|it| ended(policy, database, it, today));
    Findings { findings, gaps, exposure, ended, stated: Stated::default() }
}
