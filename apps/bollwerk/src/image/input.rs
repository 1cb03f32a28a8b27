//! From what was typed to what is in an image, and what of it is not known.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use collect::image::{
    Chosen, Credentials, Facts, ImageError, ImageRead, Reading, Registry, RegistryOptions, Source,
    open, read, read_folder, read_observed,
};
use collect::secrets::SecretSearch;
use image::{Config, Layer, LayerLimits, Reference, merge};
use model::DigestKey;
use package::{Distribution, Package};
use report::harmless;

use super::attached::{Documents, attached};
use super::searched::Searched;
use crate::arguments::{ImageGapKind, ImageOrigin, ImageReading};
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
pub(super) const CONTAINERD: &str = "containerd:";
/// Bytes of an SBOM.
const SBOM_BYTES_MAX: u64 = 512 << 20;

/// How images are read, and what is looked for in them beside packages.
#[derive(Clone, Copy)]
pub(super) struct Load<'a> {
    pub(super) reading: &'a ImageReading,
    /// Makes the digests of credentials; without it nobody looks for them.
    pub(super) secrets: Option<&'a DigestKey>,
    /// Whether VEX is wanted that is attached to the image.
    pub(super) attached: bool,
}

impl<'a> Load<'a> {
    /// Packages alone.
    pub(super) fn packages(reading: &'a ImageReading) -> Self {
        Self { reading, secrets: None, attached: false }
    }
}

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
    /// Credentials, if somebody looked for them.
    pub(super) secrets: Option<Searched>,
    /// VEX documents that are attached to it, by what people call them.
    pub(super) attached: Documents,
    /// What of it is not known, as a sentence each.
    pub(super) gaps: Vec<(ImageGapKind, String)>,
}

impl Input {
    /// The configuration alone, without its layers.
    pub(super) fn configuration(reference: &str, how: &ImageOrigin) -> Result<Config> {
        let (path, name) = split(reference);
        Ok(chosen(reference, path, name, how)?.1.config)
    }

    /// Reads it.
    pub(super) fn load(reference: &str, how: Load<'_>) -> Result<Self> {
        if let Some(folder) = reference.strip_prefix(FOLDER) {
            return Self::of_folder(folder, how);
        }
        let (path, name) = split(reference);
        if is_json(Path::new(path)) {
            return Self::of_sbom(path, how);
        }
        let (source, chosen) = chosen(reference, path, name, &how.reading.origin)?;
        Ok(Self::of_chosen(reference, &source, chosen, how))
    }

    /// Reads an image of a registry, whatever is called so on this machine.
    pub(super) fn of_registry(reference: &str, how: Load<'_>) -> Result<Self> {
        Self::of_registry_as(reference, how, &Credentials::default().of_user())
    }

    /// The same, by the leave of these.
    pub(super) fn of_registry_as(
        reference: &str,
        how: Load<'_>,
        credentials: &Credentials,
    ) -> Result<Self> {
        let (source, chosen) = registry(reference, &how.reading.origin, credentials)?;
        Ok(Self::of_chosen(reference, &source, chosen, how))
    }

    /// Reads all images at a path, with the names each is known by.
    pub(super) fn load_all(path: &Path, how: Load<'_>) -> Result<Vec<(Vec<String>, Self)>> {
        let shown = path.display().to_string();
        if is_json(path) {
            let input = Self::of_sbom(&shown, how)?;
            return Ok(vec![(vec![input.name.clone()], input)]);
        }
        let source = open(path)?;
        let mut found = Vec::new();
        for name in source.names()? {
            let chosen = source.choose(name.as_deref(), &how.reading.origin.platform)?;
            let names = chosen.names.clone();
            found.push((names, Self::of_chosen(&shown, &source, chosen, how)));
        }
        Ok(found)
    }

    fn of_chosen(reference: &str, source: &Source, chosen: Chosen, how: Load<'_>) -> Self {
        let (attached, of_attached) =
            if how.attached { attached(source, &chosen) } else { Default::default() };
        let mut input = Self::of_layers(reference, source, chosen, how);
        input.attached = attached;
        input.gaps.extend(of_attached);
        input
    }

    fn of_layers(reference: &str, source: &Source, chosen: Chosen, how: Load<'_>) -> Self {
        let facts = facts(how.reading);
        let reading = Reading { facts: facts.as_ref(), ..Reading::default() };
        let Some(key) = how.secrets else {
            let read = read(source, &chosen, reading, |_| {});
            return Self::of_image(reference, chosen, read);
        };
        let search = || SecretSearch::new(key);
        let (read, observers) = read_observed(source, &chosen, reading, search, |_| {});
        let (searched, gaps) = Searched::in_image(&chosen, &read, observers);
        let mut input = Self::of_image(reference, chosen, read);
        input.secrets = Some(searched);
        input.gaps.extend(gaps);
        input
    }

    /// A root file system, which is one layer that lies on nothing.
    fn of_folder(folder: &str, how: Load<'_>) -> Result<Self> {
        let (path, limits) = (Path::new(folder), LayerLimits::default());
        let unreadable = || format!("the folder {} cannot be read", harmless(folder));
        let (layer, found) = match how.secrets {
            None => (read_folder(path, &limits, &mut ()).with_context(unreadable)?, None),
            Some(key) => {
                let mut search = SecretSearch::new(key);
                let layer = read_folder(path, &limits, &mut search).with_context(unreadable)?;
                let found = Searched::in_root(&layer, search);
                (layer, Some(found))
            }
        };
        let (secrets, of_secrets) = found.unzip();
        let mut image = merge([&layer]);
        for found in image.packages.iter_mut().flat_map(|it| &mut it.found_in) {
            found.layer = None;
        }
        let gaps = layer_gaps(&layer, &format!("in {folder}"));
        let gaps = gaps.into_iter().map(|gap| (ImageGapKind::Unreadable, gap));
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
            secrets,
            attached: Vec::new(),
            gaps: gaps.chain(of_secrets.into_iter().flatten()).collect(),
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
            secrets: None,
            attached: Vec::new(),
            gaps,
        }
    }

    fn of_sbom(path: &str, how: Load<'_>) -> Result<Self> {
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
        let not_searched = how.secrets.map(|_| {
            let text = "an SBOM has no files: nobody looked for credentials".to_owned();
            (ImageGapKind::NotSearched, text)
        });
        Ok(Self {
            name: if found.name.is_empty() { path.to_owned() } else { found.name },
            digest: found.digest,
            distribution,
            gaps: unknown.map(gap).chain(not_searched).collect(),
            secrets: None,
            attached: Vec::new(),
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

/// An image at the path, else in a registry.
pub(super) fn chosen(
    reference: &str,
    path: &str,
    name: Option<&str>,
    how: &ImageOrigin,
) -> Result<(Source, Chosen)> {
    let of = |source: Source| {
        let chosen = source.choose(name, &how.platform)?;
        Ok((source, chosen))
    };
    if reference.starts_with(CONTAINERD) {
        let advice = "no containerd can be read here: `--containerd` names its folder";
        return of(Source::containerd(&how.containerd).context(advice)?);
    }
    let named = reference.strip_prefix("docker://").unwrap_or(path);
    if Path::new(path).exists() {
        let no_image = || format!("`{}` is no image that can be read", harmless(reference));
        return of(open(Path::new(path)).with_context(no_image)?);
    }
    // A file that is missing is not asked for in somebody's registry.
    let is_file = ["./", "../", "/"].iter().any(|start| path.starts_with(start))
        || [".tar", ".json", ".gz"].iter().any(|end| path.ends_with(end))
        || path != reference;
    if is_file {
        bail!("no file `{}`", harmless(path));
    }
    registry(named, how, &Credentials::default().of_user())
}

/// An image of a registry, or of the first mirror that has it whole.
fn registry(
    reference: &str,
    how: &ImageOrigin,
    credentials: &Credentials,
) -> Result<(Source, Chosen)> {
    let named: Reference = reference.parse().with_context(|| {
        format!("`{}` is neither a file nor the name of an image", harmless(reference))
    })?;
    let options = RegistryOptions {
        credentials: credentials.clone(),
        insecure: how.insecure,
        ..RegistryOptions::default()
    };
    let ask = |named: Reference| -> Result<(Source, Chosen), ImageError> {
        let source = Source::Registry(Box::new(Registry::new(named, options.clone())?));
        let chosen = source.choose(None, &how.platform)?;
        Ok((source, chosen))
    };
    let mirrors = how.mirror.iter().filter(|(of, _)| *of == named.registry);
    for (_, mirror) in mirrors {
        match ask(Reference { registry: mirror.clone(), ..named.clone() }) {
            Ok(found) => return Ok(found),
            Err(error) => {
                let told = harmless(&error.to_string());
                anstream::eprintln!("{YELLOW}not from the mirror:{YELLOW:#} {told}");
            }
        }
    }
    Ok(ask(named)?)
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
