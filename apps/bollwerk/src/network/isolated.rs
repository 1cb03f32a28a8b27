//! `bollwerk network isolated`: which workloads policies isolate.

use std::io::Write;

use anyhow::Result;
use engine::network::{Direction, WorkloadId};
use serde_json::{Value, json};

use super::{NO, UNKNOWN, World};
use crate::arguments::{Isolated, NetworkFormat};
use crate::console::{BOLD, GREEN, RED, YELLOW, print_json};

/// Rows on a terminal; all are in the JSON.
const ROWS_SHOWN_MAX: usize = 200;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &Isolated) -> Result<u8> {
    let world = World::load(&arguments.inputs)?;
    let rows: Vec<Row> = world
        .shown()
        .into_iter()
        .map(|id| {
            let [ingress, egress] = [Direction::Ingress, Direction::Egress]
                .map(|direction| world.network.isolated(id, direction));
            Row { id, ingress, egress }
        })
        .collect();
    match arguments.format {
        NetworkFormat::Json => print_json(&as_json(&world, &rows))?,
        NetworkFormat::Terminal => {
            let mut out = std::io::BufWriter::new(anstream::stdout());
            as_text(&world, &rows, &mut out)?;
            out.flush()?;
        }
    }
    let has = |wanted| rows.iter().any(|row| row.ingress == wanted || row.egress == wanted);
    Ok(match () {
        () if has(Some(false)) => NO,
        () if has(None) || !world.gaps.is_empty() => UNKNOWN,
        () => 0,
    })
}

struct Row {
    id: WorkloadId,
    ingress: Option<bool>,
    egress: Option<bool>,
}

fn as_text(world: &World, rows: &[Row], out: &mut dyn Write) -> Result<()> {
    let names: Vec<String> =
        rows.iter().take(ROWS_SHOWN_MAX).map(|row| world.name(row.id)).collect();
    let width = names.iter().map(|name| report::cells(name)).max().unwrap_or(0).max(8);
    writeln!(out, "{BOLD}{:<width$}  {:<9}  egress{BOLD:#}", "workload", "ingress")?;
    let shown = |isolated: Option<bool>| match isolated {
        Some(true) => (GREEN, "isolated"),
        Some(false) => (RED, "open"),
        None => (YELLOW, "not known"),
    };
    for (row, name) in rows.iter().zip(&names) {
        let ((a, ingress), (b, egress)) = (shown(row.ingress), shown(row.egress));
        let kind = &world.network.workload(row.id);
        let note = if kind.host_network { "  on its node's network" } else { "" };
        writeln!(out, "{name:<width$}  {a}{ingress:<9}{a:#}  {b}{egress}{b:#}{note}")?;
    }
    if rows.len() > names.len() {
        writeln!(out, "{} more (`--format json` has all)", rows.len() - names.len())?;
    }
    let count =
        |of: fn(&Row) -> Option<bool>| rows.iter().filter(|row| of(row) == Some(true)).count();
    writeln!(
        out,
        "\n{} workloads: {} isolated for ingress, {} for egress",
        rows.len(),
        count(|row| row.ingress),
        count(|row| row.egress)
    )?;
    Ok(())
}

fn as_json(world: &World, rows: &[Row]) -> Value {
    let row = |row: &Row| {
        let it = world.network.workload(row.id);
        json!({
            "namespace": world.network.namespace_of(row.id),
            "kind": *it.kind,
            "name": *it.name,
            "hostNetwork": it.host_network,
            "ingress": row.ingress,
            "egress": row.egress,
        })
    };
    json!({
        "schema": "bollwerk.network-isolated/v1",
        "profile": world.network.profile().name,
        "workloads": rows.iter().map(row).collect::<Vec<_>>(),
        "gaps": world.gaps.len(),
    })
}
