//! Input made to hurt: each ends with its verdict or its gap, no panic, nothing out of proportion.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use bollwerk::assess::{self, Assessment};
use bollwerk::config::Settings;
use collect::manifests::Input;
use model::{DigestKey, GapKind};

fn run(bytes: Vec<u8>) -> Assessment {
    let mut settings = Settings::new();
    settings.judge.pod_security = analyze::config::parse_pod_security("restricted").unwrap();
    let key = DigestKey::new(&[7; 32]);
    let now = jiff::Timestamp::UNIX_EPOCH;
    let (snapshot, sources) = assess::collect(vec![Input::Text(bytes)], &settings, now, key);
    assess::judge(snapshot, &sources, &settings, true)
}

/// Kinds of the gaps a text gives, each once.
fn gaps(text: impl Into<Vec<u8>>) -> Vec<GapKind> {
    let mut kinds: Vec<_> = run(text.into()).gaps.iter().map(|gap| gap.kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

/// A pod with a text in its specification.
fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n{spec}\n")
}

#[test]
fn deep_nesting_reaches_a_limit() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        let text = format!("a:\n  {}x{}\n", open.repeat(20_000), close.repeat(20_000));
        assert_eq!(gaps(text), [GapKind::Limit], "{open}");
    }
    let json = format!("{{\"a\": {}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(gaps(json), [GapKind::Limit]);
    let deep = format!("{}x{}", "{a: ".repeat(900), "}".repeat(900));
    assert_eq!(gaps(pod(&format!("  containers: [{{name: c, image: i:1}}]\n  x: {deep}"))), []);
}

#[test]
fn aliases_cost_no_more_than_their_text() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert_eq!(gaps(format!("{text}apiVersion: v1\nkind: Pod\n")), [GapKind::Limit]);
    // As many aliases as upstream lets pass, of a large container.
    let env: String = (0..500).map(|at| format!("    - {{name: V{at}, value: x}}\n")).collect();
    let spec = format!("  x: &x\n    name: c\n    image: i:1\n    env:\n{env}  containers:\n");
    let containers = "  - *x\n".repeat(90);
    let assessment = run(pod(&format!("{spec}{containers}")).into_bytes());
    assert!(!assessment.findings.is_empty());
    assert!(assessment.snapshot.bytes() < 1 << 20, "{}", assessment.snapshot.bytes());
}

#[test]
fn wide_collections_are_judged() {
    let list = vec!["x"; 450_000].join(", ");
    assert_eq!(gaps(pod(&format!("  containers: [{{name: c, image: i:1}}]\n  x: [{list}]"))), []);
    let keys: String = (0..100_000).map(|at| format!("  k{at}: v\n")).collect();
    assert_eq!(
        gaps(format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{keys}")),
        []
    );
    let twice: String = (0..100_000).map(|_| "  k: v\n").collect();
    let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{twice}");
    assert_eq!(gaps(text), [GapKind::Limit, GapKind::DuplicateKey]);
    let containers: String =
        (0..20_000).map(|at| format!("  - {{name: c{at}, image: 'i:1'}}\n")).collect();
    assert!(!run(pod(&format!("  containers:\n{containers}")).into_bytes()).findings.is_empty());
}

#[test]
fn many_documents_and_items_are_counted() {
    let assessment = run("---\n".repeat(1_000_000).into_bytes());
    assert_eq!(assessment.coverage.objects, 0);
    let assessment = run("---\na: 1\n".repeat(300_000).into_bytes());
    assert_eq!(assessment.coverage.other_documents, 300_000);
    let items = "- {apiVersion: v1, kind: Service, metadata: {name: a}}\n".repeat(100_000);
    let assessment = run(format!("apiVersion: v1\nkind: List\nitems:\n{items}").into_bytes());
    assert_eq!(assessment.coverage.objects, 100_000);
    assert!(assessment.snapshot.bytes() < 32 << 20, "equal objects are stored once");
}

#[test]
fn what_is_no_text_is_a_gap() {
    assert_eq!(gaps(vec![0; 100_000]), [GapKind::Encoding]);
    assert_eq!(gaps(b"a: \x00\n".to_vec()), [GapKind::Encoding]);
    assert_eq!(gaps(b"a: \xff\xfe\n".to_vec()), [GapKind::Encoding]);
    assert_eq!(gaps(vec![0xff, 0xfe, 0x00, 0xd8]), [GapKind::Encoding]);
    assert_eq!(gaps(format!("a: \"{}", "x".repeat(1_000_000))), [GapKind::Syntax]);
    assert_eq!(gaps("? ".repeat(500_000)), [GapKind::Limit]);
    assert_eq!(gaps("\t".repeat(100_000)), [GapKind::Syntax]);
}

#[test]
fn odd_objects_are_judged_or_gaps() {
    let check = |text: &str, expected: &[GapKind]| assert_eq!(gaps(text), expected, "{text}");
    check("apiVersion: v1\nkind: Pod\n", &[]);
    check("apiVersion: v1\nkind: Pod\nspec: []\n", &[GapKind::WrongType]);
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: 1}}\n";
    check(deployment, &[GapKind::WrongType]);
    check("apiVersion: v1\nkind: Pod\nmetadata: 5\nspec: {}\n", &[GapKind::WrongType]);
    check("apiVersion: 1\nkind: Pod\n", &[GapKind::NoObject]);
    check("apiVersion: v1\nkind: [Pod]\n", &[GapKind::NoObject]);
    check("apiVersion: v1\nkind: List\nitems: {}\n", &[GapKind::NoObject]);
    check("apiVersion: v1\nkind: List\nitems: null\n", &[]);
    check("apiVersion: v1\nkind: List\nitems: [5, null, []]\n", &[GapKind::NoObject]);
    check(&pod("  containers: [5, null, {}]"), &[GapKind::WrongType]);
    check(&pod("  containers: {}"), &[GapKind::WrongType]);
    check(&pod("  containers: null\n  hostPID: null"), &[]);
    check("5\n", &[]);
    check("- apiVersion: v1\n  kind: Pod\n", &[]);
}
