//! `bollwerk network diff`: what a change of policies opens and closes.

use std::io::Write;

use anyhow::Result;
use engine::network::{Change, Ends, Revision, changes};
use model::Gap;
use serde_json::{Value, json};

use super::{NO, UNKNOWN, World};
use crate::arguments::{NetworkFormat, NetworkRevision};
use crate::cluster::{choose, tell_gaps};
use crate::config::Settings;
use crate::console::{BOLD, DIM, GREEN, RED, YELLOW, print_json};
use crate::side::{Side, Sides};

/// Changes shown on a terminal; all are in the JSON.
const SHOWN_MAX: usize = 100;
/// Ends named in one line; the rest is counted.
const ENDS_SHOWN_MAX: usize = 4;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &NetworkRevision) -> Result<u8> {
    let settings = Settings::load(&arguments.sides.reading, None)?;
    let sides = Sides::new(&arguments.sides);
    let (old, new) = (&arguments.sides.old, &arguments.sides.new);
    let (old, new) = (sides.read(old, &settings)?, sides.read(new, &settings)?);
    let (before, after) =
        (choose(&old.snapshot.worlds, None)?, choose(&new.snapshot.worlds, None)?);
    let revision = Revision::between((&old.snapshot, before), (&new.snapshot, after));
    let world =
        |side: Side, id| World::new(side.snapshot, side.sources, id, arguments.assumed.options());
    let told = |gaps: &mut Vec<Gap>| {
        gaps.retain(|gap| !settings.report.accepted_gaps.contains(&gap.kind));
        tell_gaps(gaps);
    };
    let mut old = world(old, before);
    told(&mut old.gaps);
    let was_whole = old.gaps.is_empty();
    let (mut new, found) = if let Some(revision) = revision {
        let what_if = old.network.what_if((&old.snapshot, before), &new.snapshot, &revision);
        // The workloads are the same on both sides.
        old.gaps = new.snapshot.gaps.into_iter().chain(what_if.gaps).collect();
        (old, what_if.changes)
    } else {
        let new = world(new, after);
        let found = changes(&old.network, &new.network);
        (new, found)
    };
    told(&mut new.gaps);
    match arguments.format {
        NetworkFormat::Json => print_json(&as_json(&new, &found))?,
        NetworkFormat::Terminal => {
            let mut out = std::io::BufWriter::new(anstream::stdout());
            as_text(&new, &found, &mut out)?;
            out.flush()?;
        }
    }
    let is_unknown = found.iter().any(|change| !change.doubtful.is_empty())
        || !was_whole
        || !new.gaps.is_empty();
    Ok(match () {
        () if found.iter().any(|change| !change.opened.is_empty()) => NO,
        () if is_unknown => UNKNOWN,
        () => 0,
    })
}

fn ends(world: &World, ends: &Ends) -> String {
    let mut names: Vec<String> = ends.iter().map(|end| world.end_name(&end)).collect();
    names.sort();
    names.dedup();
    let more = names.len().saturating_sub(ENDS_SHOWN_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names[..names.len().min(ENDS_SHOWN_MAX)].join(", "))
}

fn as_text(world: &World, found: &[Change], out: &mut dyn Write) -> Result<()> {
    if found.is_empty() {
        writeln!(out, "Nothing is opened and nothing is closed")?;
    }
    for change in found.iter().take(SHOWN_MAX) {
        let names = format!("{} → {}", ends(world, &change.from), ends(world, &change.to));
        writeln!(out, "{BOLD}{names}{BOLD:#}")?;
        let parts = [
            ("opens", RED, &change.opened),
            ("closes", GREEN, &change.closed),
            ("unclear", YELLOW, &change.doubtful),
        ];
        for (word, style, ports) in parts {
            if !ports.is_empty() {
                writeln!(out, "  {style}{word:<8}{style:#} {ports}")?;
            }
        }
        if let Some((from, to, protocol, port)) = &change.example {
            let (from, to) = (world.end_name(from), world.end_name(to));
            writeln!(out, "  {DIM}for example {from} → {to}, {} {port}{DIM:#}", protocol.name())?;
        }
    }
    if found.len() > SHOWN_MAX {
        writeln!(out, "{} more changes (`--format json` has all)", found.len() - SHOWN_MAX)?;
    }
    Ok(())
}

fn as_json(world: &World, found: &[Change]) -> Value {
    let names =
        |ends: &Ends| -> Vec<String> { ends.iter().map(|end| world.end_name(&end)).collect() };
    let change = |change: &Change| {
        json!({
            "from": names(&change.from),
            "to": names(&change.to),
            "opened": change.opened.to_string(),
            "closed": change.closed.to_string(),
            "unclear": change.doubtful.to_string(),
            "example": change.example.as_ref().map(|(from, to, protocol, port)| json!({
                "from": world.end_name(from),
                "to": world.end_name(to),
                "protocol": protocol.name(),
                "port": port,
            })),
        })
    };
    json!({
        "schema": "bollwerk.network-diff/v1",
        "profile": world.network.profile().name,
        "changes": found.iter().map(change).collect::<Vec<_>>(),
        "gaps": world.gaps.len(),
    })
}
