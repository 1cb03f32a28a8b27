//! Network policies that were learned, as manifests.

use std::collections::{BTreeMap, BTreeSet};

use engine::network::segmentation::{
    Choice, LearnedPeer, LearnedPolicy, LearnedRule, Scope, Segmentation, UnitId, Units,
};
use model::{Snapshot, WorldId};
use yaml::edit::text;

use super::metadata::ADDRESSES;
use crate::learn::object_name;

/// What marks a policy that was written here, so that a later run writes over it.
const LABEL: (&str, &str) = ("app.kubernetes.io/managed-by", "bollwerk");
/// Workloads named in the comment of a policy; the rest is counted.
const NAMES_MAX: usize = 8;

/// A policy as a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The policy's namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The document, with the line that begins it.
    pub text: String,
}

/// The manifests of the policies, and of those that close their namespaces, each in the order
/// they were learned in.
pub fn manifests(
    units: &Units,
    learned: &Segmentation,
    snapshot: &Snapshot,
    world: WorldId,
) -> (Vec<Manifest>, Vec<Manifest>) {
    let mut names = Names::of_others(snapshot, world);
    let mut policies = Vec::new();
    for policy in &learned.policies {
        let name = names.free(units, policy);
        let comment = format!("# {}\n", report_names(units, &policy.units, "what was seen of"));
        let also = match policy.also.as_slice() {
            [] => String::new(),
            also => format!("# {}\n", report_names(units, also, "no label tells apart, so also")),
        };
        policies.push(manifest(policy, name, &(comment + &also)));
    }
    let default = |policy: &LearnedPolicy| {
        let name = names.default(&policy.namespace);
        let comment = "# Nothing comes in or goes out but what another policy allows.\n";
        manifest(policy, name, comment)
    };
    let defaults = learned.defaults.iter().map(default).collect();
    (policies, defaults)
}

/// Addresses that hand out credentials: no block is lifted to hold one of them.
pub fn guarded() -> engine::network::address::AddressSet {
    use engine::network::address::{AddressSet, parse_address};
    AddressSet::of_addresses(ADDRESSES.iter().filter_map(|it| parse_address(it.address)))
}

/// Names in a namespace that a policy may not have: they are other policies'.
struct Names {
    taken: BTreeSet<(String, String)>,
}

impl Names {
    fn of_others(snapshot: &Snapshot, world: WorldId) -> Self {
        let ids = snapshot.ids().filter(|id| snapshot.world(*id) == world);
        let objects = ids.map(|id| snapshot.object(id));
        let others = objects.filter(|object| {
            object.is("networking.k8s.io", "NetworkPolicy")
                && object.label(LABEL.0) != Some(LABEL.1)
        });
        let name = |object: model::Object<'_>| {
            (object.namespace.unwrap_or_default().to_owned(), object.name.to_owned())
        };
        Self { taken: others.map(name).collect() }
    }

    /// The name of a policy: that of its first workload, with a digest if it is taken.
    fn free(&mut self, units: &Units, policy: &LearnedPolicy) -> String {
        let Some(first) = policy.units.first() else { return self.default(&policy.namespace) };
        let unit = units.unit(*first);
        let parts = [unit.kind.as_str(), &policy.namespace, &unit.name];
        let whole = format!("observed-{}", unit.name);
        let names = [false, true].map(|has_digest| object_name(&whole, &parts, has_digest));
        let mut names = names.into_iter();
        let name = names.find(|name| self.take(&policy.namespace, name));
        // Two objects of one kind and name have one unit: a digest is not taken but by others.
        name.unwrap_or_else(|| object_name(&whole, &["second", &parts.join("/")], true))
    }

    fn default(&self, namespace: &str) -> String {
        let name = "observed-default-deny";
        let is_taken = self.taken.contains(&(namespace.to_owned(), name.to_owned()));
        object_name(name, &["default", namespace], is_taken)
    }

    fn take(&mut self, namespace: &str, name: &str) -> bool {
        self.taken.insert((namespace.to_owned(), name.to_owned()))
    }
}

fn report_names(units: &Units, ids: &[UnitId], before: &str) -> String {
    let name = |id: &UnitId| {
        let unit = units.unit(*id);
        format!("{} {}", unit.kind, unit.name)
    };
    let shown: Vec<String> = ids.iter().take(NAMES_MAX).map(name).collect();
    let more = ids.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    // Kinds and names are data: none may end the comment.
    let line = format!("{before} {}{more}", shown.join(", "));
    line.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

fn manifest(policy: &LearnedPolicy, name: String, comment: &str) -> Manifest {
    let mut out = format!(
        "---\n{comment}apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: \
         {}\n  namespace: {}\n  labels: {{{}: {}}}\nspec:\n  podSelector: {}\n",
        text(&name),
        text(&policy.namespace),
        LABEL.0,
        LABEL.1,
        selector(&policy.pods),
    );
    let sides = [
        (&policy.ingress, "Ingress", "ingress", "from"),
        (&policy.egress, "Egress", "egress", "to"),
    ];
    let types = sides.iter().filter(|(rules, ..)| rules.is_some());
    let types: Vec<&str> = types.map(|(_, kind, ..)| *kind).collect();
    out.push_str(&format!("  policyTypes: [{}]\n", types.join(", ")));
    for (rules, _, list, peers) in sides {
        let Some(rules) = rules.as_ref().filter(|rules| !rules.is_empty()) else { continue };
        out.push_str(&format!("  {list}:\n"));
        for rule in rules {
            write_rule(rule, peers, &mut out);
        }
    }
    Manifest { namespace: policy.namespace.clone(), name, text: out }
}

fn write_rule(rule: &LearnedRule, peers: &str, out: &mut String) {
    out.push_str(&format!("  - {peers}:\n"));
    for peer in &rule.peers {
        match peer {
            LearnedPeer::Block(prefix) => {
                out.push_str(&format!("    - ipBlock: {{cidr: {}}}\n", text(&prefix.to_string())));
            }
            LearnedPeer::Pods(Scope::Own, pods) => {
                out.push_str(&format!("    - podSelector: {}\n", selector(pods)));
            }
            LearnedPeer::Pods(scope, pods) => {
                let namespaces = match scope {
                    Scope::Named(names) => {
                        Choice::from([("kubernetes.io/metadata.name".to_owned(), names.clone())])
                    }
                    _ => Choice::new(),
                };
                out.push_str(&format!("    - namespaceSelector: {}\n", selector(&namespaces)));
                if !pods.is_empty() {
                    out.push_str(&format!("      podSelector: {}\n", selector(pods)));
                }
            }
        }
    }
    out.push_str("    ports:\n");
    for (protocol, first, last) in rule.ports.ranges() {
        let end = if first == last { String::new() } else { format!(", endPort: {last}") };
        out.push_str(&format!("    - {{protocol: {protocol}, port: {first}{end}}}\n"));
    }
}

/// `{matchLabels: {app: web}}`; a key with several values is an expression.
fn selector(pods: &Choice) -> String {
    let (one, several): (BTreeMap<_, _>, BTreeMap<_, _>) =
        pods.iter().partition(|(_, values)| values.len() == 1);
    let mut parts = Vec::new();
    let texts = |values: &BTreeSet<String>| {
        values.iter().map(|value| text(value)).collect::<Vec<_>>().join(", ")
    };
    if !one.is_empty() {
        let labels = one.iter().map(|(key, value)| format!("{}: {}", text(key), texts(value)));
        parts.push(format!("matchLabels: {{{}}}", labels.collect::<Vec<_>>().join(", ")));
    }
    if !several.is_empty() {
        let expression = |(key, values): (&&String, &&BTreeSet<String>)| {
            format!("{{key: {}, operator: In, values: [{}]}}", text(key), texts(values))
        };
        let all: Vec<String> = several.iter().map(expression).collect();
        parts.push(format!("matchExpressions: [{}]", all.join(", ")));
    }
    format!("{{{}}}", parts.join(", "))
}
