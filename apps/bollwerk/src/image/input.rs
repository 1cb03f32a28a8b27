//! From what was typed to what is in an image, and what of it is not known.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use collect::image::{
    Chosen, Credentials, Facts, ImageRead, Reading, Registry, RegistryOptions, Source, open, read,
    read_folder,
};
use image::{Config, Layer, LayerLimits, Reference, merge};
use package::{Distribution, Package};
use report::harmless;

use crate::arguments::{ImageGapKind, ImageReading};
use crate::console::YELLOW;

/// Gaps told one by one.
const GAPS_TOLD_MAX: usize = 20;
/// The label that names the image an image was built on.
///
/// Source: OCI image specification, `annotations.md`.
const BASE_NAME: &str = "org.opencontainers.image.base.name";
/// What stands before a folder with files: a root file system, or the sources of a program.
pub(super) const FOLDER: &str = "dir:";
/// What stands before the name of an image that a node has.
const CONTAINERD: &str = "containerd:";
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
    /// Digests of what its layers hold, however they are packed.
    pub(super) contents: Vec<String>,
    /// What it was built on, as it says itself.
    pub(super) built_on: Option<String>,
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
    pub(super) fn configuration(reference: &str, how: &ImageReading) -> Result<Config> {
        let (path, name) = split(reference);
        Ok(source(reference, path, how)?.choose(name, &how.platform)?.config)
    }

    /// Reads it.
    pub(super) fn load(reference: &str, how: &ImageReading) -> Result<Self> {
        if let Some(folder) = reference.strip_prefix(FOLDER) {
            return Self::of_folder(folder);
        }
        let (path, name) = split(reference);
        if is_json(Path::new(path)) {
            return Self::of_sbom(path);
        }
        Self::of_source(reference, &source(reference, path, how)?, name, how)
    }

    /// Reads an image of a registry, whatever is called so on this machine.
    pub(super) fn of_registry(reference: &str, how: &ImageReading) -> Result<Self> {
        Self::of_source(reference, &registry(reference, how)?, None, how)
    }

    /// Reads all images at a path, with the names each is known by.
    pub(super) fn load_all(path: &Path, how: &ImageReading) -> Result<Vec<(Vec<String>, Self)>> {
        let shown = path.display().to_string();
        if is_json(path) {
            let input = Self::of_sbom(&shown)?;
            return Ok(vec![(vec![input.name.clone()], input)]);
        }
        let source = open(path)?;
        let mut found = Vec::new();
        for name in source.names()? {
            let chosen = source.choose(name.as_deref(), &how.platform)?;
            let names = chosen.names.clone();
            found.push((names, Self::of_chosen(&shown, &source, chosen, how)));
        }
        Ok(found)
    }

    fn of_source(
        reference: &str,
        source: &Source,
        name: Option<&str>,
        how: &ImageReading,
    ) -> Result<Self> {
        let chosen = source.choose(name, &how.platform)?;
        Ok(Self::of_chosen(reference, source, chosen, how))
    }

    fn of_chosen(reference: &str, source: &Source, chosen: Chosen, how: &ImageReading) -> Self {
        let facts = facts(how);
        let reading = Reading { facts: facts.as_ref(), ..Reading::default() };
        let read = read(source, &chosen, reading, |_| {});
        Self::of_image(reference, chosen, read)
    }

    /// A root file system, which is one layer that lies on nothing.
    fn of_folder(folder: &str) -> Result<Self> {
        let layer = read_folder(Path::new(folder), &LayerLimits::default(), &mut ())
            .with_context(|| format!("the folder {} cannot be read", harmless(folder)))?;
        let mut image = merge([&layer]);
        for found in image.packages.iter_mut().flat_map(|it| &mut it.found_in) {
            found.layer = None;
        }
        let gaps = layer_gaps(&layer, &format!("in {folder}"));
        Ok(Self {
            name: folder.to_owned(),
            digest: String::new(),
            distribution: image.distribution,
            packages: image.packages,
            unowned: image.unowned.into_iter().map(|it| it.path).collect(),
            layers: Vec::new(),
            contents: Vec::new(),
            built_on: None,
            created: None,
            files: layer.entries,
            bytes: layer.bytes,
            gaps: gaps.into_iter().map(|gap| (ImageGapKind::Unreadable, gap)).collect(),
        })
    }

    fn of_image(reference: &str, chosen: Chosen, read: ImageRead) -> Self {
        let gaps = gaps(&chosen, &read);
        let found = || read.layers.iter().filter_map(|layer| layer.layer.as_ref().ok());
        let digest = chosen.digest.unwrap_or(chosen.config_digest);
        let labels = chosen.config.config.as_ref().and_then(|it| it.labels.as_ref());
        Self {
            name: chosen.names.into_iter().next().unwrap_or_else(|| reference.to_owned()),
            digest: digest.to_string(),
            files: found().map(|layer| layer.entries).sum(),
            bytes: found().map(|layer| layer.bytes).sum(),
            distribution: read.image.distribution,
            packages: read.image.packages,
            unowned: read.image.unowned.into_iter().map(|it| it.path).collect(),
            layers: read.layers.iter().map(|it| it.descriptor.digest.to_string()).collect(),
            contents: chosen.config.rootfs.diff_ids,
            built_on: labels.and_then(|it| it.get(BASE_NAME).cloned()),
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
            contents: Vec::new(),
            built_on: None,
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
    if let Some(name) = reference.strip_prefix(CONTAINERD) {
        return (reference, Some(name));
    }
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
pub(super) fn source(reference: &str, path: &str, how: &ImageReading) -> Result<Source> {
    if reference.starts_with(CONTAINERD) {
        let advice = "no containerd can be read here: `--containerd` names its folder";
        return Source::containerd(&how.containerd).context(advice);
    }
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
    registry(named, how)
}

fn registry(reference: &str, how: &ImageReading) -> Result<Source> {
    let named: Reference = reference.parse().with_context(|| {
        format!("`{}` is neither a file nor the name of an image", harmless(reference))
    })?;
    let options = RegistryOptions {
        credentials: Credentials::default().of_user(),
        insecure: how.insecure,
        ..RegistryOptions::default()
    };
    let mirrors = how.mirror.iter().filter(|(of, _)| *of == named.registry);
    for (_, mirror) in mirrors {
        let named = Reference { registry: mirror.clone(), ..named.clone() };
        let asked = Registry::new(named, options.clone());
        let source = asked.map(|it| Source::Registry(Box::new(it))).map_err(Into::into);
        match source.and_then(|it| it.choose(None, &how.platform).map(|_| it)) {
            Ok(source) => return Ok(source),
            Err(error) => {
                let told = harmless(&error.to_string());
                anstream::eprintln!("{YELLOW}not from the mirror:{YELLOW:#} {told}");
            }
        }
    }
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
            Ok(found) => gaps.extend(layer_gaps(found, &format!("in layer {short}"))),
        }
    }
    gaps.into_iter().map(|gap| (ImageGapKind::Unreadable, gap)).collect()
}

fn layer_gaps(layer: &Layer, place: &str) -> Vec<String> {
    let one = |gap: &image::LayerGap| format!("/{} {place}: {}", gap.path, gap.problem);
    let mut gaps: Vec<String> = layer.gaps.iter().map(one).collect();
    if layer.more_gaps > 0 {
        gaps.push(format!("{} more files {place}", layer.more_gaps));
    }
    gaps
}

/// What is known of layers from before, unless nobody wants it or there is no place for it.
fn facts(how: &ImageReading) -> Option<Facts> {
    let set = |name| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let of_user = || {
        let cache =
            set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))?;
        Some(cache.join("bollwerk/layers"))
    };
    let folder = how.cache.clone().or_else(of_user).filter(|_| !how.no_cache)?;
    Some(Facts::new(&folder))
}
