//! `bollwerk diff OLD NEW`: what a change does to security.
//!
//! It is a scan of NEW that takes the findings of OLD for its baseline, and tells beside the
//! findings what differs in the objects.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use collect::manifests::{Input, Sources};
use model::{DigestKey, Snapshot};
use report::baseline::Baseline;

use crate::arguments::Diff;
use crate::config::Settings;
use crate::git::{self, Checkout};
use crate::progress::Bar;
use crate::scan::{self, More};
use crate::{assess, inputs};

/// Runs the command; the code to exit with.
pub(crate) fn run(arguments: &Diff) -> Result<u8> {
    let mut settings = Settings::load(&arguments.reading, Some(&arguments.judging))?;
    settings.override_reporting(&arguments.reporting);
    let path = arguments.path.clone().or_else(|| {
        let sides = [&arguments.new, &arguments.old].map(|side| PathBuf::from(side.as_str()));
        sides.into_iter().find(|path| path.exists())
    });
    let path = path.unwrap_or_else(|| PathBuf::from("."));
    let now = arguments.reading.now.unwrap_or_else(jiff::Timestamp::now);
    // One key for both: credentials are compared by their digests.
    let run = Run { path: &path, now, key: inputs::digest_key() };
    let bar = Bar::watch(&settings.collect.progress);
    let old = run.read(&arguments.old, &settings)?;
    let mut same_key = old.has_own_key;
    let old = assess::judge(old.snapshot, &old.sources, &settings, false);
    let known = old.findings.iter().chain(old.hidden.iter().map(|(finding, _)| finding));
    settings.baseline = Some(Baseline::of(known));
    let new = run.read(&arguments.new, &settings)?;
    same_key &= new.has_own_key;
    let frames = arguments.reporting.format.has_frames();
    let judged = assess::judge(new.snapshot, &new.sources, &settings, frames);
    drop(bar);
    let changed = analyze::change::changes(&old.snapshot, &judged.snapshot, same_key);
    let unread = |gap: &&model::Gap| !settings.report.accepted_gaps.contains(&gap.kind);
    let unread = old.gaps.iter().filter(unread).count();
    if unread > 0 {
        anstream::eprintln!(
            "{}: {unread} gaps; what could not be read there counts as new here",
            arguments.old
        );
    }
    if !same_key {
        anstream::eprintln!(
            "credentials in Secrets were not compared: a snapshot does not hold them"
        );
    }
    let more = More { compliance: None, changes: Some(&changed) };
    scan::tell(&judged, &settings, &arguments.reporting, more)
}

/// What both sides share.
struct Run<'a> {
    path: &'a Path,
    now: jiff::Timestamp,
    key: DigestKey,
}

/// A side, read. A checkout stays until its findings are placed.
struct Side {
    snapshot: Snapshot,
    sources: Sources,
    /// Whether it was read with the key of this run.
    has_own_key: bool,
    _checkout: Option<Checkout>,
}

impl Run<'_> {
    /// A side: a snapshot, a file, a folder, a revision, or `REVISION:PATH` as git writes it.
    fn read(&self, side: &str, settings: &Settings) -> Result<Side> {
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
            _ => (side, self.path),
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
