//! Sets of ports of the protocols that policies speak of.

use std::fmt;

use super::intervals::Intervals;

/// A transport protocol that policies can name. Others (ICMP among them) are left to the network
/// plugin by the specification, so no answer is given for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tcp, Self::Udp, Self::Sctp];

    /// As Kubernetes writes it; letters have a case.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }

    fn base(self) -> u32 {
        (self as u32) << 16
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A set of ports, each of one protocol. 0 is no port, so the largest set is 1 to 65535 of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
// The protocol stands above the port's 16 bits. As no port is 0, ranges of two protocols never
// touch.
pub struct PortSet(Intervals<u32>);

impl PortSet {
    /// No port.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Every port of every protocol.
    pub fn all() -> Self {
        Self::new(Protocol::ALL.map(|protocol| (protocol, 1, u16::MAX)))
    }

    /// Every port of a protocol.
    pub fn all_of(protocol: Protocol) -> Self {
        Self::new([(protocol, 1, u16::MAX)])
    }

    /// One port.
    pub fn one(protocol: Protocol, port: u16) -> Self {
        Self::new([(protocol, port, port)])
    }

    /// From inclusive ranges in any order. A range that ends before it starts is empty.
    pub fn new(ranges: impl IntoIterator<Item = (Protocol, u16, u16)>) -> Self {
        let ranges = ranges.into_iter().map(|(protocol, first, last)| {
            (protocol.base() | u32::from(first.max(1)), protocol.base() | u32::from(last))
        });
        Self(Intervals::new(ranges.collect()))
    }

    /// Its ranges, by protocol and port.
    pub fn ranges(&self) -> impl Iterator<Item = (Protocol, u16, u16)> {
        self.0.ranges().iter().map(|(first, last)| {
            let protocol = Protocol::ALL[(first >> 16) as usize];
            (protocol, *first as u16, *last as u16)
        })
    }

    /// Ports in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0))
    }

    /// Ports in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0))
    }

    /// Ports in this one and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0))
    }

    /// All ports but these.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self::all().difference(self)
    }

    /// Whether a port is in it.
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        self.0.contains(protocol.base() | u32::from(port))
    }

    /// Whether it has no port.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it has every port of every protocol.
    pub fn is_all(&self) -> bool {
        self.0.ranges().len() == Protocol::ALL.len() && self.count() == 3 * u32::from(u16::MAX)
    }

    /// How many ports it has, each protocol counted apart.
    pub fn count(&self) -> u32 {
        self.0.ranges().iter().map(|(first, last)| last - first + 1).sum()
    }

    /// Its first port.
    pub fn first(&self) -> Option<(Protocol, u16)> {
        self.ranges().next().map(|(protocol, first, _)| (protocol, first))
    }
}

impl fmt::Display for PortSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all() {
            return formatter.write_str("all ports");
        }
        if self.is_empty() {
            return formatter.write_str("no port");
        }
        let mut before = None;
        for (protocol, first, last) in self.ranges() {
            match before {
                Some(it) if it == protocol => formatter.write_str(", ")?,
                Some(_) => write!(formatter, "; {protocol} ")?,
                None => write!(formatter, "{protocol} ")?,
            }
            before = Some(protocol);
            match (first, last) {
                (1, u16::MAX) => formatter.write_str("all ports")?,
                _ if first == last => write!(formatter, "{first}")?,
                _ => write!(formatter, "{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn mix(number: u64) -> u64 {
        let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 16
    }

    /// A set of small and of the largest ports, twice: as ranges and as a dumb set.
    fn random(seed: u64) -> (PortSet, BTreeSet<(Protocol, u16)>) {
        let mut ranges = Vec::new();
        let mut dumb = BTreeSet::new();
        for number in 0..mix(seed) % 6 {
            let at = mix(seed * 31 + number);
            let protocol = Protocol::ALL[(at % 3) as usize];
            let base = if at.is_multiple_of(7) { u16::MAX - 40 } else { 0 };
            let first = base + (at / 3 % 40) as u16;
            let last = (base + (at / 200 % 40) as u16).max(first.saturating_sub(1));
            ranges.push((protocol, first, last));
            dumb.extend((first.max(1)..=last).map(|port| (protocol, port)));
        }
        (PortSet::new(ranges), dumb)
    }

    fn dumb(set: &PortSet) -> BTreeSet<(Protocol, u16)> {
        set.ranges().flat_map(|(it, first, last)| (first..=last).map(move |n| (it, n))).collect()
    }

    #[test]
    fn sets_agree_with_dumb_ones() {
        for seed in 0..5_000 {
            let (a, dumb_a) = random(seed);
            let (b, dumb_b) = random(seed + 1_000_000);
            assert_eq!(dumb(&a), dumb_a);
            assert_eq!(dumb(&a.union(&b)), &dumb_a | &dumb_b);
            assert_eq!(dumb(&a.intersection(&b)), &dumb_a & &dumb_b);
            assert_eq!(dumb(&a.difference(&b)), &dumb_a - &dumb_b);
            assert_eq!(a.count() as usize, dumb_a.len());
            assert_eq!(a.union(&b), b.union(&a));
            assert_eq!(a.complement().complement(), a);
            assert_eq!(a.complement().count(), 3 * 65_535 - a.count());
            for protocol in Protocol::ALL {
                for port in [0, 1, 2, 39, 40, 65_494, u16::MAX] {
                    let is_in = dumb_a.contains(&(protocol, port));
                    assert_eq!(a.contains(protocol, port), is_in);
                }
            }
        }
    }

    #[test]
    fn sets_are_written_for_people() {
        let set = PortSet::new([
            (Protocol::Udp, 53, 53),
            (Protocol::Tcp, 8_000, 8_080),
            (Protocol::Tcp, 80, 80),
            (Protocol::Tcp, 443, 443),
        ]);
        assert_eq!(set.to_string(), "TCP 80, 443, 8000-8080; UDP 53");
        assert_eq!(PortSet::all().to_string(), "all ports");
        assert_eq!(PortSet::empty().to_string(), "no port");
        assert_eq!(PortSet::all_of(Protocol::Sctp).to_string(), "SCTP all ports");
        assert!(PortSet::all().is_all() && !set.is_all());
    }
}
