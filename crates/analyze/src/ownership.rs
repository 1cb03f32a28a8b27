//! What controllers make is what they say: a pod of a Deployment need not be told of again.
//!
//! In a cluster an object stands beside those that its controller made of it, by
//! `metadata.ownerReferences` with `controller: true`
//! (`k8s.io/apimachinery/pkg/apis/meta/v1`, `OwnerReference`). A finding that the owner has at
//! the same field of the same template is the owner's alone. What only the made object has (a
//! webhook added a container) stays: it is true of what runs.

use std::collections::{HashMap, HashSet};

use model::{Finding, ItemNames, Node, Object, ObjectId, Path, Snapshot, WorldId};

/// Longest chain of owners that is followed: a pod, its `Job`, its `CronJob`, and what made that.
const OWNERS_MAX: usize = 8;

/// A world, a kind, a namespace and a name.
type Key<'a> = (WorldId, &'a str, Option<&'a str>, &'a str);

/// What a finding says of a template: the control, and the field below the pod.
type Said = (&'static str, String);

/// Leaves out the findings that an object's owner has too, and those of a `ReplicaSet` that
/// makes no pods any more.
pub fn told_once(findings: Vec<Finding>, snapshot: &Snapshot) -> Vec<Finding> {
    let owners = owners(snapshot);
    if owners.is_empty() {
        return findings;
    }
    let related: HashSet<ObjectId> =
        owners.iter().flat_map(|(made, owner)| [*made, *owner]).collect();
    let mut said: HashMap<ObjectId, HashSet<Said>> = HashMap::new();
    let mut templates: HashMap<ObjectId, Templates> = HashMap::new();
    let mut all = Vec::with_capacity(findings.len());
    for finding in findings {
        let Some(id) = finding.object.filter(|id| related.contains(id)) else {
            all.push((finding, None));
            continue;
        };
        let object = snapshot.object(id);
        let templates = templates.entry(id).or_insert_with(|| Templates::of(&object));
        let own = templates.relative(&object, &finding);
        said.entry(id).or_default().extend(own.clone());
        all.push((finding, own));
    }
    let is_told = |finding: &Finding, own: &Option<Said>| {
        let Some(id) = finding.object.filter(|id| owners.contains_key(id)) else { return false };
        let is_idle = snapshot.object(id).root.field("spec.replicas");
        if is_idle.is_some_and(|it| it.value() == model::Value::Int(0)) {
            return true;
        }
        let Some(own) = own else { return false };
        let above = std::iter::successors(owners.get(&id), |id| owners.get(*id));
        above.take(OWNERS_MAX).any(|owner| said.get(owner).is_some_and(|said| said.contains(own)))
    };
    let kept = all.iter().map(|(finding, own)| !is_told(finding, own)).collect::<Vec<_>>();
    all.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|((finding, _), _)| finding).collect()
}

/// The controller of each object that has one in its world.
fn owners(snapshot: &Snapshot) -> HashMap<ObjectId, ObjectId> {
    let mut wanted = Vec::new();
    for id in snapshot.ids() {
        let object = snapshot.object(id);
        let references = object.root.field("metadata.ownerReferences");
        let mut references = references.into_iter().flat_map(Node::items);
        let controller = references.find(|it| it.bool("controller") == Some(true));
        if let Some(controller) = controller
            && let (Some(kind), Some(name)) = (controller.str("kind"), controller.str("name"))
        {
            wanted.push((id, (snapshot.world(id), kind, object.namespace, name)));
        }
    }
    if wanted.is_empty() {
        return HashMap::new();
    }
    let keys: HashSet<Key<'_>> = wanted.iter().map(|(_, key)| *key).collect();
    let mut found: HashMap<Key<'_>, ObjectId> = HashMap::new();
    for id in snapshot.ids() {
        let object = snapshot.object(id);
        let key = (snapshot.world(id), object.kind, object.namespace, object.name);
        if keys.contains(&key) {
            found.insert(key, id);
        }
    }
    let owner = |(id, key): (ObjectId, Key<'_>)| Some((id, *found.get(&key)?));
    wanted.into_iter().filter_map(owner).filter(|(id, owner)| id != owner).collect()
}

/// Where the pods of one object stand.
struct Templates {
    paths: Vec<(Path, String)>,
    names: ItemNames,
}

impl Templates {
    fn of(object: &Object<'_>) -> Self {
        let mut names = ItemNames::default();
        let mut paths = Vec::new();
        for pod in object.pods() {
            let stable = pod.template.stable(object.root, &mut names);
            paths.push((pod.template, stable));
        }
        Self { paths, names }
    }

    /// What a finding says of a pod, wherever its template stands; none for what is said of the
    /// object itself.
    fn relative(&mut self, object: &Object<'_>, finding: &Finding) -> Option<Said> {
        let mut paths = self.paths.iter();
        let (_, template) = paths.find(|(path, _)| finding.path.starts_with(path))?;
        let whole = finding.path.stable(object.root, &mut self.names);
        let below = whole.strip_prefix(template.as_str())?.trim_start_matches('.');
        let is_of_pod = below.starts_with("spec") || below.starts_with("metadata");
        is_of_pod.then(|| (finding.control, below.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use model::{DigestKey, KubernetesVersion, Origin, Part, Redactions, items};

    use super::*;
    use crate::{Judge, Options, catalog};

    /// Findings of a text of manifests: kind and control.
    fn findings(text: &str) -> Vec<(String, &'static str)> {
        let stream = yaml::Stream::yaml(text, &yaml::Limits::default());
        let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
        let key = DigestKey::new(&[3; 32]);
        let mut part = Part::new();
        for (number, document) in (0..).zip(stream.documents()) {
            for item in items(document.unwrap().root(), &mut |_, reason| panic!("{reason}")) {
                let redactions = Redactions::find(item.node, &key);
                let origin = Origin { file: 0, document: number, item: Path::root(), line: 1 };
                part.insert(item.node, &redactions, WorldId(0), origin, item.typed);
            }
        }
        snapshot.add(part);
        let options = Options::default();
        let judge = Judge::new(&snapshot, &options);
        let judged = snapshot.ids().flat_map(|id| {
            let findings = judge.judge(id, catalog::all()).findings;
            findings.into_iter().map(move |it| Finding { object: Some(id), ..it })
        });
        told_once(judged.collect(), &snapshot)
            .into_iter()
            .map(|it| (snapshot.object(it.object.unwrap()).kind.to_owned(), it.control))
            .collect()
    }

    const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      hostNetwork: true
      containers: [{name: web, image: web}]
";

    fn made(kind: &str, owner: &str, spec: &str) -> String {
        let version = if kind == "Pod" { "v1" } else { "apps/v1" };
        format!(
            "---\napiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {kind}-of-web\n  \
             namespace: shop\n  ownerReferences: [{{kind: {owner}, controller: true}}]\n\
             spec: {spec}\n"
        )
    }

    #[test]
    fn what_the_owner_says_is_not_said_again() {
        let template = "{hostNetwork: true, containers: [{name: web, image: web}]}";
        let set = made(
            "ReplicaSet",
            "Deployment, name: web",
            &format!("{{template: {{spec: {template}}}}}"),
        );
        let pod = made("Pod", "ReplicaSet, name: ReplicaSet-of-web", template);
        let alone = findings(DEPLOYMENT);
        assert!(alone.contains(&("Deployment".to_owned(), "host-network")));
        assert_eq!(findings(&format!("{DEPLOYMENT}{set}{pod}")), alone);
        // Without its owner the pod speaks for itself.
        assert!(findings(&pod).contains(&("Pod".to_owned(), "host-network")));
    }

    #[test]
    fn what_only_the_pod_has_stays() {
        let changed = "{hostNetwork: true, hostPID: true, containers: [{name: web, image: web}, \
                       {name: side, image: side, securityContext: {privileged: true}}]}";
        let pod = made("Pod", "Deployment, name: web", changed);
        let said = findings(&format!("{DEPLOYMENT}{pod}"));
        for control in ["host-pid", "privileged-container"] {
            assert!(said.contains(&("Pod".to_owned(), control)), "{control}");
        }
        assert!(!said.contains(&("Pod".to_owned(), "host-network")));
    }

    #[test]
    fn an_idle_replica_set_says_nothing() {
        let spec =
            "{replicas: 0, template: {spec: {hostPID: true, containers: [{name: a, image: a}]}}}";
        let set = made("ReplicaSet", "Deployment, name: web", spec);
        assert_eq!(findings(&format!("{DEPLOYMENT}{set}")), findings(DEPLOYMENT));
    }
}
