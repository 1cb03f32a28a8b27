//! `bollwerk network reach`: what reaches what, on which ports, and why.

use std::io::Write;

use anyhow::{Result, bail};
use engine::network::ports::{PortSet, Protocol};
use engine::network::{Direction, Endpoint, Reason};
use serde_json::{Value, json};

use super::wording::at;
use super::{NO, UNKNOWN, World};
use crate::arguments::{NetworkFormat, ReachArguments};
use crate::console::{BOLD, DIM, GREEN, RED, YELLOW, print_json};

/// Most pairs that are asked about at once.
const PAIRS_MAX: usize = 1_000_000;
/// Pairs shown on a terminal; all are in the JSON.
const PAIRS_SHOWN_MAX: usize = 40;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &ReachArguments) -> Result<u8> {
    let world = World::load(&arguments.inputs)?;
    let pairs = pairs(&world, arguments)?;
    match arguments.format {
        NetworkFormat::Json => print_json(&as_json(&world, arguments, &pairs))?,
        NetworkFormat::Terminal => {
            let mut out = std::io::BufWriter::new(anstream::stdout());
            match pairs.as_slice() {
                [one] => one.as_text(&world, &mut out)?,
                pairs => as_text(&world, pairs, &mut out)?,
            }
            out.flush()?;
        }
    }
    let (closed, unknown) = pairs.iter().fold((false, false), |(closed, unknown), pair| {
        (closed || !pair.closed.is_empty(), unknown || !pair.unknown.is_empty())
    });
    Ok(match (closed, unknown || !world.gaps.is_empty()) {
        (true, _) => NO,
        (false, true) => UNKNOWN,
        (false, false) => 0,
    })
}

/// Two ends, and the ports asked about by their answer.
struct Pair {
    from: Endpoint,
    to: Endpoint,
    open: PortSet,
    closed: PortSet,
    unknown: PortSet,
    reasons: Vec<Reason>,
}

fn pairs(world: &World, arguments: &ReachArguments) -> Result<Vec<Pair>> {
    let from = world.find(&arguments.from)?;
    let to = world.find(&arguments.to.end)?;
    if from.len().saturating_mul(to.len()) > PAIRS_MAX {
        bail!(
            "that is {} times {} pairs, more than {PAIRS_MAX}: name fewer, or see `bollwerk \
             network matrix`",
            from.len(),
            to.len()
        );
    }
    let mut pairs = Vec::new();
    let mut has_port = arguments.to.port.is_none();
    for to in &to {
        let asked = match &arguments.to.port {
            None => PortSet::all(),
            Some(port) => PortSet::new(port.numbers(to, &world.network, &world.snapshot)),
        };
        has_port = has_port || !asked.is_empty();
        if asked.is_empty() {
            continue;
        }
        for from in &from {
            let reach = world.network.reach(from, to);
            pairs.push(Pair {
                from: from.clone(),
                to: to.clone(),
                open: reach.allowed.intersection(&asked),
                unknown: reach.unknown.intersection(&asked),
                closed: asked.difference(&reach.allowed).difference(&reach.unknown),
                reasons: reach.reasons,
            });
        }
    }
    if !has_port {
        let port = arguments.to.port.as_ref().map(ToString::to_string).unwrap_or_default();
        bail!("no container of `{}` has a port named `{port}`", arguments.to.end);
    }
    Ok(pairs)
}

impl Pair {
    fn word(&self) -> (&'static str, anstyle::Style) {
        match (self.open.is_empty(), self.closed.is_empty(), self.unknown.is_empty()) {
            (false, true, true) => ("open", GREEN),
            (true, false, true) => ("closed", RED),
            (_, _, false) => ("not known", YELLOW),
            _ => ("in part", YELLOW),
        }
    }

    fn as_text(&self, world: &World, out: &mut dyn Write) -> Result<()> {
        let (answer, color) = self.word();
        let names = format!("{} → {}", world.end_name(&self.from), world.end_name(&self.to));
        writeln!(out, "{BOLD}{names}{BOLD:#}  {color}{answer}{color:#}")?;
        let parts = [
            ("open", GREEN, &self.open),
            ("closed", RED, &self.closed),
            ("unknown", YELLOW, &self.unknown),
        ];
        for (name, style, ports) in parts {
            let Some((protocol, port)) = ports.first() else { continue };
            writeln!(out, "\n  {style}{name:<8}{style:#} {ports}")?;
            self.why(world, protocol, port, out)?;
        }
        Ok(())
    }

    fn why(&self, world: &World, protocol: Protocol, port: u16, out: &mut dyn Write) -> Result<()> {
        let why = world.network.why(&self.from, &self.to, protocol, port);
        let sides = [
            (&why.egress, Direction::Egress, "out of", &self.from),
            (&why.ingress, Direction::Ingress, "into", &self.to),
        ];
        for (side, direction, preposition, end) in sides {
            let (name, place) = (world.end_name(end), at(world.side_place(side, direction)));
            let because = world.side(side, direction);
            writeln!(out, "    {preposition} {name}: {because}  {DIM}{place}{DIM:#}")?;
        }
        Ok(())
    }

    fn as_json(&self, world: &World) -> Value {
        let why = |ports: &PortSet| {
            let (protocol, port) = ports.first()?;
            let why = world.network.why(&self.from, &self.to, protocol, port);
            Some(json!({
                "ports": ports.to_string(),
                "example": format!("{} {port}", protocol.name()),
                "why": world.explanation_as_json(&why),
            }))
        };
        let reasons = self.reasons.iter().filter(|_| !self.unknown.is_empty());
        let reasons = reasons.map(|it| world.reason(it, Direction::Ingress));
        json!({
            "from": world.end_name(&self.from),
            "to": world.end_name(&self.to),
            "open": why(&self.open),
            "closed": why(&self.closed),
            "unknown": why(&self.unknown),
            "reasons": reasons.collect::<Vec<_>>(),
        })
    }
}

fn as_text(world: &World, pairs: &[Pair], out: &mut dyn Write) -> Result<()> {
    let width = |of: fn(&Pair) -> &Endpoint| {
        pairs.iter().take(PAIRS_SHOWN_MAX).map(|it| report::cells(&world.end_name(of(it)))).max()
    };
    let (from, to) = (width(|it| &it.from).unwrap_or(0), width(|it| &it.to).unwrap_or(0));
    for pair in pairs.iter().take(PAIRS_SHOWN_MAX) {
        let (answer, color) = pair.word();
        let (one, other) = (world.end_name(&pair.from), world.end_name(&pair.to));
        let ports = match answer {
            "in part" => format!("open: {}", pair.open),
            "not known" => format!("not known: {}", pair.unknown),
            _ => String::new(),
        };
        writeln!(
            out,
            "{one:<from$} → {other:<to$}  {color}{answer:<9}{color:#}  {DIM}{ports}{DIM:#}"
        )?;
    }
    if pairs.len() > PAIRS_SHOWN_MAX {
        writeln!(out, "{} more pairs (`--format json` has all)", pairs.len() - PAIRS_SHOWN_MAX)?;
    }
    let count = |wanted: &str| pairs.iter().filter(|pair| pair.word().0 == wanted).count();
    writeln!(
        out,
        "\n{} pairs: {} open, {} in part, {} closed, {} not known",
        pairs.len(),
        count("open"),
        count("in part"),
        count("closed"),
        count("not known")
    )?;
    Ok(())
}

fn as_json(world: &World, arguments: &ReachArguments, pairs: &[Pair]) -> Value {
    json!({
        "schema": "bollwerk.network-reach/v1",
        "profile": world.network.profile().name,
        "from": arguments.from.to_string(),
        "to": arguments.to.end.to_string(),
        "port": arguments.to.port.as_ref().map(ToString::to_string),
        "pairs": pairs.iter().map(|pair| pair.as_json(world)).collect::<Vec<_>>(),
        "gaps": world.gaps.len(),
    })
}
