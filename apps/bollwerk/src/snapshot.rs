//! `bollwerk snapshot`: what was seen, to be judged later or elsewhere.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use anyhow::{Context, Result, bail};

use crate::arguments::{SnapshotCommand, SnapshotSave};
use crate::config::Settings;
use crate::inputs;

/// Runs the command; the code to exit with.
pub(crate) fn run(command: &SnapshotCommand) -> Result<u8> {
    match command {
        SnapshotCommand::Save(arguments) => save(arguments),
    }
}

fn save(arguments: &SnapshotSave) -> Result<u8> {
    if arguments.inputs.snapshot.is_some() {
        bail!(
            "a snapshot is saved from manifests or a cluster; name a file, a folder or --cluster"
        );
    }
    if let (Some(name), [_, _, ..]) = (&arguments.cluster_name, &arguments.inputs.live.contexts[..])
    {
        bail!(
            "`--cluster-name {name}` is one name for several clusters, which are told apart by \
             theirs; leave it out, or save each --context by itself"
        );
    }
    let settings = Settings::load(&arguments.inputs.reading, None)?;
    let (mut snapshot, _) = inputs::collect(&arguments.inputs, &settings)?;
    snapshot.cluster = arguments.cluster_name.clone().or(snapshot.cluster);
    let version = env!("CARGO_PKG_VERSION");
    if let Some(path) = &arguments.output {
        let shown = path.display();
        let context = || format!("cannot write the snapshot to {shown}");
        let file = File::create(path).with_context(context)?;
        let mut file = BufWriter::with_capacity(1 << 16, file);
        model::snapshot::write(&snapshot, version, &mut file)
            .and_then(|()| file.flush())
            .with_context(context)?;
        anstream::eprintln!("wrote {} objects to {shown}", snapshot.len());
    } else {
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        model::snapshot::write(&snapshot, version, &mut out)?;
        out.flush()?;
    }
    let accepted = &settings.report.accepted_gaps;
    let has_gaps = snapshot.gaps.iter().any(|gap| !accepted.contains(&gap.kind));
    let outcome = if has_gaps { report::Outcome::NotAssessed } else { report::Outcome::Clean };
    Ok(outcome.exit_code())
}
