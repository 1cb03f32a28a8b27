//! How old an image is, what it was built on, and whether a newer base mends anything.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use advisory::{Builder, Database, Date, Record, Source};
use gate::{Age, Base, Finding, Policy, age, foundation, judge};
use model::config::Section;
use package::{Evidence, Kind, Package};

/// `a` up to 2 and `b` up to 5, both mended on the first of November.
fn database() -> Vec<u8> {
    let mut builder = Builder::default();
    let source = builder.source(Source { name: "example".to_owned(), ..Source::default() });
    for (id, name, fixed) in [("CVE-2026-1", "a", "2"), ("CVE-2026-2", "b", "5")] {
        let record = format!(
            r#"{{"id": "{id}", "published": "2026-11-01T00:00:00Z",
                "affected": [{{"package": {{"ecosystem": "PyPI", "name": "{name}"}}, "ranges":
                [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]
                }}]}}"#
        );
        builder.add(source, &Record::parse(record.as_bytes()).unwrap()).unwrap();
    }
    builder.finish().bytes
}

/// Packages as `name version layer`.
fn packages(all: &[(&str, &str, u32)]) -> Vec<Package> {
    let one = |(name, version, layer): &(&str, &str, u32)| Package {
        found_in: vec![Evidence { path: "p".to_owned(), layer: Some(*layer) }],
        ..Package::new(Kind::Pypi, *name, *version)
    };
    all.iter().map(one).collect()
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn findings<'a>(database: &Database<'a>, packages: &'a [Package]) -> Vec<Finding<'a>> {
    let mut found = Vec::new();
    for package in packages {
        for matched in database.matching(package).matches {
            let today = day("2026-12-01");
            found.extend(judge(&Policy::default(), database, package, matched, today));
        }
    }
    found
}

fn layers(names: &str) -> Vec<String> {
    names.split(' ').map(str::to_owned).collect()
}

#[test]
fn fixes_after_it_was_built_are_counted() {
    let bytes = database();
    let database = Database::open(&bytes).unwrap();
    let packages = packages(&[("a", "1", 0), ("b", "1", 0), ("b", "9", 0)]);
    let found = findings(&database, &packages);
    let text = "maxAge: 30";
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    let strict = Policy::read(Section::file(&stream, gate::KEYS).unwrap()).unwrap();
    for (policy, built, expected) in [
        (&strict, "2026-10-31", Some((31, 2, true))),
        (&strict, "2026-11-01", Some((30, 0, false))),
        (&Policy::default(), "2020-01-01", Some((2526, 2, false))),
        (&strict, "2026-12-02", None),
    ] {
        let expected =
            expected.map(|(days, fixes_since, is_too_old)| Age { days, fixes_since, is_too_old });
        assert_eq!(age(policy, day(built), &found, day("2026-12-01")), expected, "{built}");
    }
}

#[test]
fn the_base_with_most_layers_counts_and_the_newer_one_that_mends_most() {
    let bytes = database();
    let database = Database::open(&bytes).unwrap();
    // Both lists of packages stand in the image's own layer, as a distribution's does.
    let own = packages(&[("a", "1", 2), ("b", "1", 2)]);
    let old = packages(&[("a", "1", 0)]);
    let better = packages(&[("a", "2", 0)]);
    let (own, old, better) =
        (findings(&database, &own), findings(&database, &old), findings(&database, &better));
    let image = layers("one two three");
    let [scratch, below, newer, other, itself] =
        ["one", "one two", "uno", "zero", "one two three"].map(layers);
    let base = |name, built: &str, layers, findings| Base {
        name,
        built: Date::parse(built),
        layers,
        findings,
    };
    let bases = [
        base("scratch:1", "2026-01-01", &scratch, &[]),
        base("base:1", "2026-02-01", &below, &old),
        base("base:2", "2026-03-01", &newer, &better),
        // Older than what it is built on, and as bad as it.
        base("base:0", "2025-01-01", &other, &better),
        base("itself", "2026-09-01", &itself, &own),
    ];
    let found = foundation(&image, &own, &bases).unwrap();
    assert_eq!((found.base.name, found.findings), ("base:1", 1));
    let newer = found.newer.unwrap();
    assert_eq!((newer.base.name, newer.mends, newer.urgent), ("base:2", 1, 1));

    let found = foundation(&image, &own, &bases[..2]).unwrap();
    assert!(found.newer.is_none());
    assert!(foundation(&layers("two one"), &own, &bases).is_none());
}
