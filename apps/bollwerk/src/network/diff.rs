//! `bollwerk network diff`: what a change of policies opens and closes.

use std::io::Write;

use anyhow::Result;
use engine::network::{Change, Endpoint, changes};
use serde_json::{Value, json};

use super::{NO, UNKNOWN, World};
use crate::arguments::{NetworkFormat, NetworkRevision};
use crate::cluster::{choose, tell_gaps};
use crate::config::Settings;
use crate::console::{BOLD, DIM, GREEN, RED, YELLOW, print_json};
use crate::side::Sides;

/// Changes shown on a terminal; all are in the JSON.
const SHOWN_MAX: usize = 100;
/// Ends named in one line; the rest is counted.
const ENDS_SHOWN_MAX: usize = 4;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &NetworkRevision) -> Result<u8> {
    let settings = Settings::load(&arguments.sides.reading, None)?;
    let sides = Sides::new(&arguments.sides);
    let read = |name: &str| -> Result<World> {
        let side = sides.read(name, &settings)?;
        let id = choose(&side.snapshot.worlds, None)?;
        let mut world = World::new(side.snapshot, side.sources, id, arguments.assumed.options());
        world.gaps.retain(|gap| !settings.report.accepted_gaps.contains(&gap.kind));
        tell_gaps(&world.gaps);
        Ok(world)
    };
    let (old, new) = (read(&arguments.sides.old)?, read(&arguments.sides.new)?);
    let found = changes(&old.network, &new.network);
    match arguments.format {
        NetworkFormat::Json => print_json(&as_json(&new, &found))?,
        NetworkFormat::Terminal => {
            let mut out = std::io::BufWriter::new(anstream::stdout());
            as_text(&new, &found, &mut out)?;
            out.flush()?;
        }
    }
    let is_unknown = found.iter().any(|change| !change.doubtful.is_empty())
        || !old.gaps.is_empty()
        || !new.gaps.is_empty();
    Ok(match () {
        () if found.iter().any(|change| !change.opened.is_empty()) => NO,
        () if is_unknown => UNKNOWN,
        () => 0,
    })
}

fn ends(world: &World, ends: &[Endpoint]) -> String {
    let mut names: Vec<String> = ends.iter().map(|end| world.end_name(end)).collect();
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
        |ends: &[Endpoint]| -> Vec<String> { ends.iter().map(|end| world.end_name(end)).collect() };
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
