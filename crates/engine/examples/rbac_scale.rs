//! Measures authorization on a generated cluster, at a tenth of its size and at all of it.
//!
//! `cargo run --release --example rbac_scale`

#[path = "generated/mod.rs"]
mod generated;

use std::time::{Duration, Instant};

use engine::rbac::{Assumptions, Authorizer, Identity, Request};
use generated::{ACCOUNTS, BINDINGS, NAMESPACES, PODS, WORLD, cluster, mix};

/// Questions of each kind, of which the median and the 99th percentile are printed.
const QUESTIONS: usize = 2_000;

#[expect(clippy::print_stdout, reason = "the measurements are this program's result")]
fn main() {
    println!(
        "{:<9}{:>9}{:>9}{:>10}{:>10}{:>12}{:>11}{:>11}{:>11}{:>11}{:>11}",
        "size",
        "pods",
        "accounts",
        "bindings",
        "build ms",
        "bytes MiB",
        "can ns",
        "can p99",
        "who µs",
        "who p99",
        "held µs"
    );
    for percent in [10, 25, 50, 100] {
        let snapshot = cluster(percent);
        let mut build = Duration::MAX;
        let mut last = None;
        for _ in 0..3 {
            let start = Instant::now();
            let now = Authorizer::of(&snapshot, WORLD, Assumptions::default());
            build = build.min(start.elapsed());
            last = Some(now);
        }
        let Some(authorizer) = last else { return };
        let one = can(&authorizer, percent);
        let who = who_can(&authorizer, percent);
        let held = permissions(&authorizer, percent);
        let namespaces = NAMESPACES * percent / 100;
        println!(
            "{:<9}{:>9}{:>9}{:>10}{:>10.0}{:>12.1}{:>11}{:>11}{:>11.1}{:>11.1}{:>11.1}",
            format!("{percent} %"),
            namespaces * PODS,
            namespaces * ACCOUNTS,
            BINDINGS * percent / 100,
            build.as_secs_f64() * 1e3,
            mebibytes(authorizer.bytes()),
            one.0.as_nanos(),
            one.1.as_nanos(),
            who.0.as_secs_f64() * 1e6,
            who.1.as_secs_f64() * 1e6,
            held.0.as_secs_f64() * 1e6,
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "printed with one digit")]
fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// Median and 99th percentile of asking this many times.
fn time(mut ask: impl FnMut(u64)) -> (Duration, Duration) {
    let mut times: Vec<Duration> = (0..QUESTIONS as u64)
        .map(|number| {
            let start = Instant::now();
            ask(number);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    (times[QUESTIONS / 2], times[QUESTIONS * 99 / 100])
}

const ASKED: [(&str, &str); 8] = [
    ("get", "secrets"),
    ("create", "pods"),
    ("create", "pods/exec"),
    ("list", "configmaps"),
    ("update", "deployments.apps/scale"),
    ("delete", "nodes"),
    ("impersonate", "users"),
    ("get", "widgets.example.org"),
];

fn can(authorizer: &Authorizer, percent: u64) -> (Duration, Duration) {
    let namespaces = NAMESPACES * percent / 100;
    let names: Vec<String> = (0..namespaces).map(|number| format!("team-{number}")).collect();
    let identities: Vec<Identity> = (0..QUESTIONS as u64)
        .map(|number| {
            let namespace = mix(number) % namespaces;
            let account = format!("account-{}", mix(number + 1) % ACCOUNTS);
            Identity::service_account(&format!("team-{namespace}"), &account)
        })
        .collect();
    time(|number| {
        let namespace = &names[(mix(number) % namespaces) as usize];
        let (verb, resource) = ASKED[(number % 8) as usize];
        let request = Request::resource(verb, resource, namespace).named("web");
        let identity = &identities[number as usize];
        std::hint::black_box(authorizer.can(identity, &request));
    })
}

fn who_can(authorizer: &Authorizer, percent: u64) -> (Duration, Duration) {
    let namespaces = NAMESPACES * percent / 100;
    time(|number| {
        let namespace = format!("team-{}", mix(number) % namespaces);
        let (verb, resource) = ASKED[(number % 8) as usize];
        let request = Request::resource(verb, resource, &namespace).named("web");
        std::hint::black_box(authorizer.who_can(&request));
    })
}

fn permissions(authorizer: &Authorizer, percent: u64) -> (Duration, Duration) {
    let namespaces = NAMESPACES * percent / 100;
    time(|number| {
        let namespace = format!("team-{}", mix(number) % namespaces);
        let account = format!("account-{}", mix(number + 1) % ACCOUNTS);
        let identity = Identity::service_account(&namespace, &account);
        std::hint::black_box(authorizer.permissions_of(&identity));
    })
}
