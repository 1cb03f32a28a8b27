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

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use engine::network::ports::Protocol;
use engine::network::{Endpoint, Network, Profile, WorkloadId};
use model::{KubernetesVersion, Origin, Part, Path, Redactions, Snapshot, WorldId};

const WORKLOADS: u64 = 10;
const PODS: u64 = 20;
const QUESTIONS: u64 = 100_000;
const WORLD: WorldId = WorldId(0);

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

/// The finalizer of `SplitMix64`: the same numbers on every machine.
fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn cluster(namespaces: u64, policies: u64) -> Snapshot {
    let now = "2026-11-24T00:00:00Z".parse().unwrap_or_default();
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, now);
    let mut part = Part::new();
    let mut number = 0;
    let mut add = |text: &str| {
        let stream = yaml::Stream::json(text, &yaml::Limits::default());
        for document in stream.documents().flatten() {
            let origin = Origin { file: 0, document: number, item: Path::root(), line: 1 };
            part.insert(document.root(), &Redactions::default(), WORLD, origin, None);
            number += 1;
        }
    };
    for namespace in 0..namespaces {
        add(&format!(
            concat!(
                r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"ns-{0}","#,
                r#""labels":{{"team":"team-{1}","stage":"stage-{2}"}}}}}}"#
            ),
            namespace,
            namespace % 20,
            namespace % 3
        ));
        for number in 0..WORKLOADS * PODS {
            add(&pod(namespace, number));
        }
        for policy in 0..policies {
            add(&self::policy(namespace, policy, namespaces));
        }
    }
    snapshot.add(part);
    snapshot
}

fn pod(namespace: u64, number: u64) -> String {
    let workload = number / PODS;
    let address = namespace * WORKLOADS * PODS + number;
    format!(
        concat!(
            r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"app-{workload}-{number}","#,
            r#""namespace":"ns-{namespace}","labels":{{"app":"app-{workload}","#,
            r#""tier":"tier-{tier}","pod-template-hash":"{hash}"}}}},"#,
            r#""spec":{{"nodeName":"node-{node}","containers":[{{"name":"c","image":"i","#,
            r#""ports":[{{"name":"http","containerPort":{port}}}]}}]}},"#,
            r#""status":{{"podIP":"10.{a}.{b}.{c}"}}}}"#
        ),
        workload = workload,
        number = number,
        namespace = namespace,
        tier = workload % 4,
        hash = mix(namespace * 100 + workload) % 100_000,
        node = mix(address) % 1_000,
        port = 8_080 + workload % 3,
        a = address >> 16,
        b = address >> 8 & 255,
        c = address & 255,
    )
}

fn policy(namespace: u64, number: u64, namespaces: u64) -> String {
    let seed = namespace * 1_000 + number;
    let at = mix(seed);
    let subject = if at.is_multiple_of(8) {
        String::from("{}")
    } else {
        format!(r#"{{"matchLabels":{{"app":"app-{}"}}}}"#, at / 8 % WORKLOADS)
    };
    let types = match at / 100 % 4 {
        0 | 1 => r#"["Ingress"]"#,
        2 => r#"["Egress"]"#,
        _ => r#"["Ingress","Egress"]"#,
    };
    let (ingress, egress) =
        (rules(seed, "from", namespaces), rules(seed + 500_000_000, "to", namespaces));
    format!(
        concat!(
            r#"{{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":"#,
            r#"{{"name":"policy-{0}","namespace":"ns-{1}"}},"spec":{{"podSelector":{2},"#,
            r#""policyTypes":{3},"ingress":[{4}],"egress":[{5}]}}}}"#
        ),
        number, namespace, subject, types, ingress, egress
    )
}

fn rules(seed: u64, peers: &str, namespaces: u64) -> String {
    let mut text = String::new();
    for rule in 0..=mix(seed + 7) % 3 {
        let at = mix(seed * 11 + rule);
        let peer = match at % 16 {
            0..7 => {
                format!(r#"{{"podSelector":{{"matchLabels":{{"app":"app-{}"}}}}}}"#, at / 16 % 10)
            }
            7..11 => format!(
                concat!(
                    r#"{{"namespaceSelector":{{"matchLabels":{{"team":"team-{}"}}}},"#,
                    r#""podSelector":{{"matchLabels":{{"tier":"tier-{}"}}}}}}"#
                ),
                at / 16 % 20,
                at / 320 % 4
            ),
            11..13 => format!(
                concat!(
                    r#"{{"namespaceSelector":{{"matchLabels":"#,
                    r#"{{"kubernetes.io/metadata.name":"ns-{}"}}}}}}"#
                ),
                at / 16 % namespaces
            ),
            13 => String::from(r#"{"namespaceSelector":{}}"#),
            _ => format!(
                r#"{{"ipBlock":{{"cidr":"{0}.0.0.0/8","except":["{0}.{1}.0.0/16"]}}}}"#,
                20 + at / 16 % 100,
                at / 1_600 % 256
            ),
        };
        let mut ports = String::new();
        for port in 0..=at / 7 % 3 {
            let at = mix(at + port);
            let comma = if port == 0 { "" } else { "," };
            let _ = match at % 8 {
                0 => write!(ports, r#"{comma}{{"port":"http"}}"#),
                1 => write!(ports, r#"{comma}{{"port":{},"endPort":{}}}"#, 3_000, 3_100 + at % 50),
                2 => write!(ports, r#"{comma}{{"protocol":"UDP","port":53}}"#),
                _ => write!(
                    ports,
                    r#"{comma}{{"port":{}}}"#,
                    [80, 443, 8080, 5432][(at / 8 % 4) as usize]
                ),
            };
        }
        let comma = if rule == 0 { "" } else { "," };
        let _ = write!(text, r#"{comma}{{"{peers}":[{peer}],"ports":[{ports}]}}"#);
    }
    text
}

/// The most memory the process had so far, the snapshot included; 0 where that is not told.
fn peak_mebibytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    kibibytes.map_or(0.0, |kibibytes: f64| kibibytes / 1024.0)
}
