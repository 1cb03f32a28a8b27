//! How bad it is that a credential stands where it does.

use collect::secrets::Hit;
use image::{Layer, Owned, is_visible};
use model::Severity;
use secret::{Certainty, Row, row};

/// A credential, judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::image) struct Finding {
    pub(in crate::image) hit: Hit,
    pub(in crate::image) severity: Severity,
    /// The layer; none in a folder.
    pub(in crate::image) place: Option<Place>,
    /// Whether the file is still seen in a container of the image.
    pub(in crate::image) is_visible: bool,
    /// Why it is less bad than others of its kind.
    pub(in crate::image) mitigation: Option<Mitigation>,
}

/// A layer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::image) struct Place {
    /// Counted from 1 for the lowest.
    pub(in crate::image) layer: usize,
    pub(in crate::image) digest: String,
}

/// Why a credential is less bad than others of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::image) enum Mitigation {
    /// A package of the distribution brought the file: all the world has it.
    OfPackage,
    /// It stands in a test, an example or a manual.
    Example,
    /// It opens a vendor's test environment alone.
    TestKey,
}

impl Mitigation {
    /// For programs.
    pub(in crate::image) fn name(self) -> &'static str {
        match self {
            Self::OfPackage => "package-file",
            Self::Example => "example",
            Self::TestKey => "test-key",
        }
    }

    /// For people.
    pub(in crate::image) fn text(self) -> &'static str {
        match self {
            Self::OfPackage => "a package of the distribution brought this file: everybody has it",
            Self::Example => "stands in a test, an example or a manual",
            Self::TestKey => "opens a test environment alone",
        }
    }
}

impl Finding {
    /// What it is in words, and what to do.
    pub(in crate::image) fn row(&self) -> Row {
        row(self.hit.rule).unwrap_or(Row { title: "credential", advice: "revoke it" })
    }
}

/// A credential of a folder.
pub(super) fn in_folder(hit: Hit) -> Finding {
    judged(hit, None, true, false)
}

/// A credential of a root file system.
pub(super) fn in_root(hit: Hit, owned: &Owned) -> Finding {
    let is_owned = owned.contains(&hit.path);
    judged(hit, None, true, is_owned)
}

/// A credential of a layer, with the layers above.
pub(super) fn in_layer(hit: Hit, place: Place, above: &[Option<&Layer>], owned: &Owned) -> Finding {
    let is_visible = is_visible(above.iter().copied().flatten(), &hit.path);
    let is_owned = owned.contains(&hit.path);
    judged(hit, Some(place), is_visible, is_owned)
}

fn judged(hit: Hit, place: Option<Place>, is_visible: bool, is_owned: bool) -> Finding {
    let mitigation = if is_owned {
        Some(Mitigation::OfPackage)
    } else if hit.rule.contains("-test-") {
        Some(Mitigation::TestKey)
    } else if hit.certainty < Certainty::Proven && is_example(&hit.path) {
        Some(Mitigation::Example)
    } else {
        None
    };
    let severity = if mitigation.is_some() { Severity::Low } else { severity(&hit) };
    Finding { hit, severity, place, is_visible, mitigation }
}

/// Severity where nothing speaks for less: medium for what only its name tells and for what has to
/// be guessed or has an end of its own, high for the rest.
fn severity(hit: &Hit) -> Severity {
    const MEDIUM: &[&str] = &["json-web-token", "url-password"];
    let is_medium = hit.certainty == Certainty::Named
        || hit.rule.ends_with("-hash")
        || hit.rule.contains("-hash-")
        || hit.rule.ends_with("webhook")
        || MEDIUM.contains(&hit.rule);
    if is_medium { Severity::Medium } else { Severity::High }
}

/// Whether a path leads through a folder of tests, examples or manuals.
fn is_example(path: &str) -> bool {
    const FOLDERS: &[&str] = &[
        "test",
        "tests",
        "testing",
        "testdata",
        "test-data",
        "__tests__",
        "spec",
        "fixtures",
        "doc",
        "docs",
        "man",
        "example",
        "examples",
        "sample",
        "samples",
        "demo",
        "mock",
        "mocks",
    ];
    let Some((folders, _)) = path.rsplit_once('/') else { return false };
    folders.split('/').any(|folder| FOLDERS.contains(&folder.to_ascii_lowercase().as_str()))
}
