//! Finds pod templates by their shape, in any kind.

use crate::{Node, Object, Path, Pod, cloud};

/// Deepest place a template is looked for; RayCluster, JobSet and the like stay below ten.
const DEPTH_MAX: usize = 64;
/// Most nodes looked at in one object, more than fit into the 1.5 MiB that etcd takes.
const NODES_MAX: usize = 1_000_000;
/// Most templates taken from one object.
const TEMPLATES_MAX: usize = 1_000;

/// Built-in kinds with one template in a known place: taken even when it is incomplete (a patch
/// that names no image).
const KNOWN: &[(&str, &str, &str)] = &[
    ("apps", "DaemonSet", "spec.template"),
    ("apps", "Deployment", "spec.template"),
    ("apps", "ReplicaSet", "spec.template"),
    ("apps", "StatefulSet", "spec.template"),
    ("batch", "CronJob", "spec.jobTemplate.spec.template"),
    ("batch", "Job", "spec.template"),
    ("extensions", "DaemonSet", "spec.template"),
    ("extensions", "Deployment", "spec.template"),
    ("extensions", "ReplicaSet", "spec.template"),
    ("", "PodTemplate", "template"),
    ("", "ReplicationController", "spec.template"),
];

/// Kinds of Kubernetes' own that hold no pods: their trees are not searched (a ConfigMap may hold
/// anything, a CustomResourceDefinition describes templates without being one).
const NO_PODS: &[&str] = &["ConfigMap", "Secret", "CustomResourceDefinition"];

/// The pods an object makes, in the order written, and whether all of it was searched.
pub(crate) fn pods<'a>(object: &Object<'a>) -> (Vec<Pod<'a>>, bool) {
    if object.is("", "Pod") {
        let spec = object.root.get("spec").filter(|spec| spec.is_map());
        let pod = spec.map(|spec| Pod::new(*object, Path::root(), object.root, spec));
        return (pod.into_iter().collect(), true);
    }
    if cloud::is_resource(object) {
        return (Vec::new(), true);
    }
    let known = KNOWN.iter().find(|(group, kind, _)| object.is(group, kind));
    if let Some((_, _, path)) = known {
        let path = Path::root().field(path);
        let template = path.resolve(object.root);
        let pod = template
            .and_then(|template| Some((template, template.get("spec")?)))
            .filter(|(_, spec)| spec.is_map())
            .map(|(template, spec)| Pod::new(*object, path, template, spec));
        return (pod.into_iter().collect(), true);
    }
    if NO_PODS.contains(&object.kind) {
        return (Vec::new(), true);
    }
    let mut search =
        Search { object, found: Vec::new(), nodes: 0, is_whole: true, path: Vec::new() };
    for (key, value) in object.root.entries() {
        if !matches!(key, "metadata" | "status" | "apiVersion" | "kind") {
            search.below(Step::Key(key), value);
        }
    }
    (search.found, search.is_whole)
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

struct Search<'o, 'a> {
    object: &'o Object<'a>,
    found: Vec<Pod<'a>>,
    nodes: usize,
    is_whole: bool,
    path: Vec<Step<'a>>,
}

impl<'a> Search<'_, 'a> {
    fn below(&mut self, step: Step<'a>, node: Node<'a>) {
        self.nodes += 1;
        if self.path.len() >= DEPTH_MAX
            || self.nodes > NODES_MAX
            || self.found.len() >= TEMPLATES_MAX
        {
            self.is_whole = false;
            return;
        }
        self.path.push(step);
        if node.is_map() {
            if let Some(spec) = template_spec(node) {
                self.found.push(Pod::new(*self.object, self.path(), node, spec));
            } else {
                for (key, value) in node.entries() {
                    self.below(Step::Key(key), value);
                }
            }
        } else {
            for (index, item) in node.items().enumerate() {
                self.below(Step::Index(index), item);
            }
        }
        self.path.pop();
    }

    fn path(&self) -> Path {
        self.path.iter().fold(Path::root(), |path, step| match step {
            Step::Key(key) => path.key(key),
            Step::Index(index) => path.index(*index),
        })
    }
}

/// The `spec` of a node that is a pod template: a list of containers, one of which at least has
/// an image. (Operators take *patches* of templates too, without images: what pod they make is
/// not known, so they are not judged.)
fn template_spec(node: Node<'_>) -> Option<Node<'_>> {
    let spec = node.get("spec")?;
    let containers = spec.get("containers")?;
    let is_container = |item: Node<'_>| item.str("image").is_some() && item.str("name").is_some();
    (containers.is_list() && containers.items().any(is_container)).then_some(spec)
}
