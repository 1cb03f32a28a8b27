//! Our Pod Security against upstream's: the same checks, the same verdicts, the same words.

mod generator;
mod oracle;
mod reading;

use std::collections::BTreeMap;

use engine::pod_security::{CHECKS, Policy, Violation, judge};
use generator::Generator;
use oracle::Oracle;
use serde_json::{Value, json};

/// Pods judged where `BOLLWERK_PODS` says nothing.
const PODS_DEFAULT: u64 = 20_000;
const BATCH: u64 = 1_000;

#[test]
fn table_is_upstreams() {
    let Some(mut oracle) = Oracle::start() else { return };
    let answer = oracle.ask(&[json!({"verb": "pod-security-checks"})]).remove(0);
    let mut theirs = answer["checks"].as_array().expect("a list of checks").clone();
    let mut ours: Vec<Value> = CHECKS
        .iter()
        .map(|check| {
            let versions = check.minimum_minors().map(
                |minor| json!({"minimum": format!("v1.{minor}"), "overrides": check.overrides}),
            );
            json!({
                "id": check.id,
                "level": check.level.name(),
                "versions": versions.collect::<Vec<_>>(),
            })
        })
        .collect();
    theirs.sort_by_key(|check| check["id"].to_string());
    ours.sort_by_key(|check| check["id"].to_string());
    assert_eq!(ours, theirs);
}

#[test]
fn random_pods_are_judged_as_upstream_judges_them() {
    let Some(mut oracle) = Oracle::start() else { return };
    let pods = std::env::var("BOLLWERK_PODS")
        .map_or(PODS_DEFAULT, |number| number.parse().expect("BOLLWERK_PODS is a number"));
    let mut generator = Generator::new(0x0b01_1e4c);
    let mut differences = Vec::new();
    let (mut refused, mut judged) = (0, 0);
    let mut alone: BTreeMap<&str, u64> = CHECKS.iter().map(|check| (check.id, 0)).collect();
    while judged < pods {
        let questions: Vec<Value> = (0..BATCH.min(pods - judged))
            .map(|_| {
                let (level, version) = generator.level_and_version();
                let pod = generator.pod();
                json!({"verb": "pod-security", "pod": pod, "level": level, "version": version})
            })
            .collect();
        let answers = oracle.ask(&questions);
        for (question, theirs) in questions.iter().zip(answers) {
            let ours = answer_to(question, judged);
            refused += u64::from(ours["allowed"] == false);
            if let [only] = &ours["checks"].as_array().expect("a list")[..] {
                *alone.get_mut(only["id"].as_str().expect("an id")).expect("a check") += 1;
            }
            judged += 1;
            if ours != theirs {
                differences.push(format!("{question}\n  ours:   {ours}\n  theirs: {theirs}"));
            }
        }
    }
    println!("{judged} pods judged, {refused} refused, by one check alone: {alone:?}");
    let shown = differences.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} of {judged} differ:\n{shown}", differences.len());
    // Neither verdict may be the rule, and each check has to decide some pods alone, or it is
    // hardly tested.
    assert!(refused * 10 > judged && refused * 10 < judged * 9, "{refused} of {judged} refused");
    assert!(judged < PODS_DEFAULT || alone.values().all(|pods| *pods >= 10), "{alone:?}");
}

/// Our answer in the form of the oracle's. `turn` chooses how the pod is read: as JSON or YAML,
/// by itself or as the template of a Deployment.
fn answer_to(question: &Value, turn: u64) -> Value {
    let mut object = question["pod"].clone();
    let is_template = turn % 4 == 3;
    if is_template {
        let template = json!({"metadata": object["metadata"], "spec": object["spec"]});
        object =
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": template}});
    }
    let text = object.to_string();
    let limits = yaml::Limits::default();
    let stream = match turn % 2 {
        0 => yaml::Stream::json(&text, &limits),
        _ => yaml::Stream::yaml(&text, &limits),
    };
    let level = question["level"].as_str().expect("a level").parse().expect("a level");
    let version = question["version"].as_str().expect("a version").parse().expect("a version");
    let violations = reading::ask_both(&stream, |pod| judge(pod, level, version));
    let prefix = if is_template { "spec.template." } else { "" };
    for violation in &violations {
        assert_fields_are_named(violation, &object, prefix);
    }
    json!({
        "allowed": violations.is_empty(),
        "checks": violations
            .iter()
            .map(|Violation { check, reason, detail, .. }| {
                json!({"id": check, "reason": reason, "detail": detail})
            })
            .collect::<Vec<_>>(),
    })
}

/// Each refusal names a field below the pod, and a value exactly where something is written.
fn assert_fields_are_named(violation: &Violation, object: &Value, prefix: &str) {
    assert!(!violation.fields.is_empty(), "{violation:?}");
    for field in &violation.fields {
        let path = field.path.to_string();
        let below = path.strip_prefix(prefix).unwrap_or_default();
        assert!(below.starts_with("spec.") || below.starts_with("metadata.annotations["), "{path}");
        let written =
            field.path.segments().iter().try_fold(object, |value, segment| match segment {
                model::Segment::Key(key) => value.get(&**key),
                model::Segment::Index(index) => value.get(*index as usize),
            });
        if written.is_some_and(|value| !value.is_null()) {
            assert!(field.value.is_some(), "{path} has a value: {violation:?}");
        }
    }
}

const LEVELS: [&str; 6] = ["privileged", "baseline", "restricted", "", "Baseline", "a\"b"];
const VERSIONS: [&str; 9] =
    ["latest", "v1.0", "v1.30", "v1.99", "v1.030", "1.30", "", "v1.", "v1.99999999999999999999"];

#[test]
fn random_labels_become_upstreams_policy() {
    let Some(mut oracle) = Oracle::start() else { return };
    let mut state = 0_usize;
    let mut next = |end: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    let questions: Vec<Value> = (0..5_000)
        .map(|_| {
            let mut labels = json!({"app": "web"});
            for mode in ["enforce", "audit", "warn"] {
                for (suffix, values) in [("", &LEVELS[..]), ("-version", &VERSIONS[..])] {
                    if next(3) > 0 {
                        let value = values[next(values.len())];
                        labels[format!("pod-security.kubernetes.io/{mode}{suffix}")] = json!(value);
                    }
                }
            }
            json!({"verb": "pod-security-policy", "labels": labels})
        })
        .collect();
    let answers = oracle.ask(&questions);
    for (question, theirs) in questions.iter().zip(answers) {
        let labels = &question["labels"];
        let (policy, invalid) =
            Policy::of_labels(|name| labels.get(name).and_then(Value::as_str), Policy::UNSET);
        let errors: Vec<String> = invalid.iter().map(ToString::to_string).collect();
        let ours = json!({
            "enforce": policy.enforce.to_string(),
            "audit": policy.audit.to_string(),
            "warn": policy.warn.to_string(),
            "errors": errors,
        });
        assert_eq!(ours, theirs, "{labels}");
    }
}
