//! What to upgrade: the step that mends the most first.

use std::collections::BTreeMap;

use advisory::Rating;
use package::{Ecosystem, Kind};

use crate::finding::{Class, Finding};

/// One package to bring to one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade<'a> {
    /// Its kind.
    pub kind: Kind,
    /// The package that is upgraded: the source of system packages, which come together.
    pub name: String,
    /// The versions it is in.
    pub from: Vec<&'a str>,
    /// The lowest version that mends all of it.
    pub to: &'a str,
    /// How many findings it mends, and how many of them have to be acted on now.
    pub mends: usize,
    /// Of these, how many have to be acted on now.
    pub urgent: usize,
    /// The worst of them.
    pub worst: Rating,
}

/// All steps that mend a finding, the one that mends most of what is urgent first.
pub fn upgrades<'a>(findings: &[Finding<'a>]) -> Vec<Upgrade<'a>> {
    let mut found: BTreeMap<(Kind, String), Upgrade<'a>> = BTreeMap::new();
    for finding in findings {
        let Some(fixed) = finding.matched.fixed else { continue };
        if matches!(finding.class, Class::Accepted(_) | Class::NotAffected(_)) {
            continue;
        }
        let package = finding.package;
        let name = package.advisory_name().into_owned();
        let upgrade = found.entry((package.kind, name.clone())).or_insert_with(|| Upgrade {
            kind: package.kind,
            name,
            from: Vec::new(),
            to: fixed,
            mends: 0,
            urgent: 0,
            worst: Rating::Unknown,
        });
        let is_newer = |ecosystem: Ecosystem| {
            ecosystem.scheme().compare(fixed, upgrade.to).is_ok_and(std::cmp::Ordering::is_gt)
        };
        if Ecosystem::of(package).is_some_and(is_newer) {
            upgrade.to = fixed;
        }
        upgrade.from.push(package.advisory_version());
        upgrade.mends += 1;
        upgrade.urgent += usize::from(matches!(finding.class, Class::Act(_)));
        upgrade.worst = upgrade.worst.max(finding.matched.rating);
    }
    let mut found: Vec<Upgrade<'a>> = found.into_values().collect();
    for upgrade in &mut found {
        upgrade.from.sort_unstable();
        upgrade.from.dedup();
    }
    found.sort_by(|a, b| {
        let weight = |it: &Upgrade<'_>| (it.urgent, it.worst, it.mends);
        weight(b).cmp(&weight(a)).then_with(|| (a.kind, &a.name).cmp(&(b.kind, &b.name)))
    });
    found
}
