//! The one cluster that questions are asked about.

use std::fmt;

use anyhow::{Context, Result, bail};
use collect::manifests::{Place, Sources};
use model::{Gap, GapKind, ObjectId, Path, Snapshot, WorldId};
use report::harmless;

use crate::arguments::{ClusterInputs, Inputs, Reading};
use crate::config::Settings;
use crate::inputs;

/// Gaps listed on standard error; the rest is counted.
const GAPS_SHOWN_MAX: usize = 10;

/// No object could be read: not wrong use, and no answer either.
#[derive(Debug)]
pub(crate) struct NothingRead;

impl fmt::Display for NothingRead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no object could be read, so there is no answer; name other paths")
    }
}

impl std::error::Error for NothingRead {}

/// A cluster, read.
pub(crate) struct Cluster {
    pub(crate) snapshot: Snapshot,
    pub(crate) sources: Sources,
    /// Which of the snapshot's worlds it is.
    pub(crate) world: WorldId,
    /// Kinds of gaps that are no reason for doubt.
    pub(crate) accepted_gaps: Vec<GapKind>,
}

impl Cluster {
    pub(crate) fn load(arguments: &ClusterInputs) -> Result<Self> {
        let inputs = Inputs {
            paths: Vec::new(),
            manifests: arguments.manifests.clone(),
            snapshot: arguments.snapshot.clone(),
            arm: Vec::new(),
            live: arguments.live.clone(),
            reading: Reading {
                namespace: arguments.object_namespace.clone(),
                kubernetes_version: arguments.kubernetes_version,
                config: arguments.config.clone(),
                no_config: arguments.no_config,
                no_ignore: arguments.no_ignore,
                now: None,
                threads: None,
            },
        };
        let mut settings = Settings::load(&inputs.reading, None)?;
        if !arguments.accepted_gaps.is_empty() {
            settings.report.accepted_gaps.clone_from(&arguments.accepted_gaps);
        }
        let (snapshot, sources) = inputs::collect(&inputs, &settings)?;
        let accepted = &settings.report.accepted_gaps;
        let mut gaps = snapshot.gaps.iter().filter(|gap| !accepted.contains(&gap.kind)).peekable();
        if snapshot.is_empty() && gaps.peek().is_some() {
            tell_gaps(&gaps.cloned().collect::<Vec<_>>());
            return Err(NothingRead.into());
        }
        let world = choose(&snapshot.worlds, arguments.world.as_deref())?;
        Ok(Self { snapshot, sources, world, accepted_gaps: settings.report.accepted_gaps })
    }
}

/// Tells on standard error what could not be read.
pub(crate) fn tell_gaps(gaps: &[Gap]) {
    for gap in gaps.iter().take(GAPS_SHOWN_MAX) {
        let (subject, reason) = (harmless(&gap.subject), harmless(&gap.reason));
        anstream::eprintln!("not assessed: {subject}: {reason}");
    }
    if gaps.len() > GAPS_SHOWN_MAX {
        anstream::eprintln!("not assessed: {} more", gaps.len() - GAPS_SHOWN_MAX);
    }
}

/// The only world, or the one that is named.
pub(crate) fn choose(worlds: &[String], wanted: Option<&str>) -> Result<WorldId> {
    let names = || {
        let names: Vec<String> =
            worlds.iter().take(20).map(|name| format!("`{}`", harmless(name))).collect();
        names.join(", ")
    };
    match (worlds, wanted) {
        (_, Some(wanted)) => {
            let found = worlds.iter().position(|name| name == wanted);
            let found = found.with_context(|| {
                format!("there is no cluster `{}`; there are {}", harmless(wanted), names())
            })?;
            Ok(WorldId(found as u32))
        }
        ([] | [_], None) => Ok(WorldId(0)),
        (worlds, None) => bail!(
            "the input holds {} clusters: {}; choose one with `--world`, or put what belongs \
             together into one folder",
            worlds.len(),
            names()
        ),
    }
}

/// Where a part of an object stands: file and line; where the object stands if that cannot be
/// said.
pub(crate) fn place(
    snapshot: &Snapshot,
    sources: &Sources,
    object: ObjectId,
    path: &Path,
) -> Option<(String, u32)> {
    let file = snapshot.origin(object).file;
    let places = [Place { object, path }];
    let mut gaps = Vec::new();
    let found = sources.locate(snapshot, file, &places, false, &mut gaps);
    match found.into_iter().next().flatten() {
        Some(found) => Some((found.location.file, found.location.line)),
        None => origin(snapshot, object),
    }
}

/// Where an object was read: file and first line.
pub(crate) fn origin(snapshot: &Snapshot, object: ObjectId) -> Option<(String, u32)> {
    let origin = snapshot.origin(object);
    Some((snapshot.files.get(origin.file as usize)?.clone(), origin.line))
}
