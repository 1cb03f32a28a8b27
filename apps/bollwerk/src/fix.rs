//! `bollwerk fix`: repairs in the text itself, judged again before anything is written.

use std::path::Path;

use anyhow::{Result, bail};

use crate::arguments::{Fix, Inputs};
use crate::assess;
use crate::config::Settings;
use crate::inputs;
use crate::repair::{Repair, tell_left};

/// Runs the command; the code to exit with.
pub(crate) fn run(arguments: &Fix) -> Result<u8> {
    let mut settings = Settings::load(&arguments.inputs.reading, Some(&arguments.judging))?;
    refuse_what_has_no_file(&arguments.inputs, "repair")?;
    let mut repair = Repair::new(arguments.r#unsafe);
    let (assessment, _) = repair.rounds(|overlay| {
        settings.collect.overlay = overlay;
        let (snapshot, sources) = inputs::collect(&arguments.inputs, &settings)?;
        Ok((assess::judge(snapshot, &sources, &settings, false), sources))
    })?;
    if arguments.diff {
        repair.print()?;
    } else {
        repair.write()?;
    }
    tell_left(&repair, &assessment);
    let verb = if arguments.diff { "would repair" } else { "repaired" };
    anstream::eprintln!(
        "{verb} {} findings in {} files; {} findings are left",
        repair.fixed,
        repair.files(),
        assessment.findings.len()
    );
    Ok(settings.report.outcome(&assessment.findings, &assessment.gaps).exit_code())
}

/// Files are changed in place: standard input and snapshots have none.
pub(crate) fn refuse_what_has_no_file(inputs: &Inputs, verb: &str) -> Result<()> {
    if inputs.paths.iter().chain(&inputs.manifests).any(|path| path == Path::new("-")) {
        bail!("standard input has no file to {verb}; name a file or folder");
    }
    if !inputs.arm.is_empty() {
        bail!("what a cloud says of a cluster has no text to {verb}; name a file or folder");
    }
    if inputs.snapshot.is_some() || inputs.live.cluster {
        bail!("a snapshot or a cluster has no text to {verb}; name a file or folder");
    }
    Ok(())
}
