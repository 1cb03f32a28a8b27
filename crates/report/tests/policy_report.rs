//! Summaries for a cluster's API: of any number of findings, never large.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use model::{Finding, Fingerprint, Gap, GapKind, Path, Severity, Subject};
use report::policy_report::{BYTES_MAX, RESULTS_MAX, ReportGroup, policy_reports};
use serde_json::{Value, json};

fn finding(severity: Severity, namespace: Option<&str>, name: &str, message: String) -> Finding {
    Finding {
        control: "privileged-container",
        id: "BW-POD-001",
        severity,
        subject: Subject::Object {
            api_version: "apps/v1".into(),
            kind: "Deployment".into(),
            namespace: namespace.map(str::to_owned),
            name: name.into(),
        },
        object: None,
        fingerprint: Fingerprint::of_parts(&[severity.name(), name]),
        path: Path::root().field("spec"),
        message,
        fix: None,
        also: Vec::new(),
        owner: None,
        location: None,
        cluster: None,
        frame: None,
    }
}

fn reports(findings: &[Finding], group: ReportGroup) -> Vec<Value> {
    policy_reports(findings, &[], group, "2026-12-01T00:00:00Z".parse().unwrap())
}

#[test]
fn each_namespace_has_one_report() {
    let text = |text: &str| text.to_owned();
    let mut file = finding(Severity::High, None, "it", text("x"));
    file.subject = Subject::File("a.yaml".into());
    let findings = [
        finding(Severity::Low, Some("shop"), "a", text("is low")),
        finding(Severity::Critical, Some("shop"), "b", text("is\u{1b} bad")),
        finding(Severity::Medium, None, "c", text("is medium")),
        file,
    ];
    let all = reports(&findings, ReportGroup::OpenReports);
    let kinds: Vec<_> = all.iter().map(|it| (&it["kind"], &it["summary"]["fail"])).collect();
    assert_eq!(kinds, [(&json!("ClusterReport"), &json!(1)), (&json!("Report"), &json!(1))]);
    let shop = &all[1];
    assert_eq!(shop["metadata"]["namespace"], "shop");
    assert_eq!(shop["summary"], json!({"pass": 0, "fail": 1, "warn": 1, "error": 0, "skip": 0}));
    assert_eq!(
        shop["results"][0],
        json!({
            "source": "bollwerk", "policy": "privileged-container", "category": "BW-POD-001",
            "severity": "critical", "result": "fail", "scored": true,
            "resources": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "b",
                "namespace": "shop"}],
            "message": "is\u{fffd} bad", "timestamp": {"seconds": 1_796_083_200, "nanos": 0},
            "properties": {"fingerprint": findings[1].fingerprint.as_str(), "path": "spec"},
        })
    );
    assert_eq!(shop["results"][1]["result"], "warn");
    let old = reports(&findings, ReportGroup::PolicyReports);
    assert_eq!(
        (&old[0]["kind"], &old[1]["kind"]),
        (&json!("ClusterPolicyReport"), &json!("PolicyReport"))
    );
    assert_eq!((&old[1]["source"], &old[1]["configuration"]), (&Value::Null, &Value::Null));
}

#[test]
fn what_is_not_known_is_told() {
    let gap = Gap {
        kind: GapKind::Unreadable,
        subject: "a.yaml".into(),
        location: None,
        reason: "cannot be read".into(),
    };
    let gaps = vec![gap; 1_000];
    let now = "2026-12-01T00:00:00Z".parse().unwrap();
    let all = policy_reports(&[], &gaps, ReportGroup::OpenReports, now);
    assert_eq!((all.len(), &all[0]["kind"]), (1, &json!("ClusterReport")));
    assert_eq!(all[0]["summary"]["error"], 1_000);
    assert_eq!(all[0]["results"].as_array().unwrap().len(), RESULTS_MAX / 2);
    assert_eq!(
        (&all[0]["results"][0]["result"], &all[0]["results"][0]["message"]),
        (&json!("error"), &json!("a.yaml: cannot be read"))
    );
}

#[test]
fn a_report_is_never_large() {
    let long = "\u{1}".repeat(10_000);
    let many: Vec<Finding> = (0..10_000)
        .map(|it| finding(Severity::High, Some("shop"), &format!("n{it}"), long[..it].into()))
        .collect();
    for group in [ReportGroup::OpenReports, ReportGroup::PolicyReports] {
        let all = reports(&many, group);
        let results = all[0]["results"].as_array().unwrap().len();
        assert!(results <= RESULTS_MAX && results > 0, "{results}");
        assert_eq!(all[0]["summary"]["fail"], 10_000);
        assert!(all[0].to_string().len() <= BYTES_MAX, "{}", all[0].to_string().len());
    }
    // Whoever takes findings in another order writes the same.
    let reversed: Vec<Finding> = many.iter().rev().cloned().collect();
    assert_eq!(
        reports(&reversed, ReportGroup::OpenReports),
        reports(&many, ReportGroup::OpenReports)
    );
}
