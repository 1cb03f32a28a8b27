//! Which image an image was built on, and whether a newer one of it mends anything.

use std::collections::BTreeSet;

use advisory::Date;

use crate::finding::{Class, Finding};

/// An image that others are built on.
#[derive(Clone, Debug)]
pub struct Base<'a> {
    /// Its name.
    pub name: &'a str,
    /// When it was built.
    pub built: Option<Date>,
    /// Digests of the contents of its layers, the lowest first.
    pub layers: &'a [String],
    /// What is found in it.
    pub findings: &'a [Finding<'a>],
}

/// What an image owes to the image it was built on.
#[derive(Clone, Debug)]
pub struct Foundation<'a> {
    /// The image it was built on.
    pub base: &'a Base<'a>,
    /// Findings in what it has from there.
    pub findings: usize,
    /// The image that mends most of them, if one of those at hand is newer and mends any.
    pub newer: Option<Newer<'a>>,
}

/// An image to build on instead.
#[derive(Clone, Copy, Debug)]
pub struct Newer<'a> {
    /// Which.
    pub base: &'a Base<'a>,
    /// Findings that are gone with it.
    pub mends: usize,
    /// Of these, how many have to be acted on now.
    pub urgent: usize,
}

/// What an image with these layers was built on: of the bases whose layers are its lowest, the one
/// with most. It is never its own base.
pub fn foundation<'a>(
    layers: &[String],
    findings: &[Finding<'_>],
    bases: &'a [Base<'a>],
) -> Option<Foundation<'a>> {
    let is_below = |it: &&Base<'_>| {
        let count = it.layers.len();
        count > 0 && count < layers.len() && layers.starts_with(it.layers)
    };
    // Of two names of one image, the first that was given.
    let base = bases.iter().rev().filter(is_below).max_by_key(|it| it.layers.len())?;
    // By what is installed and not by where that stands: a list of packages is written anew by
    // every layer that installs one.
    let inherited: BTreeSet<_> = base.findings.iter().map(exact).collect();
    let is_of_base = |it: &&Finding<'_>| inherited.contains(&exact(it));
    let of_base: Vec<&Finding<'_>> = findings.iter().filter(is_of_base).collect();
    let is_newer = |it: &&Base<'_>| it.layers != base.layers && it.built > base.built;
    let candidates = bases.iter().filter(is_newer).map(|candidate| {
        let left: BTreeSet<(String, &str)> = candidate.findings.iter().map(key).collect();
        let gone = of_base.iter().filter(|it| !left.contains(&key(it)));
        let urgent = gone.clone().filter(|it| matches!(it.class, Class::Act(_))).count();
        Newer { base: candidate, mends: gone.count(), urgent }
    });
    let newer =
        candidates.filter(|it| it.mends > 0).max_by_key(|it| (it.urgent, it.mends, it.base.built));
    Some(Foundation { base, findings: of_base.len(), newer })
}

/// The same fault in another version of a package is the same.
fn key<'f>(finding: &'f Finding<'_>) -> (String, &'f str) {
    (finding.matched.vulnerability.to_string(), &finding.package.name)
}

fn exact<'f>(finding: &'f Finding<'_>) -> ((String, &'f str), &'f str) {
    (key(finding), &finding.package.version)
}
