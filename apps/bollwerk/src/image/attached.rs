//! What is attached to an image in its registry.

use anyhow::{Context, Result};
use collect::image::{Chosen, Referrers, Registry, Source};
use image::Digest;

use crate::arguments::ImageGapKind;

/// What begins the name of a VEX document that is attached to an image.
pub(super) const ATTACHED: &str = "attached, not verified:";
/// VEX documents that are attached to one image.
const ATTACHED_MAX: usize = 50;

/// Documents, by what people call them.
pub(super) type Documents = Vec<(String, Vec<u8>)>;

/// What documents may be attached to: the manifest of the image, and the index that names it.
pub(super) fn subjects_of(
    registry: &Registry,
    chosen: &Chosen,
) -> Result<Vec<(&'static str, Digest)>> {
    let (named, _) = registry.named()?;
    let manifest = chosen.digest.clone().context("the image has no manifest")?;
    let mut subjects = vec![("manifest", manifest)];
    if subjects.iter().all(|(_, digest)| *digest != named.digest) {
        subjects.insert(0, ("index", named.digest));
    }
    Ok(subjects)
}

/// VEX documents that are attached to an image, and what of them is not known.
pub(super) fn attached(
    source: &Source,
    chosen: &Chosen,
) -> (Documents, Vec<(ImageGapKind, String)>) {
    let mut documents = Vec::new();
    let Source::Registry(registry) = source else {
        let text = "attached VEX is looked for in registries alone".to_owned();
        return (documents, vec![(ImageGapKind::UnreadableVex, text)]);
    };
    let mut gaps = Vec::new();
    let subjects = subjects_of(registry, chosen).unwrap_or_else(|error| {
        gaps.push(format!("attached VEX is not known: {error:#}"));
        Vec::new()
    });
    for (_, subject) in subjects {
        let listed = registry.referrers(&subject, None).unwrap_or_else(|error| {
            gaps.push(format!("attached VEX is not known: {error}"));
            Referrers::default()
        });
        gaps.extend(listed.gaps);
        for referrer in listed.found.iter().filter(|it| it.kind.may_be_vex()) {
            if documents.len() >= ATTACHED_MAX {
                gaps.push(format!("more than {ATTACHED_MAX} documents are attached to {subject}"));
                break;
            }
            match registry.attached(referrer, &subject) {
                Ok(content) => {
                    documents.push((format!("{ATTACHED} {}", referrer.digest), content));
                }
                Err(error) => gaps.push(error.to_string()),
            }
        }
    }
    let gaps = gaps.into_iter().map(|text| (ImageGapKind::UnreadableVex, text));
    (documents, gaps.collect())
}
