//! Measures the escalation graph on a generated cluster, at a tenth of its size and at all of it.
//!
//! `cargo run --release --example paths_scale`

#[path = "generated/mod.rs"]
mod generated;

use std::time::Instant;

use engine::paths::{Graph, Options, Place};
use engine::rbac::{Assumptions, Authorizer};
use generated::{ACCOUNTS, BINDINGS, NAMESPACES, PODS, WORLD, cluster, mix};

const GOALS: [(&str, Place); 3] = [
    ("cluster-admin", Place::ClusterAdmin),
    ("any node", Place::AnyNode),
    ("all Secrets", Place::Secrets(None)),
];

#[expect(clippy::print_stdout, reason = "the measurements are this program's result")]
fn main() {
    println!(
        "{:<7}{:>8}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>10}{:>10}{:>10}{:>9}{:>9}{:>9}",
        "size",
        "pods",
        "accounts",
        "bindings",
        "places",
        "steps",
        "rbac ms",
        "graph ms",
        "admin ms",
        "node ms",
        "secret ms",
        "way ms",
        "cut ms",
        "peak MiB"
    );
    for percent in [10, 25, 50, 100] {
        let snapshot = cluster(percent);
        let start = Instant::now();
        let authorizer = Authorizer::of(&snapshot, WORLD, Assumptions::default());
        let load = start.elapsed();
        let start = Instant::now();
        let graph = Graph::build(&snapshot, WORLD, &authorizer, &Options::default());
        let build = start.elapsed();
        let reach: Vec<f64> = GOALS.iter().map(|(_, goal)| reach(&graph, goal)).collect();
        let namespaces = NAMESPACES * percent / 100;
        let (places, steps) = graph.size();
        println!(
            "{:<7}{:>8}{:>9}{:>9}{places:>9}{steps:>9}{:>9.0}{:>9.0}\
             {:>10.0}{:>10.0}{:>10.0}{:>9.1}{:>9.0}{:>9.0}",
            format!("{percent} %"),
            namespaces * PODS,
            namespaces * ACCOUNTS,
            BINDINGS * percent / 100,
            load.as_secs_f64() * 1e3,
            build.as_secs_f64() * 1e3,
            reach[0],
            reach[1],
            reach[2],
            way(&graph),
            cut(&graph),
            peak_mebibytes(),
        );
    }
}

/// Milliseconds of finding all who reach a goal.
fn reach(graph: &Graph, goal: &Place) -> f64 {
    let start = Instant::now();
    if let Some(goal) = graph.find(goal) {
        std::hint::black_box(graph.reaches(goal));
    }
    start.elapsed().as_secs_f64() * 1e3
}

/// Milliseconds of finding one way from a service account to cluster-admin: the median of 51.
fn way(graph: &Graph) -> f64 {
    let Some(goal) = graph.find(&Place::ClusterAdmin) else { return 0.0 };
    let starts: Vec<_> = graph.starts().collect();
    let mut times: Vec<f64> = (0..51)
        .map(|number| {
            let from = starts[(mix(number) % starts.len() as u64) as usize];
            let start = Instant::now();
            std::hint::black_box(graph.paths(from, goal, 1));
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[25]
}

/// Milliseconds of closing root on any node for one service account.
fn cut(graph: &Graph) -> f64 {
    let Some(goal) = graph.find(&Place::AnyNode) else { return 0.0 };
    let reaching = graph.reaches(goal);
    let Some(from) = reaching.certain.last() else { return 0.0 };
    let start = Instant::now();
    std::hint::black_box(graph.cut(Some(&[*from]), goal, 64));
    start.elapsed().as_secs_f64() * 1e3
}

/// The most memory the process had so far, the snapshot included; 0 where that is not told.
fn peak_mebibytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    kibibytes.map_or(0.0, |kibibytes: f64| kibibytes / 1024.0)
}
