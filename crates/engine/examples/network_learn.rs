//! Measures how policies are learned on the generated clusters of `network_scale.rs`: 10,000 pods
//! and 100,000, with 1,000,000 different connections each.
//!
//! A workload calls eight others, each on one or two ports, pod by pod; one connection in fifty
//! goes to one of three addresses outside. The snapshot, the network of today and the connections
//! are in memory before the clock starts.
//!
//! `cargo run --release --example network_learn`

#[path = "generated/network.rs"]
mod generated;

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use engine::network::segmentation::{
    Cells, Directory, Existing, Knobs, LearnedPolicy, Observed, Units, prove, synthesize,
};
use engine::network::{Network, Options};
use generated::{PODS, WORKLOADS, WORLD, address, cluster, mix, peak_mebibytes};
use model::flow::{Flow, FlowEnd};

const FLOWS: usize = 1_000_000;
const CALLED: u64 = 8;
const PORTS: [u16; 6] = [80, 443, 5_432, 6_379, 8_080, 9_090];
/// Policies of a namespace today.
const POLICIES: u64 = 20;

#[expect(clippy::print_stdout, reason = "the measurements are this program's result")]
fn main() {
    println!(
        "{:>8}{:>10}{:>10}{:>8}{:>11}{:>9}{:>9}{:>8}{:>11}{:>9}{:>10}{:>9}",
        "pods",
        "flows",
        "units ms",
        "find ms",
        "flows/s",
        "write ms",
        "policies",
        "rules",
        "network ms",
        "prove ms",
        "tightness",
        "peak MiB"
    );
    for namespaces in [50, 500] {
        measure(namespaces);
    }
}

#[expect(clippy::print_stdout, reason = "the measurements are this program's result")]
#[expect(clippy::cast_precision_loss, reason = "printed in whole numbers")]
fn measure(namespaces: u64) {
    let snapshot = cluster(namespaces, POLICIES);
    let options = Options::default();
    let today = Network::build(&snapshot, WORLD, options.clone());
    let flows = flows(namespaces * WORKLOADS);
    let start = Instant::now();
    let units = Units::of(&today, &snapshot);
    let directory = Directory::new(&today, &snapshot, WORLD, &options, &units);
    let prepared = start.elapsed();
    let start = Instant::now();
    let observed = Observed::new(&directory, flows.iter().map(|flow| (flow, 1)));
    let found = start.elapsed();
    let start = Instant::now();
    let learned = synthesize(&directory, &observed, &Knobs::default());
    let written = start.elapsed();
    let start = Instant::now();
    let network = Network::with(&snapshot, WORLD, &options, &learned, Existing::Replaced);
    let built = start.elapsed();
    let start = Instant::now();
    let proof = prove(&network, &observed);
    let proved = start.elapsed();
    assert!(proof.refused.is_empty() && observed.missing.is_empty(), "{:?}", observed.missing);
    let cells = Cells::of(&network, &units);
    let tightness = cells.tightness(&network, &directory, &observed);
    println!(
        "{:>8}{:>10}{:>10.0}{:>8.0}{:>11.0}{:>9.0}{:>9}{:>8}{:>11.0}{:>9.0}{:>10.3}{:>9.0}",
        namespaces * WORKLOADS * PODS,
        flows.len(),
        prepared.as_secs_f64() * 1e3,
        found.as_secs_f64() * 1e3,
        flows.len() as f64 / found.as_secs_f64(),
        written.as_secs_f64() * 1e3,
        learned.policies.len(),
        learned.policies.iter().map(LearnedPolicy::rules).sum::<usize>(),
        built.as_secs_f64() * 1e3,
        proved.as_secs_f64() * 1e3,
        tightness.ratio(),
        peak_mebibytes(),
    );
}

/// Different connections between the pods of so many workloads, in no order.
fn flows(workloads: u64) -> Vec<Flow> {
    let mut known = HashSet::new();
    let mut found = Vec::with_capacity(FLOWS);
    let mut seed = 0;
    while found.len() < FLOWS {
        seed += 1;
        let at = mix(seed);
        let source = at % workloads;
        let call = at / workloads % CALLED;
        let what = mix(source * CALLED + call);
        let pod = |workload: u64, seed: u64| {
            let pod = workload * PODS + mix(seed) % PODS;
            FlowEnd::Address(IpAddr::V4(address(pod)))
        };
        let (from, to) = (pod(source, seed * 2), pod(what % workloads, seed * 2 + 1));
        let second = u64::from(at >> 60 & 1 == 1 && what.is_multiple_of(3));
        let port = PORTS[((what / workloads + second) % PORTS.len() as u64) as usize];
        let to = if at.is_multiple_of(50) {
            let last = 1 + what.to_be_bytes()[7] % 3;
            FlowEnd::Address(IpAddr::V4(Ipv4Addr::new(203, 0, 113, last)))
        } else {
            to
        };
        let flow = Flow { from, to, protocol: "TCP", port };
        if known.insert(flow.clone()) {
            found.push(flow);
        }
    }
    found
}
