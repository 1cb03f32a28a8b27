//! Whether a change of policies or labels opens what has to stay closed.

use std::collections::BTreeMap;

use analyze::at_admission::NETWORK;
use analyze::network::end::{End, Port};
use engine::network::ports::PortSet;
use engine::network::{Endpoint, Network};
use model::config::{ConfigError, Key, KeyKind, Section};
use model::{Finding, Fix, Gap, GapKind, Object, Path, Severity, Snapshot};

use crate::after::After;
use crate::decide::{Judged, finding};
use crate::review::{Operation, Review};

/// Pairs of ends that are asked about in one review, at the most.
const PAIRS_MAX: usize = 20_000;

/// Kinds whose objects say who reaches whom, as (group, kind).
pub(crate) const POLICIES: &[(&str, &str)] = &[
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy.networking.k8s.io", "AdminNetworkPolicy"),
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"),
];

/// The section's keys.
pub(crate) const KEYS: &[Key] = &[Key {
    name: "closed",
    kind: KeyKind::Sections(CLOSED_KEYS),
    doc: "What has to stay closed: a change of network policies or labels that opens it is a \
          finding `network-path-opened`.",
}];

const CLOSED_KEYS: &[Key] = &[
    Key {
        name: "from",
        kind: KeyKind::Text,
        doc: "One end, as `bollwerk network reach` takes it: `shop/cart`, `shop?app=cart`, \
              `10.0.0.0/8`, `internet`.",
    },
    Key { name: "to", kind: KeyKind::Text, doc: "The other end." },
    Key {
        name: "port",
        kind: KeyKind::Text,
        doc: "The port: `5432`, `53/UDP`, `https`; all if absent.",
    },
];

/// What has to stay closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// From here.
    pub from: End,
    /// To here.
    pub to: End,
    /// On this port; on all if none.
    pub port: Option<Port>,
    /// Where it is written.
    pub place: String,
}

/// Reads an entry of `closed`.
pub(crate) fn closed(section: &Section<'_>, file: &str) -> Result<Closed, ConfigError> {
    let yaml::Position { line, column } = section.position();
    let (from, to) = (section.parse("from", str::parse)?, section.parse("to", str::parse)?);
    let (Some(from), Some(to)) = (from, to) else {
        return Err(section.error("a `from` and a `to` are needed".to_owned()));
    };
    let place = format!("{file}:{line}:{column}");
    Ok(Closed { from, to, port: section.parse("port", str::parse)?, place })
}

/// What is found, and what is not known.
pub(crate) fn judge(
    judged: &Judged<'_>,
    review: &Review<'_>,
    object: &Object<'_>,
) -> (Vec<Finding>, Vec<Gap>) {
    let closed = &judged.policy.network_closed;
    if closed.is_empty() || !says_who_reaches_whom(review) {
        return Default::default();
    }
    let mut after = match After::of(judged, review, "whether it opens what has to stay closed") {
        Ok(after) => after,
        Err(gap) => return (Vec::new(), vec![gap]),
    };
    let profile = judged.options.network_plugin;
    let before = Network::build(&after.snapshot, judged.world, profile);
    let before: Vec<_> = closed.iter().map(|it| open(&before, &after.snapshot, it)).collect();
    after.apply(judged, review);
    let now = Network::build(&after.snapshot, judged.world, profile);
    let (mut findings, mut gaps) = (Vec::new(), Vec::new());
    for (entry, before) in closed.iter().zip(before) {
        match (before, open(&now, &after.snapshot, entry)) {
            (Some(before), Some(now)) => {
                let (opened, may) = compare(&before, &now);
                if let Some(told) = opened {
                    findings.push(opens(judged, object, entry, &told));
                } else if let Some(told) = may {
                    gaps.push(unknown(object, format!("whether it opens {told} is not known")));
                }
            }
            _ => gaps.push(unknown(
                object,
                format!("more than {PAIRS_MAX} pairs are to stay closed by {}", entry.place),
            )),
        }
    }
    (findings, gaps)
}

/// Policies, and labels that they select by.
fn says_who_reaches_whom(review: &Review<'_>) -> bool {
    if POLICIES.contains(&(review.group, review.kind)) {
        return true;
    }
    let labels = |node: Option<yaml::Node<'_>>| {
        let labels = node.and_then(|node| node.get("metadata")?.get("labels"));
        labels.map(|labels| labels.written().to_owned()).unwrap_or_default()
    };
    review.group.is_empty()
        && matches!(review.kind, "Namespace" | "Pod")
        && review.operation == Operation::Update
        && labels(review.object) != labels(review.old_object)
}

/// By the names of two ends: the ports that are open, and that may be.
type Open = BTreeMap<(String, String), (PortSet, PortSet)>;

/// None where there are too many pairs.
fn open(network: &Network, snapshot: &Snapshot, closed: &Closed) -> Option<Open> {
    let (from, to) = (closed.from.find(network, snapshot), closed.to.find(network, snapshot));
    if from.len().saturating_mul(to.len()) > PAIRS_MAX {
        return None;
    }
    let mut found = Open::new();
    for to in &to {
        let asked = match &closed.port {
            None => PortSet::all(),
            Some(port) => PortSet::new(port.numbers(to, network, snapshot)),
        };
        for from in &from {
            let reach = network.reach(from, to);
            let names = (named(network, from, &closed.from), named(network, to, &closed.to));
            let ports = found.entry(names).or_default();
            ports.0 = ports.0.union(&reach.allowed.intersection(&asked));
            ports.1 = ports.1.union(&reach.unknown.intersection(&asked));
        }
    }
    Some(found)
}

fn named(network: &Network, end: &Endpoint, written: &End) -> String {
    match end {
        Endpoint::Workload(id) => {
            let workload = network.workload(*id);
            format!("{} {}/{}", workload.kind, network.namespace_of(*id), workload.name)
        }
        Endpoint::Addresses(_) => written.to_string(),
    }
}

/// The first pair that opens, and the first that may, in words.
fn compare(before: &Open, now: &Open) -> (Option<String>, Option<String>) {
    let none = (PortSet::default(), PortSet::default());
    let (mut opened, mut may) = (None, None);
    for (names, ports) in now {
        let old = before.get(names).unwrap_or(&none);
        let words = |ports: &PortSet| format!("{} → {} on {ports}", names.0, names.1);
        let new = ports.0.difference(&old.0);
        if !new.is_empty() {
            opened.get_or_insert_with(|| words(&new));
        }
        let new = ports.1.difference(&old.1).difference(&old.0);
        if !new.is_empty() {
            may.get_or_insert_with(|| words(&new));
        }
    }
    (opened, may)
}

fn opens(judged: &Judged<'_>, object: &Object<'_>, entry: &Closed, told: &str) -> Finding {
    let message = format!("it opens {told}, which has to stay closed by {}", entry.place);
    let advice = "leave a policy in place that closes it, or change the configuration";
    let fix = Fix::advice(advice.to_owned());
    let at = if object.kind == "Pod" || object.kind == "Namespace" {
        Path::root().field("metadata").field("labels")
    } else {
        Path::root().field("spec")
    };
    finding(judged, object, (NETWORK, Severity::High), at, message, Some(fix))
}

fn unknown(object: &Object<'_>, reason: String) -> Gap {
    let subject = object.identity().to_string();
    Gap { kind: GapKind::NotEvaluated, subject, location: None, reason }
}
