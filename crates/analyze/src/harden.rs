//! What namespaces lack, as manifests and labels ready to be reviewed.
//!
//! [`plan`] looks at every Namespace of a snapshot together with what runs in it, and writes what
//! is missing so that it can be applied as it is: nothing that is visible in the snapshot stops
//! working by it. What cannot be known is left to a person and told as a [`Note`].
//!
//! A plan of a snapshot that holds what an earlier plan wrote is empty.

mod budget;
mod callers;
mod level;
mod metadata;
mod network;
mod quantity;
mod resources;

use std::collections::{BTreeMap, BTreeSet};

use model::{Edit, Node, Object, ObjectId, Pod, Snapshot, WorldId};

use crate::controls::namespace::is_of_the_system;
use crate::worlds::Worlds;
use crate::{Options, Report};

use callers::Callers;

/// What to write, to change and to tell.
#[derive(Debug, Default)]
pub struct Plan {
    /// New manifests, in the order of their worlds and names.
    pub manifests: Vec<Manifest>,
    /// Changes of Namespace objects that are there.
    pub labels: Vec<Labels>,
    /// What is left to a person.
    pub notes: Vec<Note>,
}

/// Documents of one namespace, or of the whole cluster, for one purpose.
#[derive(Debug)]
pub struct Manifest {
    /// Where the namespace stands.
    pub world: WorldId,
    /// The namespace: a DNS label; none for what holds in several.
    pub namespace: Option<String>,
    /// What the documents are for, a word that can name a file: `network`.
    pub purpose: &'static str,
    /// Comment lines for the head of a new file.
    pub head: String,
    /// The documents, each with a `---` line before it.
    pub documents: String,
}

/// Changes of one Namespace object.
#[derive(Debug)]
pub struct Labels {
    /// The object.
    pub object: ObjectId,
    /// Its name.
    pub namespace: String,
    /// Its edits.
    pub edits: Vec<Edit>,
    /// What they say, for people.
    pub text: String,
}

/// What harden does not do for a namespace, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Note {
    /// The namespace.
    pub namespace: String,
    /// What is left, on one line.
    pub text: String,
}

/// Most objects of one kind in one namespace that are compared with each other.
const COMPARED_MAX: usize = 1_000;

/// What the namespaces of a snapshot lack.
pub fn plan(snapshot: &Snapshot, options: &Options) -> Plan {
    let mut plan = Plan::default();
    let places = places(snapshot);
    let callers = Callers::find(&places);
    let worlds = Worlds::default();
    let mut inhabited: BTreeMap<WorldId, Vec<&str>> = BTreeMap::new();
    for ((world, name), place) in &places {
        let Some((id, namespace)) = place.namespaces.first() else { continue };
        if is_of_the_system(namespace) {
            continue;
        }
        let mut draft = Draft {
            snapshot,
            report: Report::new(snapshot, *world, options, &worlds),
            world: *world,
            name,
            namespace: *namespace,
            place,
            plan: &mut plan,
        };
        if !is_dns_label(name) {
            draft.note("its name is none that Kubernetes takes");
        } else if place.workloads.is_empty() {
            draft.note("nothing of it runs here, so nothing is known of what it needs");
        } else {
            if place.namespaces.len() == 1 {
                level::label(&mut draft, *id);
            } else {
                draft.note("it is given more than once: label the one that holds");
            }
            inhabited.entry(*world).or_default().push(name);
            network::policies(&mut draft, &callers);
            resources::limits(&mut draft);
            budget::budgets(&mut draft);
        }
    }
    for (world, namespaces) in inhabited {
        metadata::close(&mut plan, snapshot, world, options.network_plugin.name, &namespaces);
    }
    plan
}

/// An object that makes pods.
struct Workload<'s> {
    object: Object<'s>,
    pods: Vec<Pod<'s>>,
    /// Whether these are all of its pods.
    is_whole: bool,
}

/// What lies in one namespace.
#[derive(Default)]
struct Place<'s> {
    namespaces: Vec<(ObjectId, Object<'s>)>,
    workloads: Vec<Workload<'s>>,
    services: Vec<Object<'s>>,
    /// Largest number of replicas an autoscaler may ask for, by kind and name of its target.
    scaled: BTreeMap<(&'s str, &'s str), i64>,
    /// Names that are taken, by kind.
    names: BTreeSet<(&'s str, &'s str)>,
    /// Services that callers from outside the pods' network reach: the API server.
    from_outside: BTreeSet<&'s str>,
}

type Places<'s> = BTreeMap<(WorldId, &'s str), Place<'s>>;

fn places(snapshot: &Snapshot) -> Places<'_> {
    let mut places: Places<'_> = BTreeMap::new();
    for id in snapshot.ids() {
        let (world, object) = (snapshot.world(id), snapshot.object(id));
        if object.is("", "Namespace") {
            places.entry((world, object.name)).or_default().namespaces.push((id, object));
            continue;
        }
        for (namespace, service) in network::called_by_the_api_server(&object) {
            places.entry((world, namespace)).or_default().from_outside.insert(service);
        }
        let Some(namespace) = object.namespace else { continue };
        let place = places.entry((world, namespace)).or_default();
        place.names.insert((object.kind, object.name));
        if object.is("", "Service") {
            place.services.push(object);
        } else if object.is("autoscaling", "HorizontalPodAutoscaler") {
            place.scaled.extend(scaled(&object));
        } else {
            let (pods, is_whole) = object.pods_within_limits();
            if !pods.is_empty() || !is_whole {
                place.workloads.push(Workload { object, pods, is_whole });
            }
        }
    }
    places
}

fn scaled<'s>(autoscaler: &Object<'s>) -> Option<((&'s str, &'s str), i64)> {
    let spec = autoscaler.root.get("spec")?;
    let target = spec.get("scaleTargetRef")?;
    Some(((target.str("kind")?, target.str("name")?), spec.int("maxReplicas")?))
}

/// What is being written for one namespace.
struct Draft<'s, 'p> {
    snapshot: &'s Snapshot,
    report: Report<'s>,
    world: WorldId,
    name: &'s str,
    namespace: Object<'s>,
    place: &'p Place<'s>,
    plan: &'p mut Plan,
}

impl Draft<'_, '_> {
    fn note(&mut self, text: impl Into<String>) {
        let (namespace, text) = (one_line(self.name), one_line(&text.into()));
        self.plan.notes.push(Note { namespace, text });
    }

    fn manifest(&mut self, purpose: &'static str, what: &str, documents: &[String]) {
        if documents.is_empty() {
            return;
        }
        let head = format!(
            "# {what} of namespace {}, written by `bollwerk harden`.\n\
             # Review it before you apply it. From then on it is yours: bollwerk adds what is \
             missing\n# and changes nothing that is there.\n",
            self.name
        );
        let documents = documents.iter().map(|document| format!("---\n{document}")).collect();
        let (world, namespace) = (self.world, Some(self.name.to_owned()));
        self.plan.manifests.push(Manifest { world, namespace, purpose, head, documents });
    }

    /// A name for a new object that no object of its kind has.
    fn free_name(&self, kind: &str, wished: &str, given: &mut BTreeSet<String>) -> String {
        let wished = &wished[..wished.len().min(NAME_BYTES_MAX)];
        let wished = wished.trim_end_matches(['-', '.']);
        let is_taken =
            |name: &str| self.place.names.contains(&(kind, name)) || given.contains(name);
        let numbered = (2..).map(|number: u32| format!("{wished}-{number}"));
        let mut names = std::iter::once(wished.to_owned()).chain(numbered);
        let name = names.find(|name| !is_taken(name)).unwrap_or_default();
        given.insert(name.clone());
        name
    }
}

/// Longest name that is asked for: it leaves place for a number.
const NAME_BYTES_MAX: usize = 240;

/// Whether a text is a DNS label (RFC 1123), as the name of a namespace must be.
fn is_dns_label(text: &str) -> bool {
    is_dns_name(text) && text.len() <= 63 && !text.contains('.')
}

/// Whether a text may be the name of most objects: a DNS subdomain.
fn is_dns_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    !text.is_empty()
        && text.len() <= 253
        && text.bytes().all(|byte| plain(byte) || byte == b'-' || byte == b'.')
        && text.starts_with(|char: char| char.is_ascii_alphanumeric())
        && text.ends_with(|char: char| char.is_ascii_alphanumeric())
}

/// A text that stays on its line, in a comment as on a terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect()
}

/// A map of texts on one line; none when it is empty or holds something else.
fn flow_map(map: Node<'_>) -> Option<String> {
    let mut entries = Vec::new();
    for (key, value) in map.entries() {
        entries.push(format!("{}: {}", yaml::edit::text(key), yaml::edit::text(value.as_str()?)));
    }
    (!entries.is_empty()).then(|| format!("{{{}}}", entries.join(", ")))
}

#[cfg(test)]
mod tests;
