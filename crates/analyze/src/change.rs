//! What a change of manifests does, object by object: of pods what is effective, of all else the
//! fields.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use model::change::{Change, ChangeKind, SettingChange};
use model::{Container, Identity, Node, Object, ObjectId, Pod, Profile, Snapshot, Value};

/// Most differences told of one object.
const SETTINGS_MAX: usize = 40;
/// Longest value told, in characters.
const VALUE_CHARS_MAX: usize = 80;
/// Most fields of one object that are compared.
const FIELDS_MAX: usize = 20_000;
/// Longest path of a field that is compared, in bytes.
const PATH_BYTES_MAX: usize = 1 << 10;

/// The objects that differ, by kind of change and name. Objects are told apart by group, kind,
/// namespace and name; of several copies the first is compared with the first, and so on.
/// `same_key` says whether both keep the digests of credentials by one key; without it, whether a
/// credential differs is not known and not told.
pub fn changes(old: &Snapshot, new: &Snapshot, same_key: bool) -> Vec<Change> {
    let mut before: HashMap<(Key<'_>, usize), ObjectId> = HashMap::new();
    let mut copies: HashMap<Key<'_>, usize> = HashMap::new();
    for id in old.ids() {
        let key = key(old.object(id).identity());
        let copy = copies.entry(key.clone()).or_default();
        before.insert((key, *copy), id);
        *copy += 1;
    }
    let mut found = Vec::new();
    let mut copies: HashMap<Key<'_>, usize> = HashMap::new();
    for id in new.ids() {
        let key = key(new.object(id).identity());
        let copy = copies.entry(key.clone()).or_default();
        let other = before.remove(&(key, *copy));
        *copy += 1;
        let change = match other {
            None => Some(whole(new, id, ChangeKind::Added)),
            Some(other) => compare((old, other), (new, id), same_key),
        };
        found.extend(change);
    }
    found.extend(before.into_values().map(|id| whole(old, id, ChangeKind::Removed)));
    found.sort_by(|a, b| (a.kind, &a.object, &a.file).cmp(&(b.kind, &b.object, &b.file)));
    found
}

/// An identity with its name as it is compared.
type Key<'a> = (Identity<'a>, Cow<'a, str>);

fn key(identity: Identity<'_>) -> Key<'_> {
    (Identity { name: "", ..identity }, identity.compared_name())
}

fn whole(snapshot: &Snapshot, id: ObjectId, kind: ChangeKind) -> Change {
    let object = snapshot.object(id).identity().to_string();
    Change { object, kind, file: file(snapshot, id), settings: Vec::new(), more: 0 }
}

fn file(snapshot: &Snapshot, id: ObjectId) -> String {
    snapshot.files.get(snapshot.origin(id).file as usize).cloned().unwrap_or_default()
}

/// Settings by name.
#[derive(Default)]
struct Settings {
    named: BTreeMap<String, Told>,
    /// Whether a limit left some out.
    is_cut: bool,
}

/// A value, to be compared and told.
#[derive(Clone, PartialEq, Eq)]
enum Told {
    Text(String),
    /// A credential, by its digest: never shown.
    Secret(u64),
}

impl Told {
    fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }

    fn show(&self) -> String {
        match self {
            Self::Secret(_) => "********".to_owned(),
            Self::Text(text) if text.chars().nth(VALUE_CHARS_MAX).is_none() => text.clone(),
            Self::Text(text) => text.chars().take(VALUE_CHARS_MAX).chain(['…']).collect(),
        }
    }
}

fn compare(
    (old_snapshot, old): (&Snapshot, ObjectId),
    (new_snapshot, new): (&Snapshot, ObjectId),
    same_key: bool,
) -> Option<Change> {
    let (before, after) = (old_snapshot.object(old), new_snapshot.object(new));
    let (before, after) = (settings(&before), settings(&after));
    let is_cut = before.is_cut || after.is_cut;
    let mut after = after.named;
    let mut differing = Vec::new();
    for (name, was) in before.named {
        let is = after.remove(&name);
        let unknown = !same_key && was.is_secret() && is.as_ref().is_some_and(Told::is_secret);
        if is.as_ref() != Some(&was) && !unknown {
            let (old, new) = (Some(was.show()), is.as_ref().map(Told::show));
            differing.push(SettingChange { name, old, new });
        }
    }
    let added = after.into_iter();
    differing.extend(added.map(|(name, is)| SettingChange {
        name,
        old: None,
        new: Some(is.show()),
    }));
    if is_cut {
        let name = "beyond what is compared".to_owned();
        differing.push(SettingChange { name, old: None, new: None });
    }
    if differing.is_empty() {
        return None;
    }
    differing.sort_by(|a, b| a.name.cmp(&b.name));
    let more = differing.len().saturating_sub(SETTINGS_MAX);
    differing.truncate(SETTINGS_MAX);
    let change = whole(new_snapshot, new, ChangeKind::Changed);
    Some(Change { settings: differing, more, ..change })
}

/// What answers depend on, by name.
fn settings(object: &Object<'_>) -> Settings {
    let mut settings = Settings::default();
    let pods = object.pods();
    for pod in &pods {
        let prefix = if pods.len() > 1 { format!("{}: ", pod.template) } else { String::new() };
        of_pod(pod, &prefix, &mut settings);
    }
    if pods.is_empty() {
        fields(object.root, &mut String::new(), &mut settings);
    }
    settings
}

fn of_pod(pod: &Pod<'_>, prefix: &str, settings: &mut Settings) {
    let mut set = |name: &str, value: String| {
        settings.named.insert(format!("{prefix}{name}"), Told::Text(value));
    };
    set("host network", pod.host_network().to_string());
    set("host processes", pod.host_pid().to_string());
    set("host IPC", pod.host_ipc().to_string());
    set("service account", pod.service_account_name().to_owned());
    if let Some(mounted) = pod.spec.bool("automountServiceAccountToken") {
        set("token mounted", mounted.to_string());
    }
    for volume in pod.volumes() {
        if let Some(path) = volume.host_path() {
            set(&format!("volume {}", volume.name()), format!("host path {path}"));
        }
    }
    for container in pod.containers() {
        let name = format!("container {}: ", container.name());
        of_container(&container, &mut |what, value| set(&format!("{name}{what}"), value));
    }
}

fn of_container(container: &Container<'_>, set: &mut dyn FnMut(&str, String)) {
    set("image", container.image().to_owned());
    set("privileged", container.privileged().to_string());
    set("may gain privileges", container.allows_privilege_escalation().to_string());
    set("read-only root", container.read_only_root_filesystem().to_string());
    if let Some(user) = container.run_as_user() {
        set("user", user.value.to_string());
    }
    if let Some(group) = container.run_as_group() {
        set("group", group.value.to_string());
    }
    if let Some(non_root) = container.run_as_non_root() {
        set("must not be root", non_root.value.to_string());
    }
    let list = |capabilities: &mut dyn Iterator<Item = (usize, &str)>| {
        let mut names: Vec<&str> = capabilities.map(|(_, name)| name).collect();
        names.sort_unstable();
        names.join(", ")
    };
    set("capabilities added", list(&mut container.added_capabilities()));
    set("capabilities dropped", list(&mut container.dropped_capabilities()));
    if let Some(profile) = container.seccomp() {
        set("seccomp", profile_name(profile.value));
    }
    if let Some(profile) = container.app_armor() {
        set("AppArmor", profile_name(profile.value));
    }
    if let Some(mount) = container.proc_mount() {
        set("/proc", mount.to_owned());
    }
    for resource in ["cpu", "memory"] {
        if let Some(limit) = container.limit(resource).and_then(scalar) {
            set(&format!("{resource} limit"), limit.show());
        }
    }
    for port in container.ports() {
        let number = port.node.int("containerPort").unwrap_or(0);
        let host = match port.host_port {
            0 => String::new(),
            host => format!(", on the host {host}"),
        };
        set(&format!("port {number}"), format!("open{host}"));
    }
}

fn profile_name(profile: Profile<'_>) -> String {
    match profile {
        Profile::Unconfined => "unconfined".to_owned(),
        Profile::RuntimeDefault => "runtime default".to_owned(),
        Profile::Localhost(name) => format!("localhost {}", name.unwrap_or_default()),
        Profile::Other(name) => name.unwrap_or("unknown").to_owned(),
    }
}

/// Fields that say nothing about what an object does.
const QUIET: &[&str] = &["status", "metadata"];
/// Parts of the metadata that controllers and admission act on.
const HEARD: &[&str] = &["labels", "annotations", "finalizers"];

/// Scalar fields below `node` by their path, items of lists by their place. As deep as the reader
/// reads.
fn fields(node: Node<'_>, path: &mut String, settings: &mut Settings) {
    if settings.named.len() >= FIELDS_MAX || path.len() > PATH_BYTES_MAX {
        settings.is_cut = true;
        return;
    }
    if let Some(told) = scalar(node) {
        settings.named.insert(path.clone(), told);
        return;
    }
    let length = path.len();
    for (key, value) in node.entries() {
        if length == 0 && QUIET.contains(&key) {
            let heard = HEARD.iter().filter(|_| key == "metadata");
            for name in heard {
                if let Some(part) = value.get(name) {
                    path.push_str(&format!("metadata.{name}"));
                    fields(part, path, settings);
                    path.truncate(length);
                }
            }
            continue;
        }
        let dot = if length == 0 { "" } else { "." };
        path.push_str(&format!("{dot}{key}"));
        fields(value, path, settings);
        path.truncate(length);
    }
    for (index, item) in node.items().enumerate() {
        path.push_str(&format!("[{index}]"));
        fields(item, path, settings);
        path.truncate(length);
    }
}

/// A value; none for maps and lists that hold something. Texts that the snapshot does not keep
/// are compared by their length.
fn scalar(node: Node<'_>) -> Option<Told> {
    let text = match node.value() {
        Value::Null => "null".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Float(float) => float.to_string(),
        Value::String(text) => text.to_owned(),
        Value::Elided(bytes) => format!("a text of {bytes} bytes"),
        Value::Redacted(redacted) => return Some(Told::Secret(redacted.digest)),
        Value::Map if node.entries().next().is_none() => "{}".to_owned(),
        Value::List if node.items().next().is_none() => "[]".to_owned(),
        Value::Map | Value::List => return None,
    };
    Some(Told::Text(text))
}
