//! `bollwerk diff OLD NEW`: what a change does to security.
//!
//! It is a scan of NEW that takes the findings of OLD for its baseline, and tells beside the
//! findings what differs in the objects.

use anyhow::Result;
use report::baseline::Baseline;

use crate::arguments::Diff;
use crate::assess;
use crate::config::Settings;
use crate::progress::Bar;
use crate::scan::{self, More};
use crate::side::Sides;

/// Runs the command; the code to exit with.
pub(crate) fn run(arguments: &Diff) -> Result<u8> {
    let mut settings = Settings::load(&arguments.sides.reading, Some(&arguments.judging))?;
    settings.override_reporting(&arguments.reporting);
    let sides = Sides::new(&arguments.sides);
    let bar = Bar::watch(&settings.collect.progress);
    let old = sides.read(&arguments.sides.old, &settings)?;
    let mut same_key = old.has_own_key;
    let old = assess::judge(old.snapshot, &old.sources, &settings, false);
    let known = old.findings.iter().chain(old.hidden.iter().map(|(finding, _)| finding));
    settings.baseline = Some(Baseline::of(known));
    let new = sides.read(&arguments.sides.new, &settings)?;
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
            arguments.sides.old
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
