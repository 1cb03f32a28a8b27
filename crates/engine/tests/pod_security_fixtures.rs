//! Upstream's own fixtures: one pod a file, `LEVEL/VERSION/(pass|fail)/CHECK⟨n⟩.yaml`.

mod reading;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use engine::pod_security::{CHECKS, Level, Version, judge};

#[test]
fn every_fixture_is_judged_as_upstream_says() {
    let Some(root) = truth("pod-security") else { return };
    let mut wrong = Vec::new();
    let mut refused = BTreeSet::new();
    let mut files = 0;
    for fixture in fixtures(&root) {
        files += 1;
        let failing = violated(&fixture);
        if fixture.passes {
            if !failing.is_empty() {
                wrong.push(format!("{}: refused by {failing:?}", fixture.path.display()));
            }
        } else if !fixture.refusing_checks().any(|check| failing.contains(&check)) {
            wrong.push(format!("{}: refused only by {failing:?}", fixture.path.display()));
        } else {
            refused.insert(fixture.check);
        }
    }
    assert!(wrong.is_empty(), "{} of {files} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    let all: BTreeSet<String> = CHECKS.iter().map(|check| check.id.to_lowercase()).collect();
    assert_eq!(refused, all, "each check has a fixture it refuses");
}

struct Fixture {
    path: PathBuf,
    level: Level,
    version: Version,
    passes: bool,
    /// The check's id in lower case.
    check: String,
}

impl Fixture {
    /// The check of the name, and the check that stands in for it at restricted.
    fn refusing_checks(&self) -> impl Iterator<Item = &'static str> {
        let named = |id: &str| id.to_lowercase() == self.check;
        CHECKS.iter().filter_map(move |check| {
            let stands_in = self.level == Level::Restricted
                && check.overrides.iter().any(|overridden| named(overridden));
            (named(check.id) || stands_in).then_some(check.id)
        })
    }
}

fn violated(fixture: &Fixture) -> Vec<&'static str> {
    let text = fs::read_to_string(&fixture.path).expect("a readable fixture");
    let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
    reading::ask_both(&stream, |pod| {
        let violations = judge(pod, fixture.level, fixture.version);
        violations.iter().map(|violation| violation.check).collect()
    })
}

fn fixtures(root: &Path) -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for level in ["baseline", "restricted"] {
        for version in entries(&root.join(level)) {
            for (folder, passes) in [("pass", true), ("fail", false)] {
                for path in entries(&version.join(folder)) {
                    fixtures.push(Fixture {
                        level: level.parse().expect("a level"),
                        version: name(&version).parse().expect("a version"),
                        passes,
                        check: name(&path.with_extension(""))
                            .trim_end_matches(|c: char| c.is_ascii_digit())
                            .to_owned(),
                        path,
                    });
                }
            }
        }
    }
    fixtures
}

/// A folder of the truth data beside the repository. Without it the test has to skip, which under
/// `CI=true` is a failure.
#[expect(clippy::print_stderr, reason = "a skip says why")]
fn truth(folder: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/truth").join(folder);
    if root.is_dir() {
        return Some(root);
    }
    let reason = format!("no truth data in {}", root.display());
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{reason}");
    eprintln!("skipped: {reason}");
    None
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder);
    let read = read.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut entries: Vec<_> = read.map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    entries
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8")
}
