//! From what was typed to an image that was read, and what of it is not known.

use std::path::Path;

use anyhow::{Context, Result};
use collect::image::{Chosen, ImageRead, open, read};
use image::LayerLimits;
use report::harmless;

use crate::arguments::ImageInput;
use crate::console::YELLOW;

/// Gaps told one by one.
const GAPS_TOLD_MAX: usize = 20;

/// An image, read.
pub(super) struct Input {
    pub(super) chosen: Chosen,
    pub(super) read: ImageRead,
    /// What of it is not known, as a sentence each.
    pub(super) gaps: Vec<String>,
}

impl Input {
    /// Reads it, and tells on standard error what could not be read.
    pub(super) fn load(input: &ImageInput) -> Result<Self> {
        let (path, name) = split(&input.reference);
        let source = open(Path::new(path)).with_context(|| missing(&input.reference, path))?;
        let chosen = source.choose(name, &input.platform)?;
        let read = read(&source, &chosen, &LayerLimits::default(), |_| {});
        let gaps = gaps(&chosen, &read);
        tell(&gaps);
        Ok(Self { chosen, read, gaps })
    }

    /// The digest that names the image.
    pub(super) fn digest(&self) -> &str {
        self.chosen.digest.as_ref().unwrap_or(&self.chosen.config_digest).as_str()
    }
}

/// The path and the name after it. A path may itself hold colons: it is what exists.
fn split(reference: &str) -> (&str, Option<&str>) {
    let schemes = ["oci:", "oci-archive:", "docker-archive:"];
    let rest = schemes.iter().find_map(|scheme| reference.strip_prefix(scheme));
    let rest = rest.unwrap_or(reference);
    let colons = rest.match_indices(':').map(|(at, _)| at);
    let mut pieces = colons.filter_map(|at| rest.split_at_checked(at));
    if Path::new(rest).exists() {
        return (rest, None);
    }
    let found = pieces.find(|(path, _)| Path::new(path).exists());
    found.map_or((rest, None), |(path, name)| (path, name.strip_prefix(':')))
}

fn missing(reference: &str, path: &str) -> String {
    if Path::new(path).exists() {
        format!("`{}` is no image that can be read", harmless(reference))
    } else {
        format!(
            "no file `{}`: images are read from a folder or a tar, as `skopeo copy \
             docker://IMAGE oci:FOLDER` or `docker save` write them",
            harmless(path)
        )
    }
}

fn gaps(chosen: &Chosen, read: &ImageRead) -> Vec<String> {
    let mut gaps = Vec::new();
    if chosen.config.os == "windows" {
        gaps.push("an image for Windows, whose packages are not read".to_owned());
    }
    for layer in &read.layers {
        let short = layer.descriptor.digest.hex().get(..12).unwrap_or_default();
        match &layer.layer {
            Err(failure) => gaps.push(format!("layer {short} could not be read: {failure}")),
            Ok(found) => {
                for gap in &found.gaps {
                    gaps.push(format!("/{} in layer {short}: {}", gap.path, gap.problem));
                }
                if found.more_gaps > 0 {
                    gaps.push(format!("{} more files in layer {short}", found.more_gaps));
                }
            }
        }
    }
    gaps
}

fn tell(gaps: &[String]) {
    for gap in gaps.iter().take(GAPS_TOLD_MAX) {
        anstream::eprintln!("{YELLOW}not read:{YELLOW:#} {}", harmless(gap));
    }
    if gaps.len() > GAPS_TOLD_MAX {
        anstream::eprintln!("{YELLOW}not read:{YELLOW:#} {} more", gaps.len() - GAPS_TOLD_MAX);
    }
}
