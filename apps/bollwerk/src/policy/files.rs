//! The files that test suites name, and one question to a policy about them.

use std::path::{Component, Path};

use analyze::admission_policy::plural;
use engine::admission_policy::{
    Certainty, Matched, Operation, Policy, Requester, Resource, Review, Verdict,
};
use model::{DigestKey, Node, Redactions};
use serde_json::Value;

use super::test::Found;

/// Files that one entry of a suite may stand for: a folder's.
const FILES_MAX: usize = 1000;

/// The documents of a file, or of the files of a folder, that a suite in `folder` names. An error
/// says why they are not known.
pub(super) fn documents(folder: &Path, name: &str) -> Result<Vec<Value>, String> {
    let path = Path::new(name);
    let is_local = path
        .components()
        .all(|it| matches!(it, Component::Normal(_) | Component::CurDir | Component::ParentDir));
    if name.is_empty() || !is_local || name.contains("://") {
        return Err(format!("`{name}` is no path beside the suite"));
    }
    let path = folder.join(path);
    if !path.is_dir() {
        return read(&path);
    }
    let entries = std::fs::read_dir(&path).map_err(|error| format!("`{name}`: {error}"))?;
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let is_yaml = |path: &Path| {
        path.extension().is_some_and(|it| ["yaml", "yml", "json"].iter().any(|known| it == *known))
    };
    files.retain(|path| is_yaml(path));
    files.sort();
    if files.len() > FILES_MAX {
        return Err(format!("`{name}` holds more than {FILES_MAX} files"));
    }
    let mut all = Vec::new();
    for file in files {
        all.append(&mut read(&file)?);
    }
    Ok(all)
}

fn read(path: &Path) -> Result<Vec<Value>, String> {
    let shown = path.display();
    let limits = yaml::Limits::default();
    let size = std::fs::metadata(path).map_err(|error| format!("{shown}: {error}"))?.len();
    if size > limits.bytes as u64 {
        return Err(format!("{shown} is larger than {} bytes", limits.bytes));
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let mut all = Vec::new();
    for document in yaml::Stream::yaml(&text, &limits).documents() {
        let document = document.map_err(|error| format!("{shown}: {}", error.message))?;
        let mut json = String::new();
        document.root().write_json(&mut json);
        let value: Value =
            serde_json::from_str(&json).map_err(|error| format!("{shown}: {error}"))?;
        match value["items"].as_array() {
            Some(items) if value["kind"].as_str().is_some_and(|it| it.ends_with("List")) => {
                all.extend(items.iter().cloned());
            }
            _ if value.is_object() => all.push(value),
            _ => {}
        }
    }
    Ok(all)
}

/// A text of a document; empty where there is none.
pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The texts of a list.
pub(super) fn texts<'v>(value: &'v Value, key: &str) -> Vec<&'v str> {
    value[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What a policy is asked about.
#[derive(Default)]
pub(super) struct Request {
    pub(super) object: Value,
    pub(super) old_object: Value,
    pub(super) namespace: Value,
    pub(super) params: Value,
    pub(super) operation: String,
    pub(super) user: Option<Requester>,
}

/// Reads the policy of a name and a `spec`, as a `ValidatingAdmissionPolicy` has it.
pub(super) fn policy(name: &str, spec: &Value) -> Option<Policy> {
    with_node(spec, |node| node.map(|node| Policy::of(name, Some(node))))
}

/// Asks it.
pub(super) fn ask(policy: &Policy, request: &Request) -> Found {
    with_node(&request.object, |object| {
        with_node(&request.old_object, |old| {
            with_node(&request.namespace, |namespace| {
                with_node(&request.params, |params| {
                    judge(policy, request, (object, old), namespace, params)
                })
            })
        })
    })
}

fn judge<'a>(
    policy: &'a Policy,
    request: &Request,
    (object, old_object): (Option<Node<'a>>, Option<Node<'a>>),
    namespace_object: Option<Node<'a>>,
    params: Option<Node<'a>>,
) -> Found {
    let Some(root) = object.or(old_object) else {
        return Found::unknown("the case has no object".to_owned());
    };
    let text = |field: &str| root.field(field).and_then(Node::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let plural = plural(kind);
    let resource = Resource::of(api_version, kind, &plural);
    let mut review =
        Review::create(root, resource, text("metadata.name"), text("metadata.namespace"));
    (review.object, review.old_object) = (object, old_object);
    (review.namespace_object, review.requester) = (namespace_object, request.user.as_ref());
    review.operation = match &*request.operation {
        "UPDATE" => Operation::Update,
        "DELETE" => Operation::Delete,
        "CONNECT" => Operation::Connect,
        _ => Operation::Create,
    };
    outcome(policy, &review, params)
}

/// What a policy says of a request, as tests tell it.
pub(super) fn outcome<'a>(
    policy: &'a Policy,
    review: &'a Review<'a>,
    params: Option<Node<'a>>,
) -> Found {
    match policy.matches(review) {
        Matched::Yes => {}
        Matched::No => return Found::of("skip"),
        Matched::Unknown(reason) => return Found::unknown(reason),
    }
    let outcome = policy.evaluate(review, params);
    if outcome.decisions.is_empty() {
        return Found::of("skip");
    }
    let denied = outcome.decisions.iter().filter(|it| it.is_denied);
    let unknown = denied.clone().find(|it| it.certainty == Certainty::Unknown);
    let messages: Vec<String> = denied.clone().map(|it| it.message.clone()).collect();
    let is_error = denied.clone().all(|it| it.verdict == Verdict::Error);
    let verdict = match (messages.is_empty(), is_error) {
        (true, _) => "allow",
        (false, true) => "error",
        (false, false) => "deny",
    };
    // What is denied for certain stays so, whatever else is not known.
    let gap = unknown.filter(|_| is_error).map(|it| it.message.clone());
    Found { verdict, messages, gap }
}

/// Calls `then` with JSON as a node; none for what is no map. Credentials in it are not kept.
fn with_node<T>(json: &Value, then: impl FnOnce(Option<Node<'_>>) -> T) -> T {
    if !json.is_object() {
        return then(None);
    }
    let text = json.to_string();
    let stream = yaml::Stream::json(&text, &yaml::Limits::default());
    let Some(Ok(document)) = stream.documents().next() else { return then(None) };
    // Digests are compared with nothing here.
    let redactions = Redactions::find(document.root(), &DigestKey::new(&[0; 32]));
    then(Some(Node::tree(document.root(), &redactions)))
}
