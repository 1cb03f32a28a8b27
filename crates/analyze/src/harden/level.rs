//! Pod Security labels: the strictest level that everything in a namespace passes.

use engine::pod_security::{self as standards, Level, Version};
use model::shape::mismatches;
use model::{Edit, Node, ObjectId, Path};

use super::{Draft, Labels};

const PREFIX: &str = "pod-security.kubernetes.io/";

/// How many versions a pinned version may be behind (see `pod-security-version-outdated`).
const VERSIONS_BEHIND_MAX: u32 = 3;

/// Labels the namespace: `enforce` with what all its pods pass, where nothing or nothing of worth
/// is enforced; `warn` and `audit` with the strictest level, where they are not set.
pub(super) fn label(draft: &mut Draft<'_, '_>, id: ObjectId) {
    let minor = draft.snapshot.version.minor.min(Version::NEWEST_MINOR);
    let version = Version::V1(minor);
    let labels = draft.namespace.root.field("metadata.labels");
    let label = |name: &str| labels.and_then(|it| it.get_or_null(&format!("{PREFIX}{name}")));
    let mut wanted: Vec<(String, String)> = Vec::new();
    let mut set = |mode: &str, level: Level| {
        wanted.push((format!("{PREFIX}{mode}"), level.to_string()));
        wanted.push((format!("{PREFIX}{mode}-version"), version.to_string()));
    };
    let enforced = label("enforce").map(|level| level.as_str().unwrap_or_default());
    let passes = strictest(draft, version);
    let mut note = None;
    match (enforced, &passes) {
        (None | Some("privileged"), Ok(level)) => set("enforce", *level),
        (None | Some("privileged"), Err(reason)) => {
            note = Some(format!("no Pod Security level can be enforced: {reason}"));
        }
        (Some(level), Ok(passed)) if is_outdated(label("enforce-version"), minor) => {
            if level.parse::<Level>().is_ok_and(|level| level <= *passed) {
                let key = format!("{PREFIX}enforce-version");
                wanted.push((key, version.to_string()));
            }
        }
        _ => {}
    }
    for mode in ["warn", "audit"] {
        if label(mode).is_none() {
            wanted.push((format!("{PREFIX}{mode}"), Level::Restricted.to_string()));
            wanted.push((format!("{PREFIX}{mode}-version"), version.to_string()));
        }
    }
    if let Some(note) = note {
        draft.note(note);
    }
    if wanted.is_empty() {
        return;
    }
    let shown: Vec<String> = wanted
        .iter()
        .map(|(key, value)| format!("{}={value}", key.strip_prefix(PREFIX).unwrap_or(key)))
        .collect();
    let edits = edits(labels, wanted);
    let namespace = draft.name.to_owned();
    draft.plan.labels.push(Labels { object: id, namespace, edits, text: shown.join(" ") });
}

/// Where there is no map of labels yet, it is set as a whole.
fn edits(labels: Option<Node<'_>>, wanted: Vec<(String, String)>) -> Vec<Edit> {
    let at = Path::root().field("metadata.labels");
    if labels.is_some_and(|labels| labels.entries().next().is_some()) {
        let set = |(key, value): (String, String)| Edit::Set {
            at: at.clone().key(&key),
            value: format!("\"{value}\"").into(),
        };
        return wanted.into_iter().map(set).collect();
    }
    let entries: Vec<String> =
        wanted.iter().map(|(key, value)| format!("\"{key}\":\"{value}\"")).collect();
    vec![Edit::Set { at, value: format!("{{{}}}", entries.join(",")).into() }]
}

fn is_outdated(version: Option<Node<'_>>, minor: u32) -> bool {
    let pinned = version.and_then(Node::as_str).and_then(|text| text.strip_prefix("v1."));
    let pinned = pinned.and_then(|text| text.parse::<u32>().ok());
    pinned.is_some_and(|pinned| pinned.saturating_add(VERSIONS_BEHIND_MAX) < minor)
}

/// The strictest level above `privileged` that every pod of the namespace passes, or what keeps
/// it from one.
fn strictest(draft: &Draft<'_, '_>, version: Version) -> Result<Level, String> {
    let mut level = Level::Restricted;
    for workload in &draft.place.workloads {
        let object = &workload.object;
        if !workload.is_whole || !mismatches(object).is_empty() {
            return Err(format!("{} `{}` cannot be judged", object.kind, object.name));
        }
        for pod in &workload.pods {
            if let Some(violation) = standards::judge(pod, Level::Baseline, version).first() {
                let (kind, name) = (object.kind, object.name);
                return Err(format!("{kind} `{name}` is refused ({})", violation.reason));
            }
            if level == Level::Restricted
                && !standards::judge(pod, Level::Restricted, version).is_empty()
            {
                level = Level::Baseline;
            }
        }
    }
    Ok(level)
}
