//! The neighbourhood of a namespace: who reaches its workloads, and what they reach.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anyhow::{Result, bail};
use engine::network::address::AddressSet;
use engine::network::ports::PortSet;
use engine::network::{Endpoint, Reach, WorkloadId};
use report::harmless;

use super::World;
use crate::console::{BOLD, DIM, YELLOW};

/// Most workloads of a namespace that are drawn.
const WORKLOADS_MAX: usize = 60;
/// Most neighbours of it that are asked about.
const NEIGHBOURS_MAX: usize = 20_000;

/// A namespace with its neighbours.
pub struct Map {
    /// Its name.
    pub namespace: String,
    /// What runs in it.
    pub workloads: Vec<Workload>,
}

/// What runs in a namespace.
pub struct Workload {
    /// Its name, without its namespace.
    pub name: String,
    /// Who reaches it.
    pub sources: Vec<Link>,
    /// Whom it reaches.
    pub targets: Vec<Link>,
}

/// Neighbours that are reached, or reach, alike.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// Who they are, in a few words.
    pub who: String,
    /// On which ports, in words.
    pub ports: String,
    /// Whether it is not known.
    pub is_doubtful: bool,
}

impl Map {
    pub(super) fn new(world: &World, namespace: &str) -> Result<Self> {
        let shown = world.shown();
        let is_in = |id: &WorkloadId| world.network.namespace_of(*id) == namespace;
        let inside: Vec<WorkloadId> = shown.iter().copied().filter(is_in).collect();
        if inside.is_empty() {
            bail!("nothing runs in namespace `{}`", harmless(namespace));
        }
        if inside.len() > WORKLOADS_MAX || shown.len() > NEIGHBOURS_MAX {
            bail!(
                "{} workloads beside {} others are more than a map shows: see `bollwerk network \
                 matrix`",
                inside.len(),
                shown.len() - inside.len()
            );
        }
        let workload = |id: &WorkloadId| {
            let own = Endpoint::Workload(*id);
            let internet = Endpoint::Addresses(AddressSet::internet());
            let asked = |reach: &dyn Fn(&Endpoint) -> Reach| {
                let mut groups = Groups::default();
                for other in shown.iter().filter(|other| *other != id) {
                    groups.add(world, namespace, *other, &reach(&Endpoint::Workload(*other)));
                }
                groups.add_internet(&reach(&internet));
                groups.links(world, &shown)
            };
            Workload {
                name: harmless(&world.network.workload(*id).name),
                sources: asked(&|other| world.network.reach(other, &own)),
                targets: asked(&|other| world.network.reach(&own, other)),
            }
        };
        let workloads = inside.iter().map(workload).collect();
        Ok(Self { namespace: harmless(namespace), workloads })
    }

    pub(super) fn links(&self) -> impl Iterator<Item = &Link> {
        self.workloads.iter().flat_map(|it| it.sources.iter().chain(&it.targets))
    }

    pub(super) fn as_text(&self, out: &mut dyn Write) -> Result<()> {
        for workload in &self.workloads {
            writeln!(out, "{BOLD}{}/{}{BOLD:#}", self.namespace, workload.name)?;
            for (arrow, links) in [("←", &workload.sources), ("→", &workload.targets)] {
                if links.is_empty() {
                    writeln!(out, "  {arrow} {DIM}nobody{DIM:#}")?;
                }
                for Link { who, ports, is_doubtful } in links {
                    let doubt = if *is_doubtful {
                        format!("  {YELLOW}not known{YELLOW:#}")
                    } else {
                        String::new()
                    };
                    writeln!(out, "  {arrow} {who}  {DIM}{ports}{DIM:#}{doubt}")?;
                }
            }
        }
        Ok(())
    }
}

/// Neighbours by the ports they reach, or are reached on.
#[derive(Default)]
struct Groups {
    /// By ports and doubt: namespaces, with the names that count in them.
    by_ports: BTreeMap<(String, bool), BTreeMap<String, BTreeSet<String>>>,
    internet: Option<Link>,
}

impl Groups {
    fn add(&mut self, world: &World, own: &str, id: WorkloadId, reach: &Reach) {
        let Some((ports, is_doubtful)) = ports(reach) else { return };
        let namespace = world.network.namespace_of(id);
        let name = harmless(&world.network.workload(id).name);
        // What is in the same namespace is told by its name alone.
        let of = if namespace == own { String::new() } else { harmless(namespace) };
        let names = self.by_ports.entry((ports, is_doubtful)).or_default();
        names.entry(of).or_default().insert(name);
    }

    fn add_internet(&mut self, reach: &Reach) {
        if let Some((ports, is_doubtful)) = ports(reach) {
            self.internet = Some(Link { who: "the internet".to_owned(), ports, is_doubtful });
        }
    }

    fn links(self, world: &World, shown: &[WorkloadId]) -> Vec<Link> {
        let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
        for id in shown {
            *sizes.entry(harmless(world.network.namespace_of(*id))).or_default() += 1;
        }
        let mut links = Vec::new();
        for ((ports, is_doubtful), namespaces) in self.by_ports {
            for (namespace, names) in namespaces {
                let who = match sizes.get(&namespace) {
                    None => named(&names),
                    Some(size) if *size == names.len() && *size > 1 => {
                        format!("all of {namespace}")
                    }
                    Some(_) => format!("{namespace}: {}", named(&names)),
                };
                links.push(Link { who, ports: ports.clone(), is_doubtful });
            }
        }
        links.extend(self.internet);
        links
    }
}

/// Names in one line; what is too much is counted.
fn named(names: &BTreeSet<String>) -> String {
    const SHOWN_MAX: usize = 3;
    let shown: Vec<&str> = names.iter().take(SHOWN_MAX).map(String::as_str).collect();
    let more = names.len().saturating_sub(SHOWN_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn ports(reach: &Reach) -> Option<(String, bool)> {
    let all: &PortSet = if reach.unknown.is_empty() { &reach.allowed } else { &reach.unknown };
    (!all.is_empty()).then(|| (all.to_string(), !reach.unknown.is_empty()))
}
