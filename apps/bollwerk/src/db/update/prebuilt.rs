//! Databases that somebody has built: as a file beside its digest and patches, or in a registry.

use std::io::Read;

use advisory::Database;
use advisory::signature::{PublicKey, digest_of, verified};
use anyhow::{Context, Result, bail, ensure};
use collect::advisories::{Downloader, patched};
use collect::image::{Credentials, Registry, RegistryOptions};
use image::{Manifest, Reference};
use serde_json::Value;

use crate::arguments::DbUpdate;
use crate::db::build::{head_name, patch_name};

/// What a layer with a database is called in a registry.
const MEDIA_TYPE: &str = "application/vnd.bollwerk.database.v1";
/// Bytes of the document with the digest.
const HEAD_BYTES_MAX: u64 = 64 << 10;

/// What its publisher offers beside a database.
pub(super) enum Found {
    /// No digest: it has to be fetched as any file is.
    Nothing,
    /// The digest, which what is fetched has to have.
    Digest(String),
    /// The database, put together and of the right digest.
    Content(Vec<u8>),
}

/// The database, by the digest its publisher states: what is there, if it is that; else patched
/// where there is a patch.
pub(super) fn by_head(
    downloader: &Downloader,
    url: &str,
    before: &[u8],
    bytes_max: u64,
) -> Result<Found> {
    let beside = |name: &str| format!("{}{name}", without_query(url));
    let Some(head) = downloader.document(&beside(&head_name("")), HEAD_BYTES_MAX)? else {
        return Ok(Found::Nothing);
    };
    let head: Value = serde_json::from_slice(&head).unwrap_or_default();
    if head["schema"] != "bollwerk.database-head/v1" {
        // Some servers answer with a page for whatever is not there.
        return Ok(Found::Nothing);
    }
    let digest = head["digest"].as_str().context("its head states no digest")?;
    let size = head["size"].as_u64().context("its head states no size")?;
    ensure!(size <= bytes_max, "it has {size} bytes, {bytes_max} are the limit");
    if digest_of(before) == digest {
        return Ok(Found::Content(before.to_vec()));
    }
    if !before.is_empty()
        && let Some(patch) = downloader.document(&beside(&patch_name("", before)), bytes_max)?
    {
        let made = patched(before, &patch, size);
        if let Ok(made) = made.as_ref().map(Vec::as_slice)
            && digest_of(made) == digest
        {
            anstream::eprintln!("fetched {} bytes, a patch", patch.len());
            return Ok(Found::Content(made.to_vec()));
        }
        anstream::eprintln!("the patch does not lead to what is published: all of it is fetched");
    }
    Ok(Found::Digest(digest.to_owned()))
}

/// The database in a registry: the one layer of that kind, or the only one.
pub(super) fn from_registry(reference: &str, arguments: &DbUpdate) -> Result<Vec<u8>> {
    let reference: Reference = reference.parse()?;
    let options = RegistryOptions {
        credentials: Credentials::default().of_user(),
        insecure: arguments.insecure,
        ..RegistryOptions::default()
    };
    let registry = Registry::new(reference, options)?;
    let (named, content) = registry.named()?;
    ensure!(named.digest.is_of(&content), "the manifest is not what its digest says");
    let manifest = Manifest::read(&content).context("the manifest")?;
    let mut own = manifest.layers.iter().filter(|it| it.media_type == MEDIA_TYPE);
    let ((Some(layer), _) | (None, [layer])) = (own.next(), manifest.layers.as_slice()) else {
        bail!("{} holds no layer of the kind `{MEDIA_TYPE}`", registry.name())
    };
    let most = arguments.max_bytes;
    ensure!(layer.size <= most, "it has {} bytes, {most} are the limit", layer.size);
    let mut file = Vec::new();
    registry.blob(layer)?.take(layer.size + 1).read_to_end(&mut file)?;
    ensure!(layer.digest.is_of(&file), "the database is not what its digest says");
    Ok(file)
}

/// The database of a file: verified where there is a key.
pub(super) fn trusted<'f>(file: &'f [u8], key: Option<&PublicKey>) -> Result<&'f [u8]> {
    Ok(match key {
        Some(key) => verified(file, key)?,
        None => Database::split(file)?.0,
    })
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}
