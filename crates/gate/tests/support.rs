//! Operating systems whose support has ended, and the days at its edges.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use advisory::sources::end_of_life::cycles;
use advisory::{Builder, Database, Date, Status};
use gate::{Class, Grace, Policy, Why, ended};
use package::Distribution;

const DEBIAN: &str = r#"[
    {"cycle": "13", "eol": false},
    {"cycle": "12", "eol": "2026-06-10"},
    {"cycle": "11", "eol": "2024-08-14", "extendedSupport": "2026-08-31"},
    {"cycle": "10", "eol": true},
    {"cycle": "9", "eol": "2020-07-18", "extendedSupport": false}]"#;
const ALPINE: &str = r#"[{"cycle": "3.20", "eol": "2026-04-01"}]"#;

/// The class of a release on a day; none while it is supported, or where nothing is said.
fn class(policy: &Policy, os_release: &str, today: &str) -> Option<Class> {
    let mut builder = Builder::default();
    builder.end_of_life("debian", cycles(DEBIAN).unwrap());
    builder.end_of_life("alpine-linux", cycles(ALPINE).unwrap());
    let built = builder.finish();
    let database = Database::open(&built.bytes).unwrap();
    let distribution = Distribution::parse(os_release);
    ended(policy, &database, &distribution, Date::parse(today).unwrap()).map(|it| it.class)
}

#[test]
fn each_end_and_the_days_at_its_edges() {
    let debian = |release: &str| format!("ID=debian\nVERSION_ID={release}\n");
    let alpine = "ID=alpine\nVERSION_ID=3.20.3\n".to_owned();
    let (due, undated) = (Why::Overdue, Class::Act(Why::Undated));
    for (os_release, today, expected) in [
        // The last day of support is one of support.
        (debian("12"), "2026-06-10", None),
        (debian("12"), "2026-06-11", Some(Class::Grace(Some(89)))),
        (debian("12"), "2026-09-07", Some(Class::Grace(Some(1)))),
        (debian("12"), "2026-09-08", Some(Class::Act(due(0)))),
        (debian("12"), "2026-09-11", Some(Class::Act(due(3)))),
        // The days are counted from the end of what volunteers do.
        (debian("11"), "2024-08-15", Some(Class::Grace(Some(836)))),
        (debian("11"), "2026-11-29", Some(Class::Act(due(0)))),
        (debian("10"), "2026-01-01", Some(undated)),
        (debian("9"), "2026-01-01", Some(Class::Grace(None))),
        (debian("13"), "2036-01-01", None),
        // A point release is one of its series; what nobody tells of is not judged.
        (alpine.clone(), "2026-04-01", None),
        (alpine, "2026-12-01", Some(Class::Act(due(154)))),
        (debian("8"), "2036-01-01", None),
        ("ID=debian\n".to_owned(), "2036-01-01", None),
        ("ID=other\nVERSION_ID=12\n".to_owned(), "2036-01-01", None),
    ] {
        let found = class(&Policy::default(), &os_release, today);
        assert_eq!(found, expected, "{os_release} on {today}");
    }
    let at = Status::ALL.iter().position(|it| *it == Status::EndOfLife).unwrap();
    let mut policy = Policy::default();
    for (grace, expected) in [
        (None, Class::Waiting(Status::EndOfLife)),
        (Some(Grace::Never), Class::Grace(None)),
        (Some(Grace::Days(0)), Class::Act(Why::Overdue(1))),
    ] {
        policy.unfixed[at] = grace;
        assert_eq!(class(&policy, &debian("12"), "2026-06-11"), Some(expected), "{grace:?}");
    }
}
