//! Measures the network engine on generated clusters: at a tenth of 100,000 pods, at all of them,
//! and at ten times as many.
//!
//! The whole: 500 namespaces in 20 teams, each with 10 workloads of 20 pods and 20 policies, so
//! 100,000 pods and 10,000 policies (of the largest cluster: 5,000 namespaces and 10 policies
//! each, 1,000,000 and 50,000). A policy selects one workload or, one in eight, its namespace.
//! Its one to three rules name pods of the namespace, pods of other namespaces by a label of
//! theirs, all namespaces, or an address block with an exception; one to three ports, some as
//! ranges, some by name. Half of the policies are about ingress, a quarter about egress, the rest
//! about both. The snapshot is compact and in memory before the clock starts.
//!
//! `cargo run --release --example network_scale [-- large]`

#[path = "generated/network.rs"]
mod generated;

use std::time::{Duration, Instant};

use engine::network::ports::Protocol;
use engine::network::{Endpoint, Network, Profile, WorkloadId};
use generated::{PODS, WORKLOADS, WORLD, cluster, mix, peak_mebibytes};

const QUESTIONS: u64 = 100_000;

#[expect(clippy::print_stdout, reason = "the measurements are this program's result")]
fn main() {
    println!(
        "{:>9}{:>9}{:>9}{:>14}{:>9}{:>9}{:>10}{:>10}{:>10}{:>10}",
        "pods",
        "policies",
        "classes",
        "groups in/out",
        "snap MiB",
        "load ms",
        "pairs ms",
        "median ns",
        "p99 ns",
        "peak MiB"
    );
    let is_large = std::env::args().any(|argument| argument == "large");
    let sizes: &[(u64, u64)] = if is_large { &[(5_000, 10)] } else { &[(50, 20), (500, 20)] };
    for (namespaces, policies) in sizes {
        let snapshot = cluster(*namespaces, *policies);
        let start = Instant::now();
        let network = Network::build(&snapshot, WORLD, Profile::UPSTREAM);
        let load = start.elapsed();
        let start = Instant::now();
        let summary = network.summary(false);
        let pairs = start.elapsed();
        let (classes, ingress, egress) = network.size();
        let (median, p99) = questions(&network);
        println!(
            "{:>9}{:>9}{classes:>9}{:>14}{:>9}{:>9.0}{:>10.0}{:>10}{:>10}{:>10.0}",
            namespaces * WORKLOADS * PODS,
            namespaces * policies,
            format!("{ingress}/{egress}"),
            snapshot.bytes() >> 20,
            load.as_secs_f64() * 1e3,
            pairs.as_secs_f64() * 1e3,
            median.as_nanos(),
            p99.as_nanos(),
            peak_mebibytes(),
        );
        println!("{summary:?}, {} gaps", network.gaps().len());
    }
}

/// Median and 99th percentile of one question with its proof.
fn questions(network: &Network) -> (Duration, Duration) {
    let workloads: Vec<WorkloadId> = network.workloads().collect();
    let pick =
        |seed: u64| Endpoint::Workload(workloads[(mix(seed) % workloads.len() as u64) as usize]);
    let mut times: Vec<Duration> = (0..QUESTIONS)
        .map(|number| {
            let (from, to) = (pick(number * 2), pick(number * 2 + 1));
            let port = [80, 443, 8080, 5432][(mix(number) % 4) as usize];
            let start = Instant::now();
            std::hint::black_box(network.allows(&from, &to, Protocol::Tcp, port));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}
