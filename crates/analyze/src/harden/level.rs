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
    let namespace = draft.namespace;
    let labels = namespace.root.field("metadata.labels");
    let label = |name: &str| labels.and_then(|it| it.get_or_null(&format!("{PREFIX}{name}")));
    let with_version = |mode: &str, level: Level| {
        let version = (format!("{PREFIX}{mode}-version"), version.to_string());
        [(format!("{PREFIX}{mode}"), level.to_string()), version]
    };
    let mut wanted: Vec<(String, String)> = Vec::new();
    let enforced = label("enforce").map(|level| level.as_str().unwrap_or_default());
    let strictest = strictest(draft, version);
    if matches!(enforced, None | Some("privileged")) {
        match strictest {
            Ok(level) => wanted.extend(with_version("enforce", level)),
            Err(reason) => {
                draft.note(format!("no Pod Security level can be enforced: {reason}"));
            }
        }
    } else if let (Some(Ok(level)), Ok(strictest)) = (enforced.map(str::parse::<Level>), strictest)
        && level <= strictest
        && is_outdated(label("enforce-version"), minor)
    {
        wanted.push((format!("{PREFIX}enforce-version"), version.to_string()));
    }
    for mode in ["warn", "audit"] {
        if label(mode).is_none() {
            wanted.extend(with_version(mode, Level::Restricted));
        }
    }
    if wanted.is_empty() {
        return;
    }
    let shown: Vec<String> = wanted
        .iter()
        .map(|(key, value)| format!("{}={value}", key.strip_prefix(PREFIX).unwrap_or(key)))
        .collect();
    let edits = edits(labels, wanted);
    let (namespace, text) = (draft.name.to_owned(), shown.join(" "));
    draft.plan.labels.push(Labels { object: id, namespace, edits, text });
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
        if !workload.is_whole || !mismatches(object, &workload.pods).is_empty() {
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
