//! `bollwerk network observed`: which connections of a flow log policies let through.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use collect::flows::Reader;
use engine::network::ports::Protocol;
use engine::network::segmentation::{Cause, Directory, Units};
use engine::network::{Answer, Direction, Explanation};
use model::flow::{Flow, FlowEnd, Traffic};
use report::harmless;
use serde_json::{Value, json};

use super::wording::at;
use super::{NO, UNKNOWN, World};
use crate::arguments::{NetworkFormat, Observed};
use crate::console::{BOLD, DIM, GREEN, RED, YELLOW, print_json};

/// Connections shown on a terminal; all are in the JSON.
const SHOWN_MAX: usize = 40;
/// Most questions asked: a call of a service is one for each that may answer.
const QUESTIONS_MAX: usize = 20_000_000;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &Observed) -> Result<u8> {
    let traffic = read(&arguments.files)?;
    let world = World::load(&arguments.inputs)?;
    let options = arguments.inputs.assumed.options();
    let units = Units::of(&world.network, &world.snapshot);
    let directory = Directory::new(&world.network, &world.snapshot, world.id, &options, &units);
    let judged = Judged::new(&world, &directory, &traffic);
    match arguments.format {
        NetworkFormat::Json => print_json(&judged.as_json(&world, &traffic))?,
        NetworkFormat::Terminal => {
            let mut out = std::io::BufWriter::new(anstream::stdout());
            judged.as_text(&world, &traffic, &mut out)?;
            out.flush()?;
        }
    }
    let is_unknown = !judged.unknown.is_empty()
        || !judged.not_seen.is_empty()
        || traffic.unreadable > 0
        || !world.gaps.is_empty();
    Ok(match () {
        () if !judged.cut.is_empty() => NO,
        () if is_unknown => UNKNOWN,
        () => 0,
    })
}

/// Reads flow logs, `-` for standard input.
pub(super) fn read(files: &[PathBuf]) -> Result<Traffic> {
    let mut reader = Reader::default();
    for path in files {
        let shown = path.display().to_string();
        let mut read = |log: &mut dyn BufRead| {
            reader.read(log, &shown).with_context(|| format!("cannot read {shown}"))
        };
        if path == Path::new("-") {
            read(&mut std::io::stdin().lock())?;
        } else {
            let file = std::fs::File::open(path);
            let file = file.with_context(|| format!("cannot read {shown}"))?;
            read(&mut BufReader::new(file))?;
        }
    }
    Ok(reader.finish())
}

/// The connections by what policies say of them.
struct Judged<'t> {
    open: usize,
    cut: Vec<(&'t Flow, u64, Explanation)>,
    unknown: Vec<(&'t Flow, u64, Explanation)>,
    /// Of which one end is nothing that is in the input, and why.
    not_seen: Vec<(&'t Flow, u64, Cause)>,
}

impl<'t> Judged<'t> {
    fn new(world: &World, directory: &Directory<'_>, traffic: &'t Traffic) -> Self {
        let mut judged =
            Self { open: 0, cut: Vec::new(), unknown: Vec::new(), not_seen: Vec::new() };
        let mut asked = 0;
        for (flow, count) in &traffic.flows {
            let questions = match Protocol::of(flow.protocol) {
                None => Err(Cause::NotInInput),
                Some(_) if asked >= QUESTIONS_MAX => Err(Cause::TooMany),
                Some(protocol) => directory.questions(flow, protocol),
            };
            let questions = match questions {
                Ok(questions) => questions,
                Err(cause) => {
                    judged.not_seen.push((flow, *count, cause));
                    continue;
                }
            };
            asked += questions.len();
            // A call of a service is let through where all that may answer are reached.
            let (mut denied, mut unknown) = (None, None);
            for question in questions {
                match question.answer(&world.network) {
                    Answer::Allowed(_) => {}
                    Answer::Denied(why) => denied = denied.or(Some(why)),
                    Answer::Unknown(why) => unknown = unknown.or(Some(why)),
                }
            }
            match (denied, unknown) {
                (Some(why), _) => judged.cut.push((flow, *count, why)),
                (None, Some(why)) => judged.unknown.push((flow, *count, why)),
                (None, None) => judged.open += 1,
            }
        }
        judged
    }

    fn as_text(&self, world: &World, traffic: &Traffic, out: &mut dyn Write) -> Result<()> {
        for (found, color, word) in [(&self.cut, RED, "cut"), (&self.unknown, YELLOW, "not known")]
        {
            for (flow, count, why) in found.iter().take(SHOWN_MAX) {
                writeln!(
                    out,
                    "{color}{word}{color:#} {BOLD}{}{BOLD:#}  {DIM}seen {count} times{DIM:#}",
                    text(flow)
                )?;
                for (side, direction) in
                    [(&why.egress, Direction::Egress), (&why.ingress, Direction::Ingress)]
                {
                    if side.is_open() != Some(true) {
                        let place = at(world.side_place(side, direction));
                        let because = world.side(side, direction);
                        writeln!(out, "    {because}  {DIM}{place}{DIM:#}")?;
                    }
                }
            }
            if found.len() > SHOWN_MAX {
                let more = found.len() - SHOWN_MAX;
                writeln!(out, "{more} more (`--format json` has all)")?;
            }
        }
        for (flow, _, cause) in self.not_seen.iter().take(SHOWN_MAX) {
            let reason = cause.reason();
            writeln!(out, "{YELLOW}not seen{YELLOW:#} {}: is of those that {reason}", text(flow))?;
        }
        for (place, reason) in &traffic.examples {
            writeln!(out, "{YELLOW}not read{YELLOW:#} {}: {}", harmless(place), harmless(reason))?;
        }
        writeln!(
            out,
            "{} connections: {GREEN}{} let through{GREEN:#}, {} cut, {} not known, {} with an end \
             that was not seen; {} records were refused already, {} passed over, {} not readable",
            traffic.flows.len(),
            self.open,
            self.cut.len(),
            self.unknown.len(),
            self.not_seen.len(),
            traffic.denied,
            traffic.passed_over,
            traffic.unreadable
        )?;
        Ok(())
    }

    fn as_json(&self, world: &World, traffic: &Traffic) -> Value {
        let one = |flow: &Flow, count: u64| {
            json!({
                "from": name(&flow.from),
                "to": name(&flow.to),
                "protocol": flow.protocol,
                "port": flow.port,
                "seen": count,
            })
        };
        let explained = |found: &[(&Flow, u64, Explanation)]| -> Vec<Value> {
            let with_why = |(flow, count, why): &(&Flow, u64, Explanation)| {
                let mut value = one(flow, *count);
                value["why"] = world.explanation_as_json(why);
                value
            };
            found.iter().map(with_why).collect()
        };
        let not_seen = self.not_seen.iter().map(|(flow, count, cause)| {
            let mut value = one(flow, *count);
            value["cause"] = json!(cause.name());
            value
        });
        json!({
            "schema": "bollwerk.network-observed/v1",
            "profile": world.network.profile().name,
            "connections": traffic.flows.len(),
            "open": self.open,
            "cut": explained(&self.cut),
            "unknown": explained(&self.unknown),
            "notSeen": not_seen.collect::<Vec<_>>(),
            "refusedAlready": traffic.denied,
            "passedOver": traffic.passed_over,
            "unreadable": traffic.unreadable,
            "gaps": world.gaps.len(),
        })
    }
}

/// A connection as a line.
pub(super) fn text(flow: &Flow) -> String {
    format!("{} → {}, {} {}", name(&flow.from), name(&flow.to), flow.protocol, flow.port)
}

pub(super) fn name(end: &FlowEnd) -> String {
    match end {
        FlowEnd::Named { namespace, name } => harmless(&format!("{namespace}/{name}")),
        FlowEnd::Address(address) => address.to_string(),
    }
}
