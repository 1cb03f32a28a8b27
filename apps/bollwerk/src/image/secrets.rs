//! `bollwerk image secrets`: credentials in the files of an image, of a folder or of a root file
//! system.

mod finding;
mod output;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use collect::image::{Chosen, ImageRead, Reading, read_observed};
use collect::secrets::{SecretSearch, Secrets, search};
use dockerfile::{ConfigurationFinding, judge_configuration};
use image::{Layer, Owned};
use report::harmless;

use self::finding::{Finding, Place, in_folder, in_layer};
use super::input::{self, FOLDER, gaps, source, split};
use super::{FAILED, UNKNOWN};
use crate::arguments::{ImageGapKind, ImageReading, ImageSecrets, ScanFormat};
use crate::inputs::digest_key;

/// What was looked at and what was found there.
struct Looked {
    name: String,
    /// The digest of an image; none of a folder.
    digest: Option<String>,
    layers: usize,
    /// The gravest first.
    findings: Vec<Finding>,
    /// What the configuration says of credentials: variables and steps of the history.
    configuration: Vec<ConfigurationFinding>,
    files: u64,
    bytes: u64,
    binary: u64,
    compressed: u64,
    other: u64,
    gaps: Vec<(ImageGapKind, String)>,
}

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &ImageSecrets) -> Result<u8> {
    let looked = look(&arguments.image, &arguments.reading)?;
    input::tell(&looked.gaps);
    match arguments.format {
        ScanFormat::Json => output::as_json(&looked)?,
        ScanFormat::Terminal => output::as_text(&looked, arguments.show)?,
    }
    let severities = looked.findings.iter().map(|it| it.severity);
    let mut severities = severities.chain(looked.configuration.iter().map(|it| it.rule.severity));
    let fails = arguments.fail_on.is_some_and(|least| severities.any(|it| it >= least));
    let is_known = |kind| arguments.accept_gap.contains(kind);
    Ok(match () {
        () if fails => FAILED,
        () if looked.gaps.iter().any(|(kind, _)| !is_known(kind)) => UNKNOWN,
        () => 0,
    })
}

fn look(reference: &str, how: &ImageReading) -> Result<Looked> {
    let folder = reference.strip_prefix(FOLDER);
    let (path, name) = split(reference);
    match folder {
        Some(folder) => in_files(Path::new(folder)),
        None if is_no_image(reference, Path::new(path)) => in_files(Path::new(path)),
        None => in_image(reference, how, path, name),
    }
}

/// Whether files are there, named by no scheme, and neither an OCI layout nor a tar of an image.
fn is_no_image(reference: &str, path: &Path) -> bool {
    let schemes = ["oci:", "oci-archive:", "docker-archive:", "sbom:"];
    if schemes.iter().any(|it| reference.starts_with(it)) {
        return false;
    }
    if path.is_dir() {
        return !path.join("oci-layout").is_file();
    }
    path.is_file() && !is_tar(path)
}

/// Whether a file begins as a tar does, or as one that is compressed.
fn is_tar(path: &Path) -> bool {
    const MAGIC_AT: usize = 257;
    const MAGIC: &[u8] = b"ustar";
    let mut start = [0; MAGIC_AT + MAGIC.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    start.starts_with(&[0x1f, 0x8b]) || (read.is_ok() && start.get(MAGIC_AT..) == Some(MAGIC))
}

fn in_files(path: &Path) -> Result<Looked> {
    let found = search(path, &digest_key())
        .with_context(|| format!("{} cannot be read", harmless(&path.display().to_string())))?;
    let mut looked = Looked::of(path.display().to_string());
    looked.add(&found, "");
    looked.findings = found.hits.into_iter().map(in_folder).collect();
    looked.sort();
    Ok(looked)
}

fn in_image(reference: &str, how: &ImageReading, path: &str, name: Option<&str>) -> Result<Looked> {
    if reference.starts_with("sbom:") {
        bail!("an SBOM has no files: name the image itself");
    }
    let source = source(reference, path, how)?;
    let chosen = source.choose(name, &how.platform)?;
    let key = digest_key();
    let (read, searches) =
        read_observed(&source, &chosen, Reading::default(), || SecretSearch::new(&key), |_| {});
    let searches = searches.into_iter().map(|it| it.map(SecretSearch::finish));
    Ok(of_image(reference, &chosen, &read, searches.collect()))
}

fn of_image(
    reference: &str,
    chosen: &Chosen,
    read: &ImageRead,
    found: Vec<Option<Secrets>>,
) -> Looked {
    let name = chosen.names.first().map_or(reference, String::as_str);
    let mut looked = Looked::of(name.to_owned());
    looked.digest = Some(chosen.digest.as_ref().unwrap_or(&chosen.config_digest).to_string());
    looked.layers = read.layers.len();
    looked.gaps = gaps(chosen, read);
    let layers: Vec<Option<&Layer>> =
        read.layers.iter().map(|layer| layer.layer.as_ref().ok()).collect();
    let owned = Owned::of(layers.iter().copied().flatten());
    for (number, secrets) in found.into_iter().enumerate() {
        let Some(secrets) = secrets else { continue };
        let digest = read.layers.get(number).map(|it| it.descriptor.digest.to_string());
        let digest = digest.unwrap_or_default();
        looked.add(&secrets, &format!(" in layer {}", number + 1));
        let above = layers.get(number + 1..).unwrap_or_default();
        looked.findings.extend(secrets.hits.into_iter().map(|hit| {
            let place = Place { layer: number + 1, digest: digest.clone() };
            in_layer(hit, place, above, &owned)
        }));
    }
    let configuration = judge_configuration(&chosen.config).into_iter();
    looked.configuration = configuration.filter(|it| it.rule.speaks_of_credentials()).collect();
    looked.sort();
    looked
}

impl Looked {
    fn of(name: String) -> Self {
        Self {
            name,
            digest: None,
            layers: 0,
            findings: Vec::new(),
            configuration: Vec::new(),
            files: 0,
            bytes: 0,
            binary: 0,
            compressed: 0,
            other: 0,
            gaps: Vec::new(),
        }
    }

    fn add(&mut self, secrets: &Secrets, place: &str) {
        self.files += secrets.files;
        self.bytes += secrets.bytes;
        self.binary += secrets.binary;
        self.compressed += secrets.compressed;
        self.other += secrets.other;
        self.gaps.extend(secrets.gaps.iter().map(|gap| {
            let text = format!("/{}{place}: {}", gap.path, gap.reason);
            (ImageGapKind::Unreadable, text)
        }));
    }

    fn sort(&mut self) {
        self.findings.sort_by(|a, b| (b.severity, a).cmp(&(a.severity, b)));
    }
}
