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
//! What-ifs of one policy each, in namespaces all over the cluster: one is taken away, one says
//! something else, one closes its namespace, one asks for labels, addresses and ports that no
//! policy asked for; and, told apart, one of the cluster that is about every pod.
//!
//! Times are those of the processor, where the system tells them.
//!
//! `cargo run --release --example network_scale [-- large]`

#[path = "generated/network.rs"]
mod generated;
#[path = "generated/revised.rs"]
mod revised;

use std::time::{Duration, Instant};

use engine::network::ports::Protocol;
use engine::network::{Endpoint, Network, Profile, Revision, WorkloadId};
use generated::{PODS, WORKLOADS, WORLD, cluster, mix, peak_mebibytes};
use model::{ObjectId, Snapshot};

const QUESTIONS: u64 = 100_000;
/// What-ifs of each kind.
const REVISIONS: u64 = 25;

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
        let (network, load) = timed(|| Network::build(&snapshot, WORLD, Profile::UPSTREAM));
        let (summary, pairs) = timed(|| network.summary(false));
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
        let (mut times, changes) = what_ifs(&network, &snapshot, *namespaces, *policies);
        let whole = times.pop().unwrap_or_default();
        times.sort_unstable();
        println!(
            "what-if of one policy: {:.1} ms median, {:.1} ms max of {}, {changes} changes; of one \
             about every pod: {:.0} ms",
            times[times.len() / 2].as_secs_f64() * 1e3,
            times[times.len() - 1].as_secs_f64() * 1e3,
            times.len(),
            whole.as_secs_f64() * 1e3
        );
    }
}

/// What revisions take, that of every pod last, and how many changes they tell.
fn what_ifs(
    network: &Network,
    snapshot: &Snapshot,
    namespaces: u64,
    policies: u64,
) -> (Vec<Duration>, usize) {
    let known: Vec<ObjectId> =
        snapshot.of_kind(WORLD, ("networking.k8s.io", "NetworkPolicy")).map(|(id, _)| id).collect();
    let mut changes = 0;
    let mut times = Vec::new();
    let mut ask = |removed: &[ObjectId], new: &Snapshot| {
        let revision = Revision { removed: removed.to_vec(), added: new.ids().collect() };
        let (found, time) = timed(|| network.what_if((snapshot, WORLD), new, &revision));
        changes += found.changes.len();
        times.push(time);
    };
    for number in 0..REVISIONS {
        let namespace = number * namespaces / REVISIONS;
        let at = namespace * policies + mix(number) % policies;
        let old = known[at as usize];
        let name = snapshot.object(old).name;
        ask(&[old], &revised::nothing());
        ask(&[old], &revised::other(namespace, name, namespaces));
        ask(&[], &revised::closed(namespace));
        ask(&[], &revised::unheard(namespace));
    }
    ask(&[], &revised::everybody());
    (times, changes)
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

/// What a function gives and takes: the time its thread had a processor for, or all of the time
/// where that is not told.
fn timed<T>(function: impl FnOnce() -> T) -> (T, Duration) {
    let processor = || {
        // What was used is added up when a thread gives its processor back.
        std::thread::sleep(Duration::from_nanos(1));
        let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        let nanoseconds = told.split(' ').next()?.parse().ok()?;
        Some(Duration::from_nanos(nanoseconds))
    };
    let (start, before) = (Instant::now(), processor());
    let value = function();
    let spent = before.zip(processor()).map(|(before, after)| after.saturating_sub(before));
    (value, spent.unwrap_or_else(|| start.elapsed()))
}
