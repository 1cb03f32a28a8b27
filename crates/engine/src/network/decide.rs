//! What the policies that hold for a class say of a peer: the tiers in their order.

use super::policy::{Action, Match, Tier};
use super::ports::PortSet;
use super::{Entry, Network};

/// What is certainly let through and what may be: the first is a part of the second.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Outcome {
    pub(super) certain: PortSet,
    pub(super) possible: PortSet,
}

impl Outcome {
    pub(super) fn open() -> Self {
        Self { certain: PortSet::all(), possible: PortSet::all() }
    }

    pub(super) fn closed() -> Self {
        Self { certain: PortSet::empty(), possible: PortSet::empty() }
    }

    pub(super) fn both(&self, other: &Self) -> Self {
        Self {
            certain: self.certain.intersection(&other.certain),
            possible: self.possible.intersection(&other.possible),
        }
    }

    pub(super) fn either(&self, other: &Self) -> Self {
        Self {
            certain: self.certain.union(&other.certain),
            possible: self.possible.union(&other.possible),
        }
    }
}

/// What happens, or may happen, to each port in one tier.
struct Fates {
    accepted: PortSet,
    denied: PortSet,
    passed: PortSet,
    /// Not certainly decided yet.
    open: PortSet,
}

impl Fates {
    fn of(open: PortSet) -> Self {
        let empty = PortSet::empty;
        Self { accepted: empty(), denied: empty(), passed: empty(), open }
    }

    fn of_action(&mut self, action: Action) -> &mut PortSet {
        match action {
            Action::Accept => &mut self.accepted,
            Action::Deny => &mut self.denied,
            Action::Pass => &mut self.passed,
        }
    }
}

impl Network {
    /// What the policies of `entries` let through; `matched` says whether a rule's peers match,
    /// `named` which named ports the destination has.
    pub(super) fn decide(
        &self,
        entries: &[Entry],
        direction: usize,
        named: u32,
        matched: &mut impl FnMut(u32) -> Match,
    ) -> Outcome {
        let tier_of = |entry: &Entry| self.policies[entry.policy()].tier;
        let admin = entries.partition_point(|it| tier_of(it) < Tier::Namespace);
        let baseline = entries.partition_point(|it| tier_of(it) <= Tier::Namespace);
        let mut fates = Fates::of(PortSet::all());
        self.tier(&entries[..admin], (direction, named), &mut fates, matched);
        let to_namespace = fates.passed.union(&fates.open);
        let (isolates, certain, possible) =
            self.namespaced(&entries[admin..baseline], (direction, named), matched);
        let lower = if isolates == Match::Yes {
            Outcome { certain, possible }
        } else {
            let mut fates = Fates::of(PortSet::all());
            self.tier(&entries[baseline..], (direction, named), &mut fates, matched);
            let accepted = fates.accepted.union(&fates.open).union(&fates.passed);
            let open = Outcome { certain: accepted.difference(&fates.denied), possible: accepted };
            if isolates == Match::No {
                open
            } else {
                Outcome {
                    certain: certain.intersection(&open.certain),
                    possible: open.possible.union(&possible),
                }
            }
        };
        let possible = fates.accepted.union(&to_namespace.intersection(&lower.possible));
        let denied = fates.denied.union(&to_namespace.difference(&lower.certain));
        Outcome { certain: possible.difference(&denied), possible }
    }

    /// Whether some NetworkPolicy isolates, and what they all let through.
    fn namespaced(
        &self,
        entries: &[Entry],
        (direction, named): (usize, u32),
        matched: &mut impl FnMut(u32) -> Match,
    ) -> (Match, PortSet, PortSet) {
        let mut isolates = Match::No;
        let (mut certain, mut possible) = (PortSet::empty(), PortSet::empty());
        for entry in entries {
            let whether = if entry.is_certain() { Match::Yes } else { Match::Maybe };
            isolates = isolates.max(whether);
            for rule in self.policies[entry.policy()].rules[direction].clone().into_iter().flatten()
            {
                let is_matched = matched(rule).min(whether);
                if is_matched == Match::No {
                    continue;
                }
                let (surely, maybe) = self.ports_of(rule, named, true);
                possible = possible.union(&maybe);
                if is_matched == Match::Yes {
                    certain = certain.union(&surely);
                }
            }
        }
        (isolates, certain, possible)
    }

    /// Rules one after the other, policies by priority; those of one priority side by side, as
    /// their order is not defined.
    fn tier(
        &self,
        entries: &[Entry],
        (direction, named): (usize, u32),
        fates: &mut Fates,
        matched: &mut impl FnMut(u32) -> Match,
    ) {
        let same =
            |a: &Entry, b: &Entry| self.policies[a.policy()].tier == self.policies[b.policy()].tier;
        for equals in entries.chunk_by(same) {
            let mut decided = PortSet::empty();
            for entry in equals {
                let mut own = Fates::of(fates.open.clone());
                let policy = &self.policies[entry.policy()];
                for rule in policy.rules[direction].clone().into_iter().flatten() {
                    let is_matched = matched(rule);
                    if is_matched == Match::No {
                        continue;
                    }
                    let (surely, maybe) = self.ports_of(rule, named, false);
                    let ports = maybe.intersection(&own.open);
                    let fate = own.of_action(self.rules[rule as usize].action);
                    *fate = fate.union(&ports);
                    if is_matched == Match::Yes && entry.is_certain() {
                        own.open = own.open.difference(&surely);
                    }
                }
                fates.accepted = fates.accepted.union(&own.accepted);
                fates.denied = fates.denied.union(&own.denied);
                fates.passed = fates.passed.union(&own.passed);
                decided = decided.union(&fates.open.difference(&own.open));
            }
            fates.open = fates.open.difference(&decided);
        }
    }

    /// The ports of a rule at a destination with these named ports: the certain ones, and those
    /// that may be.
    fn ports_of(&self, rule: u32, named: u32, is_namespaced: bool) -> (PortSet, PortSet) {
        let rule = &self.rules[rule as usize];
        let known = &self.named_ports[named as usize];
        let can_be_asked = known.can_be_asked(is_namespaced, self.profile);
        if rule.named.is_empty() || can_be_asked == Match::No {
            return (rule.numeric.clone(), rule.numeric.clone());
        }
        let all = rule.named.iter().fold(rule.numeric.clone(), |ports, (_, protocol, name)| {
            let found = known.ports.iter().filter(|(its_name, of, _)| {
                its_name == name && protocol.is_none_or(|protocol| protocol == *of)
            });
            let found = PortSet::new(found.map(|(_, of, number)| (*of, *number, *number)));
            ports.union(&found)
        });
        (if can_be_asked == Match::Yes { all.clone() } else { rule.numeric.clone() }, all)
    }
}
