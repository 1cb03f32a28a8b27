//! Measures in processor time: the database opened, a fleet matched, and one comparison of each
//! scheme beside comparing the same bytes.
//!
//! `cargo run --release -p advisory --example advisory_scale`

use std::hint::black_box;
use std::time::Duration;

use advisory::Database;
use package::{Distribution, Ecosystem, Package, Scheme};

/// Inventories, and packages of each.
const INVENTORIES: usize = 1_000;
const PACKAGES: usize = 200;

/// Runs of each measurement, of which the best counts.
const RUNS: usize = 5;

#[expect(clippy::print_stdout, reason = "the measurements are this program's result")]
fn main() -> Result<(), advisory::OpenError> {
    let bytes = advisory::EMBEDDED;
    let opened = || (0..OPENED).filter(|_| Database::open(black_box(bytes)).is_ok()).count();
    let (open, _) = best(opened);
    let database = Database::open(bytes)?;
    println!(
        "database: {} bytes, {} advisories, opened in {:.2} ms",
        bytes.len(),
        database.advisories_count(),
        milliseconds(open) / f64::from(OPENED)
    );
    let fleet = fleet(&database);
    let (time, (matches, gaps)) = best(|| {
        let mut counts = (0, 0);
        for package in &fleet {
            let found = database.matching(package);
            counts.0 += found.matches.len();
            counts.1 += found.gaps.len();
        }
        counts
    });
    println!(
        "{INVENTORIES} inventories x {PACKAGES} packages: {:.0} ms, {matches} matches, {gaps} gaps",
        milliseconds(time)
    );
    println!("\n{:<10}{:>9}{:>12}{:>8}", "scheme", "ns", "floor ns", "ratio");
    for (scheme, one, other) in PAIRS {
        let ours = repeat(COMPARISONS, || scheme.compare(black_box(one), black_box(other)).is_ok());
        let floor = repeat(FLOORS, || black_box(one).cmp(black_box(other)).is_lt());
        println!("{:<10}{ours:>9.1}{floor:>12.1}{:>8.1}", scheme.name(), ours / floor);
    }
    Ok(())
}

/// Pairs as they are met, that differ late.
const PAIRS: [(Scheme, &str, &str); 12] = [
    (Scheme::Apk, "1.36.1_git20230717-r5", "1.36.1_git20230717-r29"),
    (Scheme::Composer, "v5.4.21-beta1", "v5.4.21-beta2"),
    (Scheme::Cran, "1.0.12-3", "1.0.12-14"),
    (Scheme::Dpkg, "1:5.36.0-7+deb12u1", "1:5.36.0-7+deb12u2"),
    (Scheme::Gem, "6.1.7.beta1", "6.1.7.beta2"),
    (Scheme::Hackage, "2.14.1.0", "2.14.1.3"),
    (Scheme::Maven, "5.3.18.release-2", "5.3.18.release-3"),
    (Scheme::Nuget, "6.0.1304-beta.2", "6.0.1304-beta.11"),
    (Scheme::Pep440, "1.11.1.post1.dev2", "1.11.1.post1.dev3"),
    (Scheme::Pub, "1.2.3-pre.1+4", "1.2.3-pre.1+5"),
    (Scheme::Rpm, "1:3.0.7-24.el9_2.1", "1:3.0.7-24.el9_2.3"),
    (Scheme::Semver, "0.17.3-alpha.12", "0.17.3-alpha.13"),
];

/// How often is done what takes less than the clock can tell: opening, a comparison, the floor.
const OPENED: u32 = 200;
const COMPARISONS: u32 = 200_000;
const FLOORS: u32 = 20_000_000;

fn repeat(count: u32, mut compare: impl FnMut() -> bool) -> f64 {
    let (time, _) = best(|| (0..count).filter(|_| compare()).count());
    time.as_secs_f64() * 1e9 / f64::from(count)
}

fn best<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut timed = || {
        let start = processor_time();
        let found = run();
        (processor_time().saturating_sub(start), found)
    };
    let first = timed();
    (1..RUNS).map(|_| timed()).fold(first, |one, other| if other.0 < one.0 { other } else { one })
}

/// Time this thread has had a processor, which others' load does not add to (Linux).
fn processor_time() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|it| it.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Packages of every ecosystem the database knows, half of them named in it.
fn fleet(database: &Database<'_>) -> Vec<Package> {
    let mut known = Vec::new();
    for covered in database.coverage() {
        let Some(ecosystem) = Ecosystem::parse(&covered.ecosystem) else { continue };
        for name in database.package_names(&covered.ecosystem) {
            let mut package = Package::new(ecosystem.family().kind, name, "1.0.0-1");
            package.distribution = ecosystem.family().distribution.map(|id| {
                let release = ecosystem.release();
                Distribution::parse(&format!("ID={id}\nVERSION_ID={release}\n")).into()
            });
            known.push(package);
        }
    }
    let mut fleet = Vec::with_capacity(INVENTORIES * PACKAGES);
    for number in 0..INVENTORIES * PACKAGES {
        // A step without a common divisor goes through all of them.
        let mut package = known[number * 7_919 % known.len()].clone();
        if number % 2 == 1 {
            package.name.push_str("-none");
        }
        fleet.push(package);
    }
    fleet
}
