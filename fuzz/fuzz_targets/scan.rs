//! Arbitrary bytes as standard input, through the whole path and every renderer.
#![no_main]

use analyze::{compliance, frameworks};
use bollwerk::assess;
use bollwerk::config::Settings;
use collect::manifests::Input;
use libfuzzer_sys::fuzz_target;
use model::DigestKey;
use report::{Format, Policy, Report, render};

fuzz_target!(|bytes: &[u8]| {
    let mut settings = Settings::new();
    settings.collect.threads = 1;
    let restricted = analyze::config::parse_pod_security("restricted");
    settings.judge.pod_security = restricted.expect("a level");
    let key = DigestKey::new(&[7; 32]);
    let inputs = vec![Input::Text(bytes.to_vec())];
    let now = jiff::Timestamp::UNIX_EPOCH;
    let (snapshot, sources) = assess::collect(inputs, &settings, now, key);
    let assessment = assess::judge(snapshot, &sources, &settings, true);
    let lines = String::from_utf8_lossy(bytes).split(['\n', '\r']).count() as u32;
    for finding in &assessment.findings {
        let place = finding.location.as_ref().expect("a finding has its place");
        assert!(1 <= place.line && place.line <= place.end_line && place.end_line <= lines);
        assert!(finding.fingerprint.as_str().starts_with("f1:"));
    }
    let empty = model::Snapshot::new(settings.kubernetes_version, now);
    let changes = analyze::change::changes(&empty, &assessment.snapshot, true);
    let findings: Vec<_> = assessment.findings.iter().collect();
    let run = compliance::Run {
        snapshot: &assessment.snapshot,
        workloads: assessment.coverage.workloads,
        options: &settings.judge,
        findings: &findings,
        hidden: &[],
        gaps: assessment.gaps.len(),
    };
    let compliance = compliance::assess(frameworks::all()[0], &run);
    let report = Report {
        program_version: "0",
        kubernetes_version: assessment.snapshot.version,
        taken_at: assessment.snapshot.taken_at,
        cluster: None,
        worlds: &assessment.snapshot.worlds,
        findings: &assessment.findings,
        hidden: &[],
        known: 0,
        resolved: &[],
        gaps: &assessment.gaps,
        coverage: assessment.coverage,
        compliance: Some(&compliance),
        changes: Some(&changes),
        rules: &[],
        policy: &Policy::default(),
    };
    for format in [Format::Json, Format::Sarif, Format::Gitlab, Format::Oscal] {
        let mut out = Vec::new();
        render(&report, format, &mut out).expect("memory takes everything");
        serde_json::from_slice::<serde_json::Value>(&out).expect("it writes JSON");
    }
    for format in [Format::Html, Format::Junit, Format::Markdown, Format::Csv] {
        let mut out = Vec::new();
        render(&report, format, &mut out).expect("memory takes everything");
        String::from_utf8(out).expect("it writes UTF-8");
    }
    let mut out = Vec::new();
    render(&report, Format::Terminal { show: model::Severity::Info }, &mut out)
        .expect("memory takes everything");
    let nothing = assessment.findings.is_empty() && assessment.gaps.is_empty();
    let shown = String::from_utf8(out).expect("it writes UTF-8");
    assert!(nothing || shown.contains("Summary"));
});
