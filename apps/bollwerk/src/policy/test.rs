//! `bollwerk policy test`: policies on objects, and what is expected of them.

use std::io::Write;

use std::path::Path;

use analyze::admission_policy::plural;
use anyhow::Result;
use engine::admission_policy::{Operation, Policy, Requester, Resource, Review};
use model::{Node, Object, ObjectId, Snapshot, WorldId};
use report::harmless;
use serde_json::{Value, json};

use super::{GROUP, Read, code, files, gator, kyverno, read};
use crate::arguments::{ListFormat, PolicyArguments};

/// A case with what came of it.
pub(super) struct Tried {
    pub(super) test: String,
    pub(super) case: String,
    pub(super) expected: String,
    pub(super) found: Found,
    /// What is not as expected; none when it all is.
    pub(super) wrong: Option<String>,
}

/// What a policy says.
pub(super) struct Found {
    /// `allow`, `deny`, `error`, `skip` or `unknown`.
    pub(super) verdict: &'static str,
    pub(super) messages: Vec<String>,
    /// Why it is not known what it says.
    pub(super) gap: Option<String>,
}

impl Found {
    /// A verdict without a message.
    pub(super) fn of(verdict: &'static str) -> Self {
        Self { verdict, messages: Vec::new(), gap: None }
    }

    /// No verdict.
    pub(super) fn unknown(reason: String) -> Self {
        Self { verdict: "unknown", messages: Vec::new(), gap: Some(reason) }
    }
}

impl Tried {
    /// A case of which nothing is known.
    pub(super) fn gap(test: &str, case: &str, reason: String) -> Self {
        let (test, case) = (test.to_owned(), case.to_owned());
        Self { test, case, expected: String::new(), found: Found::unknown(reason), wrong: None }
    }
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
        let run = match (object.group(), object.kind) {
            ("cli.kyverno.io", "Test") => kyverno::run,
            ("test.gatekeeper.sh", "Suite") => gator::run,
            _ => continue,
        };
        run_suite(&snapshot, id, run, &mut tried);
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
    let is_known = tried.iter().all(|tried| tried.found.gap.is_none());
    Ok(code(is_wrong, is_whole && is_known && !tried.is_empty()))
}

/// Runs a suite of another program, which names files beside its own.
fn run_suite(
    snapshot: &Snapshot,
    id: ObjectId,
    run: fn(&Path, &Value, &mut Vec<Tried>),
    tried: &mut Vec<Tried>,
) {
    let (origin, object) = (snapshot.origin(id), snapshot.object(id));
    let Some(file) = snapshot.files.get(origin.file as usize).map(Path::new) else { return };
    let (folder, shown) = (file.parent().unwrap_or(Path::new(".")), file.display().to_string());
    // The file again, as what is judged is not kept as a whole.
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_it = |it: &Value| {
        files::text(it, "/kind") == object.kind && files::text(it, "/metadata/name") == object.name
    };
    let suite = files::documents(folder, name).map(|all| all.into_iter().find(is_it));
    match suite {
        Ok(Some(suite)) => run(folder, &suite, tried),
        Ok(None) => tried.push(Tried::gap(&shown, "all", "it has changed meanwhile".to_owned())),
        Err(reason) => tried.push(Tried::gap(&shown, "all", reason)),
    }
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
                let found = Found::of("error");
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
        let messages = vec!["the case has no object".to_owned()];
        return Found { verdict: "error", messages, gap: None };
    };
    let text = |field: &str| root.field(field).and_then(Node::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let plural = plural(kind);
    let resource = Resource::of(api_version, kind, &plural);
    let requester = requester(given("user"));
    let (name, namespace) = (text("metadata.name"), text("metadata.namespace"));
    let mut review = Review::create(root, resource, name, namespace);
    review.requester = requester.as_ref();
    review.object = object;
    review.old_object = old_object;
    review.namespace_object = given("namespaceObject");
    review.operation = match given("operation").and_then(Node::as_str) {
        Some("UPDATE") => Operation::Update,
        Some("DELETE") => Operation::Delete,
        Some("CONNECT") => Operation::Connect,
        _ => Operation::Create,
    };
    let found = files::outcome(policy, &review, given("params"));
    // In a test of our own, what has no answer is an error that can be expected.
    match found.gap {
        None => found,
        Some(reason) => Found { verdict: "error", messages: vec![reason], gap: None },
    }
}

fn requester(user: Option<Node<'_>>) -> Option<Requester> {
    let user = user?;
    let groups = user.list("groups").filter_map(Node::as_str).map(str::to_owned).collect();
    let name = user.str("name").unwrap_or_default().to_owned();
    Some(Requester { name, groups, ..Requester::default() })
}

fn as_text(tried: &[Tried], out: &mut impl Write) -> Result<()> {
    for Tried { test, case, wrong, found, .. } in tried {
        let (test, case) = (harmless(test), harmless(case));
        match (wrong, &found.gap) {
            (Some(wrong), _) => writeln!(out, "failed  {test}: {case}: {}", harmless(wrong))?,
            (None, Some(gap)) => writeln!(out, "unknown {test}: {case}: {}", harmless(gap))?,
            (None, None) => writeln!(out, "ok      {test}: {case}")?,
        }
    }
    let failed = tried.iter().filter(|tried| tried.wrong.is_some()).count();
    let unknown = tried.iter().filter(|tried| tried.found.gap.is_some()).count();
    let more = if unknown > 0 { format!(", {unknown} not known") } else { String::new() };
    writeln!(out, "{} cases, {failed} failed{more}", tried.len())?;
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
        "gap": found.gap,
    })
}
