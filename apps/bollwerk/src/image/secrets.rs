//! `bollwerk image secrets`: credentials in the files of an image, of a folder or of a root file
//! system.

mod output;

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use collect::image::{Reading, read_observed};
use collect::secrets::{SecretSearch, search};
use report::harmless;

pub(super) use self::output::{as_json, credentials, place, section, summary};
use super::input::{self, CONTAINERD, FOLDER, chosen, gaps, split};
use super::sarif::Sarif;
use super::searched::{Gaps, Searched};
use super::{FAILED, UNKNOWN};
use crate::arguments::{ImageOrigin, ImageSecrets, JudgedFormat};
use crate::console::print_json;
use crate::inputs::digest_key;

/// Entries of a folder among which a misspelt name is looked for.
const NEIGHBOURS_MAX: usize = 10_000;

/// The same with what it is called.
struct Looked {
    name: String,
    /// The digest of an image; none of a folder.
    digest: Option<String>,
    searched: Searched,
    gaps: Gaps,
}

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &ImageSecrets) -> Result<u8> {
    let judging = &arguments.judging;
    let looked = look(&arguments.image, &arguments.origin)?;
    let Looked { name, digest, searched, gaps } = &looked;
    input::tell(gaps);
    let is_known = |kind| arguments.accept_gap.contains(kind);
    let code = match () {
        () if judging.fail_on.is_some_and(|least| searched.reaches(least)) => FAILED,
        () if gaps.iter().any(|(kind, _)| !is_known(kind)) => UNKNOWN,
        () => 0,
    };
    match judging.format {
        JudgedFormat::Json => output::print_json(name, digest.as_deref(), searched, gaps)?,
        JudgedFormat::Terminal => {
            output::print(name, digest.as_deref(), searched, judging.show)?;
        }
        JudgedFormat::Sarif => {
            let mut sarif = Sarif::default();
            sarif.credentials(name, digest.as_deref(), searched);
            print_json(&sarif.document(gaps, code))?;
        }
    }
    Ok(code)
}

fn look(reference: &str, how: &ImageOrigin) -> Result<Looked> {
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
    let (searched, gaps) = Searched::in_folder(found);
    Ok(Looked { name: path.display().to_string(), digest: None, searched, gaps })
}

fn in_image(reference: &str, how: &ImageOrigin, path: &str, name: Option<&str>) -> Result<Looked> {
    if reference.starts_with("sbom:") {
        bail!("an SBOM has no files: name the image itself");
    }
    let is_here = reference.starts_with(CONTAINERD) || Path::new(path).exists();
    let found = chosen(reference, path, name, how);
    let (source, chosen) =
        if is_here { found? } else { found.with_context(|| not_here(reference))? };
    let key = digest_key();
    let (read, observers) =
        read_observed(&source, &chosen, Reading::default(), || SecretSearch::new(&key), |_| {});
    let (searched, of_search) = Searched::in_image(&chosen, &read, observers);
    let mut gaps = gaps(&chosen, &read);
    gaps.extend(of_search);
    let name = chosen.names.first().map_or(reference, String::as_str).to_owned();
    let digest = chosen.digest.as_ref().unwrap_or(&chosen.config_digest).to_string();
    Ok(Looked { name, digest: Some(digest), searched, gaps })
}

/// What was tried with a name, and the file or folder that may have been meant.
fn not_here(reference: &str) -> String {
    let reference = harmless(reference);
    let meant = neighbour(&reference);
    let meant = meant.map_or_else(String::new, |it| format!("; is `{it}` meant?"));
    format!("no file or folder `{reference}` is here, and no image of that name was found{meant}")
}

/// The entry beside a path whose name differs from it in one or two letters.
fn neighbour(reference: &str) -> Option<String> {
    let path = Path::new(reference.trim_end_matches('/'));
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let entries = fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let names =
        entries.take(NEIGHBOURS_MAX).filter_map(|it| it.ok()?.file_name().into_string().ok());
    let near = names.map(|it| (letters_apart(name, &it), it)).min()?;
    let most = if name.chars().count() < 4 { 1 } else { 2 };
    let found = (near.0 <= most).then(|| path.with_file_name(near.1))?;
    Some(harmless(&found.display().to_string()))
}

/// Letters to put in, take out, or replace to make one text of the other (Levenshtein).
fn letters_apart(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut left = at + 1;
        let mut next = vec![left];
        for (above, seen) in row.windows(2).zip(&other) {
            let [corner, above] = above else { continue };
            left = (left + 1).min(above + 1).min(corner + usize::from(*seen != letter));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
