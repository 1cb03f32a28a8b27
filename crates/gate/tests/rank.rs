//! Ranking: by table, and that no part of it ever turns the order around.

use advisory::{Date, Exploitation, Rating};
use gate::{Exposure, rank};

fn used(epss: Option<u16>, is_known: bool) -> Exploitation {
    let known_since = is_known.then(|| Date::parse("2026-01-01")).flatten();
    Exploitation { epss, percentile: None, known_since }
}

#[test]
fn scores_and_reasons() {
    let table = [
        (
            Rating::Critical,
            Some(9_436),
            true,
            Exposure::Internet,
            1_000,
            "critical, used by attackers, reachable from the internet",
        ),
        (
            Rating::Critical,
            Some(9_436),
            false,
            Exposure::Internet,
            700,
            "critical, likely to be used (94 % in 30 days), reachable from the internet",
        ),
        (
            Rating::High,
            Some(1_000),
            false,
            Exposure::Cluster,
            280,
            "high, likely to be used (10 % in 30 days), reachable from the cluster",
        ),
        (
            Rating::High,
            Some(999),
            false,
            Exposure::Cluster,
            200,
            "high, may be used (9 % in 30 days), reachable from the cluster",
        ),
        (
            Rating::Medium,
            Some(100),
            false,
            Exposure::Unknown,
            175,
            "medium, may be used (1 % in 30 days)",
        ),
        (
            Rating::Medium,
            Some(99),
            false,
            Exposure::Unknown,
            105,
            "medium, hardly used (under 1 % in 30 days)",
        ),
        (Rating::Unknown, None, false, Exposure::Unknown, 196, "severity not known"),
        (
            Rating::Low,
            None,
            true,
            Exposure::Isolated,
            40,
            "low, used by attackers, reached by nobody",
        ),
        (
            Rating::Negligible,
            Some(0),
            false,
            Exposure::Isolated,
            6,
            "negligible, hardly used (under 1 % in 30 days), reached by nobody",
        ),
    ];
    for (severity, epss, is_known, exposure, score, reason) in table {
        let found = rank(severity, used(epss, is_known), exposure);
        assert_eq!((found.score, found.reason().as_str()), (score, reason));
    }
}

/// From the least to the most; what is not known has its place among them.
const SEVERITIES: [Rating; 6] = [
    Rating::Negligible,
    Rating::Low,
    Rating::Medium,
    Rating::Unknown,
    Rating::High,
    Rating::Critical,
];

#[test]
fn more_of_any_part_never_ranks_lower() {
    let shares = [0, 1, 50, 99, 100, 101, 999, 1_000, 5_000, 10_000];
    let mut uses: Vec<Exploitation> = shares.iter().map(|it| used(Some(*it), false)).collect();
    uses.push(used(None, true));
    let mut seen = 0;
    for severity in SEVERITIES {
        for exposure in Exposure::ALL {
            for pair in uses.windows(2) {
                let [less, more] = pair else { continue };
                let (less, more) =
                    (rank(severity, *less, exposure), rank(severity, *more, exposure));
                assert!(less < more, "{less:?} {more:?}");
                seen += 1;
            }
        }
    }
    for used in &uses {
        for pair in Exposure::ALL.windows(2) {
            let [less, more] = pair else { continue };
            for severity in SEVERITIES {
                assert!(rank(severity, *used, *less).score < rank(severity, *used, *more).score);
                seen += 1;
            }
        }
        for pair in SEVERITIES.windows(2) {
            let [less, more] = pair else { continue };
            for exposure in Exposure::ALL {
                assert!(rank(*less, *used, exposure).score < rank(*more, *used, exposure).score);
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 6 * 4 * 10 + 11 * 3 * 6 + 11 * 5 * 4);
}
