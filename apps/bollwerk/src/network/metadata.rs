//! `bollwerk network metadata`: which pods reach the addresses that hand out credentials.

use std::collections::BTreeMap;
use std::io::Write;

use analyze::network::metadata::{ADDRESSES, Metadata};
use anyhow::Result;
use engine::network::address::{AddressSet, parse_address};
use engine::network::ports::Protocol;
use engine::network::{Answer, Direction, Endpoint, Explanation, WorkloadId};
use serde_json::{Value, json};

use super::wording::at;
use super::{NO, UNKNOWN, World};
use crate::arguments::{MetadataArguments, NetworkFormat};
use crate::console::{BOLD, DIM, GREEN, RED, YELLOW, print_json};

/// Workloads shown for one reason; the rest is counted.
const NAMES_SHOWN_MAX: usize = 6;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &MetadataArguments) -> Result<u8> {
    let world = World::load(&arguments.inputs)?;
    let workloads = world.shown();
    let answers: Vec<_> = ADDRESSES.iter().map(|it| Asked::new(&world, it, &workloads)).collect();
    match arguments.format {
        NetworkFormat::Json => print_json(&as_json(&world, &answers))?,
        NetworkFormat::Terminal => {
            let mut out = std::io::BufWriter::new(anstream::stdout());
            as_text(&world, &answers, workloads.len(), &mut out)?;
            out.flush()?;
        }
    }
    let guarded = || answers.iter().filter(|asked| !asked.metadata.is_own);
    Ok(match () {
        () if guarded().any(|asked| !asked.open.is_empty()) => NO,
        () if guarded().any(|asked| !asked.unknown.is_empty()) || !world.gaps.is_empty() => UNKNOWN,
        () => 0,
    })
}

impl Asked {
    /// Whether the same workloads reach it for the same reasons.
    fn fares_like(&self, other: &Self) -> bool {
        self.metadata.is_own == other.metadata.is_own
            && self.open == other.open
            && self.closed == other.closed
            && self.unknown == other.unknown
    }
}

/// An address, and who reaches it on any of its ports.
struct Asked {
    metadata: &'static Metadata,
    open: Vec<(WorkloadId, Explanation)>,
    closed: Vec<(WorkloadId, Explanation)>,
    unknown: Vec<(WorkloadId, Explanation)>,
}

impl Asked {
    fn new(world: &World, metadata: &'static Metadata, workloads: &[WorkloadId]) -> Self {
        let mut asked =
            Self { metadata, open: Vec::new(), closed: Vec::new(), unknown: Vec::new() };
        let set = parse_address(metadata.address).map(AddressSet::one).unwrap_or_default();
        let to = Endpoint::Addresses(set);
        for id in workloads {
            let from = Endpoint::Workload(*id);
            let answer = |port: &u16| world.network.allows(&from, &to, Protocol::Tcp, *port);
            let mut answers: Vec<Answer> = metadata.ports.iter().map(answer).collect();
            // The port that lets most through decides.
            answers.sort_by_key(|answer| match answer {
                Answer::Allowed(_) => 0,
                Answer::Unknown(_) => 1,
                Answer::Denied(_) => 2,
            });
            match answers.into_iter().next() {
                Some(Answer::Allowed(why)) => asked.open.push((*id, why)),
                Some(Answer::Unknown(why)) => asked.unknown.push((*id, why)),
                Some(Answer::Denied(why)) => asked.closed.push((*id, why)),
                None => {}
            }
        }
        asked
    }
}

fn as_text(world: &World, answers: &[Asked], count: usize, out: &mut dyn Write) -> Result<()> {
    // Addresses that fare alike are told once.
    let mut alike: Vec<Vec<&Asked>> = Vec::new();
    for asked in answers {
        match alike.iter_mut().find(|group| group[0].fares_like(asked)) {
            Some(group) => group.push(asked),
            None => alike.push(vec![asked]),
        }
    }
    for group in alike {
        for asked in &group {
            let Metadata { address, whose, is_own, .. } = asked.metadata;
            let own = if *is_own { ": rights that are the pod's own" } else { "" };
            writeln!(out, "{BOLD}{address:<16}{BOLD:#} {DIM}{whose}{own}{DIM:#}")?;
        }
        let asked = group[0];
        let parts = [
            (&asked.open, RED, "reached by"),
            (&asked.unknown, YELLOW, "not known for"),
            (&asked.closed, GREEN, "closed to"),
        ];
        for (found, style, word) in parts {
            if found.is_empty() {
                continue;
            }
            let all = if found.len() == count { "all " } else { "" };
            writeln!(out, "  {style}{word} {all}{}{style:#}", found.len())?;
            let mut by_reason: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
            for (id, why) in found {
                let reason = world.side(&why.egress, Direction::Egress);
                let place = at(world.side_place(&why.egress, Direction::Egress));
                by_reason.entry((reason, place)).or_default().push(world.name(*id));
            }
            for ((reason, place), names) in by_reason {
                let more = names.len().saturating_sub(NAMES_SHOWN_MAX);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let names = names[..names.len().min(NAMES_SHOWN_MAX)].join(", ");
                let names = format!("{names}{more}");
                writeln!(out, "    {names}: {reason}  {DIM}{place}{DIM:#}")?;
            }
        }
    }
    writeln!(
        out,
        "\n{DIM}By policies, as profile `{}` holds them. A platform may open or close these \
         addresses by other means: try it from a pod before you rely on it.{DIM:#}",
        world.network.profile().name
    )?;
    Ok(())
}

fn as_json(world: &World, answers: &[Asked]) -> Value {
    let workloads = |found: &[(WorkloadId, Explanation)]| -> Vec<Value> {
        let one = |(id, why): &(WorkloadId, Explanation)| {
            let why = world.explanation_as_json(why);
            json!({"workload": world.name(*id), "why": why})
        };
        found.iter().map(one).collect()
    };
    let answer = |asked: &Asked| {
        json!({
            "address": asked.metadata.address,
            "whose": asked.metadata.whose,
            "ownRights": asked.metadata.is_own,
            "open": workloads(&asked.open),
            "unknown": workloads(&asked.unknown),
            "closed": workloads(&asked.closed),
        })
    };
    json!({
        "schema": "bollwerk.network-metadata/v1",
        "profile": world.network.profile().name,
        "addresses": answers.iter().map(answer).collect::<Vec<_>>(),
        "gaps": world.gaps.len(),
    })
}
