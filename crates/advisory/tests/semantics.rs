//! What a match says, case by case.

mod sets;

use advisory::{Database, Gap, Identifier, Informational, Rating, Status, score_of};
use package::{Distribution, Kind, Package};

const RECORDS: &str = include_str!("../src/database/tests/records.jsonl");

fn installed(id: &str, release: &str, kind: Kind, name: &str, version: &str) -> Package {
    let mut package = Package::new(kind, name, version);
    let text = format!("ID={id}\nVERSION_ID={release}\n");
    package.distribution = Some(Distribution::parse(&text).into());
    package
}

#[test]
fn an_advisory_of_many_gives_a_match_for_each() {
    let built = sets::database(RECORDS.lines());
    assert_eq!((built.withdrawn, built.records), (1, 8));
    let database = Database::open(&built.bytes).unwrap();
    let openssl = installed("debian", "11", Kind::Deb, "openssl", "1.1.1k-1");
    let found = database.matching(&openssl);
    let names: Vec<String> = found.matches.iter().map(|it| it.vulnerability.to_string()).collect();
    assert_eq!(names, ["CVE-2021-3711", "CVE-2021-3712"]);
    // Two advisories tell of the first: the one that asks for more counts.
    assert_eq!(found.matches[0].fixed, Some("1.1.1k-1+deb11u2"));
    assert_eq!(found.matches[0].also, [Identifier::parse("DSA-1-1")]);
    assert_eq!(found.matches[1].fixed, Some("1.1.1k-1+deb11u1"));
    assert_eq!(found.matches[1].advisory.summary(), "openssl - security update");
    assert_eq!(found.matches[1].advisory.aliases().count(), 0);
    let bash = installed("debian", "11", Kind::Deb, "bash", "5.1-2");
    let found = database.matching(&bash);
    assert_eq!(found.matches[0].status, Status::EndOfLife);
    assert_eq!(found.matches[0].vulnerability.to_string(), "DSA-2-1");
}

#[test]
fn scores_ratings_and_kinds_come_along() {
    let built = sets::database(RECORDS.lines());
    let database = Database::open(&built.bytes).unwrap();
    let requests = database.matching(&Package::new(Kind::Pypi, "Requests", "2.2.1"));
    assert_eq!(requests.matches.len(), 1, "two records of one CVE");
    let advisory = requests.matches[0].advisory;
    assert_eq!(advisory.id.to_string(), "PYSEC-2014-9");
    assert_eq!(requests.matches[0].rating, Rating::High);
    let time = database.matching(&Package::new(Kind::Cargo, "time", "0.1.43"));
    assert_eq!(time.matches[0].informational, Some(Informational::Unsound));
    let core = Package {
        namespace: Some("@babel".to_owned()),
        ..Package::new(Kind::Npm, "core", "2.0.0")
    };
    let found = database.matching(&core);
    assert_eq!(found.matches[0].rating, Rating::Critical);
    assert_eq!(found.matches[0].status, Status::Affected);
}

#[test]
fn nothing_is_clean_on_data_that_cannot_speak_of_it() {
    let built = sets::database(RECORDS.lines());
    let database = Database::open(&built.bytes).unwrap();
    let gaps = |package: &Package| database.matching(package).gaps;
    let bookworm = installed("debian", "12", Kind::Deb, "openssl", "3.0.11-1");
    assert!(
        matches!(&gaps(&bookworm)[..], [Gap::NoAdvisoryData(it)] if it.to_string() == "Debian:12")
    );
    let alpine = installed("alpine", "3.20.3", Kind::Apk, "musl", "1.2.5-r0");
    assert!(matches!(&gaps(&alpine)[..], [Gap::NoAdvisoryData(_)]));
    let fedora = installed("fedora", "40", Kind::Rpm, "bash", "5.2-1");
    assert_eq!(gaps(&fedora), [Gap::NoEcosystem]);
    assert_eq!(gaps(&Package::new(Kind::Generic, "nginx", "1")), [Gap::NoEcosystem]);
    assert_eq!(gaps(&Package::new(Kind::Pypi, "requests", "")), [Gap::NoVersion]);
    let odd = Package::new(Kind::Cargo, "time", "main");
    assert!(matches!(&gaps(&odd)[..], [Gap::NotAVersion { advisory: None, .. }]));
    assert!(gaps(&Package::new(Kind::Pypi, "requests", "1.0")).is_empty());
}

/// Scores as FIRST's calculators give them.
const SCORES: [(&str, Option<u8>); 9] = [
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Some(98)),
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", Some(61)),
    ("CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H", Some(81)),
    ("AV:N/AC:L/Au:N/C:P/I:P/A:P", Some(75)),
    ("(AV:L/AC:H/Au:N/C:C/I:C/A:C)", Some(62)),
    ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", Some(93)),
    ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", Some(0)),
    ("CVSS:3.1/AV:N", None),
    ("high", None),
];

#[test]
fn scores_are_those_of_the_calculators() {
    for (vector, wanted) in SCORES {
        assert_eq!(score_of(vector), wanted, "{vector}");
    }
}

#[test]
fn names_come_back_as_they_were_written() {
    for name in [
        "CVE-2021-44228",
        "CVE-1999-0001",
        "CVE-2021-44228.patch",
        "CVE-99999-1",
        "CVE-2021-1",
        "GHSA-jfh8-c2jp-5v3q",
        "GHSA-2222-2222-2222",
        "GHSA-xxxx-xxxx-xxxx",
        "GHSA-aaaa-bbbb-cccc",
        "GHSA-jfh8c2jp-5v3q",
        "GHSA-",
        "DSA-1-1",
        "",
        "CVE-",
        "CVE-0001-0001",
        "CVE-2021-+123",
    ] {
        assert_eq!(Identifier::parse(name).to_string(), name);
    }
}
