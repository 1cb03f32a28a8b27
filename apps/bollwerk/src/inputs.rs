//! What is named on the command line, read into a snapshot.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use analyze::admission_policy::worlds;
use anyhow::{Context, Result, bail};
use collect::manifests::{Input, Sources};
use model::{DigestKey, Snapshot, WorldId};

use crate::arguments::Inputs;
use crate::assess;
use crate::config::Settings;

/// Reads all inputs.
pub(crate) fn collect(inputs: &Inputs, settings: &Settings) -> Result<(Snapshot, Sources)> {
    if let Some(path) = &inputs.snapshot {
        let mut snapshot = saved(path)?;
        // Only a flag may overrule what the snapshot says of itself.
        snapshot.version = inputs.reading.kubernetes_version.unwrap_or(snapshot.version);
        return Ok((snapshot, Sources::none(digest_key())));
    }
    let taken_at = inputs.reading.now.unwrap_or_else(jiff::Timestamp::now);
    if let Some(from) = inputs.live.from() {
        return running(&from, inputs, settings, taken_at);
    }
    Ok(assess::collect(named(inputs)?, settings, taken_at, digest_key()))
}

/// Reads all inputs, and a folder (which need not be there) that belongs to the first of them.
pub(crate) fn collect_with(
    inputs: &Inputs,
    part: Option<&Path>,
    settings: &Settings,
) -> Result<(Snapshot, Sources)> {
    let taken_at = inputs.reading.now.unwrap_or_else(jiff::Timestamp::now);
    let mut named = named(inputs)?;
    let is_there = |part: &Path| {
        let holds = std::fs::read_dir(part).is_ok_and(|mut entries| entries.next().is_some());
        holds || settings.collect.overlay.keys().any(|new| new.starts_with(part))
    };
    if let (Some(part), Some(Input::Path(of))) = (part.filter(|it| is_there(it)), named.first()) {
        let (path, world) = (part.to_owned(), of.display().to_string());
        named.push(Input::Copy { shown: path.clone(), path, world });
    }
    Ok(assess::collect(named, settings, taken_at, digest_key()))
}

/// Admission policies that lie beside what is judged; none where no path is named.
pub(crate) fn policies(paths: &[PathBuf], settings: &Settings) -> Result<Option<Snapshot>> {
    if paths.is_empty() {
        return Ok(None);
    }
    if let Some(missing) = paths.iter().find(|path| !path.exists()) {
        bail!("there is no {} to read admission policies from", missing.display());
    }
    let inputs = paths.iter().cloned().map(Input::Path).collect();
    let (snapshot, _) = assess::collect(inputs, settings, jiff::Timestamp::now(), digest_key());
    if analyze::admission_policy::Bound::read(&snapshot, &worlds(&snapshot)).0.is_empty() {
        bail!("the paths of `--policies` hold no ValidatingAdmissionPolicy");
    }
    Ok(Some(snapshot))
}

/// A running cluster.
fn running(
    from: &collect::cluster::From,
    inputs: &Inputs,
    settings: &Settings,
    taken_at: jiff::Timestamp,
) -> Result<(Snapshot, Sources)> {
    let key = digest_key();
    let mut snapshot = Snapshot::new(settings.kubernetes_version, taken_at);
    collect::cluster::collect(&mut snapshot, from, &key, &settings.collect.limits)?;
    for path in &inputs.arm {
        let (world, limits) = (WorldId(0), &settings.collect.limits);
        collect::manifests::add_managed_clusters(&mut snapshot, path, world, limits, &key);
    }
    // Only a flag may overrule what the cluster says of itself.
    snapshot.version = inputs.reading.kubernetes_version.unwrap_or(snapshot.version);
    Ok((snapshot, Sources::none(key)))
}

pub(crate) fn saved(path: &Path) -> Result<Snapshot> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot read the snapshot {shown}"))?;
    model::snapshot::read(&mut BufReader::with_capacity(1 << 16, file)).with_context(|| {
        format!("cannot read {shown} as a snapshot (write one with `bollwerk snapshot save`)")
    })
}

fn named(inputs: &Inputs) -> Result<Vec<Input>> {
    let mut found = Vec::new();
    for path in inputs.paths.iter().chain(&inputs.manifests) {
        if path != Path::new("-") {
            found.push(Input::Path(path.clone()));
            continue;
        }
        if found.iter().any(|input| matches!(input, Input::Text(_))) {
            bail!("standard input is given twice; name `-` once");
        }
        let mut text = Vec::new();
        let limit = yaml::Limits::default().bytes as u64 + 1;
        io::stdin().take(limit).read_to_end(&mut text).context("cannot read standard input")?;
        found.push(Input::Text(text));
    }
    found.extend(inputs.arm.iter().cloned().map(Input::ManagedClusters));
    Ok(found)
}

/// A key of this run alone. The standard library seeds its hasher from the operating system; the
/// crypto library's own generator takes 20 ms to start, as long as judging a thousand files.
pub(crate) fn digest_key() -> DigestKey {
    let seeded = RandomState::new();
    let mut random = [0; 32];
    for (number, bytes) in random.chunks_exact_mut(8).enumerate() {
        bytes.copy_from_slice(&seeded.hash_one(number).to_le_bytes());
    }
    DigestKey::new(&random)
}
