//! The database in the program.

use advisory::{Database, Gap};
use package::{Distribution, Kind, Package};

/// Its limit in bytes.
const BYTES_MAX: usize = 3_000_000;

fn installed(release: &str, kind: Kind, name: &str, version: &str) -> Package {
    let mut package = Package::new(kind, name, version);
    package.distribution = Some(Distribution::parse(release).into());
    package
}

#[test]
fn it_is_small_and_names_its_sources() {
    assert!(advisory::EMBEDDED.len() <= BYTES_MAX, "{} bytes", advisory::EMBEDDED.len());
    let database = Database::open(advisory::EMBEDDED).unwrap();
    assert!(database.advisories_count() > 20_000);
    for source in database.sources() {
        assert!(!source.licence.is_empty() && !source.attribution.is_empty(), "{source:?}");
        assert!(source.date.is_some() && source.url.starts_with("https://"), "{source:?}");
    }
    let coverage = database.coverage();
    assert!(coverage.iter().any(|it| it.ecosystem == "Debian:11"));
    assert!(!coverage.iter().any(|it| it.ecosystem.starts_with("Alpine")), "share-alike");
}

#[test]
fn it_calls_nothing_clean_that_it_cannot_speak_of() {
    let database = Database::open(advisory::EMBEDDED).unwrap();
    let packages = [
        installed("ID=debian\nVERSION_ID=12\n", Kind::Deb, "openssl", "3.0.11-1"),
        installed("ID=alpine\nVERSION_ID=3.20.3\n", Kind::Apk, "musl", "1.2.5-r0"),
        Package::new(Kind::Npm, "lodash", "4.17.20"),
    ];
    for package in packages {
        let found = database.matching(&package);
        assert!(matches!(&found.gaps[..], [Gap::NoAdvisoryData(_)]), "{:?}", found.gaps);
    }
}

/// Known facts of each source, looked up by hand: a version that is affected, and the fix.
#[test]
fn it_knows_what_its_sources_know() {
    let database = Database::open(advisory::EMBEDDED).unwrap();
    let bullseye = "ID=debian\nVERSION_ID=11\n";
    let mut libssl = installed(bullseye, Kind::Deb, "libssl1.1", "1.1.1k-1");
    libssl.source = Some(package::Source { name: "openssl".to_owned(), version: None });
    let net = Package {
        namespace: Some("golang.org/x".to_owned()),
        ..Package::new(Kind::Golang, "net", "v0.16.0")
    };
    let cases = [
        (libssl, "CVE-2021-3711", "1.1.1k-1+deb11u1"),
        (Package::new(Kind::Pypi, "Requests", "2.30.0"), "CVE-2023-32681", "2.31.0"),
        (Package::new(Kind::Cargo, "time", "0.1.43"), "CVE-2020-26235", "0.2.0"),
        (net, "CVE-2023-39325", "0.17.0"),
    ];
    for (package, vulnerability, fixed) in cases {
        let found = database.matching(&package);
        let one = found.matches.iter().find(|it| it.vulnerability.to_string() == vulnerability);
        let one = one.unwrap_or_else(|| panic!("{}: {vulnerability}", package.name));
        assert_eq!(one.fixed, Some(fixed), "{}", package.name);
    }
}
