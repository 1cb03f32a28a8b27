//! What others publish, in their forms, to what a package is told: by table.

use std::collections::BTreeMap;

use advisory::sources::{alpine, csaf, debian, end_of_life, epss, known_exploited};
use advisory::{Builder, Database, Date, Identifier, Match, Record, Source, Status};
use package::{Distribution, Kind, Package};

fn date() -> Date {
    Date::parse("2026-08-22").expect("a date")
}

fn build(records: &[Record<'_>]) -> Vec<u8> {
    let mut builder = Builder::default();
    let source = builder.source(Source { name: "test".to_owned(), ..Source::default() });
    for record in records {
        builder.add(source, record).expect("taken in");
    }
    builder.finish().bytes
}

fn installed(kind: Kind, release: &str, name: &str, version: &str) -> Package {
    let mut package = Package::new(kind, name, version);
    package.distribution = Some(Distribution::parse(release).into());
    package
}

/// By vulnerability: the status and the fix.
fn told<'a>(matches: &[Match<'a>]) -> BTreeMap<String, (Status, Option<&'a str>)> {
    matches.iter().map(|it| (it.vulnerability.to_string(), (it.status, it.fixed))).collect()
}

const TRACKER: &str = r#"{"openssl": {
    "CVE-2024-0001": {"description": "one", "scope": "remote", "releases": {
        "bookworm": {"status": "resolved", "repositories": {"bookworm": "3.0.11-1"},
                     "fixed_version": "3.0.13-1~deb12u1", "urgency": "not yet assigned"},
        "bullseye": {"status": "resolved", "fixed_version": "0", "urgency": "not yet assigned"},
        "sid": {"status": "open", "urgency": "high"}}},
    "CVE-2024-0002": {"releases": {"bookworm": {"status": "open", "urgency": "unimportant"}}},
    "CVE-2024-0003": {"releases": {"bookworm": {"status": "open", "urgency": "low",
        "nodsa": "Minor issue", "nodsa_reason": "postponed"}}},
    "CVE-2024-0004": {"releases": {"bookworm": {"status": "open", "urgency": "low",
        "nodsa": "Minor issue", "nodsa_reason": "ignored"}}},
    "CVE-2024-0005": {"releases": {"bookworm": {"status": "undetermined", "urgency": "medium"}}},
    "CVE-2024-0006": {"releases": {"bookworm": {"status": "open", "urgency": "end-of-life"}}},
    "CVE-2024-0007": {"releases": {"bookworm": {"status": "open", "urgency": "high",
        "nodsa": "Minor issue", "nodsa_reason": ""}}},
    "CVE-2024-0008": {"releases": {"bookworm": {"status": "open", "urgency": "high**"}}}
}}"#;

#[test]
fn the_tracker_of_debian() {
    let bytes = build(&debian::records(TRACKER, date()).expect("the tracker"));
    let database = Database::open(&bytes).expect("a database");
    let ask = |release, version| {
        let text = format!("ID=debian\nVERSION_ID={release}\n");
        let found = database.matching(&installed(Kind::Deb, &text, "openssl", version));
        assert!(found.gaps.is_empty(), "{:?}", found.gaps);
        found.matches
    };
    let fixed = (Status::Fixed, Some("3.0.13-1~deb12u1"));
    let mut wanted = BTreeMap::from([
        ("CVE-2024-0001".to_owned(), fixed),
        ("CVE-2024-0002".to_owned(), (Status::WillNotFix, None)),
        ("CVE-2024-0003".to_owned(), (Status::FixDeferred, None)),
        ("CVE-2024-0004".to_owned(), (Status::WillNotFix, None)),
        ("CVE-2024-0005".to_owned(), (Status::UnderInvestigation, None)),
        ("CVE-2024-0006".to_owned(), (Status::EndOfLife, None)),
        ("CVE-2024-0007".to_owned(), (Status::FixDeferred, None)),
        ("CVE-2024-0008".to_owned(), (Status::Affected, None)),
    ]);
    assert_eq!(told(&ask(12, "3.0.11-1")), wanted);
    wanted.remove("CVE-2024-0001");
    assert_eq!(told(&ask(12, "3.0.13-1~deb12u1")), wanted);
    assert!(ask(11, "1.1.1n-0+deb11u5").is_empty(), "never affected there");
}

#[test]
fn the_fixes_of_alpine() {
    let text = r#"{"distroversion": "v3.20", "reponame": "main", "packages": [
        {"pkg": {"name": "xen", "secfixes": {
            "4.7.1-r3": ["CVE-2016-10013 XSA-204", "XSA-207"], "0": ["CVE-2016-0001"],
            "4.7.1-r4": null}}}]}"#;
    let bytes = build(&alpine::records(text, "Alpine:v3.20", date()).expect("a branch"));
    let database = Database::open(&bytes).expect("a database");
    let release = "ID=alpine\nVERSION_ID=3.20.3\n";
    let mut package = installed(Kind::Apk, release, "xen-libs", "4.7.1-r2");
    package.source = Some(package::Source { name: "xen".to_owned(), version: None });
    let fixed = (Status::Fixed, Some("4.7.1-r3"));
    let wanted =
        BTreeMap::from([("CVE-2016-10013".to_owned(), fixed), ("XSA-207".to_owned(), fixed)]);
    assert_eq!(told(&database.matching(&package).matches), wanted);
    package.version = "4.7.1-r3".to_owned();
    assert!(database.matching(&package).matches.is_empty());
}

const VEX: &str = r#"{
    "document": {"tracking": {"initial_release_date": "2024-01-02T00:00:00+00:00",
                              "current_release_date": "2024-03-01T00:00:00+00:00"}},
    "product_tree": {
        "branches": [{"branches": [
            {"product": {"product_id": "AppStream-9", "product_identification_helper":
                {"cpe": "cpe:/a:redhat:enterprise_linux:9::appstream"}}},
            {"product": {"product_id": "red_hat_enterprise_linux_8", "product_identification_helper":
                {"cpe": "cpe:/o:redhat:enterprise_linux:8"}}},
            {"product": {"product_id": "bind-32:9.16.23-15.el9.x86_64", "product_identification_helper":
                {"purl": "pkg:rpm/redhat/bind@9.16.23-15.el9?arch=x86_64&epoch=32"}}},
            {"product": {"product_id": "bind", "product_identification_helper":
                {"purl": "pkg:rpm/redhat/bind?arch=src"}}},
            {"product": {"product_id": "dhcp", "product_identification_helper":
                {"purl": "pkg:rpm/redhat/dhcp?arch=src"}}},
            {"product": {"product_id": "box", "product_identification_helper":
                {"purl": "pkg:oci/box?arch=amd64"}}}]}],
        "relationships": [
            {"category": "default_component_of", "product_reference": "bind-32:9.16.23-15.el9.x86_64",
             "relates_to_product_reference": "AppStream-9",
             "full_product_name": {"product_id": "AppStream-9:bind-32:9.16.23-15.el9.x86_64"}},
            {"product_reference": "bind", "relates_to_product_reference": "red_hat_enterprise_linux_8",
             "full_product_name": {"product_id": "red_hat_enterprise_linux_8:bind"}},
            {"product_reference": "dhcp", "relates_to_product_reference": "red_hat_enterprise_linux_8",
             "full_product_name": {"product_id": "red_hat_enterprise_linux_8:dhcp"}},
            {"product_reference": "box", "relates_to_product_reference": "red_hat_enterprise_linux_8",
             "full_product_name": {"product_id": "red_hat_enterprise_linux_8:box"}}]},
    "vulnerabilities": [{"cve": "CVE-2024-1234", "title": "bind: crash",
        "release_date": "2024-01-01T00:00:00+00:00",
        "scores": [{"cvss_v3": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}}],
        "threats": [{"category": "impact", "details": "Important"}],
        "remediations": [{"category": "no_fix_planned", "details": "Will not fix",
                          "product_ids": ["red_hat_enterprise_linux_8:bind"]}],
        "product_status": {"fixed": ["AppStream-9:bind-32:9.16.23-15.el9.x86_64"],
            "known_affected": ["red_hat_enterprise_linux_8:bind", "red_hat_enterprise_linux_8:box"],
            "known_not_affected": ["red_hat_enterprise_linux_8:dhcp"]}}]}"#;

#[test]
fn the_statements_of_red_hat() {
    let found = csaf::statements(VEX, csaf::red_hat).expect("a document");
    assert_eq!(found.unplaced, 1, "a container is no package");
    let bytes = build(&found.records);
    let database = Database::open(&bytes).expect("a database");
    let ask = |release: u8, name, version| {
        let text = format!("ID=rhel\nVERSION_ID={release}.4\n");
        database.matching(&installed(Kind::Rpm, &text, name, version)).matches
    };
    let nine = ask(9, "bind", "32:9.16.23-14.el9");
    let fixed = (Status::Fixed, Some("32:9.16.23-15.el9"));
    assert_eq!(told(&nine), BTreeMap::from([("CVE-2024-1234".to_owned(), fixed)]));
    assert_eq!(nine[0].advisory.published, Date::parse("2024-01-01"));
    assert_eq!(nine[0].advisory.score.map(|(score, _)| score), Some(75));
    assert_eq!(nine[0].rating.name(), "high");
    assert!(ask(9, "bind", "32:9.16.23-15.el9").is_empty());
    let eight = told(&ask(8, "bind", "32:9.11.36-8.el8"));
    assert_eq!(eight["CVE-2024-1234"], (Status::WillNotFix, None));
    assert!(ask(8, "dhcp", "12:4.3.6-49.el8").is_empty());
}

#[test]
fn what_attackers_use() {
    let csv = "#model_version:v2025.03.14,score_date:2026-08-22T12:55:00Z\ncve,epss,percentile\n\
               CVE-2021-44228,0.94358,0.99957\nCVE-1999-0001,0.01142,0.6\nnonsense\n";
    let scores = epss::scores(csv).expect("a table");
    assert_eq!((scores.date, scores.unreadable), (Some(date()), 1));
    let catalogue = r#"{"title": "CISA", "vulnerabilities": [
        {"cveID": "CVE-2021-44228", "vendorProject": "Apache", "dateAdded": "2021-12-10"},
        {"cveID": "CVE-2030-1", "dateAdded": "soon"}]}"#;
    let mut builder = Builder::default();
    for (name, told) in scores.scores {
        builder.exploitation(name, told);
    }
    let count = known_exploited::read(catalogue, |name, told| builder.exploitation(name, told))
        .expect("JSON");
    assert_eq!(count, 2);
    let bytes = builder.finish().bytes;
    let database = Database::open(&bytes).expect("a database");
    let log4shell = database.exploitation(Identifier::parse("CVE-2021-44228"));
    assert_eq!((log4shell.epss, log4shell.percentile), (Some(9_436), Some(9_996)));
    assert_eq!(log4shell.known_since, Date::parse("2021-12-10"));
    assert_eq!(database.exploitation(Identifier::parse("CVE-1999-0001")).known_since, None);
    assert_eq!(database.exploitation(Identifier::parse("CVE-2021-44229")).epss, None);
    assert!(epss::scores("cve;epss\n").is_err());
}

#[test]
fn until_when_releases_get_fixes() {
    use end_of_life::End;
    let text = r#"[{"cycle": "12", "eol": "2026-06-10", "extendedSupport": "2028-06-30"},
        {"cycle": 11, "eol": true, "extendedSupport": false}, {"cycle": "sid", "eol": false}]"#;
    let found = end_of_life::cycles(text).expect("cycles");
    let ends: Vec<_> =
        found.iter().map(|it| (it.cycle.as_str(), it.end, it.extended_end)).collect();
    let day = |text| End::On(Date::parse(text).expect("a date"));
    assert_eq!(ends[0], ("12", day("2026-06-10"), day("2028-06-30")));
    assert_eq!(ends[1], ("11", End::Past, End::Open));
    assert_eq!(ends[2], ("sid", End::Open, End::Unknown));
}
