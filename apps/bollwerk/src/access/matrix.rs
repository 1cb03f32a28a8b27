//! `bollwerk access matrix`: who holds which dangerous permissions, as a table.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;

use analyze::access::danger::{DANGERS, Danger};
use analyze::access::rights::Rights;
use analyze::access::subject::Subject;
use anyhow::{Result, bail};
use engine::rbac::RoleId;
use report::{cells, csv_cell, harmless};
use serde_json::{Value, json};

use super::wording::{BOLD, DIM, RED, YELLOW, counted, print_json};
use super::{UNKNOWN, World};
use crate::arguments::{Matrix, MatrixFormat};

/// Rows on a terminal; all are in the other formats.
const ROWS_SHOWN_MAX: usize = 200;
/// Widest name of a subject on a terminal, in cells.
const NAME_CELLS_MAX: usize = 44;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &Matrix) -> Result<u8> {
    let world = World::load(&arguments.inputs)?;
    let asked = |danger: &&Danger| {
        arguments.verbs.is_empty()
            || danger.verbs.iter().any(|verb| arguments.verbs.iter().any(|asked| asked == verb))
    };
    let columns: Vec<&Danger> = DANGERS.iter().filter(asked).collect();
    if columns.is_empty() {
        bail!("no dangerous permission has one of these verbs");
    }
    let table = Table::of(&world, arguments, columns);
    match arguments.format {
        MatrixFormat::Json => print_json(&table.as_json(&world, arguments))?,
        MatrixFormat::Csv => table.as_csv(&mut anstream::stdout())?,
        MatrixFormat::Terminal => {
            let mut out = std::io::BufWriter::new(anstream::stdout());
            table.as_text(&world, arguments, &mut out)?;
            out.flush()?;
        }
    }
    Ok(if table.is_complete(&world) { 0 } else { UNKNOWN })
}

/// Where a subject holds a permission.
#[derive(Clone, Debug, Default)]
struct Cell {
    in_cluster: bool,
    namespaces: BTreeSet<String>,
}

impl Cell {
    fn is_empty(&self) -> bool {
        !self.in_cluster && self.namespaces.is_empty()
    }

    fn word(&self) -> String {
        match self.namespaces.len() {
            _ if self.in_cluster => "cluster".to_owned(),
            0 => String::new(),
            1 => self.namespaces.first().cloned().unwrap_or_default(),
            number => format!("{number} namespaces"),
        }
    }
}

struct Table<'a> {
    columns: Vec<&'a Danger>,
    /// Those with most first.
    rows: Vec<(Subject, Vec<Cell>)>,
    /// Subjects of which not everything is known.
    uncertain: BTreeSet<Subject>,
    /// Subjects Kubernetes itself made, which were left out.
    hidden: usize,
}

impl<'a> Table<'a> {
    fn of(world: &World, arguments: &Matrix, columns: Vec<&'a Danger>) -> Self {
        let mut table = Self { columns, rows: Vec::new(), uncertain: BTreeSet::new(), hidden: 0 };
        let mut of_rule: HashMap<(RoleId, u32), Vec<usize>> = HashMap::new();
        for subject in subjects(world) {
            let held = world.authorizer.permissions_of(&subject.alone());
            if !held.unknown.is_empty() {
                table.uncertain.insert(subject.clone());
            }
            let mut is_built_in = true;
            let mut row = vec![Cell::default(); table.columns.len()];
            for permission in held.permissions {
                let grant = permission.grant;
                let namespace = world.authorizer.binding(grant.binding).namespace;
                if namespace.is_some_and(|it| arguments.namespace.as_ref().is_some_and(|n| n != it))
                {
                    continue;
                }
                let columns = of_rule.entry((grant.origin, grant.rule)).or_insert_with(|| {
                    let rule = world.authorizer.rule(grant.origin, grant.rule);
                    table.columns_of(&Rights::of(&rule), &arguments.verbs)
                });
                if columns.is_empty() {
                    continue;
                }
                is_built_in = is_built_in && world.is_built_in(&grant);
                for column in columns {
                    match namespace {
                        None => row[*column].in_cluster = true,
                        Some(name) => {
                            row[*column].namespaces.insert(name.to_owned());
                        }
                    }
                }
            }
            if row.iter().any(|cell| !cell.is_empty()) {
                if is_built_in && !arguments.all {
                    table.hidden += 1;
                } else {
                    table.rows.push((subject, row));
                }
            }
        }
        let weight = |row: &[Cell]| {
            let cluster = row.iter().filter(|cell| cell.in_cluster).count();
            std::cmp::Reverse((cluster, row.iter().filter(|cell| !cell.is_empty()).count()))
        };
        table.rows.sort_by(|(a, x), (b, y)| (weight(x), a).cmp(&(weight(y), b)));
        table
    }

    fn columns_of(&self, rights: &Rights, verbs: &[String]) -> Vec<usize> {
        let has = |danger: &Danger| rights.iter().any(|right| danger.is_in(right, verbs));
        (0..self.columns.len()).filter(|column| has(self.columns[*column])).collect()
    }

    fn is_complete(&self, world: &World) -> bool {
        self.uncertain.is_empty() && world.gaps.is_empty()
    }

    fn as_text(&self, world: &World, arguments: &Matrix, out: &mut dyn Write) -> Result<()> {
        let place = match &arguments.namespace {
            Some(namespace) => format!(" in {}", harmless(namespace)),
            None => String::new(),
        };
        writeln!(out, "{BOLD}Dangerous permissions{place}{BOLD:#}\n")?;
        let letters: Vec<char> = ('A'..='Z').take(self.columns.len()).collect();
        for (letter, danger) in letters.iter().zip(&self.columns) {
            writeln!(
                out,
                "  {BOLD}{letter}{BOLD:#}  {:<8} {DIM}{}{DIM:#}",
                danger.name, danger.gain
            )?;
        }
        let name = |subject: &Subject| clipped(&harmless(&subject.to_string()));
        let shown = &self.rows[..self.rows.len().min(ROWS_SHOWN_MAX)];
        let width = shown.iter().map(|(subject, _)| cells(&name(subject))).max().unwrap_or(0);
        write!(out, "\n{}", " ".repeat(width))?;
        for letter in &letters {
            write!(out, "  {BOLD}{letter}{BOLD:#}")?;
        }
        writeln!(out)?;
        for (subject, row) in shown {
            let name = name(subject);
            write!(out, "{name}{}", " ".repeat(width - cells(&name)))?;
            for cell in row {
                match cell {
                    Cell { in_cluster: true, .. } => write!(out, "  {RED}●{RED:#}")?,
                    cell if cell.is_empty() => write!(out, "  {DIM}·{DIM:#}")?,
                    _ => write!(out, "  {YELLOW}○{YELLOW:#}")?,
                }
            }
            let mark = if self.uncertain.contains(subject) { "  ?" } else { "" };
            writeln!(out, "{mark}")?;
        }
        if self.rows.len() > ROWS_SHOWN_MAX {
            let more = self.rows.len() - ROWS_SHOWN_MAX;
            writeln!(out, "… and {more} more (`--format csv` has all)")?;
        }
        if self.rows.is_empty() {
            writeln!(out, "nobody")?;
        }
        writeln!(out, "\n{DIM}● in the whole cluster  ○ in namespaces  · not at all{DIM:#}")?;
        if self.hidden > 0 {
            let hidden = self.hidden;
            writeln!(out, "{DIM}{hidden} of Kubernetes' own subjects: `--all`{DIM:#}")?;
        }
        self.incomplete(world, out)
    }

    fn incomplete(&self, world: &World, out: &mut dyn Write) -> Result<()> {
        if !self.uncertain.is_empty() {
            let subjects = counted(self.uncertain.len(), "subject");
            writeln!(
                out,
                "\n{YELLOW}{subjects} may hold more{YELLOW:#}: roles bound to them were \
                 not seen or cannot be read (`bollwerk access of` tells which)"
            )?;
            for subject in self.uncertain.iter().take(10) {
                writeln!(out, "  - {}", harmless(&subject.to_string()))?;
            }
        }
        if !world.gaps.is_empty() {
            writeln!(out, "\n{} things could not be read", world.gaps.len())?;
        }
        Ok(())
    }

    fn as_csv(&self, out: &mut dyn Write) -> Result<()> {
        let names = self.columns.iter().map(|danger| danger.name.to_owned());
        let head: Vec<String> = ["subject".to_owned()].into_iter().chain(names).collect();
        writeln!(out, "{}", head.join(","))?;
        for (subject, row) in &self.rows {
            let cells = row.iter().map(|cell| csv_cell(&cell.word()));
            let row: Vec<_> =
                std::iter::once(csv_cell(&subject.to_string())).chain(cells).collect();
            writeln!(out, "{}", row.join(","))?;
        }
        Ok(())
    }

    fn as_json(&self, world: &World, arguments: &Matrix) -> Value {
        let columns = self.columns.iter().map(|danger| {
            json!({
                "name": danger.name,
                "gain": danger.gain,
                "verbs": danger.verbs,
                "resources": danger.resources,
            })
        });
        let rows = self.rows.iter().map(|(subject, row)| {
            let held: BTreeMap<&str, Value> = self
                .columns
                .iter()
                .zip(row)
                .filter(|(_, cell)| !cell.is_empty())
                .map(|(danger, cell)| {
                    let (cluster, namespaces) = (cell.in_cluster, &cell.namespaces);
                    (danger.name, json!({"cluster": cluster, "namespaces": namespaces}))
                })
                .collect();
            json!({
                "subject": subject.to_string(),
                "isComplete": !self.uncertain.contains(subject),
                "permissions": held,
            })
        });
        json!({
            "schema": "bollwerk.access-matrix/v1",
            "kubernetesVersion": world.authorizer.version().to_string(),
            "namespace": arguments.namespace,
            "columns": columns.collect::<Vec<_>>(),
            "rows": rows.collect::<Vec<_>>(),
            "uncertain": self.uncertain.iter().map(Subject::to_string).collect::<Vec<_>>(),
            "hidden": self.hidden,
            "gaps": world.gaps.len(),
        })
    }
}

/// Everybody a binding names.
pub(super) fn subjects(world: &World) -> BTreeSet<Subject> {
    let mut subjects = BTreeSet::new();
    for binding in world.authorizer.bindings() {
        let named = world.authorizer.subjects(binding.id);
        subjects.extend(named.filter_map(|it| Subject::of_binding(&it, binding.namespace)));
    }
    subjects
}

fn clipped(name: &str) -> String {
    if cells(name) <= NAME_CELLS_MAX {
        return name.to_owned();
    }
    let mut short = String::new();
    for char in name.chars() {
        if cells(&short) + 2 >= NAME_CELLS_MAX {
            break;
        }
        short.push(char);
    }
    short.push('…');
    short
}
