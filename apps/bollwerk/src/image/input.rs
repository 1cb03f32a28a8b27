//! From what was typed to what is in an image, and what of it is not known.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use collect::image::{
    Chosen, Credentials, ImageRead, Registry, RegistryOptions, Source, open, read,
};
use image::{Config, LayerLimits, Reference};
use package::{Distribution, Package};
use report::harmless;

use crate::arguments::{ImageGapKind, ImageInput};
use crate::console::YELLOW;

/// Gaps told one by one.
const GAPS_TOLD_MAX: usize = 20;
/// Bytes of an SBOM.
const SBOM_BYTES_MAX: u64 = 512 << 20;

/// What is in an image, from the image itself or from its SBOM.
pub(super) struct Input {
    pub(super) name: String,
    /// What names the image: its digest, as far as it is known.
    pub(super) digest: String,
    pub(super) distribution: Option<Arc<Distribution>>,
    pub(super) packages: Vec<Package>,
    /// Programs that no package brought.
    pub(super) unowned: Vec<String>,
    /// Digests of its layers, the lowest first.
    pub(super) layers: Vec<String>,
    /// When it was built: RFC 3339, as written.
    pub(super) created: Option<String>,
    /// Files and bytes that were read.
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// What of it is not known, as a sentence each.
    pub(super) gaps: Vec<(ImageGapKind, String)>,
}

impl Input {
    /// The configuration alone, without its layers.
    pub(super) fn configuration(input: &ImageInput) -> Result<Config> {
        let (path, name) = split(&input.reference);
        Ok(source(input, path)?.choose(name, &input.platform)?.config)
    }

    /// Reads it.
    pub(super) fn load(input: &ImageInput) -> Result<Self> {
        let (path, name) = split(&input.reference);
        if is_json(Path::new(path)) {
            return Self::of_sbom(path);
        }
        let source = source(input, path)?;
        let chosen = source.choose(name, &input.platform)?;
        let read = read(&source, &chosen, &LayerLimits::default(), |_| {});
        Ok(Self::of_image(&input.reference, chosen, read))
    }

    fn of_image(reference: &str, chosen: Chosen, read: ImageRead) -> Self {
        let gaps = gaps(&chosen, &read);
        let found = || read.layers.iter().filter_map(|layer| layer.layer.as_ref().ok());
        let digest = chosen.digest.unwrap_or(chosen.config_digest);
        Self {
            name: chosen.names.into_iter().next().unwrap_or_else(|| reference.to_owned()),
            digest: digest.to_string(),
            files: found().map(|layer| layer.entries).sum(),
            bytes: found().map(|layer| layer.bytes).sum(),
            distribution: read.image.distribution,
            packages: read.image.packages,
            unowned: read.image.unowned.into_iter().map(|it| it.path).collect(),
            layers: read.layers.iter().map(|it| it.descriptor.digest.to_string()).collect(),
            created: chosen.config.created,
            gaps,
        }
    }

    fn of_sbom(path: &str) -> Result<Self> {
        let mut content = Vec::new();
        File::open(path)
            .and_then(|file| file.take(SBOM_BYTES_MAX).read_to_end(&mut content))
            .with_context(|| format!("{path} cannot be read"))?;
        let found = ::sbom::read(&content).with_context(|| format!("{path} is no SBOM"))?;
        let unknown = found.unknown.iter();
        let gap = |name: &String| {
            let text = format!("`{name}` has no package URL of a kind that is known");
            (ImageGapKind::UnknownPackage, text)
        };
        let distribution = found.packages.iter().find_map(|it| it.distribution.clone());
        Ok(Self {
            name: if found.name.is_empty() { path.to_owned() } else { found.name },
            digest: found.digest,
            distribution,
            gaps: unknown.map(gap).collect(),
            packages: found.packages,
            unowned: found.unowned,
            layers: Vec::new(),
            created: None,
            files: 0,
            bytes: 0,
        })
    }
}

/// Tells gaps on standard error.
pub(super) fn tell(gaps: &[(ImageGapKind, String)]) {
    for (_, gap) in gaps.iter().take(GAPS_TOLD_MAX) {
        anstream::eprintln!("{YELLOW}not known:{YELLOW:#} {}", harmless(gap));
    }
    if gaps.len() > GAPS_TOLD_MAX {
        anstream::eprintln!("{YELLOW}not known:{YELLOW:#} {} more", gaps.len() - GAPS_TOLD_MAX);
    }
}

/// The path and the name after it. A path may itself hold colons: it is what exists.
pub(super) fn split(reference: &str) -> (&str, Option<&str>) {
    let schemes = ["oci:", "oci-archive:", "docker-archive:", "sbom:"];
    let rest = schemes.iter().find_map(|scheme| reference.strip_prefix(scheme));
    let rest = rest.unwrap_or(reference);
    if Path::new(rest).exists() {
        return (rest, None);
    }
    let colons = rest.match_indices(':').map(|(at, _)| at);
    let mut pieces = colons.filter_map(|at| rest.split_at_checked(at));
    let found = pieces.find(|(path, _)| Path::new(path).exists());
    found.map_or((rest, None), |(path, name)| (path, name.strip_prefix(':')))
}

/// Whether a file begins as JSON documents do, and no tar does.
fn is_json(path: &Path) -> bool {
    let mut start = [0; 64];
    let count = if path.is_file() {
        File::open(path).and_then(|mut file| file.read(&mut start)).unwrap_or_default()
    } else {
        0
    };
    let start = start.get(..count).unwrap_or_default();
    let start = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(start);
    start.trim_ascii_start().starts_with(b"{")
}

/// What is at the path, else in a registry.
pub(super) fn source(input: &ImageInput, path: &str) -> Result<Source> {
    let reference = input.reference.as_str();
    let named = reference.strip_prefix("docker://").unwrap_or(path);
    if Path::new(path).exists() {
        let no_image = || format!("`{}` is no image that can be read", harmless(reference));
        return open(Path::new(path)).with_context(no_image);
    }
    // A file that is missing is not asked for in somebody's registry.
    let is_file = ["./", "../", "/"].iter().any(|start| path.starts_with(start))
        || [".tar", ".json", ".gz"].iter().any(|end| path.ends_with(end))
        || path != reference;
    if is_file {
        bail!("no file `{}`", harmless(path));
    }
    let named: Reference = named.parse().with_context(|| {
        format!("`{}` is neither a file nor the name of an image", harmless(reference))
    })?;
    let options = RegistryOptions {
        credentials: Credentials::default().of_user(),
        insecure: input.insecure,
        ..RegistryOptions::default()
    };
    Ok(Source::Registry(Box::new(Registry::new(named, options)?)))
}

pub(super) fn gaps(chosen: &Chosen, read: &ImageRead) -> Vec<(ImageGapKind, String)> {
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
    gaps.into_iter().map(|gap| (ImageGapKind::Unreadable, gap)).collect()
}
