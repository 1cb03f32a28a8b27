//! Questions about one connection.

use model::ObjectId;

use super::address::{self, AddressSet, Family};
use super::answer::{Answer, Endpoint, Explanation, Reach, Reason, RuleAt, Side, WorkloadId};
use super::decide::Outcome;
use super::policy::{Action, Direction, Match, Tier};
use super::ports::{PortSet, Protocol};
use super::{Entry, Network};

/// The other end of a connection, as policies see it.
#[derive(Clone, Copy)]
enum Other {
    Class(u32, usize),
    Address(Family, u128),
}

/// Beyond what policies say.
enum Beyond {
    Loopback,
    NoFamily,
    SameNode,
    MaybeSameNode,
    Nothing,
}

const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

impl Network {
    /// What `from` reaches at `to`.
    pub fn reach(&self, from: &Endpoint, to: &Endpoint) -> Reach {
        match (from, to) {
            (Endpoint::Workload(from), Endpoint::Workload(to)) => {
                let outcome = self.between(*from, *to);
                let mut reasons = Vec::new();
                let unknown = outcome.possible.difference(&outcome.certain);
                if let Some((protocol, port)) = unknown.first() {
                    let why = self.why_workloads(*from, *to, protocol, port);
                    reasons = doubts(&why);
                }
                Reach { allowed: outcome.certain, unknown, reasons }
            }
            (Endpoint::Workload(from), Endpoint::Addresses(to)) => {
                self.reach_addresses(*from, to, Direction::Egress)
            }
            (Endpoint::Addresses(from), Endpoint::Workload(to)) => {
                self.reach_addresses(*to, from, Direction::Ingress)
            }
            (Endpoint::Addresses(_), Endpoint::Addresses(_)) => {
                Reach { allowed: PortSet::all(), ..Reach::default() }
            }
        }
    }

    /// Whether `from` reaches one port of `to`, and what decides it. Of a set of addresses the
    /// first stands for all: [`Network::reach`] goes through them.
    pub fn allows(&self, from: &Endpoint, to: &Endpoint, protocol: Protocol, port: u16) -> Answer {
        let why = self.why(from, to, protocol, port);
        match (why.egress.is_open(), why.ingress.is_open()) {
            (Some(true), Some(true)) => Answer::Allowed(why),
            (Some(false), _) | (_, Some(false)) => Answer::Denied(why),
            _ => Answer::Unknown(why),
        }
    }

    /// What decides on both sides.
    pub fn why(
        &self,
        from: &Endpoint,
        to: &Endpoint,
        protocol: Protocol,
        port: u16,
    ) -> Explanation {
        let outside = || Side::Outside;
        let packet = (protocol, port);
        match (from, to) {
            (Endpoint::Workload(from), Endpoint::Workload(to)) => {
                self.why_workloads(*from, *to, protocol, port)
            }
            (Endpoint::Workload(from), Endpoint::Addresses(to)) => {
                let other = first_of(to);
                let egress =
                    self.side(self.workload(*from).class, Direction::Egress, other, packet);
                Explanation { egress, ingress: outside() }
            }
            (Endpoint::Addresses(from), Endpoint::Workload(to)) => {
                let other = first_of(from);
                let ingress =
                    self.side(self.workload(*to).class, Direction::Ingress, other, packet);
                Explanation { egress: outside(), ingress }
            }
            (Endpoint::Addresses(_), Endpoint::Addresses(_)) => {
                Explanation { egress: outside(), ingress: outside() }
            }
        }
    }

    /// What addresses reach, or are reached: each part of them that policies tell apart.
    pub fn parts(
        &self,
        workload: WorkloadId,
        addresses: &AddressSet,
        direction: Direction,
    ) -> Vec<(AddressSet, Reach)> {
        let class = self.workload(workload).class;
        let parts = self.outcomes_outside(class, addresses, direction);
        let reach = |(set, outcome): (AddressSet, Outcome)| {
            let unknown = outcome.possible.difference(&outcome.certain);
            let reasons = unknown.first().map(|packet| {
                match self.side(class, direction, first_of(&set), packet) {
                    Side::Unknown(reasons) => reasons,
                    _ => Vec::new(),
                }
            });
            let reasons = reasons.unwrap_or_default();
            (set, Reach { allowed: outcome.certain, unknown, reasons })
        };
        parts.into_iter().map(reach).collect()
    }

    /// What the policies of a class say of addresses, each part that they tell apart.
    pub(super) fn outcomes_outside(
        &self,
        class: u32,
        addresses: &AddressSet,
        direction: Direction,
    ) -> Vec<(AddressSet, Outcome)> {
        let mut parts: Vec<(AddressSet, Outcome)> = Vec::new();
        let blocks = self.blocks(class, direction);
        for family in FAMILIES {
            for (first, last) in addresses.ranges(family) {
                let cuts = &blocks[family as usize];
                let mut start = *first;
                loop {
                    let next = cuts.get(cuts.partition_point(|cut| *cut <= start));
                    let end = next.map_or(*last, |next| (*next - 1).min(*last));
                    let outcome = self.outcome(class, direction, Other::Address(family, start));
                    let part = AddressSet::of_ranges([(family, start, end)]);
                    match parts.iter_mut().find(|(_, known)| *known == outcome) {
                        Some((set, _)) => *set = set.union(&part),
                        None => parts.push((part, outcome)),
                    }
                    if end >= *last {
                        break;
                    }
                    start = end + 1;
                }
            }
        }
        parts
    }

    fn reach_addresses(&self, id: WorkloadId, set: &AddressSet, direction: Direction) -> Reach {
        let parts = self.parts(id, set, direction);
        let mut whole: Option<(PortSet, PortSet)> = None;
        let mut reasons = Vec::new();
        let is_one = parts.len() <= 1;
        for (_, reach) in parts {
            let possible = reach.allowed.union(&reach.unknown);
            reasons.extend(reach.reasons);
            whole = Some(match whole {
                None => (reach.allowed, possible),
                Some((all, any)) => (all.intersection(&reach.allowed), any.union(&possible)),
            });
        }
        let (allowed, possible) = whole.unwrap_or_default();
        let unknown = possible.difference(&allowed);
        if !is_one && !unknown.is_empty() {
            reasons.push(Reason::SomeAddresses);
        }
        reasons.sort_unstable();
        reasons.dedup();
        Reach { allowed, unknown, reasons }
    }

    /// Boundaries of the blocks that the policies of a class ask for, by family.
    fn blocks(&self, class: u32, direction: Direction) -> [Vec<u128>; 2] {
        let mut cuts = [Vec::new(), Vec::new()];
        for entry in self.entries(class, direction) {
            let rules = self.policies[entry.policy()].rules[direction as usize].clone();
            for rule in rules.into_iter().flatten() {
                for (_, peer) in self.rules[rule as usize].peers.iter().flatten() {
                    for family in FAMILIES {
                        for (first, last) in self.peers[*peer as usize].block.ranges(family) {
                            cuts[family as usize].push(*first);
                            cuts[family as usize].extend(last.checked_add(1));
                        }
                    }
                }
            }
        }
        for cuts in &mut cuts {
            cuts.sort_unstable();
        }
        cuts
    }

    fn entries(&self, class: u32, direction: Direction) -> &[Entry] {
        let group = self.classes[class as usize].groups[direction as usize];
        &self.groups[direction as usize][group as usize].entries
    }

    /// What the policies of a class let through.
    fn outcome(&self, class: u32, direction: Direction, other: Other) -> Outcome {
        if let Other::Class(other, family) = other {
            let group = self.classes[class as usize].groups[direction as usize];
            let number = self.groups[direction as usize][group as usize].outcome(family, other);
            return self.outcomes[number as usize].clone();
        }
        let named = self.named(class, direction, other);
        let mut matched = |rule| self.matched(rule, other).0;
        self.decide(self.entries(class, direction), direction as usize, named, &mut matched)
    }

    fn named(&self, class: u32, direction: Direction, other: Other) -> u32 {
        match (direction, other) {
            (Direction::Ingress, _) => self.classes[class as usize].ports,
            (Direction::Egress, Other::Class(other, _)) => self.classes[other as usize].ports,
            (Direction::Egress, Other::Address(..)) => 0,
        }
    }

    /// Whether a rule's peers match, and the place of the one that does.
    fn matched(&self, rule: u32, other: Other) -> (Match, Option<u32>) {
        let Some(peers) = &self.rules[rule as usize].peers else { return (Match::Yes, None) };
        let mut best = (Match::No, None);
        for (at, peer) in peers {
            let peer = &self.peers[*peer as usize];
            let is_matched = match other {
                Other::Class(class, family) => {
                    let [yes, maybe] = &peer.classes[family];
                    match () {
                        () if yes.contains(class) => Match::Yes,
                        () if maybe.contains(class) => Match::Maybe,
                        () => Match::No,
                    }
                }
                Other::Address(family, number) => {
                    if peer.block.contains(address::address(family, number)) {
                        Match::Yes
                    } else {
                        peer.outside
                    }
                }
            };
            if is_matched > best.0 {
                best = (is_matched, Some(*at));
            }
        }
        best
    }

    /// What one workload reaches at another: by any family of addresses both may have.
    fn between(&self, from: WorkloadId, to: WorkloadId) -> Outcome {
        let beyond = self.beyond(from, to);
        match beyond {
            Beyond::Loopback => return Outcome::open(),
            Beyond::NoFamily => return Outcome::closed(),
            _ => {}
        }
        let (source, target) = (self.workload(from).class, self.workload(to).class);
        let mut whole: Option<Outcome> = None;
        for family in self.families(from, to) {
            let egress = self.outcome(source, Direction::Egress, Other::Class(target, family));
            let ingress = self.outcome(target, Direction::Ingress, Other::Class(source, family));
            let ingress = match beyond {
                Beyond::SameNode => Outcome::open(),
                Beyond::MaybeSameNode => Outcome { possible: PortSet::all(), ..ingress },
                _ => ingress,
            };
            let both = egress.both(&ingress);
            whole = Some(whole.map_or_else(|| both.clone(), |whole| whole.either(&both)));
        }
        whole.unwrap_or_else(Outcome::closed)
    }

    fn beyond(&self, from: WorkloadId, to: WorkloadId) -> Beyond {
        let (source, target) = (self.workload(from), self.workload(to));
        if from == to && source.is_pod && self.profile.loopback_is_open {
            return Beyond::Loopback;
        }
        if self.families(from, to).next().is_none() {
            return Beyond::NoFamily;
        }
        match (&source.node, &target.node) {
            _ if !source.host_network => Beyond::Nothing,
            (Some(a), Some(b)) if a == b => Beyond::SameNode,
            (Some(_), Some(_)) => Beyond::Nothing,
            _ => Beyond::MaybeSameNode,
        }
    }

    /// Families that both have; where addresses are not known, both may be.
    fn families(&self, from: WorkloadId, to: WorkloadId) -> impl Iterator<Item = usize> + use<'_> {
        let has = |id: WorkloadId, family: Family| {
            let addresses = &self.workload(id).addresses;
            addresses.is_empty() || addresses.iter().any(|it| Family::of(*it) == family)
        };
        let common = move |family: &Family| has(from, *family) && has(to, *family);
        FAMILIES.into_iter().filter(common).map(|family| family as usize)
    }

    fn why_workloads(
        &self,
        from: WorkloadId,
        to: WorkloadId,
        protocol: Protocol,
        port: u16,
    ) -> Explanation {
        let both = |side: Side| Explanation { egress: side.clone(), ingress: side };
        let beyond = self.beyond(from, to);
        match beyond {
            Beyond::Loopback => return both(Side::Loopback),
            Beyond::NoFamily => return both(Side::NoFamily),
            _ => {}
        }
        let (source, target) = (self.workload(from).class, self.workload(to).class);
        let of = |family| {
            let packet = (protocol, port);
            let ingress = Other::Class(source, family);
            let ingress = match beyond {
                Beyond::SameNode => Side::SameNode,
                _ => self.side(target, Direction::Ingress, ingress, packet),
            };
            let ingress = match (&beyond, ingress.is_open()) {
                (Beyond::MaybeSameNode, Some(false)) => Side::Unknown(vec![Reason::Node]),
                _ => ingress,
            };
            let egress = Other::Class(target, family);
            Explanation { egress: self.side(source, Direction::Egress, egress, packet), ingress }
        };
        // The family that lets most through: a client tries both.
        let rank = |why: &Explanation| match (why.egress.is_open(), why.ingress.is_open()) {
            (Some(true), Some(true)) => 2,
            (Some(false), _) | (_, Some(false)) => 0,
            _ => 1,
        };
        let mut families = self.families(from, to).map(of);
        let first = families.next().unwrap_or_else(|| both(Side::NoFamily));
        families.fold(first, |best, next| if rank(&next) > rank(&best) { next } else { best })
    }

    fn side(
        &self,
        class: u32,
        direction: Direction,
        other: Other,
        (protocol, port): (Protocol, u16),
    ) -> Side {
        let entries = self.entries(class, direction);
        if entries.is_empty() {
            return Side::NotIsolated;
        }
        let (certain, possible) = match other {
            Other::Class(peer, family) => {
                let group = self.classes[class as usize].groups[direction as usize];
                let group = &self.groups[direction as usize][group as usize];
                let outcome = &self.outcomes[group.outcome(family, peer) as usize];
                let contains = |set: &PortSet| set.contains(protocol, port);
                (contains(&outcome.certain), contains(&outcome.possible))
            }
            Other::Address(..) => {
                let outcome = self.outcome(class, direction, other);
                let contains = |set: &PortSet| set.contains(protocol, port);
                (contains(&outcome.certain), contains(&outcome.possible))
            }
        };
        let search = Search {
            network: self,
            direction,
            other,
            named: self.named(class, direction, other),
            packet: (protocol, port),
        };
        if certain || !possible {
            search.decisive(entries, certain)
        } else {
            Side::Unknown(search.doubts(entries))
        }
    }
}

/// Looks for the rule that decides on a packet.
struct Search<'a> {
    network: &'a Network,
    direction: Direction,
    other: Other,
    named: u32,
    packet: (Protocol, u16),
}

impl Search<'_> {
    fn rules(&self, entry: Entry) -> impl Iterator<Item = u32> + use<'_> {
        let rules = &self.network.policies[entry.policy()].rules[self.direction as usize];
        rules.clone().into_iter().flatten()
    }

    /// How a rule matches the packet, and its place.
    fn hit(&self, entry: Entry, rule: u32) -> Option<(Match, RuleAt)> {
        let record = &self.network.rules[rule as usize];
        let (protocol, number) = self.packet;
        let known = &self.network.named_ports[self.named as usize];
        let is_namespaced = self.tier(entry) == Tier::Namespace;
        let can_be_asked = known.can_be_asked(is_namespaced, self.network.profile);
        let is_named = |(_, of, name): &&(u32, Option<Protocol>, String)| {
            known.ports.iter().any(|(its_name, its, port)| {
                its_name == name
                    && *its == protocol
                    && *port == number
                    && of.is_none_or(|of| of == protocol)
            })
        };
        let part = record.parts.iter().find(|(_, ports)| ports.contains(protocol, number));
        let port = part.map(|(at, _)| *at);
        let is_numeric = record.numeric.contains(protocol, number);
        let by_name = record.named.iter().find(is_named).map(|(at, _, _)| *at);
        let by_name = by_name.filter(|_| can_be_asked != Match::No);
        if !is_numeric && by_name.is_none() {
            return None;
        }
        let port = port.or(by_name);
        let (is_matched, peer) = self.network.matched(rule, self.other);
        let is_matched = if is_numeric { is_matched } else { is_matched.min(can_be_asked) };
        let policy = self.network.policies[entry.policy()].id;
        let at = RuleAt { policy, rule: record.index, peer, port };
        (is_matched != Match::No).then_some((is_matched, at))
    }

    fn tier(&self, entry: Entry) -> Tier {
        self.network.policies[entry.policy()].tier
    }

    /// What decides, where the answer is certain.
    fn decisive(&self, entries: &[Entry], is_open: bool) -> Side {
        let mut isolating: Vec<ObjectId> = Vec::new();
        let mut is_passed = false;
        for entry in entries {
            let tier = self.tier(*entry);
            if tier > Tier::Namespace && !isolating.is_empty() {
                break;
            }
            if tier == Tier::Namespace && entry.is_certain() {
                isolating.push(self.network.policies[entry.policy()].id);
            }
            if tier < Tier::Namespace && is_passed || !entry.is_certain() {
                continue;
            }
            for rule in self.rules(*entry) {
                let Some((Match::Yes, at)) = self.hit(*entry, rule) else { continue };
                let action = self.network.rules[rule as usize].action;
                match action {
                    Action::Pass => is_passed = tier < Tier::Namespace,
                    Action::Accept if tier == Tier::Namespace && is_open => {
                        return Side::Allowed(at);
                    }
                    Action::Accept if is_open => return Side::Decided(at, action),
                    Action::Deny if !is_open => return Side::Decided(at, action),
                    Action::Accept | Action::Deny => {}
                }
                break;
            }
        }
        if is_open { Side::NotIsolated } else { Side::Denied(isolating) }
    }

    /// What the answer hangs on, where it is not certain.
    fn doubts(&self, entries: &[Entry]) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let mut by_tier: Vec<(Tier, Action, ObjectId)> = Vec::new();
        for entry in entries {
            let policy = &self.network.policies[entry.policy()];
            if !policy.is_certain {
                reasons.push(Reason::Policy(policy.id));
            } else if !entry.is_certain() {
                reasons.push(Reason::Subject(policy.id));
            }
            for rule in self.rules(*entry) {
                match self.hit(*entry, rule) {
                    Some((Match::Maybe, at)) => reasons.push(Reason::Peer(at)),
                    Some((_, at)) if policy.tier != Tier::Namespace => {
                        let action = self.network.rules[rule as usize].action;
                        by_tier.push((policy.tier, action, at.policy));
                        break;
                    }
                    _ => {}
                }
            }
        }
        for equals in by_tier.chunk_by(|a, b| a.0 == b.0) {
            if equals.iter().any(|it| it.1 != equals[0].1) {
                reasons.push(Reason::Priority(equals.iter().map(|it| it.2).collect()));
            }
        }
        reasons.sort_unstable();
        reasons.dedup();
        reasons
    }
}

fn first_of(set: &AddressSet) -> Other {
    let (family, number) = set.first().map_or((Family::V4, 0), address::number);
    Other::Address(family, number)
}

fn doubts(why: &Explanation) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for side in [&why.egress, &why.ingress] {
        if let Side::Unknown(found) = side {
            reasons.extend(found.iter().cloned());
        }
    }
    reasons.sort_unstable();
    reasons.dedup();
    reasons
}
