//! Which workload reaches which, as a table.

use std::io::Write;

use anyhow::{Result, bail};
use engine::network::address::AddressSet;
use engine::network::ports::PortSet;
use engine::network::{Endpoint, WorkloadId};
use report::{cells, csv_cell};
use serde_json::{Value, json};

use super::World;
use crate::arguments::NetworkMatrix;
use crate::console::{BOLD, DIM};

/// Most workloads whose pairs are all asked about.
const ENDS_MAX: usize = 2_000;
/// Most columns of a table on a terminal.
const COLUMNS_MAX: usize = 60;
/// Most arrows of a drawing that can still be read.
const ARROWS_MAX: usize = 2_000;

/// Who reaches whom: the workloads, and the internet last.
pub(super) struct Table {
    pub(super) names: Vec<String>,
    /// The namespace of each; none for the internet.
    pub(super) namespaces: Vec<Option<String>>,
    /// By source, then by destination.
    pub(super) cells: Vec<Vec<Cell>>,
    /// Whether both ends of a pair are out of the namespace that was asked about.
    pub(super) is_left_out: Vec<bool>,
}

/// What one end reaches at another.
#[derive(Clone, Default)]
pub(super) struct Cell {
    open: PortSet,
    unknown: PortSet,
    /// Whether it is no pair: an end with itself, or the internet with itself.
    is_none: bool,
}

/// How a pair is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    None,
    Open,
    Part,
    Unknown,
    Closed,
}

impl Cell {
    pub(super) fn kind(&self) -> Kind {
        match () {
            () if self.is_none => Kind::None,
            () if !self.unknown.is_empty() => Kind::Unknown,
            () if self.open.is_empty() => Kind::Closed,
            () if self.open.is_all() => Kind::Open,
            () => Kind::Part,
        }
    }

    fn label(&self) -> String {
        match (self.open.is_empty(), self.unknown.is_empty()) {
            (_, true) => self.open.to_string(),
            (true, false) => format!("maybe {}", self.unknown),
            (false, false) => format!("{}; maybe {}", self.open, self.unknown),
        }
    }
}

impl Table {
    pub(super) fn new(world: &World, namespace: Option<&str>) -> Result<Self> {
        let shown = world.shown();
        if shown.len() > ENDS_MAX {
            bail!(
                "{} workloads are more than a table of {ENDS_MAX} shows; name a namespace with \
                 `-n`, or ask `bollwerk network reach`",
                shown.len()
            );
        }
        let is_in = |id: &WorkloadId| {
            namespace.is_none_or(|wanted| world.network.namespace_of(*id) == wanted)
        };
        if !shown.iter().any(is_in) {
            bail!("nothing runs in namespace `{}`", namespace.unwrap_or_default());
        }
        let mut ends: Vec<Endpoint> = shown.iter().copied().map(Endpoint::Workload).collect();
        let mut names: Vec<String> = shown.iter().map(|id| world.name(*id)).collect();
        let mut namespaces: Vec<Option<String>> =
            shown.iter().map(|id| Some(world.network.namespace_of(*id).to_owned())).collect();
        let mut is_left_out: Vec<bool> = shown.iter().map(|id| !is_in(id)).collect();
        ends.push(Endpoint::Addresses(AddressSet::internet()));
        names.push("internet".to_owned());
        namespaces.push(None);
        is_left_out.push(namespace.is_some());
        let cell = |from: usize, to: usize| {
            let is_outside = |end: &Endpoint| matches!(end, Endpoint::Addresses(_));
            if from == to
                || (is_outside(&ends[from]) && is_outside(&ends[to]))
                || (is_left_out[from] && is_left_out[to])
            {
                return Cell { is_none: true, ..Cell::default() };
            }
            let reach = world.network.reach(&ends[from], &ends[to]);
            Cell { open: reach.allowed, unknown: reach.unknown, is_none: false }
        };
        let all = 0..ends.len();
        let cells =
            all.clone().map(|from| all.clone().map(|to| cell(from, to)).collect()).collect();
        Ok(Self { names, namespaces, cells, is_left_out })
    }

    /// Pairs that are not certainly closed.
    fn arrows(&self) -> impl Iterator<Item = (usize, usize, &Cell)> {
        let rows = self.cells.iter().enumerate();
        let all = rows
            .flat_map(|(from, row)| row.iter().enumerate().map(move |(to, cell)| (from, to, cell)));
        all.filter(|(_, _, cell)| !matches!(cell.kind(), Kind::None | Kind::Closed))
    }

    pub(super) fn as_text(&self, arguments: &NetworkMatrix, out: &mut dyn Write) -> Result<()> {
        let all: Vec<usize> = (0..self.names.len()).collect();
        let inside: Vec<usize> = all.iter().copied().filter(|it| !self.is_left_out[*it]).collect();
        if arguments.namespace.is_some() {
            self.part(&inside, &all, "out of it, from the row to the column", out)?;
            writeln!(out)?;
            self.part(&all, &inside, "into it, from the row to the column", out)?;
        } else {
            self.part(&all, &all, "from the row to the column", out)?;
        }
        writeln!(
            out,
            "\n{DIM}● every port   ◐ some ports   ? not known   · none; `bollwerk network reach \
             FROM TO` says which and why{DIM:#}"
        )?;
        Ok(())
    }

    fn part(
        &self,
        rows: &[usize],
        columns: &[usize],
        title: &str,
        out: &mut dyn Write,
    ) -> Result<()> {
        if columns.len() > COLUMNS_MAX {
            bail!(
                "{} columns are more than a terminal shows; take `--format svg` or `csv`, or name \
                 a namespace with `-n`",
                columns.len()
            );
        }
        let width = self.names.iter().map(|name| cells(name)).max().unwrap_or(0) + 4;
        writeln!(out, "{BOLD}Reachability, {title}{BOLD:#}")?;
        let head: String = columns.iter().map(|column| format!("{:>3}", column + 1)).collect();
        writeln!(out, "{DIM}{:width$}{head}{DIM:#}", "")?;
        for row in rows {
            let shown = |column: &usize| match self.cells[*row][*column].kind() {
                Kind::None => "   ",
                Kind::Open => "  ●",
                Kind::Part => "  ◐",
                Kind::Unknown => "  ?",
                Kind::Closed => "  ·",
            };
            let name = &self.names[*row];
            let pad = width.saturating_sub(cells(name) + 4);
            let line: String = columns.iter().map(shown).collect();
            writeln!(out, "{DIM}{:>3}{DIM:#} {name}{:pad$}{line}", row + 1, "")?;
        }
        Ok(())
    }

    pub(super) fn as_csv(&self, out: &mut dyn Write) -> Result<()> {
        writeln!(out, "from,to,open,unknown")?;
        for (from, to, cell) in self.arrows() {
            let open = if cell.open.is_empty() { String::new() } else { cell.open.to_string() };
            let unknown =
                if cell.unknown.is_empty() { String::new() } else { cell.unknown.to_string() };
            let row = [&self.names[from], &self.names[to], &open, &unknown].map(|it| csv_cell(it));
            writeln!(out, "{}", row.join(","))?;
        }
        Ok(())
    }

    fn limit(&self) -> Result<()> {
        let arrows = self.arrows().count();
        if arrows > ARROWS_MAX {
            bail!(
                "{arrows} arrows are more than anybody can read: name a namespace with `-n`, or \
                 take `--format svg`, which is a table"
            );
        }
        Ok(())
    }

    pub(super) fn as_dot(&self, out: &mut dyn Write) -> Result<()> {
        self.limit()?;
        let quoted =
            |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        writeln!(out, "digraph network {{\n  rankdir=LR;\n  node [shape=box];")?;
        for (from, to, cell) in self.arrows() {
            let style = if cell.unknown.is_empty() { "solid" } else { "dashed" };
            writeln!(
                out,
                "  {} -> {} [label={}, style={style}];",
                quoted(&self.names[from]),
                quoted(&self.names[to]),
                quoted(&cell.label())
            )?;
        }
        writeln!(out, "}}")?;
        Ok(())
    }

    pub(super) fn as_mermaid(&self, out: &mut dyn Write) -> Result<()> {
        self.limit()?;
        let quoted = |text: &str| text.replace('#', "#35;").replace('"', "#quot;");
        writeln!(out, "flowchart LR")?;
        for (number, name) in self.names.iter().enumerate() {
            writeln!(out, "  n{number}[\"{}\"]", quoted(name))?;
        }
        for (from, to, cell) in self.arrows() {
            let arrow = if cell.unknown.is_empty() { "-->" } else { "-.->" };
            writeln!(out, "  n{from} {arrow}|\"{}\"| n{to}", quoted(&cell.label()))?;
        }
        Ok(())
    }

    pub(super) fn as_json(&self, world: &World) -> Value {
        let pair = |(from, to, cell): (usize, usize, &Cell)| {
            json!({
                "from": self.names[from],
                "to": self.names[to],
                "open": (!cell.open.is_empty()).then(|| cell.open.to_string()),
                "unknown": (!cell.unknown.is_empty()).then(|| cell.unknown.to_string()),
            })
        };
        json!({
            "schema": "bollwerk.network-matrix/v1",
            "profile": world.network.profile().name,
            "ends": self.names,
            "pairs": self.arrows().map(pair).collect::<Vec<_>>(),
            "gaps": world.gaps.len(),
        })
    }
}
