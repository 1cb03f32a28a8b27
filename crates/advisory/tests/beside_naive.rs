//! The database beside a matcher written from the OSV schema's own words, over all records: for
//! each package, the versions around each event.

mod sets;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use advisory::{Database, Gap};
use package::{Distribution, Ecosystem, Package, Scheme};
use serde_json::Value;

/// Versions of a package that are asked about, at most; chosen evenly.
const VERSIONS_MAX: usize = 12;
const PROVEN_VERSIONS_MAX: usize = 100;

#[test]
fn every_range_agrees() {
    for (name, count) in sets::SETS {
        let Some(text) = sets::text(name) else { return };
        assert_eq!(text.lines().count(), count, "{name}");
        check(name, &text);
    }
}

/// Of one package: the records that name it, with the entries that do.
type ByPackage<'a> = BTreeMap<(&'a str, &'a str), Vec<(&'a Value, &'a Value)>>;

#[expect(clippy::print_stdout, reason = "how much was compared is what the test is about")]
fn check(name: &str, text: &str) {
    let built = sets::database(text.lines());
    assert!(built.unknown.is_empty(), "{name}: {:?}", built.unknown);
    let database = Database::open(&built.bytes).expect("a database");
    let records: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let mut by_package = ByPackage::new();
    for record in records.iter().filter(|record| record["withdrawn"].is_null()) {
        for affected in record["affected"].as_array().expect("entries") {
            let package = &affected["package"];
            let place = (
                package["ecosystem"].as_str().expect("an ecosystem"),
                package["name"].as_str().expect("a name"),
            );
            by_package.entry(place).or_default().push((record, affected));
        }
    }
    let (mut asked, mut affected) = (0, 0);
    for ((ecosystem, package), entries) in &by_package {
        let ecosystem = Ecosystem::parse(ecosystem).expect("known");
        for version in versions(entries) {
            let wanted = naive(&ecosystem, entries, &version);
            let found = database.matching(&installed(&ecosystem, package, &version));
            let is_gap = found.gaps.iter().any(|gap| matches!(gap, Gap::NotAVersion { .. }));
            let Some(wanted) = wanted else {
                assert!(is_gap, "{ecosystem} {package} {version}: no gap");
                continue;
            };
            assert!(found.gaps.is_empty(), "{ecosystem} {package} {version}: {:?}", found.gaps);
            asked += 1;
            affected += wanted.len();
            let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for one in &found.matches {
                let ids = told.entry(one.vulnerability.to_string()).or_default();
                ids.insert(one.advisory.id.to_string());
                ids.extend(one.also.iter().map(ToString::to_string));
                if let Some(fixed) = one.fixed {
                    let order = ecosystem.scheme().compare(&version, fixed);
                    assert_eq!(order, Ok(Ordering::Less), "{package} {version}: {fixed}");
                }
            }
            assert_eq!(told, wanted, "{ecosystem} {package} {version}");
        }
    }
    println!("{name}: {} packages, {asked} versions, {affected} affected", by_package.len());
    assert!(asked > by_package.len() && affected > by_package.len() / 2);
}

/// The versions events and lists name, and their neighbours.
fn versions(entries: &[(&Value, &Value)]) -> Vec<String> {
    let mut found = BTreeSet::from(["0".to_owned()]);
    for (_, affected) in entries {
        for range in affected["ranges"].as_array().into_iter().flatten() {
            if range["type"] == "GIT" {
                continue;
            }
            for event in range["events"].as_array().into_iter().flatten() {
                for at in event.as_object().into_iter().flat_map(|event| event.values()) {
                    let at = at.as_str().expect("a version");
                    found.extend([at.to_owned(), format!("{at}1"), format!("{at}.1")]);
                    found.extend([format!("{at}~1"), format!("{at}-1"), format!("{at}rc1")]);
                    let mut shorter = at.to_owned();
                    shorter.pop();
                    found.insert(shorter);
                }
            }
        }
        let listed = affected["versions"].as_array().into_iter().flatten();
        found.extend(listed.filter_map(|version| version.as_str()).map(str::to_owned));
    }
    found.retain(|version| !version.is_empty());
    let is_proof = std::env::var_os("BOLLWERK_PROVE").is_some();
    let most = if is_proof { PROVEN_VERSIONS_MAX } else { VERSIONS_MAX };
    let step = found.len().div_ceil(most).max(1);
    found.into_iter().step_by(step).collect()
}

fn installed(ecosystem: &Ecosystem, name: &str, version: &str) -> Package {
    let family = ecosystem.family();
    let mut package = Package::new(family.kind, name, version);
    if let Some(id) = family.distribution {
        let release = ecosystem.release().trim_start_matches('v');
        let text = format!("ID={id}\nVERSION_ID={release}\n");
        package.distribution = Some(Distribution::parse(&text).into());
    }
    package
}

/// By vulnerability the records that tell of it; none where a version cannot be compared.
fn naive(
    ecosystem: &Ecosystem,
    entries: &[(&Value, &Value)],
    version: &str,
) -> Option<BTreeMap<String, BTreeSet<String>>> {
    let scheme = ecosystem.scheme();
    scheme.compare(version, version).ok()?;
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (record, affected) in entries {
        if is_vulnerable(scheme, affected, version)? {
            let id = record["id"].as_str().expect("an id").to_owned();
            for name in vulnerabilities(ecosystem, record) {
                found.entry(name).or_default().insert(id.clone());
            }
        }
    }
    Some(found)
}

/// "Evaluation" of the schema, `IsVulnerable`.
fn is_vulnerable(scheme: Scheme, affected: &Value, version: &str) -> Option<bool> {
    let mut listed = affected["versions"].as_array().into_iter().flatten();
    if listed.any(|it| scheme.compare(it.as_str().expect("text"), version) == Ok(Ordering::Equal)) {
        return Some(true);
    }
    for range in affected["ranges"].as_array().into_iter().flatten() {
        if range["type"] == "GIT" {
            continue;
        }
        let scheme = if range["type"] == "SEMVER" { Scheme::Semver } else { scheme };
        let mut events: Vec<(&str, &str)> = Vec::new();
        for event in range["events"].as_array().expect("events") {
            let event = event.as_object().expect("an event");
            events.extend(event.iter().map(|(key, at)| (key.as_str(), at.as_str().expect("text"))));
        }
        for (_, at) in &events {
            scheme.compare(at, at).ok()?;
        }
        let place = |(key, at): &(&str, &str)| *key == "introduced" && *at == "0";
        events.sort_by(|one, other| match (place(one), place(other)) {
            (false, false) => scheme.compare(one.1, other.1).expect("versions"),
            (one, other) => other.cmp(&one),
        });
        let mut vulnerable = false;
        for event in &events {
            let order = scheme.compare(version, event.1).ok()?;
            match event.0 {
                "introduced" if event.1 == "0" || order.is_ge() => vulnerable = true,
                "fixed" if order.is_ge() => vulnerable = false,
                "last_affected" if order.is_gt() => vulnerable = false,
                _ => {}
            }
        }
        let mut limits = events.iter().filter(|(key, _)| *key == "limit").peekable();
        let is_below = limits.peek().is_none()
            || limits
                .any(|(_, at)| *at == "*" || scheme.compare(version, at) == Ok(Ordering::Less));
        if vulnerable && is_below {
            return Some(true);
        }
    }
    Some(false)
}

/// What a record speaks of: of a distribution all its CVEs, of any other its one, by the lowest.
fn vulnerabilities(ecosystem: &Ecosystem, record: &Value) -> BTreeSet<String> {
    let list = |key: &str| {
        let names = record[key].as_array().into_iter().flatten().filter_map(Value::as_str);
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let number = |name: &str| {
        let (year, number) = name.strip_prefix("CVE-")?.split_once('-')?;
        Some((year.parse::<u32>().ok()?, number.parse::<u64>().ok()?))
    };
    let id = record["id"].as_str().expect("an id").to_owned();
    if ecosystem.family().distribution.is_none() {
        let aliases = list("aliases");
        let lowest = aliases.iter().filter_map(|it| Some((number(it)?, it))).min();
        return BTreeSet::from([lowest.map_or(id, |(_, name)| name.clone())]);
    }
    let all: BTreeSet<String> =
        ["aliases", "upstream", "related"].into_iter().flat_map(list).collect();
    let cves: BTreeSet<String> = all.iter().filter(|it| number(it).is_some()).cloned().collect();
    match (cves.is_empty(), all.is_empty()) {
        (false, _) => cves,
        (true, false) => all,
        (true, true) => BTreeSet::from([id]),
    }
}
