//! What the policies are made from and what they do, in words and as JSON.

use std::collections::BTreeSet;

use analyze::network::learn::Manifest;
use analyze::network::metadata::ADDRESSES;
use engine::network::address::parse_address;
use engine::network::ports::PortSet;
use engine::network::segmentation::{Cells, LearnedPolicy, UnitId};
use engine::network::{Change, Direction, Ends, Summary};
use report::harmless;
use serde_json::{Value, json};

use super::super::observed::text;
use super::{Lesson, STAGES};
use crate::console::{BOLD, DIM, YELLOW};

/// Names told one by one on a terminal, and on the page; the rest is counted.
const NAMES_SHOWN_MAX: usize = 6;
const NAMES_LISTED_MAX: usize = 10_000;
/// Examples in the JSON.
const EXAMPLES_MAX: usize = 1_000;

/// A sentence, and whether it tells of something that is missing.
struct Line {
    is_gap: bool,
    text: String,
}

impl Lesson<'_> {
    /// Says on standard error what the manifests are made from.
    pub(super) fn tell(&self) {
        for Line { is_gap, text } in self.lines(NAMES_SHOWN_MAX) {
            if is_gap {
                anstream::eprintln!("{YELLOW}not covered{YELLOW:#} {text}");
            } else {
                anstream::eprintln!("{text}");
            }
        }
        for (place, reason) in &self.traffic.examples {
            anstream::eprintln!("  {DIM}{} {}{DIM:#}", harmless(place), harmless(reason));
        }
        let [_, policies, defaults] = STAGES;
        anstream::eprintln!(
            "{BOLD}apply{BOLD:#} the policies of single workloads first ({policies}), the \
             default of each namespace last ({defaults})"
        );
    }

    /// The page of the first stage.
    pub(super) fn page(&self) -> String {
        let [observe, policies, defaults] = STAGES;
        let mut page = format!(
            "# What was seen\n\n1. `{observe}`: read this page, and go on looking until what is \
             not covered is known.\n2. `{policies}`: apply one after the other. Each lets through \
             what was seen of its workload, and closes the workload to the rest in the \
             directions something was seen in.\n3. `{defaults}`: apply last, namespace by \
             namespace. It closes what is open still.\n\n"
        );
        for Line { is_gap, text } in self.lines(NAMES_LISTED_MAX) {
            let mark = if is_gap { "not covered: " } else { "" };
            // Names of the input are data, not markup.
            let text = text.replace('<', "&lt;").replace('`', "'");
            page.push_str(&format!("- {mark}{}\n", text.trim_start()));
        }
        page
    }

    fn lines(&self, names_max: usize) -> Vec<Line> {
        let mut lines = self.seen(names_max);
        let plain = |text: String| Line { is_gap: false, text };
        let workloads: usize = self.learned.policies.iter().map(|it| it.units.len()).sum();
        lines.push(plain(format!(
            "{} policies for {workloads} workloads, {} that close a namespace; {} connections \
             proved",
            self.policies.len(),
            self.defaults.len(),
            self.proof.asked
        )));
        let tight = &self.tightness;
        lines.push(plain(format!(
            "they let through {} ports of pairs of workloads where {} were seen ({:.2}), and {} \
             ports of addresses outside where {} were seen",
            tight.allowed,
            tight.observed,
            tight.ratio(),
            tight.allowed_outside,
            tight.observed_outside
        )));
        let [today, then] = &self.pairs;
        lines.push(plain(format!(
            "of {} pairs of pods {} reach each other today, {} with these policies",
            today.open + today.partial + today.closed + today.unknown,
            reached(today),
            reached(then)
        )));
        let more = self.more.count(self.directory);
        if more > 0 {
            let pairs = self.more.open.keys();
            let pairs =
                pairs.map(|(from, to)| format!("{} → {}", self.name(*from), self.name(*to)));
            lines.push(plain(format!(
                "today's policies let through {more} more while they stay: {}",
                some(pairs, names_max)
            )));
        }
        lines.extend(self.left_out(names_max).into_iter().map(plain));
        lines
    }

    /// What the log shows, and what of it nothing was written for.
    fn seen(&self, names_max: usize) -> Vec<Line> {
        let observed = &self.observed;
        let window = self.traffic.window.as_ref().map(|(first, last)| {
            format!(", from {} to {}{}", harmless(first), harmless(last), days(first, last))
        });
        let plain = |text: String| Line { is_gap: false, text };
        let mut lines = vec![plain(format!(
            "{} connections{}: {} from a pod's own node and {} between nodes and addresses need \
             no policy; {} records were refused already, {} passed over",
            observed.connections,
            window.unwrap_or_default(),
            observed.from_own_node,
            observed.beside,
            self.traffic.denied,
            self.traffic.passed_over
        ))];
        let gap = |text: String| Line { is_gap: true, text };
        if self.traffic.unreadable > 0 {
            lines.push(gap(format!("{} records that cannot be read", self.traffic.unreadable)));
        }
        for (cause, missing) in &observed.missing {
            lines.push(gap(format!(
                "{} connections that {}, seen {} times: {}",
                missing.connections,
                cause.reason(),
                missing.times,
                some(missing.examples.iter().map(text), names_max)
            )));
        }
        if observed.to_nodes > 0 {
            lines.push(plain(format!(
                "{} connections go to nodes or to pods on their network: they are allowed by the \
                 addresses of today, as no selector finds nodes",
                observed.to_nodes
            )));
        }
        if self.units.is_cut {
            lines.push(gap("labels are so many that not all selectors are the smallest".into()));
        }
        if self.more.is_cut {
            lines.push(gap("more pairs of workloads are let through than are counted".into()));
        }
        lines
    }

    /// Who shares a policy or has none, and addresses that are worth a look.
    fn left_out(&self, names_max: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for policy in self.learned.policies.iter().filter(|it| is_shared(it)) {
            let all = policy.units.iter().chain(&policy.also);
            lines.push(format!(
                "one policy holds for workloads that no label tells apart: {}",
                some(all.map(|id| self.name(*id)), names_max)
            ));
        }
        let (silent, hosts) = (self.silent(), self.hosts());
        if !silent.is_empty() {
            let names = some(silent.iter().map(|id| self.name(*id)), names_max);
            lines.push(format!("nothing was seen of {names}: the last stage closes them"));
        }
        if !hosts.is_empty() {
            let names = some(hosts.iter().map(|id| self.name(*id)), names_max);
            lines.push(format!("no policy is written for pods on their node's network: {names}"));
        }
        for (unit, address) in self.metadata() {
            lines.push(format!(
                "{} was seen to call {address}, which hands out credentials: its policy allows it",
                self.name(unit)
            ));
        }
        if self.directory.dns.units.is_empty() && !self.policies.is_empty() {
            lines.push(
                "the cluster's DNS is not in the input: it is taken to be in kube-system with the \
                 label k8s-app: kube-dns"
                    .to_owned(),
            );
        }
        lines
    }

    /// Workloads of closed namespaces that have no policy of their own.
    fn silent(&self) -> Vec<UnitId> {
        let closed: BTreeSet<&str> =
            self.learned.defaults.iter().map(|it| it.namespace.as_str()).collect();
        let told: BTreeSet<UnitId> =
            self.learned.policies.iter().flat_map(|it| it.units.iter().copied()).collect();
        let is_silent = |id: &UnitId| {
            self.units.is_subject(*id)
                && closed.contains(self.units.namespace_of(*id))
                && !told.contains(id)
        };
        self.units.ids().filter(is_silent).collect()
    }

    fn hosts(&self) -> Vec<UnitId> {
        self.units.ids().filter(|id| self.units.unit(*id).is_host).collect()
    }

    /// Who was seen to call an address that hands out credentials.
    fn metadata(&self) -> BTreeSet<(UnitId, &'static str)> {
        let mut found = BTreeSet::new();
        for (unit, direction, address) in self.observed.outside() {
            let known = ADDRESSES.iter().find(|it| parse_address(it.address) == Some(address));
            if let (Direction::Egress, Some(known)) = (direction, known) {
                found.insert((unit, known.address));
            }
        }
        found
    }

    pub(super) fn as_json(&self) -> Value {
        let (observed, tight) = (&self.observed, &self.tightness);
        let metadata = self
            .metadata()
            .into_iter()
            .map(|(unit, address)| json!({"workload": self.name(unit), "address": address}));
        let window = self.traffic.window.as_ref();
        json!({
            "schema": "bollwerk.network-learn/v1",
            "profile": self.world.network.profile().name,
            "connections": observed.connections,
            "window": window.map(|(first, last)| json!({"first": first, "last": last})),
            "fromOwnNode": observed.from_own_node,
            "beside": observed.beside,
            "toNodes": observed.to_nodes,
            "notCovered": self.missing_as_json(),
            "refusedAlready": self.traffic.denied,
            "passedOver": self.traffic.passed_over,
            "unreadable": self.traffic.unreadable,
            "proved": self.proof.asked,
            "policies": self.policies_as_json(&self.learned.policies, &self.policies),
            "defaults": self.policies_as_json(&self.learned.defaults, &self.defaults),
            "tightness": {
                "observed": tight.observed,
                "allowed": tight.allowed,
                "observedOutside": tight.observed_outside,
                "allowedOutside": tight.allowed_outside,
            },
            "existing": {
                "more": self.more.count(self.directory),
                "examples": self.cells(&self.more),
                "whole": !self.more.is_cut,
            },
            "pairs": {"today": pairs(&self.pairs[0]), "then": pairs(&self.pairs[1])},
            "closes": self.closes(),
            "silent": self.names(&self.silent()),
            "onHostNetwork": self.names(&self.hosts()),
            "dns": self.names(&self.directory.dns.units),
            "metadata": metadata.collect::<Vec<_>>(),
            "gaps": self.world.gaps.len(),
        })
    }

    fn names<'i>(&self, ids: impl IntoIterator<Item = &'i UnitId>) -> Vec<String> {
        ids.into_iter().map(|id| self.name(*id)).collect()
    }

    fn missing_as_json(&self) -> Vec<Value> {
        let missing = self.observed.missing.iter().map(|(cause, missing)| {
            json!({
                "cause": cause.name(),
                "reason": cause.reason(),
                "connections": missing.connections,
                "seen": missing.times,
                "examples": missing.examples.iter().map(text).collect::<Vec<_>>(),
            })
        });
        missing.collect()
    }

    fn policies_as_json(&self, policies: &[LearnedPolicy], manifests: &[Manifest]) -> Vec<Value> {
        let policy = |(policy, manifest): (&LearnedPolicy, &Manifest)| {
            json!({
                "namespace": manifest.namespace,
                "name": manifest.name,
                "workloads": self.names(&policy.units),
                "alsoHoldsFor": self.names(&policy.also),
                "rules": policy.rules(),
                "manifest": manifest.text,
            })
        };
        policies.iter().zip(manifests).map(policy).collect()
    }

    fn cells(&self, cells: &Cells) -> Vec<Value> {
        let one = |((from, to), ports): (&(UnitId, UnitId), &PortSet)| {
            let (from, to) = (self.name(*from), self.name(*to));
            json!({"from": from, "to": to, "ports": ports.to_string()})
        };
        cells.open.iter().take(EXAMPLES_MAX).map(one).collect()
    }

    /// What is reached today and is not then; null where the workloads are too many to compare.
    fn closes(&self) -> Option<Vec<Value>> {
        let changes = self.changes.as_ref()?;
        let closing = changes.iter().filter(|change| !change.closed.is_empty());
        let ends = |ends: &Ends| {
            let names: BTreeSet<String> =
                ends.iter().map(|end| self.world.end_name(&end)).collect();
            names.into_iter().collect::<Vec<_>>()
        };
        let one = |change: &Change| {
            json!({
                "from": ends(&change.from),
                "to": ends(&change.to),
                "ports": change.closed.to_string(),
            })
        };
        Some(closing.take(EXAMPLES_MAX).map(one).collect())
    }
}

/// Whether a policy holds for more than the one workload it was written for.
fn is_shared(policy: &LearnedPolicy) -> bool {
    policy.units.len() > 1 || !policy.also.is_empty()
}

fn reached(pairs: &Summary) -> u64 {
    pairs.open + pairs.partial
}

fn pairs(pairs: &Summary) -> Value {
    let Summary { open, partial, closed, unknown } = pairs;
    json!({"open": open, "partial": partial, "closed": closed, "unknown": unknown})
}

/// The first of some names, and how many there are more.
fn some(mut names: impl Iterator<Item = String>, names_max: usize) -> String {
    let shown: Vec<String> = names.by_ref().take(names_max).collect();
    let more = names.count();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// `, 4 days`, if both can be read.
fn days(first: &str, last: &str) -> String {
    let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
    match (time(first), time(last)) {
        (Some(first), Some(last)) => {
            let hours = last.duration_since(first).as_hours();
            if hours < 48 { format!(", {hours} hours") } else { format!(", {} days", hours / 24) }
        }
        _ => String::new(),
    }
}
