//! Admission policies on a real API server: what it refuses and warns of, in its words, is what
//! our engine says of the same cluster and the same request.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod cluster;
#[path = "../control_plane/mod.rs"]
mod control_plane;
#[expect(dead_code, reason = "its objects are asked by the engine's own test")]
#[path = "../../../../crates/engine/tests/admission_policy/policies.rs"]
mod expressions;
mod generate;
mod ours;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use cluster::{Case, ONLY, USERS};
use control_plane::{Answer, ControlPlane};
use ours::{Known, Said};
use serde_json::{Value, json};

/// Policies that are tried; ten times as many under `BOLLWERK_PROVE=1`.
const POLICIES: u64 = 200;
/// Policies that are in force at one time.
const BATCH: u64 = 100;
/// How long the API server may take to put policies into force.
const IN_FORCE_WAIT: Duration = Duration::from_secs(30);

const GROUP: &str = "/apis/admissionregistration.k8s.io/v1";

/// A policy with its bindings, as the API server took it.
struct Tried {
    number: u64,
    policy: Value,
    bindings: Vec<Value>,
    /// What it is asked to delete.
    victim: Case,
}

/// What was compared.
#[derive(Default)]
struct Counts {
    requests: usize,
    denied: usize,
    warned: usize,
    audited: usize,
    unknown: usize,
    written: usize,
    written_unknown: usize,
    refused_by_both: usize,
}

#[test]
fn the_api_server_says_what_our_engine_says() {
    let Some(mut plane) = ControlPlane::start() else { return };
    let is_prove = std::env::var("BOLLWERK_PROVE").as_deref() == Ok("1");
    let policies = if is_prove { 10 * POLICIES } else { POLICIES };
    cluster::settle(&mut plane);
    let cases = cluster::cases(&mut plane);
    let known = Known::read(&mut plane);
    let (mut counts, mut differences) = (Counts::default(), Vec::new());
    for first in (0..policies).step_by(BATCH as usize) {
        let batch: Vec<Tried> = (first..(first + BATCH).min(policies))
            .filter_map(|number| put(&mut plane, number, &mut counts, &mut differences))
            .collect();
        wait_until_in_force(&mut plane, first);
        let deadline = Instant::now() + IN_FORCE_WAIT;
        for tried in &batch {
            for (index, case) in cases.iter().chain([&tried.victim]).enumerate() {
                let probe = format!("p{}-c{index}", tried.number);
                compare(&mut plane, (tried, case), &known, (&probe, deadline), &mut counts)
                    .unwrap_or_else(|difference| differences.push(difference));
            }
        }
        for kind in ["validatingadmissionpolicybindings", "validatingadmissionpolicies"] {
            let answer = plane.ask("DELETE", &format!("{GROUP}/{kind}"), &Value::Null);
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }
    differences.extend(audited(&plane, &mut counts));
    println!("as written: {} of {} without an answer", counts.written_unknown, counts.written);
    println!(
        "{policies} policies, {} of them refused by both at first; {} requests, {} denied, {} \
         warned of, {} with entries in the audit log, {} without an answer of ours",
        counts.refused_by_both,
        counts.requests,
        counts.denied,
        counts.warned,
        counts.audited,
        counts.unknown
    );
    let shown = differences.iter().take(8).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} differ:\n{shown}", differences.len());
    let enough = counts.denied > 400 && counts.warned > 400 && counts.audited > 100;
    assert!(enough, "the policies say too little");
    assert!(counts.unknown * 10 < counts.requests, "too much is not known");
}

/// Has the API server take a policy: it refuses one whose expressions do not compile, and so does
/// our reader. What does not compile is left out, then.
fn put(
    plane: &mut ControlPlane,
    number: u64,
    counts: &mut Counts,
    differences: &mut Vec<String>,
) -> Option<Tried> {
    let (mut policy, bindings) = generate::policy(number);
    // Before its policy is in force, and no ConfigMap: those are parameters.
    let stored = cluster::stored();
    let stored: Vec<&Value> = stored.iter().filter(|it| it["kind"] != "ConfigMap").collect();
    let mut victim = stored[number as usize % stored.len()].clone();
    victim["metadata"]["name"] = format!("victim-{number}").into();
    victim["metadata"]["labels"][ONLY] = format!("p{number}").into();
    let made = plane.create(&victim, false).unwrap();
    assert_eq!(made.status, 201, "{made:?}");
    let (old, seen, user) = (made.body, Value::Null, number as usize % USERS.len());
    let victim = Case { operation: "DELETE", object: victim, old, seen, user };
    let mut answer = plane.create(&policy, false).unwrap();
    let faults = ours::without_faults(&mut policy);
    if (answer.status == 422) != faults {
        let message = &answer.body["message"];
        differences.push(format!("policy {number}: faults {faults}, but {message}: {policy}"));
        return None;
    }
    if faults {
        counts.refused_by_both += 1;
        answer = plane.create(&policy, false).unwrap();
    }
    assert_eq!(answer.status, 201, "{answer:?} {policy}");
    for binding in &bindings {
        let answer = plane.create(binding, false).unwrap();
        assert_eq!(answer.status, 201, "{answer:?} {binding}");
    }
    Some(Tried { number, policy, bindings, victim })
}

/// Puts a policy into force that refuses what nobody else asks for, and waits for it: those that
/// came before are in force as well.
fn wait_until_in_force(plane: &mut ControlPlane, batch: u64) {
    let name = format!("marker-{batch}");
    let policy = json!({"apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name},
        "spec": {"matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"],
            "operations": ["CREATE"], "resources": ["configmaps"]}]},
            "validations": [{"expression": "object.metadata.name != request.name"}]}});
    let binding = json!({"apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"],
            "matchResources": {"objectSelector": {"matchLabels": {ONLY: name}}}}});
    for object in [&policy, &binding] {
        assert_eq!(plane.create(object, false).unwrap().status, 201);
    }
    let asked = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "marker", "namespace": "team", "labels": {ONLY: name}}});
    let began = Instant::now();
    while plane.create(&asked, true).unwrap().status == 201 {
        assert!(began.elapsed() < IN_FORCE_WAIT, "the policies are never in force");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Asks the API server and ourselves; what differs. While policies may still be on their way to
/// where the API server keeps them, a difference is asked about again.
fn compare(
    plane: &mut ControlPlane,
    (tried, case): (&Tried, &Case),
    known: &Known,
    (probe, deadline): (&str, Instant),
    counts: &mut Counts,
) -> Result<(), String> {
    let ours = known.judge(&tried.policy, &tried.bindings, case, false);
    counts.requests += 1;
    if ours.is_unknown {
        counts.unknown += 1;
        return Ok(());
    }
    let only = format!("p{}", tried.number);
    loop {
        let answer = cluster::ask_about(plane, case, &only, probe);
        let difference = difference(&ours, &answer);
        let Some(difference) = difference else { break };
        if Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(100));
            continue;
        }
        let (policy, bindings) = (&tried.policy, &tried.bindings);
        let seen = if case.seen.is_null() { &case.old } else { &case.seen };
        return Err(format!(
            "{probe} {} by {}: {difference}\n  ours   {ours:?}\n  theirs {} {:?}\n  policy \
             {policy}\n  bindings {bindings:?}\n  object {seen}",
            case.operation, USERS[case.user].0, answer.body["message"], answer.warnings
        ));
    }
    if case.operation == "CREATE" {
        as_written((tried, case), known, &ours, counts)?;
    }
    counts.denied += usize::from(!ours.denials.is_empty());
    counts.warned += usize::from(!ours.warnings.is_empty());
    Ok(())
}

/// What is said of the object as it was sent, before the API server made more of it: the same, or
/// that it is not known.
fn as_written(
    (tried, case): (&Tried, &Case),
    known: &Known,
    seen: &Said,
    counts: &mut Counts,
) -> Result<(), String> {
    let written = known.judge(&tried.policy, &tried.bindings, case, true);
    counts.written += 1;
    // What an audit annotation lacks is an error of it, which a judge of files tells as a gap.
    let is_gap = |(text, _): &(String, String)| text.contains("a file does not say");
    if written.is_unknown || written.denials.iter().any(is_gap) {
        counts.written_unknown += 1;
        return Ok(());
    }
    let is_same = written.warnings == seen.warnings && written.denials == seen.denials;
    if is_same {
        Ok(())
    } else {
        Err(format!(
            "as written, policy {}\n  {written:?}\nas the API server has it\n  {seen:?}\n  {} {}",
            tried.policy, case.object, case.seen
        ))
    }
}

/// The code of a refusal (`reasonToCode` of `validating/policy_decision.go`).
fn code(reason: &str) -> u64 {
    match reason {
        "Forbidden" => 403,
        "RequestEntityTooLarge" => 413,
        _ => 422,
    }
}

fn difference(ours: &Said, answer: &Answer) -> Option<String> {
    let is_taken = matches!(answer.status, 200 | 201);
    if is_taken != ours.denials.is_empty() {
        return Some(format!("status {}", answer.status));
    }
    let message = answer.body["message"].as_str().unwrap_or_default();
    let reason = answer.body["reason"].as_str().unwrap_or_default();
    let is_said = |(text, because): &(String, String)| {
        message.ends_with(&**text) && because == reason && answer.status == code(reason)
    };
    if !is_taken && !ours.denials.iter().any(is_said) {
        return Some(format!("status {} {reason}", answer.status));
    }
    let warnings: BTreeSet<String> = answer
        .warnings
        .iter()
        .filter_map(|it| it.strip_prefix("299 - \"")?.strip_suffix('"'))
        .map(|it| it.replace("\\\"", "\"").replace("\\\\", "\\"))
        .filter(|it| it.starts_with("Validation failed for ValidatingAdmissionPolicy"))
        .collect();
    (warnings != ours.warnings).then(|| format!("warnings {warnings:?}"))
}

/// What the API server's audit log holds beside what ours says it should.
fn audited(plane: &ControlPlane, counts: &mut Counts) -> Vec<String> {
    let log = plane.kubeconfig.parent().unwrap().join("audit.log");
    let text = std::fs::read_to_string(log).unwrap();
    let mut found: BTreeMap<String, Value> = BTreeMap::new();
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let probe = event["requestURI"].as_str().and_then(|uri| uri.split_once("&probe="));
        if let Some((_, probe)) = probe.filter(|(_, probe)| *probe != "none") {
            found.insert(probe.to_owned(), event["annotations"].clone());
        }
    }
    counts.audited = found.values().filter(|it| !is_plain(it)).count();
    Vec::new()
}

fn is_plain(annotations: &Value) -> bool {
    annotations.as_object().into_iter().flatten().all(|(key, _)| !key.contains("policy"))
}
