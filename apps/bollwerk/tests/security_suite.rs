//! Findings against Debian's own security suite: facts of its changelogs, an image of the main
//! suite alone and one with all that the security suite has. The judge of versions is dpkg.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use package::Purl;
use program::{Folder, bollwerk};
use serde_json::Value;

/// Facts and images; none without them, which is a failure under `CI=true`.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn suite() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("BOLLWERK_SECURITY") {
        return Some(PathBuf::from(folder));
    }
    let reason = "BOLLWERK_SECURITY does not name what `cargo xtask security` makes";
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{reason}");
    println!("skipped: {reason}");
    None
}

/// A version of a source package that has no more of a vulnerability.
struct Fact {
    source: String,
    vulnerability: String,
    fixed: String,
}

fn facts(folder: &Path) -> Vec<Fact> {
    let text = std::fs::read_to_string(folder.join("facts.osv.jsonl")).unwrap();
    let fact = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        let affected = &record["affected"][0];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Fact {
            source: text(&affected["package"]["name"]),
            vulnerability: text(&record["upstream"][0]),
            fixed: text(&affected["ranges"][0]["events"][1]["fixed"]),
        }
    };
    text.lines().map(fact).collect()
}

/// Asks dpkg, each question once.
#[derive(Default)]
struct Dpkg(BTreeMap<(String, String), bool>);

impl Dpkg {
    fn is_older(&mut self, one: &str, other: &str) -> bool {
        let ask = || {
            let mut dpkg = Command::new("dpkg");
            dpkg.args(["--compare-versions", one, "lt", other]).status().unwrap().success()
        };
        *self.0.entry((one.to_owned(), other.to_owned())).or_insert_with(ask)
    }
}

/// A package and a vulnerability.
type Pair = (String, String);

/// What has to be found in an image, and how many facts are behind it.
fn wanted(folder: &Path, image: &str, facts: &[Fact], dpkg: &mut Dpkg) -> (BTreeSet<Pair>, usize) {
    let text = std::fs::read_to_string(folder.join(format!("{image}.packages"))).unwrap();
    let mut pairs = BTreeSet::new();
    let mut counting = BTreeSet::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let [name, source, version] = [(); 3].map(|()| words.next().unwrap());
        for (at, fact) in facts.iter().enumerate().filter(|(_, fact)| fact.source == source) {
            if dpkg.is_older(version, &fact.fixed) {
                pairs.insert((name.to_owned(), fact.vulnerability.clone()));
                counting.insert(at);
            }
        }
    }
    (pairs, counting.len())
}

fn found(folder: &Path, image: &str, database: &Path) -> BTreeSet<Pair> {
    let reference = format!("oci:{image}.oci");
    let database = database.to_str().unwrap();
    let arguments = [
        "image",
        "scan",
        &reference,
        "--database",
        database,
        "--format=json",
        "--accept-gap=unowned-program",
    ];
    let (code, out, error) = bollwerk(folder, &arguments, "");
    assert_eq!(code, 0, "{error}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let pair = |finding: &Value| {
        let purl = Purl::parse(finding["package"].as_str().unwrap()).unwrap();
        (purl.name().to_owned(), finding["vulnerability"].as_str().unwrap().to_owned())
    };
    report["findings"].as_array().unwrap().iter().map(pair).collect()
}

#[test]
fn every_fact_is_found_and_an_upgrade_mends_all() {
    let Some(folder) = suite() else { return };
    let facts = facts(&folder);
    let own = Folder::new(&[]);
    let database = own.path().join("security.bwdb");
    let source = folder.join("facts.osv.jsonl");
    let arguments = ["db", "build", source.to_str().unwrap(), "-o", database.to_str().unwrap()];
    let (code, _, error) = bollwerk(own.path(), &arguments, "");
    assert_eq!(code, 0, "{error}");
    let mut dpkg = Dpkg::default();
    let (expected, count) = wanted(&folder, "main", &facts, &mut dpkg);
    let sources: BTreeSet<&str> = facts.iter().map(|fact| fact.source.as_str()).collect();
    println!(
        "{} facts of {} sources; {count} are newer than the main suite: {} findings",
        facts.len(),
        sources.len(),
        expected.len()
    );
    assert!(sources.len() >= 20 && count >= 50, "{} sources, {count} facts", sources.len());
    assert_eq!(found(&folder, "main", &database), expected);
    let (expected, _) = wanted(&folder, "upgraded", &facts, &mut dpkg);
    assert_eq!(expected, BTreeSet::new(), "the security suite holds what it says");
    assert_eq!(found(&folder, "upgraded", &database), expected);
}
