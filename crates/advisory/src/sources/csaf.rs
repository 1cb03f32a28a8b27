//! CSAF 2.0 VEX documents as Red Hat and SUSE publish them, one for each vulnerability.
//!
//! The fields are those of the OASIS standard "Common Security Advisory Framework 2.0", 3.2.1
//! (`document`), 3.2.2 (`product_tree`) and 3.2.3 (`vulnerabilities`). A product is a package in a
//! release: a relationship (`default_component_of`) of a package, which its purl names, to a
//! platform, which its CPE names.

mod document;

use std::collections::BTreeMap;

use document::Remediation;
pub(crate) use document::{Document, Flag, Products, Vulnerability};
use package::{Kind, Package, Purl};
use serde_json::json;

use super::SourceError;
use crate::Status;
use crate::osv::{Affected, Event, Name, Range, RangeKind, Record, Severity};

/// What a document holds.
#[derive(Debug, Default)]
pub struct Statements {
    /// A record for each vulnerability.
    pub records: Vec<Record<'static>>,
    /// Products a statement names that are no package of a release we can name: containers,
    /// modules, platforms without a CPE.
    pub unplaced: usize,
}

/// Reads one document. `ecosystem_of` names the release of a CPE, as in
/// `cpe:/o:redhat:enterprise_linux:9` → `Red Hat:enterprise_linux:9`.
pub fn statements(
    text: &str,
    ecosystem_of: impl Fn(&str) -> Option<String>,
) -> Result<Statements, SourceError> {
    let document: Document =
        serde_json::from_str(text).map_err(|error| SourceError::Json("CSAF", error))?;
    let products = Products::of(&document.product_tree);
    let mut found = Statements::default();
    for vulnerability in &document.vulnerabilities {
        let reasons = reasons(&vulnerability.remediations);
        let mut affected = Vec::new();
        for (status, ids) in &vulnerability.product_status {
            for id in ids {
                let reason = reasons.get(id.as_str()).copied();
                let Some(status) = status_of(status, reason) else { continue };
                match products.package(id, &ecosystem_of) {
                    Some((ecosystem, package)) => {
                        affected.push(statement(ecosystem, &package, status));
                    }
                    None => found.unplaced += 1,
                }
            }
        }
        if affected.is_empty() {
            continue;
        }
        let tracking = &document.head.tracking;
        let published = match vulnerability.release_date.as_str() {
            "" => &tracking.initial_release_date,
            date => date,
        };
        let impact = vulnerability.threats.iter().find(|threat| threat.category == "impact");
        let vectors = vulnerability.scores.iter().map(|score| score.cvss_v3.vector_string.clone());
        let vectors = vectors.filter(|vector| !vector.is_empty()).take(1);
        found.records.push(Record {
            id: vulnerability.cve.clone().into(),
            aliases: vec![vulnerability.cve.clone().into()],
            summary: vulnerability.title.clone().into(),
            published: published.to_owned().into(),
            modified: tracking.current_release_date.clone().into(),
            severity: vectors
                .map(|score| Severity { kind: "CVSS_V3".into(), score: score.into() })
                .collect(),
            database_specific: json!({ "severity": impact.map(|threat| &threat.details) }),
            affected,
            ..Record::default()
        });
    }
    Ok(found)
}

/// Why a product has no fix, by its id.
fn reasons(remediations: &[Remediation]) -> BTreeMap<&str, Status> {
    let mut found = BTreeMap::new();
    for remediation in remediations {
        let details = remediation.details.to_ascii_lowercase();
        let status = match remediation.category.as_str() {
            "no_fix_planned" if details.contains("out of support") => Status::EndOfLife,
            "no_fix_planned" => Status::WillNotFix,
            "none_available" if details.contains("defer") => Status::FixDeferred,
            _ => continue,
        };
        found.extend(remediation.product_ids.iter().map(|id| (id.as_str(), status)));
    }
    found
}

/// The groups of 3.2.3.9. What is recommended or affected first says nothing of its own.
fn status_of(group: &str, reason: Option<Status>) -> Option<Status> {
    match group {
        "fixed" | "first_fixed" => Some(Status::Fixed),
        "known_affected" | "last_affected" => Some(reason.unwrap_or(Status::Affected)),
        "known_not_affected" => Some(Status::NotAffected),
        "under_investigation" => Some(Status::UnderInvestigation),
        _ => None,
    }
}

fn statement(ecosystem: String, package: &Package, status: Status) -> Affected<'static> {
    let start = Event { introduced: Some("0".into()), ..Event::default() };
    let mut events = vec![start];
    if status == Status::Fixed && !package.version.is_empty() {
        events.push(Event { fixed: Some(package.version.clone().into()), ..Event::default() });
    }
    Affected {
        package: Name { ecosystem: ecosystem.into(), name: package.name.clone().into() },
        ranges: vec![Range { kind: RangeKind::Ecosystem, events }],
        status: Some(status),
        ..Affected::default()
    }
}

impl Products<'_> {
    fn package(
        &self,
        id: &str,
        ecosystem_of: impl Fn(&str) -> Option<String>,
    ) -> Option<(String, Package)> {
        let (package, platform) = self.parts.get(id)?;
        let purl = Purl::parse(&self.helpers.get(package)?.purl).ok()?;
        let package = Package::of_purl(&purl).filter(|it| it.kind == Kind::Rpm)?;
        Some((ecosystem_of(&self.helpers.get(platform)?.cpe)?, package))
    }
}

/// The ecosystem of a CPE of Red Hat's platforms, of any repository: of
/// `cpe:/a:redhat:enterprise_linux:9::appstream` it is `Red Hat:enterprise_linux:9`.
pub fn red_hat(cpe: &str) -> Option<String> {
    let rest = cpe.strip_prefix("cpe:/")?.split_once(":redhat:")?.1;
    let mut parts = rest.split(':');
    let (product, version) = (parts.next()?, parts.next()?);
    let major = version.split('.').next().filter(|it| !it.is_empty())?;
    // Extended streams (`rhel_eus`) get other fixes than the release itself.
    (product == "enterprise_linux").then(|| format!("Red Hat:enterprise_linux:{major}"))
}
