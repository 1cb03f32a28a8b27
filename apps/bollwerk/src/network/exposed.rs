//! `bollwerk network exposed`: what is open to outside, and by which way.

use std::io::Write;

use analyze::network::end::End;
use anyhow::{Result, bail};
use engine::network::exposure::{Entrance, Exposure, Passage, Way};
use model::Path;
use serde_json::{Value, json};

use super::wording::{addresses, at};
use super::{NO, UNKNOWN, World, security_groups};
use crate::arguments::{Exposed, NetworkFormat};
use crate::console::{BOLD, DIM, GREEN, RED, YELLOW, print_json};

/// Ways shown on a terminal; all are in the JSON.
const WAYS_SHOWN_MAX: usize = 100;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &Exposed) -> Result<u8> {
    let End::Addresses(from, _) = &arguments.from else {
        bail!("`{}` is no address from outside: a prefix or `internet` is wanted", arguments.from);
    };
    let world = World::load(&arguments.inputs)?;
    let mut exposure = world.network.exposure(&world.snapshot, world.id, from);
    if !arguments.security_groups.is_empty() {
        let groups = security_groups::read(&arguments.security_groups, &arguments.around)?;
        let nodes = security_groups::nodes(&arguments.around);
        exposure.behind(&groups.iter().collect::<Vec<_>>(), &nodes);
    }
    exposure.ways.sort_by_cached_key(|way| {
        (world.name(way.target), way.entrance, world.object_name(way.service), way.port)
    });
    match arguments.format {
        NetworkFormat::Json => print_json(&as_json(&world, arguments, &exposure))?,
        NetworkFormat::Terminal => {
            let mut out = std::io::BufWriter::new(anstream::stdout());
            as_text(&world, arguments, &exposure, &mut out)?;
            out.flush()?;
        }
    }
    let is_open = |way: &Way| matches!(way.passage, Passage::Open | Passage::Partial);
    let is_unknown = exposure.ways.iter().any(|way| way.passage == Passage::Unknown)
        || !exposure.unresolved.is_empty()
        || !exposure.is_whole
        || !world.gaps.is_empty();
    Ok(match () {
        () if exposure.ways.iter().any(is_open) => NO,
        () if is_unknown => UNKNOWN,
        () => 0,
    })
}

fn as_text(
    world: &World,
    arguments: &Exposed,
    exposure: &Exposure,
    out: &mut dyn Write,
) -> Result<()> {
    if exposure.ways.is_empty() {
        writeln!(out, "No way in from {} was found", arguments.from)?;
    }
    let mut last = None;
    for way in exposure.ways.iter().take(WAYS_SHOWN_MAX) {
        if last != Some(way.target) {
            last = Some(way.target);
            writeln!(out, "{BOLD}{}{BOLD:#}", world.name(way.target))?;
        }
        let (color, answer) = passage(way.passage);
        let place = at(world.place(way.service, &Path::root().field("spec")));
        let from = match addresses(&way.from) {
            all if all == arguments.from.to_string() => String::new(),
            some => format!(" from {some}"),
        };
        writeln!(
            out,
            "  {color}{answer:<9}{color:#} {}{from} → {} {}  {DIM}{place}{DIM:#}",
            entrance(world, way),
            way.protocol.name(),
            way.target_port
        )?;
    }
    if exposure.ways.len() > WAYS_SHOWN_MAX {
        let more = exposure.ways.len() - WAYS_SHOWN_MAX;
        writeln!(out, "{more} more ways (`--format json` has all)")?;
    }
    for id in &exposure.unresolved {
        writeln!(
            out,
            "{YELLOW}not known{YELLOW:#} {} is open to outside; no pods of it were seen",
            world.object_name(*id)
        )?;
    }
    if exposure.ways.iter().any(|way| !way.keeps_source && way.passage == Passage::Unknown) {
        writeln!(
            out,
            "\n{DIM}Where a node or a proxy stands before the pod, its policies see that one's \
             address and not the client's.{DIM:#}"
        )?;
    }
    Ok(())
}

fn passage(passage: Passage) -> (anstyle::Style, &'static str) {
    match passage {
        Passage::Open => (RED, "open"),
        Passage::Partial => (RED, "in part"),
        Passage::Closed => (GREEN, "closed"),
        Passage::Unknown => (YELLOW, "not known"),
    }
}

fn entrance(world: &World, way: &Way) -> String {
    let service = world.object_name(way.service);
    let port = match way.port {
        0 => "a port that the API server chooses".to_owned(),
        port => format!("port {port}"),
    };
    match way.entrance {
        Entrance::LoadBalancer => format!("load balancer of {service}, {port}"),
        Entrance::NodePort => format!("{port} of every node, for {service}"),
        Entrance::ExternalAddress => format!("external address of {service}, {port}"),
        Entrance::Route(route) => format!("{}, to {service}", world.object_name(route)),
    }
}

fn as_json(world: &World, arguments: &Exposed, exposure: &Exposure) -> Value {
    let way = |way: &Way| {
        let (kind, route) = match way.entrance {
            Entrance::LoadBalancer => ("load-balancer", None),
            Entrance::NodePort => ("node-port", None),
            Entrance::ExternalAddress => ("external-address", None),
            Entrance::Route(route) => ("route", Some(world.object_name(route))),
        };
        json!({
            "target": world.name(way.target),
            "entrance": kind,
            "route": route,
            "service": world.object_name(way.service),
            "from": addresses(&way.from),
            "protocol": way.protocol.name(),
            "port": way.port,
            "targetPort": way.target_port,
            "keepsSource": way.keeps_source,
            "passage": passage(way.passage).1,
        })
    };
    let unresolved = exposure.unresolved.iter().map(|id| world.object_name(*id));
    json!({
        "schema": "bollwerk.network-exposed/v1",
        "profile": world.network.profile().name,
        "from": arguments.from.to_string(),
        "ways": exposure.ways.iter().map(way).collect::<Vec<_>>(),
        "unresolved": unresolved.collect::<Vec<_>>(),
        "isWhole": exposure.is_whole,
        "gaps": world.gaps.len(),
    })
}
