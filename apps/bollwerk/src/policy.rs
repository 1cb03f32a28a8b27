//! `bollwerk policy`: admission policies, checked and tested without a cluster.

mod check;
mod files;
mod gator;
mod kyverno;
mod test;

use anyhow::Result;
use collect::manifests::Sources;
use model::Snapshot;

use crate::arguments::{PolicyArguments, PolicyCommand};
use crate::cluster::tell_gaps;
use crate::config::Settings;
use crate::inputs;

/// The API group of policies.
const GROUP: &str = "admissionregistration.k8s.io";

/// Runs the command; the code to exit with.
pub(crate) fn run(command: &PolicyCommand) -> Result<u8> {
    match command {
        PolicyCommand::Check(arguments) => check::run(arguments),
        PolicyCommand::Test(arguments) => test::run(arguments),
    }
}

/// What was read, and whether all of it was.
struct Read {
    snapshot: Snapshot,
    sources: Sources,
    is_whole: bool,
}

fn read(arguments: &PolicyArguments) -> Result<Read> {
    let settings = Settings::load(&arguments.inputs.reading, None)?;
    let (snapshot, sources) = inputs::collect(&arguments.inputs, &settings)?;
    let accepted = &settings.report.accepted_gaps;
    let gaps = snapshot.gaps.iter().filter(|gap| !accepted.contains(&gap.kind));
    let gaps: Vec<_> = gaps.cloned().collect();
    tell_gaps(&gaps);
    Ok(Read { snapshot, sources, is_whole: gaps.is_empty() })
}

/// The code of a run: wrong, not all known, or fine.
fn code(is_wrong: bool, is_known: bool) -> u8 {
    match (is_wrong, is_known) {
        (true, _) => 1,
        (false, false) => crate::NOT_ASSESSED,
        (false, true) => 0,
    }
}
