//! `bollwerk baseline`: the findings of today, so that only new ones fail.

use std::fs::File;

use anyhow::{Context, Result};
use report::baseline::Baseline;

use crate::arguments::{BaselineCommand, BaselineSave};
use crate::config::Settings;
use crate::progress::Bar;
use crate::{assess, inputs};

/// Runs the command; the code to exit with.
pub(crate) fn run(command: &BaselineCommand) -> Result<u8> {
    match command {
        BaselineCommand::Save(arguments) => save(arguments),
    }
}

fn save(arguments: &BaselineSave) -> Result<u8> {
    let settings = Settings::load(&arguments.inputs.reading, Some(&arguments.judging))?;
    let bar = Bar::watch(&settings.collect.progress);
    let (snapshot, sources) = inputs::collect(&arguments.inputs, &settings)?;
    let assessment = assess::judge(snapshot, &sources, &settings, false);
    drop(bar);
    let baseline = Baseline::of(&assessment.findings);
    match &arguments.output {
        Some(path) => {
            let shown = path.display();
            let mut file = File::create(path).with_context(|| format!("cannot write {shown}"))?;
            baseline.write(&mut file)?;
            let count = assessment.findings.len();
            anstream::eprintln!("wrote {count} findings to {shown}");
        }
        None => baseline.write(&mut std::io::stdout())?,
    }
    let has_gaps =
        assessment.gaps.iter().any(|gap| !settings.report.accepted_gaps.contains(&gap.kind));
    let outcome = if has_gaps { report::Outcome::NotAssessed } else { report::Outcome::Clean };
    Ok(outcome.exit_code())
}
