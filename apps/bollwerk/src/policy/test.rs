//! `bollwerk policy test`: policies on objects, and what is expected of them.

use std::io::Write;

use analyze::admission_policy::plural;
use anyhow::Result;
use engine::admission_policy::{Matched, Operation, Policy, Requester, Resource, Review};
use model::{Node, Object, Snapshot, WorldId};
use report::harmless;
use serde_json::{Value, json};

use super::{GROUP, Read, code, read};
use crate::arguments::{ListFormat, PolicyArguments};

/// A case with what came of it.
struct Tried {
    test: String,
    case: String,
    expected: String,
    found: Found,
    /// What is not as expected; none when it all is.
    wrong: Option<String>,
}

struct Found {
    verdict: &'static str,
    messages: Vec<String>,
}

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &PolicyArguments) -> Result<u8> {
    let Read { snapshot, is_whole, .. } = read(arguments)?;
    let mut tried = Vec::new();
    for id in snapshot.ids() {
        let object = snapshot.object(id);
        if object.is("bollwerk.io", "PolicyTest") {
            try_test(&snapshot, snapshot.world(id), &object, &mut tried);
        }
    }
    let mut out = anstream::stdout();
    match arguments.format {
        ListFormat::Json => {
            let cases: Vec<Value> = tried.iter().map(as_json).collect();
            let answer = json!({"schema": "bollwerk.policy-test/v1", "cases": cases});
            serde_json::to_writer_pretty(&mut out, &answer)?;
            writeln!(out)?;
        }
        ListFormat::Terminal => as_text(&tried, &mut out)?,
    }
    if tried.is_empty() {
        anstream::eprintln!("no PolicyTest was read; see `bollwerk policy test --help`");
    }
    let is_wrong = tried.iter().any(|tried| tried.wrong.is_some());
    Ok(code(is_wrong, is_whole && !tried.is_empty()))
}

fn try_test(snapshot: &Snapshot, world: WorldId, test: &Object<'_>, tried: &mut Vec<Tried>) {
    let spec = test.root.get("spec");
    let wanted = spec.and_then(|spec| spec.str("policy")).unwrap_or_default();
    let mut policies = snapshot.of_kind(world, (GROUP, "ValidatingAdmissionPolicy"));
    let policy = policies.find(|(_, object)| object.name == wanted);
    let policy = policy.and_then(|(_, object)| Policy::read(&object));
    for case in spec.into_iter().flat_map(|spec| spec.list("cases")) {
        let name = case.str("name").unwrap_or_default().to_owned();
        let expected = case.str("expect").unwrap_or_default().to_owned();
        let (found, wrong) = match &policy {
            None => {
                let found = Found { verdict: "error", messages: Vec::new() };
                (found, Some(format!("there is no policy `{wanted}` beside the test")))
            }
            Some(policy) => {
                let found = judge(policy, case, spec);
                let wrong = compare(case, &expected, &found);
                (found, wrong)
            }
        };
        tried.push(Tried { test: test.name.to_owned(), case: name, expected, found, wrong });
    }
}

fn compare(case: Node<'_>, expected: &str, found: &Found) -> Option<String> {
    if !["allow", "deny", "error", "skip"].contains(&expected) {
        return Some(format!("`expect: {expected}` is none of allow, deny, error, skip"));
    }
    if expected != found.verdict {
        let messages = found.messages.join("; ");
        let because = if messages.is_empty() { String::new() } else { format!(": {messages}") };
        return Some(format!("expected {expected}, found {}{because}", found.verdict));
    }
    let message = case.str("message")?;
    if found.messages.iter().any(|found| found == message) {
        return None;
    }
    Some(format!("expected the message `{message}`, found `{}`", found.messages.join("`, `")))
}

/// What a policy says of one case; what the case leaves out, the test says.
fn judge(policy: &Policy, case: Node<'_>, all: Option<Node<'_>>) -> Found {
    let given = |key: &str| case.get(key).or_else(|| all.and_then(|all| all.get(key)));
    let (object, old_object) = (given("object"), given("oldObject"));
    let Some(root) = object.or(old_object) else {
        return Found { verdict: "error", messages: vec!["the case has no object".to_owned()] };
    };
    let text = |field: &str| root.field(field).and_then(Node::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let plural = plural(kind);
    let resource = Resource { group, version, name: &plural, part: "", kind };
    let requester = requester(given("user"));
    let (name, namespace) = (text("metadata.name"), text("metadata.namespace"));
    let mut review = Review::create(root, resource, name, namespace, &requester);
    review.object = object;
    review.old_object = old_object;
    review.namespace_object = given("namespaceObject");
    review.operation = match given("operation").and_then(Node::as_str) {
        Some("UPDATE") => Operation::Update,
        Some("DELETE") => Operation::Delete,
        Some("CONNECT") => Operation::Connect,
        _ => Operation::Create,
    };
    match policy.matches(&review) {
        Matched::Yes => {}
        Matched::No => return Found { verdict: "skip", messages: Vec::new() },
        Matched::Unknown(reason) => return Found { verdict: "error", messages: vec![reason] },
    }
    let outcome = policy.evaluate(&review, given("params"));
    if outcome.decisions.is_empty() {
        return Found { verdict: "skip", messages: Vec::new() };
    }
    let denied = outcome.decisions.iter().filter(|it| it.is_denied);
    let messages: Vec<String> = denied.clone().map(|it| it.message.clone()).collect();
    let is_error = denied.clone().all(|it| it.verdict == engine::admission_policy::Verdict::Error);
    let verdict = match (messages.is_empty(), is_error) {
        (true, _) => "allow",
        (false, true) => "error",
        (false, false) => "deny",
    };
    Found { verdict, messages }
}

fn requester(user: Option<Node<'_>>) -> Requester {
    let Some(user) = user else { return Requester::default() };
    let groups = user.list("groups").filter_map(Node::as_str).map(str::to_owned).collect();
    let name = user.str("name").unwrap_or_default().to_owned();
    Requester { name, groups, ..Requester::default() }
}

fn as_text(tried: &[Tried], out: &mut impl Write) -> Result<()> {
    for Tried { test, case, wrong, .. } in tried {
        let (test, case) = (harmless(test), harmless(case));
        match wrong {
            None => writeln!(out, "ok      {test}: {case}")?,
            Some(wrong) => writeln!(out, "failed  {test}: {case}: {}", harmless(wrong))?,
        }
    }
    let failed = tried.iter().filter(|tried| tried.wrong.is_some()).count();
    writeln!(out, "{} cases, {failed} failed", tried.len())?;
    Ok(())
}

fn as_json(Tried { test, case, expected, found, wrong }: &Tried) -> Value {
    json!({
        "test": test,
        "case": case,
        "expected": expected,
        "found": found.verdict,
        "messages": found.messages,
        "wrong": wrong,
    })
}
