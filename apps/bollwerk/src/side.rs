//! The two sides of a comparison: each is a file, a folder, a snapshot or a git revision.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use collect::manifests::{Input, Sources};
use model::{DigestKey, Snapshot};

use crate::arguments::TwoSides;
use crate::config::Settings;
use crate::git::{self, Checkout};
use crate::{assess, inputs};

/// What both sides share.
pub(crate) struct Sides {
    path: PathBuf,
    now: jiff::Timestamp,
    key: DigestKey,
}

/// A side, read. A checkout stays until its findings are placed.
pub(crate) struct Side {
    pub(crate) snapshot: Snapshot,
    pub(crate) sources: Sources,
    /// Whether it was read with the key of this run.
    pub(crate) has_own_key: bool,
    _checkout: Option<Checkout>,
}

impl Sides {
    pub(crate) fn new(arguments: &TwoSides) -> Self {
        let TwoSides { old, new, path, reading } = arguments;
        let path = path
            .clone()
            .or_else(|| [new, old].into_iter().map(PathBuf::from).find(|path| path.exists()));
        Self {
            path: path.unwrap_or_else(|| PathBuf::from(".")),
            now: reading.now.unwrap_or_else(jiff::Timestamp::now),
            // One key for both: credentials are compared by their digests.
            key: inputs::digest_key(),
        }
    }

    /// A side: a snapshot, a file, a folder, a revision, or `REVISION:PATH` as git writes it.
    pub(crate) fn read(&self, side: &str, settings: &Settings) -> Result<Side> {
        let path = Path::new(side);
        if path.is_file() && is_snapshot(path)? {
            let snapshot = inputs::saved(path)?;
            let sources = Sources::none(self.key.clone());
            return Ok(Side { snapshot, sources, has_own_key: false, _checkout: None });
        }
        if path.exists() {
            return Ok(self.collect(Input::Path(path.to_owned()), None, settings));
        }
        let (revision, at) = match side.split_once(':') {
            Some((revision, at)) if git::is_revision(revision) => (revision, Path::new(at)),
            _ => (side, self.path.as_path()),
        };
        if at.is_absolute() || at.components().any(|part| part.as_os_str() == "..") {
            bail!("{}: a path of a revision lies below the current folder", at.display());
        }
        let checkout =
            Checkout::new(revision, at).with_context(|| format!("cannot read {side}"))?;
        let (path, shown) = (checkout.path(at), at.to_owned());
        let world = format!("{revision}:{}", at.display());
        Ok(self.collect(Input::Copy { path, shown, world }, Some(checkout), settings))
    }

    fn collect(&self, input: Input, checkout: Option<Checkout>, settings: &Settings) -> Side {
        let (snapshot, sources) =
            assess::collect(vec![input], settings, self.now, self.key.clone());
        Side { snapshot, sources, has_own_key: true, _checkout: checkout }
    }
}

/// Whether a file is what `bollwerk snapshot save` wrote, by its first bytes.
fn is_snapshot(path: &Path) -> Result<bool> {
    use std::io::Read;
    let shown = path.display();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {shown}"))?;
    let mut head = Vec::new();
    file.take(64).read_to_end(&mut head).with_context(|| format!("cannot read {shown}"))?;
    Ok(head.starts_with(b"{\"schema\":\"bollwerk.snapshot/"))
}
