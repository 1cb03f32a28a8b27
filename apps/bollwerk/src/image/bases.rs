//! Images that others are built on, as they are named on the command line.

use advisory::Date;
use anyhow::{Context, Result};
use gate::{Base, Foundation};

use super::findings::Findings;
use super::input::{Input, Load};
use crate::arguments::{ImageGapKind, ImageReading};

/// What was read.
pub(super) struct Bases(Vec<(String, Input)>);

/// The same with what is found in each.
pub(super) struct JudgedBases<'a>(Vec<(&'a str, &'a Input, Findings<'a>)>);

impl Bases {
    /// Reads each of them.
    pub(super) fn load(names: &[String], how: &ImageReading) -> Result<Self> {
        let load = |name: &String| {
            let input = Input::load(name, Load::packages(how));
            Ok((name.clone(), input.with_context(|| format!("`--base {name}`"))?))
        };
        names.iter().map(load).collect::<Result<_>>().map(Self)
    }

    /// Judges each of them.
    pub(super) fn judged<'a>(
        &'a self,
        find: impl Fn(&'a Input) -> Findings<'a>,
    ) -> JudgedBases<'a> {
        let judged = self.0.iter().map(|(name, input)| (name.as_str(), input, find(input)));
        JudgedBases(judged.collect())
    }
}

impl JudgedBases<'_> {
    /// As they are compared.
    pub(super) fn bases(&self) -> Vec<Base<'_>> {
        let mut bases = Vec::new();
        for (name, input, found) in &self.0 {
            bases.push(Base {
                name,
                built: input.created.as_deref().and_then(Date::parse),
                layers: &input.contents,
                findings: &found.findings,
            });
        }
        bases
    }

    /// What of the images that the answer hangs on is not known.
    pub(super) fn gaps(&self, foundation: Option<&Foundation<'_>>) -> Vec<(ImageGapKind, String)> {
        let asked = foundation.into_iter().flat_map(|it| {
            [Some(it.base.name), it.newer.map(|it| it.base.name)].into_iter().flatten()
        });
        let asked: Vec<&str> = asked.collect();
        let of_asked = self.0.iter().filter(|(name, ..)| asked.contains(name));
        let told = of_asked.flat_map(|(name, _, found)| {
            found.gaps.iter().map(move |(kind, text)| (*kind, format!("{name}: {text}")))
        });
        told.collect()
    }
}
