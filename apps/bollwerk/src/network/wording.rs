//! Sides of a connection, and why something is not known, in words and as JSON.

use engine::network::address::{AddressSet, Family};
use engine::network::{Action, Direction, Explanation, Reason, RuleAt, Side};
use model::Path;
use report::harmless;
use serde_json::{Value, json};

use super::World;

/// Ranges of addresses told one by one; the rest is counted.
const RANGES_SHOWN_MAX: usize = 3;
/// Policies told one by one; the rest is counted.
const POLICIES_SHOWN_MAX: usize = 4;

/// `10.0.0.0/8, 192.0.2.1`, `internet`, `any address`.
pub(super) fn addresses(set: &AddressSet) -> String {
    if *set == AddressSet::internet() {
        return "internet".to_owned();
    }
    if *set == AddressSet::all() {
        return "any address".to_owned();
    }
    for (family, name) in [(Family::V4, "any IPv4 address"), (Family::V6, "any IPv6 address")] {
        if *set == AddressSet::all_of(family) {
            return name.to_owned();
        }
    }
    let all = set.to_string();
    let parts: Vec<&str> = all.split(", ").collect();
    match parts.len() {
        0..=RANGES_SHOWN_MAX => all,
        more => format!(
            "{} and {} more ranges",
            parts[..RANGES_SHOWN_MAX].join(", "),
            more - RANGES_SHOWN_MAX
        ),
    }
}

impl World {
    /// What decides on a side, as a sentence without its full stop.
    pub(super) fn side(&self, side: &Side, direction: Direction) -> String {
        let way = word(direction);
        match side {
            Side::NotIsolated => format!("no policy isolates {way} here"),
            Side::Allowed(at) => format!("{} allows it", self.rule(at, direction)),
            Side::Denied(policies) => {
                let named: Vec<String> = policies
                    .iter()
                    .take(POLICIES_SHOWN_MAX)
                    .map(|id| self.object_name(*id))
                    .collect();
                let more = policies.len().saturating_sub(POLICIES_SHOWN_MAX);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                match policies.len() {
                    1 => format!("{} isolates {way} and allows nothing like it", named[0]),
                    _ => format!("{}{more} isolate {way} and none allows it", named.join(", ")),
                }
            }
            Side::Decided(at, action) => {
                let does = match action {
                    Action::Accept => "accepts it",
                    Action::Deny => "denies it",
                    Action::Pass => "passes it on",
                };
                format!("{} {does}", self.rule(at, direction))
            }
            Side::SameNode => "the pod's own node is always let in".to_owned(),
            Side::Loopback => "a pod always reaches itself".to_owned(),
            Side::NoFamily => "the two have no address family in common".to_owned(),
            Side::Outside => "outside of the cluster no policy holds".to_owned(),
            Side::Unknown(reasons) => match reasons.first() {
                Some(reason) => format!("not known: {}", self.reason(reason, direction)),
                None => "not known".to_owned(),
            },
        }
    }

    /// `NetworkPolicy shop/web, ingress rule 2`.
    pub(super) fn rule(&self, at: &RuleAt, direction: Direction) -> String {
        format!("{}, {} rule {}", self.object_name(at.policy), word(direction), at.rule + 1)
    }

    /// File and line of what decides on a side, as ` deploy/a.yaml:12`.
    pub(super) fn side_place(&self, side: &Side, direction: Direction) -> Option<(String, u32)> {
        match side {
            Side::Allowed(at) | Side::Decided(at, _) => self.rule_place(at, direction),
            Side::Denied(policies) => {
                self.place(*policies.first()?, &Path::root().field("spec.podSelector"))
            }
            Side::Unknown(reasons) => match reasons.first()? {
                Reason::Peer(at) => self.rule_place(at, direction),
                Reason::Policy(id) | Reason::Subject(id) => self.place(*id, &Path::root()),
                Reason::Priority(_) | Reason::Node | Reason::SomeAddresses => None,
            },
            _ => None,
        }
    }

    fn rule_place(&self, at: &RuleAt, direction: Direction) -> Option<(String, u32)> {
        let list = Path::root().field("spec").key(word(direction));
        self.place(at.policy, &list.index(at.rule as usize))
    }

    /// Why something is not known.
    pub(super) fn reason(&self, reason: &Reason, direction: Direction) -> String {
        match reason {
            Reason::Policy(id) => {
                format!("{} cannot be read, or has two versions", self.object_name(*id))
            }
            Reason::Peer(at) => format!(
                "{} asks for what was not seen of the other end: its address, the labels of its \
                 namespace, or whether it is a node",
                self.rule(at, direction)
            ),
            Reason::Subject(id) => format!(
                "whether {} holds here: the namespace was not seen, or the pod is on its node's \
                 network, where plugins differ (`--profile`)",
                self.object_name(*id)
            ),
            Reason::Priority(policies) => {
                let named: Vec<String> = policies.iter().map(|id| self.object_name(*id)).collect();
                format!("{} have one priority and disagree", named.join(", "))
            }
            Reason::Node => "the source is on its node's network: whether that is the node of the \
                             destination was not seen"
                .to_owned(),
            Reason::SomeAddresses => "some of the addresses are let through, others not".to_owned(),
        }
    }

    pub(super) fn explanation_as_json(&self, why: &Explanation) -> Value {
        json!({
            "egress": self.side_as_json(&why.egress, Direction::Egress),
            "ingress": self.side_as_json(&why.ingress, Direction::Ingress),
        })
    }

    fn side_as_json(&self, side: &Side, direction: Direction) -> Value {
        let verdict = match side.is_open() {
            Some(true) => "open",
            Some(false) => "closed",
            None => "unknown",
        };
        let (file, line) = match self.side_place(side, direction) {
            Some((file, line)) => (Value::from(file), Value::from(line)),
            None => (Value::Null, Value::Null),
        };
        let policies: Vec<String> = match side {
            Side::Allowed(at) | Side::Decided(at, _) => vec![self.object_name(at.policy)],
            Side::Denied(policies) => policies.iter().map(|id| self.object_name(*id)).collect(),
            _ => Vec::new(),
        };
        json!({
            "verdict": verdict,
            "because": self.side(side, direction),
            "policies": policies,
            "file": file,
            "line": line,
        })
    }
}

/// `ingress` or `egress`, as policies write it.
pub(super) fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    }
}

/// A place as people open it; nothing where there is none.
pub(super) fn at(place: Option<(String, u32)>) -> String {
    place.map(|(file, line)| format!("{}:{line}", harmless(&file))).unwrap_or_default()
}
