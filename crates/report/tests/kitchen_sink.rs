//! Every renderer on one report that has everything in it, and on one that has nothing.
//!
//! The expected texts stand in `expected/`; `BOLLWERK_BLESS=1` writes them anew.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::path::PathBuf;

use model::change::{Change, ChangeKind, SettingChange};
use model::compliance::{Answer, Compliance, Status};
use model::{
    Coverage, Finding, Fingerprint, Fix, Frame, FrameLine, Gap, GapKind, KubernetesVersion,
    Location, Path, Severity, Subject,
};
use report::{Format, Hidden, Policy, Report, Rule, baseline, render};

const RULES: &[Rule] = &[
    Rule {
        name: "privileged-container",
        id: "BW-POD-001",
        title: "Privileged container",
        family: "pod",
        severity: Severity::Critical,
        page: "# Privileged container\n\nWhat it is.\n\nWhen it is legitimate.\n\n## Bad\n\nno\n",
    },
    Rule {
        name: "pod-security/privileged",
        id: "pod-security/privileged",
        title: "Pod Security: privileged container",
        family: "pod-security",
        severity: Severity::High,
        page: "remove `privileged`, or set it to false",
    },
];

fn location(file: &str, line: u32, columns: (u32, u32)) -> Location {
    let (column, end_column) = columns;
    Location { file: file.into(), line, column, end_line: line, end_column }
}

fn frame(first: u32, columns_before: u32, lines: &[&str]) -> Frame {
    let lines = (first..).zip(lines);
    let lines = lines.map(|(number, text)| FrameLine { number, text: (*text).to_owned() });
    Frame { lines: lines.collect(), columns_before }
}

fn finding(severity: Severity, rule: usize, namespace: Option<&str>, name: &str) -> Finding {
    let path = Path::root().field("spec.containers").index(0).field("securityContext.privileged");
    let Rule { name: control, id, .. } = RULES[rule];
    Finding {
        control,
        id,
        severity,
        subject: Subject::Object {
            api_version: "apps/v1".into(),
            kind: "Deployment".into(),
            namespace: namespace.map(str::to_owned),
            name: name.into(),
        },
        object: None,
        fingerprint: Fingerprint::of_parts(&[control, severity.name(), name]),
        path,
        message: format!("container `{name}` owns the node"),
        fix: None,
        also: Vec::new(),
        owner: None,
        location: None,
        frame: None,
    }
}

fn findings() -> Vec<Finding> {
    let mut safe = finding(Severity::Critical, 0, Some("shop"), "web");
    safe.fix = Some(Fix::set(safe.path.clone(), "false"));
    safe.also = vec!["host-pid", "host-ipc"];
    safe.owner = Some("team-a".into());
    safe.location = Some(location("deploy/web 1.yaml", 12, (17, 21)));
    let lines = ["      - name: web", "        securityContext:", "    privileged: true # no"];
    safe.frame = Some(frame(10, 0, &lines));
    let mut wide = finding(Severity::High, 1, None, "日本語😀");
    wide.fix = Some(Fix::remove(wide.path.clone()).risky("the program may need it"));
    wide.location = Some(location("ünïcode/ä#?.yaml", 3, (15, 19)));
    wide.frame = Some(frame(3, 0, &["{名: 日本語😀, a: true}"]));
    let mut long = finding(Severity::Medium, 0, Some("shop"), "long");
    long.fix = Some(Fix::advice("ask a person"));
    long.location = Some(location("-", 1, (1019, 1023)));
    long.frame = Some(frame(1, 999, &["…, \"hostPID\":      true, \"more\": 1…"]));
    let mut several = finding(Severity::Low, 0, Some("shop"), "");
    several.location =
        Some(Location { end_line: 9, end_column: 3, ..location("./a.yaml", 7, (3, 3)) });
    several.frame = Some(frame(7, 0, &["  spec:"]));
    let mut empty = finding(Severity::Info, 1, Some("shop"), "a\u{1b}[2Jb\nc");
    empty.location = Some(location("a.yaml", 1, (1, 1)));
    let mut file = finding(Severity::Medium, 0, None, "file");
    file.subject = Subject::File("exceptions.yaml".into());
    file.path = Path::root().key("a.b/c");
    let mut cloud = finding(Severity::Medium, 0, None, "cloud");
    cloud.subject = Subject::CloudResource {
        kind: "ManagedCluster".into(),
        name: "/subscriptions/0/resourceGroups/web/providers/Microsoft.ContainerService/\
               managedClusters/shop"
            .into(),
    };
    cloud.path = Path::root().field("properties.enableRBAC");
    cloud.location = Some(location("shop.json", 5, (3, 9)));
    vec![safe, wide, long, file, cloud, several, empty]
}

fn gaps() -> Vec<Gap> {
    let gap = |(number, kind): (usize, &GapKind)| Gap {
        kind: *kind,
        subject: if number % 3 == 0 { "a.yaml".into() } else { "Pod shop/web".into() },
        location: (number % 2 == 0).then(|| location("a.yaml", 4, (5, 9))),
        reason: format!("is a gap of kind {kind}"),
    };
    GapKind::ALL.iter().enumerate().map(gap).collect()
}

/// Items of every status, neighbours that nobody looked at among them.
fn framework() -> Compliance {
    let item = |section, id, status| Answer {
        section,
        id,
        title: "No `<b>` in names",
        status,
        reason: format!("is {} for a|reason", Status::name(status)),
        controls: vec!["privileged-container", "host-pid", "a", "b", "c", "d", "e"],
        findings: 0,
        worst: None,
        places: Vec::new(),
    };
    let (first, second) = (("1", "First"), ("", "Second & last"));
    let mut failed = item(first, "1.1", Status::Fail);
    failed.findings = 4;
    failed.worst = Some(Severity::Critical);
    failed.places = vec!["a.yaml:1 Pod <a>\u{202e}/b (privileged-container)".into()];
    let mut quiet = item(second, "T1", Status::Part);
    quiet.controls = vec!["host-pid"];
    Compliance {
        name: "frame-1.0",
        title: "A framework <1.0>",
        source: "where it is from",
        answers: vec![
            failed,
            item(first, "1.2", Status::Accepted),
            item(first, "1.3", Status::Pass),
            quiet,
            item(second, "T2 x", Status::NotAssessed),
            item(second, "T3", Status::NotAssessed),
        ],
    }
}

/// One object of each kind of change, and many that came.
fn changes() -> Vec<Change> {
    let change = |object: &str, kind, settings| Change {
        object: object.into(),
        kind,
        file: "./a.yaml".into(),
        settings,
        more: 0,
    };
    let setting = |name: &str, old: Option<&str>, new: Option<&str>| SettingChange {
        name: name.into(),
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
    };
    let settings = vec![
        setting("container w|b: privileged", Some("false"), Some("true")),
        setting("spec.<i>", None, Some("=1\u{1b}")),
        setting("capabilities", Some("NET_RAW"), Some("")),
    ];
    let mut changed = change("Pod shop/<b>", ChangeKind::Changed, settings);
    changed.more = 2;
    let mut all = vec![changed, change("Pod shop/gone", ChangeKind::Removed, Vec::new())];
    let came = |number| change(&format!("Pod shop/new-{number}"), ChangeKind::Added, Vec::new());
    all.extend((0..30).map(came));
    all
}

/// Renders a report in a format, without colours.
fn rendered(findings: &[Finding], gaps: &[Gap], policy: &Policy, format: Format) -> String {
    rendered_with(None, None, findings, gaps, policy, format)
}

/// The same, with a framework and what differs.
fn rendered_with(
    compliance: Option<&Compliance>,
    changes: Option<&[Change]>,
    findings: &[Finding],
    gaps: &[Gap],
    policy: &Policy,
    format: Format,
) -> String {
    let everything = !findings.is_empty();
    let hidden = Hidden {
        finding: finding(Severity::High, 0, Some("ops"), "agent"),
        reason: "needs the node".into(),
        owner: Some("ops".into()),
        until: Some("2030-01-01".into()),
        embedded: true,
        place: "annotation of the object".into(),
    };
    let resolved = baseline::Entry {
        fingerprint: "f1:00".into(),
        control: "host-pid".into(),
        subject: "Pod a/b".into(),
        path: "spec.hostPID".into(),
    };
    let report = Report {
        program_version: "1.2.3",
        kubernetes_version: KubernetesVersion::minor(30),
        taken_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        cluster: everything.then_some("prod"),
        worlds: &["deploy".into(), "-".into()],
        findings,
        hidden: if everything { std::slice::from_ref(&hidden) } else { &[] },
        known: usize::from(everything) * 2,
        resolved: if everything { std::slice::from_ref(&resolved) } else { &[] },
        gaps,
        coverage: Coverage {
            files: 5,
            documents: 8,
            other_documents: 2,
            objects: 6,
            workloads: 3,
            images: 2,
            bytes: 4_096,
        },
        compliance,
        changes,
        rules: RULES,
        policy,
    };
    let mut out = Vec::new();
    render(&report, format, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let text = ["<style>", "'sha256-", "</script>\n<script>"]
        .iter()
        .fold(text, |text, start| without(&text, start));
    // Escape codes are the program's to strip; here they are made visible.
    text.replace('\u{1b}', "␛")
}

/// A text without what stands between `start` and the next end of its kind: the looks of a page
/// are judged with the eye.
fn without(text: &str, start: &str) -> String {
    let end = if start.ends_with('>') { "</s" } else { "'" };
    let mut parts = text.split(start);
    let mut left = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.find(end).map_or("", |at| &part[at..]);
        left.push_str(&format!("{start}…{rest}"));
    }
    left
}

fn check(name: &str, text: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/expected");
    let file = folder.join(name);
    if std::env::var_os("BOLLWERK_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&file, text).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(text == expected, "{name} is now:\n{text}\nBOLLWERK_BLESS=1 accepts it");
}

const FORMATS: [(Format, &str); 9] = [
    (Format::Terminal { show: Severity::Info }, "txt"),
    (Format::Json, "json"),
    (Format::Sarif, "sarif.json"),
    (Format::Html, "html"),
    (Format::Junit, "junit.xml"),
    (Format::Markdown, "markdown"),
    (Format::Csv, "csv"),
    (Format::Gitlab, "gitlab.json"),
    (Format::Oscal, "oscal.json"),
];

#[test]
fn everything() {
    let policy = Policy {
        fail_on: Some(Severity::Medium),
        accepted_gaps: vec![GapKind::Syntax, GapKind::Link],
    };
    for (format, extension) in FORMATS {
        let text = rendered(&findings(), &gaps(), &policy, format);
        check(&format!("everything.{extension}"), &text);
    }
}

#[test]
fn nothing() {
    for (format, extension) in FORMATS {
        let text = rendered(&[], &[], &Policy::default(), format);
        check(&format!("nothing.{extension}"), &text);
    }
}

#[test]
fn frameworks_and_changes() {
    let policy = Policy { fail_on: Some(Severity::Medium), accepted_gaps: Vec::new() };
    let (framework, changes) = (framework(), changes());
    for (format, extension) in FORMATS {
        let (findings, gaps) = (findings(), gaps());
        let with = |compliance, changes| {
            rendered_with(compliance, changes, &findings[..2], &gaps[..1], &policy, format)
        };
        let text = with(Some(&framework), Some(&changes));
        check(&format!("compared.{extension}"), &text);
        // Only this format has no place for them (its module says so).
        assert_eq!(text == with(None, None), format == Format::Gitlab, "{extension}");
        let same = with(None, Some(&[]));
        assert!(!same.contains("shop/gone"), "{extension}");
    }
}

#[test]
fn only_gaps_and_only_findings_below_the_threshold() {
    let policy = Policy { fail_on: Some(Severity::Critical), ..Policy::default() };
    let format = Format::Terminal { show: Severity::Critical };
    check("gaps.txt", &rendered(&findings()[1..], &gaps()[..1], &policy, format));
}
