//! Each class, the days at its edges, what has no date, exceptions, and what breaks.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use advisory::{Builder, Database, Date, Exploitation, Identifier, Record, Source};
use gate::{Breaking, Class, Finding, Policy, Why, judge, upgrades};
use model::config::Section;
use package::{Kind, Package};

/// A database of one vulnerability in `requests` up to 2.3.0, or without a fix.
fn database(published: &str, severity: &str, fixed: bool, status: &str) -> Vec<u8> {
    let end = if fixed { r#", {"fixed": "2.3.0"}"# } else { "" };
    let status = match status {
        "" => String::new(),
        status => format!(r#", "status": "{status}""#),
    };
    let published = match published {
        "" => String::new(),
        day => format!(r#""published": "{day}T23:59:00Z","#),
    };
    let record = format!(
        r#"{{"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1000"], {published}
            "database_specific": {{"severity": "{severity}"}},
            "affected": [{{"package": {{"ecosystem": "PyPI", "name": "requests"}},
                "database_specific": {{"severity": "{severity}"{status}}},
                "ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}{end}]}}]}}]}}"#
    );
    let record = Record::parse(record.as_bytes()).unwrap();
    let mut builder = Builder::default();
    let source = builder.source(Source { name: "example".to_owned(), ..Source::default() });
    builder.add(source, &record).unwrap();
    builder.finish().bytes
}

fn policy(text: &str) -> Policy {
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    Policy::read(Section::file(&stream, gate::KEYS).unwrap()).unwrap()
}

fn refused(text: &str) -> String {
    let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
    match Section::file(&stream, gate::KEYS).and_then(Policy::read) {
        Ok(policy) => panic!("{policy:?}"),
        Err(error) => error.to_string(),
    }
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn class(bytes: &[u8], policy: &Policy, today: &str) -> Class {
    with_finding(bytes, policy, today, |finding| finding.class)
}

fn with_finding<T>(
    bytes: &[u8],
    policy: &Policy,
    today: &str,
    look: impl FnOnce(&Finding<'_>) -> T,
) -> T {
    let database = Database::open(bytes).unwrap();
    let package = Package::new(Kind::Pypi, "requests", "2.0.0");
    let mut matches = database.matching(&package).matches;
    assert_eq!(matches.len(), 1);
    let finding = judge(policy, &database, &package, matches.remove(0), day(today)).unwrap();
    look(&finding)
}

#[test]
fn the_days_at_the_edges() {
    let policy = policy("grace: {critical: 7, high: 30, low: never, medium: 0}");
    for (published, severity, today, expected) in [
        ("2026-11-01", "CRITICAL", "2026-11-01", Class::Grace(Some(7))),
        ("2026-11-01", "CRITICAL", "2026-11-07", Class::Grace(Some(1))),
        ("2026-11-01", "CRITICAL", "2026-11-08", Class::Act(Why::Overdue(0))),
        ("2026-11-01", "CRITICAL", "2026-11-10", Class::Act(Why::Overdue(2))),
        ("2026-11-01", "HIGH", "2026-11-30", Class::Grace(Some(1))),
        ("2026-11-01", "HIGH", "2026-12-01", Class::Act(Why::Overdue(0))),
        ("2026-11-01", "MODERATE", "2026-11-01", Class::Act(Why::Overdue(0))),
        ("2026-11-01", "LOW", "2030-01-01", Class::Grace(None)),
        // Over the end of a year and a day that is not in every one.
        ("2027-12-25", "CRITICAL", "2027-12-31", Class::Grace(Some(1))),
        ("2027-12-25", "CRITICAL", "2028-01-01", Class::Act(Why::Overdue(0))),
        ("2028-02-26", "CRITICAL", "2028-03-03", Class::Grace(Some(1))),
        // Written where it is already tomorrow; what is dated later is not dated.
        ("2026-11-02", "CRITICAL", "2026-11-01", Class::Grace(Some(8))),
        ("2026-11-03", "CRITICAL", "2026-11-01", Class::Act(Why::Undated)),
        ("", "CRITICAL", "2026-11-01", Class::Act(Why::Undated)),
        ("", "LOW", "2026-11-01", Class::Grace(None)),
    ] {
        let found = class(&database(published, severity, true, ""), &policy, today);
        assert_eq!(found, expected, "{published} {severity} {today}");
    }
}

#[test]
fn without_a_fix_the_vendor_has_the_word() {
    let waiting = |bytes: &[u8], policy: &Policy| class(bytes, policy, "2026-11-01");
    let default = Policy::default();
    let found = waiting(&database("2020-01-01", "CRITICAL", false, ""), &default);
    assert_eq!(found, Class::Waiting(advisory::Status::Affected));
    let decided = policy("unfixed: {affected: 10}");
    let found = waiting(&database("2026-10-25", "LOW", false, ""), &decided);
    assert_eq!(found, Class::Grace(Some(3)));
    let found = waiting(&database("", "LOW", false, ""), &decided);
    assert_eq!(found, Class::Act(Why::Undated));
}

#[test]
fn what_attackers_use_does_not_wait() {
    let record = Record::parse(
        br#"{"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1000"], "published": "2026-10-30T00:00:00Z",
            "affected": [{"package": {"ecosystem": "PyPI", "name": "requests"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}"#,
    )
    .unwrap();
    let mut builder = Builder::default();
    let source = builder.source(Source { name: "example".to_owned(), ..Source::default() });
    builder.add(source, &record).unwrap();
    let known_since = Some(day("2026-10-30"));
    let exploitation = Exploitation { known_since, ..Exploitation::default() };
    builder.exploitation(Identifier::parse("CVE-2026-1000"), exploitation);
    let bytes = builder.finish().bytes;
    let at_once = class(&bytes, &Policy::default(), "2026-11-01");
    assert_eq!(at_once, Class::Act(Why::KnownExploited));
    let later = class(&bytes, &policy("knownExploited: 5"), "2026-11-01");
    assert_eq!(later, Class::Grace(Some(3)));
}

#[test]
fn exceptions_hold_through_their_last_day() {
    let bytes = database("2026-01-01", "CRITICAL", true, "");
    let accepted = |vulnerability: &str, package: &str| {
        policy(&format!(
            "exceptions:\n- vulnerability: {vulnerability}\n  owner: web team\n  reason: not used\n  \
             expires: 2026-11-10\n{package}"
        ))
    };
    let by_cve = accepted("CVE-2026-1000", "");
    assert_eq!(class(&bytes, &by_cve, "2026-11-10"), Class::Accepted(0));
    assert_eq!(class(&bytes, &accepted("pysec-2026-1", ""), "2026-11-10"), Class::Accepted(0));
    let expired = |finding: &Finding<'_>| (finding.expired, finding.class);
    let (which, found) = with_finding(&bytes, &by_cve, "2026-11-11", expired);
    assert_eq!(which, Some(0));
    assert!(matches!(found, Class::Act(Why::Overdue(_))));
    let (which, found) = with_finding(
        &bytes,
        &accepted("CVE-2026-1000", "  package: flask\n"),
        "2026-11-10",
        expired,
    );
    assert_eq!(which, None);
    assert!(matches!(found, Class::Act(_)));
}

#[test]
fn policies_that_mean_nothing_are_refused_with_their_place() {
    for (text, expected) in [
        ("grace: {critcal: 7}", "unknown severity `critcal`"),
        ("grace: {high: soon}", "`soon` is neither a number of days nor `never`"),
        ("grace: {high: -1}", "`-1` is neither"),
        ("unfixed: {fixed: 3}", "unknown word `fixed`"),
        ("graces: {}", "unknown key `graces`"),
        ("fail: always", "`always` is none of"),
        ("countedFrom: today", "`today` is neither"),
        ("exceptions: [{vulnerability: CVE-1, owner: a, reason: b}]", "needs `expires`"),
        (
            "exceptions: [{vulnerability: CVE-1, owner: '', reason: b, expires: 2026-01-01}]",
            "needs `owner`",
        ),
        (
            "exceptions:\n- vulnerability: CVE-1\n  owner: a\n  reason: b\n  expires: 2026-02-30",
            "5:12: `2026-02-30` is no day",
        ),
    ] {
        let found = refused(text);
        assert!(found.contains(expected), "{text}: {found}");
    }
}

#[test]
fn nothing_breaks_unless_the_policy_says_so() {
    let classes = [
        Class::Act(Why::Undated),
        Class::Grace(Some(1)),
        Class::Waiting(advisory::Status::WillNotFix),
        Class::Accepted(0),
    ];
    for (text, expected) in [
        ("", [false; 4]),
        ("fail: act", [true, false, false, false]),
        ("fail: grace", [true, true, false, false]),
        ("fail: waiting", [true, true, true, false]),
    ] {
        let breaking = policy(text).breaking;
        assert_eq!(classes.map(|class| class.breaks(breaking)), expected, "{text}");
    }
    assert_eq!(Policy::default().breaking, Breaking::Nothing);
}

#[test]
fn the_upgrade_that_mends_most_stands_first() {
    let record = |id: &str, name: &str, fixed: &str| {
        format!(
            r#"{{"id": "{id}", "published": "2020-01-01T00:00:00Z",
                "database_specific": {{"severity": "CRITICAL"}},
                "affected": [{{"package": {{"ecosystem": "PyPI", "name": "{name}"}},
                "ranges": [{{"type": "ECOSYSTEM",
                    "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]}}]}}"#
        )
    };
    let mut builder = Builder::default();
    let source = builder.source(Source { name: "example".to_owned(), ..Source::default() });
    for (id, name, fixed) in
        [("PYSEC-1", "a", "1.9"), ("PYSEC-2", "a", "1.10"), ("PYSEC-3", "b", "3.0")]
    {
        builder.add(source, &Record::parse(record(id, name, fixed).as_bytes()).unwrap()).unwrap();
    }
    let bytes = builder.finish().bytes;
    let database = Database::open(&bytes).unwrap();
    let packages = [Package::new(Kind::Pypi, "b", "1.0"), Package::new(Kind::Pypi, "a", "1.0")];
    let findings: Vec<Finding<'_>> = packages
        .iter()
        .flat_map(|package| {
            let matches = database.matching(package).matches;
            matches.into_iter().filter_map(|matched| {
                judge(&Policy::default(), &database, package, matched, day("2026-11-01"))
            })
        })
        .collect();
    let steps: Vec<_> =
        upgrades(&findings).into_iter().map(|it| (it.name, it.to, it.mends, it.urgent)).collect();
    assert_eq!(steps, [("a".to_owned(), "1.10", 2, 2), ("b".to_owned(), "3.0", 1, 1)]);
}
