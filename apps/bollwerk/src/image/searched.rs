//! What was found where somebody looked for credentials.

mod finding;

use collect::image::{Chosen, ImageRead};
use collect::secrets::{SecretSearch, Secrets};
use dockerfile::{ConfigurationFinding, judge_configuration, unjudged};
use image::{Layer, Owned};
use model::Severity;

pub(super) use self::finding::{Finding, Mitigation};
use self::finding::{Place, in_folder, in_layer, in_root};
use crate::arguments::ImageGapKind;

/// What is not known, as a sentence each.
pub(super) type Gaps = Vec<(ImageGapKind, String)>;

/// What was looked at and what was found there.
#[derive(Default)]
pub(super) struct Searched {
    pub(super) layers: usize,
    /// The gravest first.
    pub(super) findings: Vec<Finding>,
    /// What the configuration says of credentials: variables and steps of the history.
    pub(super) configuration: Vec<ConfigurationFinding>,
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) binary: u64,
    pub(super) unpacked: u64,
    pub(super) compressed: u64,
    pub(super) other: u64,
}

impl Searched {
    /// What was found in the layers of an image; a search for each that could be read.
    pub(super) fn in_image(
        chosen: &Chosen,
        read: &ImageRead,
        observers: Vec<Option<SecretSearch<'_>>>,
    ) -> (Self, Gaps) {
        let mut searched = Self { layers: read.layers.len(), ..Self::default() };
        let mut gaps = Vec::new();
        let layers: Vec<Option<&Layer>> =
            read.layers.iter().map(|layer| layer.layer.as_ref().ok()).collect();
        let owned = Owned::of(layers.iter().copied().flatten());
        for (number, search) in observers.into_iter().enumerate() {
            let Some(secrets) = search.map(SecretSearch::finish) else { continue };
            let digest = read.layers.get(number).map(|it| it.descriptor.digest.to_string());
            let digest = digest.unwrap_or_default();
            gaps.extend(searched.add(&secrets, &format!(" in layer {}", number + 1)));
            let above = layers.get(number + 1..).unwrap_or_default();
            searched.findings.extend(secrets.hits.into_iter().map(|hit| {
                let place = Place { layer: number + 1, digest: digest.clone() };
                in_layer(hit, place, above, &owned)
            }));
        }
        let unjudged = unjudged(&chosen.config);
        gaps.extend(unjudged.map(|text| (ImageGapKind::Unreadable, text)));
        let configuration = judge_configuration(&chosen.config).into_iter();
        searched.configuration =
            configuration.filter(|it| it.rule.speaks_of_credentials()).collect();
        searched.sort();
        (searched, gaps)
    }

    /// What was found in a folder of any files.
    pub(super) fn in_folder(secrets: Secrets) -> (Self, Gaps) {
        let mut searched = Self::default();
        let gaps = searched.add(&secrets, "");
        searched.findings = secrets.hits.into_iter().map(in_folder).collect();
        searched.sort();
        (searched, gaps)
    }

    /// What was found in a root file system.
    pub(super) fn in_root(layer: &Layer, search: SecretSearch<'_>) -> (Self, Gaps) {
        let (mut searched, secrets) = (Self::default(), search.finish());
        let gaps = searched.add(&secrets, "");
        let owned = Owned::of([layer]);
        searched.findings = secrets.hits.into_iter().map(|hit| in_root(hit, &owned)).collect();
        searched.sort();
        (searched, gaps)
    }

    /// Whether any finding is at least that bad.
    pub(super) fn reaches(&self, least: Severity) -> bool {
        let severities = self.findings.iter().map(|it| it.severity);
        let mut all = severities.chain(self.configuration.iter().map(|it| it.rule.severity));
        all.any(|it| it >= least)
    }

    fn add(&mut self, secrets: &Secrets, place: &str) -> Gaps {
        self.files += secrets.files;
        self.bytes += secrets.bytes;
        self.binary += secrets.binary;
        self.unpacked += secrets.unpacked;
        self.compressed += secrets.compressed;
        self.other += secrets.other;
        let gap = |gap: &collect::secrets::SecretsGap| {
            (ImageGapKind::Unreadable, format!("/{}{place}: {}", gap.path, gap.reason))
        };
        secrets.gaps.iter().map(gap).collect()
    }

    fn sort(&mut self) {
        self.findings.sort_by(|a, b| (b.severity, a).cmp(&(a.severity, b)));
    }
}
