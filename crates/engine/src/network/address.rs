//! Sets of IP addresses, and prefixes as Kubernetes reads them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::intervals::Intervals;

/// A family of addresses. A packet is of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Which family an address is of; one of IPv6 that stands for one of IPv4 is of IPv4, as in
    /// Go.
    pub fn of(address: IpAddr) -> Self {
        if address.to_canonical().is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// Addresses that begin with the same bits (a CIDR).
///
/// Read as `ParseCIDRSloppy` of `k8s.io/utils/net` does, which the API server's validation calls:
/// octets of IPv4 may have leading zeros and are decimal; bits behind the length may be set and
/// do not count; an IPv6 prefix below `::ffff:0:0/96` is one of IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix {
    family: Family,
    first: u128,
    length: u8,
    written: u8,
    has_host_bits: bool,
}

impl Prefix {
    /// Reads one; none if the API server refuses it.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let written = length.parse::<u8>().ok().filter(|_| is_number)?;
        let (family, bits, first, length) = if address.contains(':') {
            let address: Ipv6Addr = address.parse().ok().filter(|_| !address.contains('%'))?;
            match address.to_ipv4_mapped() {
                Some(mapped) if (96..=128).contains(&written) => {
                    (Family::V4, 32, u128::from(u32::from(mapped)), written - 96)
                }
                _ => (Family::V6, 128, u128::from(address), written),
            }
        } else {
            (Family::V4, 32, u128::from(u32::from(ipv4(address)?)), written)
        };
        if length > bits {
            return None;
        }
        let free = u32::from(bits - length);
        let start = first.checked_shr(free).unwrap_or(0).checked_shl(free).unwrap_or(0);
        Some(Self { family, first: start, length, written, has_host_bits: start != first })
    }

    /// The addresses that share the first bits of one: so many of them, at most all.
    pub fn around(address: IpAddr, length: u8) -> Self {
        let (family, number) = number(address);
        let bits = if family == Family::V4 { 32 } else { 128 };
        let length = length.min(bits);
        let free = u32::from(bits - length);
        let first = number.checked_shr(free).unwrap_or(0).checked_shl(free).unwrap_or(0);
        Self { family, first, length, written: length, has_host_bits: false }
    }

    /// Whether bits behind the length were set.
    pub fn has_host_bits(self) -> bool {
        self.has_host_bits
    }

    /// The family of its addresses.
    pub fn family(self) -> Family {
        self.family
    }

    /// Whether `inner` may be left out of it: it lies in it and is longer.
    ///
    /// Source: `ValidateIPBlock` in `pkg/apis/networking/validation/validation.go`.
    pub fn may_except(self, inner: Self) -> bool {
        self.family == inner.family
            && (self.first..=self.last()).contains(&inner.first)
            && self.written < inner.written
    }

    fn last(self) -> u128 {
        let bits = if self.family == Family::V4 { 32 } else { 128 };
        let free = u32::from(bits - self.length);
        self.first | 1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", address(self.family, self.first), self.length)
    }
}

/// Octets may have leading zeros, three digits at the most are not asked for: Go's own limit is
/// the value.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0_u8; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let digits = part.trim_start_matches('0');
        let value = if digits.is_empty() { Ok(0) } else { digits.parse() };
        *octet = value.ok().filter(|_| is_number)?;
    }
    parts.next().is_none().then(|| octets.into())
}

/// Reads one address as `ParseIPSloppy` of `k8s.io/utils/net` does.
pub fn parse_address(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        text.parse::<Ipv6Addr>().ok().map(|address| IpAddr::V6(address).to_canonical())
    } else {
        ipv4(text).map(IpAddr::V4)
    }
}

/// A set of addresses of both families.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressSet {
    v4: Intervals<u128>,
    v6: Intervals<u128>,
}

impl AddressSet {
    /// No address.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Every address.
    pub fn all() -> Self {
        Self::all_of(Family::V4).union(&Self::all_of(Family::V6))
    }

    /// Every address of a family.
    pub fn all_of(family: Family) -> Self {
        let last = if family == Family::V4 { u128::from(u32::MAX) } else { u128::MAX };
        Self::of_ranges([(family, 0, last)])
    }

    /// The addresses of prefixes.
    pub fn of_prefixes(prefixes: impl IntoIterator<Item = Prefix>) -> Self {
        Self::of_ranges(prefixes.into_iter().map(|it| (it.family, it.first, it.last())))
    }

    /// The addresses of a prefix.
    pub fn prefix(prefix: Prefix) -> Self {
        Self::of_prefixes([prefix])
    }

    /// These addresses.
    pub fn of_addresses(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        Self::of_ranges(addresses.into_iter().map(|address| {
            let (family, number) = number(address);
            (family, number, number)
        }))
    }

    /// One address.
    pub fn one(address: IpAddr) -> Self {
        let (family, number) = number(address);
        Self::of_ranges([(family, number, number)])
    }

    /// All addresses that are not reserved: what "the internet" may be. Left out are the
    /// special-purpose registries of IANA (RFC 6890): private, shared, loopback, link-local,
    /// documentation, benchmarking, multicast, reserved; of IPv6 all beyond `2000::/3`, and the
    /// documentation prefix; and the public address that stands for Azure's platform inside of
    /// Azure alone.
    pub fn internet() -> Self {
        const RESERVED: [&str; 17] = [
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "168.63.129.16/32",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "2001:db8::/32",
        ];
        let reserved = Self::of_prefixes(RESERVED.iter().filter_map(|it| Prefix::parse(it)));
        let global = Prefix::parse("2000::/3").map(Self::prefix).unwrap_or_default();
        Self::all_of(Family::V4).union(&global).difference(&reserved)
    }

    /// Private addresses (RFC 1918, RFC 4193).
    pub fn private() -> Self {
        const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];
        Self::of_prefixes(PRIVATE.iter().filter_map(|it| Prefix::parse(it)))
    }

    /// From inclusive ranges of numbers, in any order.
    pub(super) fn of_ranges(ranges: impl IntoIterator<Item = (Family, u128, u128)>) -> Self {
        let (v4, v6): (Vec<_>, Vec<_>) =
            ranges.into_iter().partition(|(family, _, _)| *family == Family::V4);
        let plain = |ranges: Vec<(Family, u128, u128)>| {
            Intervals::new(ranges.into_iter().map(|(_, first, last)| (first, last)).collect())
        };
        Self { v4: plain(v4), v6: plain(v6) }
    }

    /// Its ranges in one family, as numbers.
    pub(super) fn ranges(&self, family: Family) -> &[(u128, u128)] {
        self.of(family).ranges()
    }

    fn of(&self, family: Family) -> &Intervals<u128> {
        if family == Family::V4 { &self.v4 } else { &self.v6 }
    }

    /// Addresses in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    /// Addresses in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self { v4: self.v4.intersection(&other.v4), v6: self.v6.intersection(&other.v6) }
    }

    /// Addresses in this one and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self { v4: self.v4.difference(&other.v4), v6: self.v6.difference(&other.v6) }
    }

    /// All addresses but these.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self::all().difference(self)
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (family, number) = number(address);
        self.of(family).contains(number)
    }

    /// The fewest prefixes that have its addresses and no others, in order.
    pub fn prefixes(&self) -> Vec<Prefix> {
        let mut found = Vec::new();
        for (family, bits) in [(Family::V4, 32_u8), (Family::V6, 128)] {
            for &(mut first, last) in self.ranges(family) {
                loop {
                    // As large as its first address allows and its last one too.
                    let mut free = (first.trailing_zeros() as u8).min(bits);
                    let size =
                        |free: u8| 1_u128.checked_shl(free.into()).map_or(u128::MAX, |it| it - 1);
                    while free > 0 && size(free) > last - first {
                        free -= 1;
                    }
                    let length = bits - free;
                    let written = length;
                    found.push(Prefix { family, first, length, written, has_host_bits: false });
                    match first.checked_add(size(free)).and_then(|it| it.checked_add(1)) {
                        Some(next) if next <= last => first = next,
                        _ => break,
                    }
                }
            }
        }
        found
    }

    /// Whether it has an address of a prefix.
    pub fn overlaps(&self, prefix: Prefix) -> bool {
        let ranges = self.ranges(prefix.family);
        let at = ranges.partition_point(|(_, last)| *last < prefix.first);
        ranges.get(at).is_some_and(|(first, _)| *first <= prefix.last())
    }

    /// How many addresses it has; the largest number where they are more.
    pub fn count(&self) -> u128 {
        let size = |(first, last): &(u128, u128)| (last - first).saturating_add(1);
        let all = self.v4.ranges().iter().chain(self.v6.ranges());
        all.map(size).fold(0, u128::saturating_add)
    }

    /// Whether it has no address.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether it has all addresses of a family.
    pub fn covers(&self, family: Family) -> bool {
        Self::all_of(family).of(family) == self.of(family)
    }

    /// Its first address.
    pub fn first(&self) -> Option<IpAddr> {
        let v4 = self.v4.ranges().first().map(|(first, _)| address(Family::V4, *first));
        v4.or_else(|| self.v6.ranges().first().map(|(first, _)| address(Family::V6, *first)))
    }
}

/// An address as a number of its family.
pub(super) fn number(address: IpAddr) -> (Family, u128) {
    match address.to_canonical() {
        IpAddr::V4(address) => (Family::V4, u128::from(u32::from(address))),
        IpAddr::V6(address) => (Family::V6, u128::from(address)),
    }
}

pub(super) fn address(family: Family, number: u128) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::from(number as u32)),
        Family::V6 => IpAddr::V6(Ipv6Addr::from(number)),
    }
}

impl fmt::Display for AddressSet {
    /// As prefixes where a range is one, else as `first-last`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return formatter.write_str("no address");
        }
        let mut is_first = true;
        for (family, bits) in [(Family::V4, 32), (Family::V6, 128)] {
            for &(first, last) in self.ranges(family) {
                if !std::mem::take(&mut is_first) {
                    formatter.write_str(", ")?;
                }
                let free = (first ^ last).checked_add(1).map_or(128, u128::trailing_zeros);
                let is_prefix = (first ^ last).wrapping_add(1).count_ones() <= 1
                    && first.checked_shr(free).unwrap_or(0).checked_shl(free).unwrap_or(0) == first;
                match is_prefix {
                    true if first == last => write!(formatter, "{}", address(family, first))?,
                    true => write!(formatter, "{}/{}", address(family, first), bits - free)?,
                    false => {
                        let (first, last) = (address(family, first), address(family, last));
                        write!(formatter, "{first}-{last}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn prefixes_are_read_as_the_api_server_does() {
        let read = |text| Prefix::parse(text).map(|it| AddressSet::prefix(it).to_string());
        let cases = [
            ("10.0.0.0/8", Some("10.0.0.0/8")),
            ("10.1.2.3/8", Some("10.0.0.0/8")),
            ("010.001.0.0/16", Some("10.1.0.0/16")),
            ("0.0.0.0/0", Some("0.0.0.0/0")),
            ("1.2.3.4/32", Some("1.2.3.4")),
            ("::/0", Some("::/0")),
            ("2001:db8::1/64", Some("2001:db8::/64")),
            ("::ffff:10.0.0.0/104", Some("10.0.0.0/8")),
            ("10.0.0.0", None),
            ("10.0.0.0/33", None),
            ("10.0.0/8", None),
            ("10.0.0.256/8", None),
            ("10.0.0.0/-1", None),
            ("10.0.0.0/+8", None),
            ("10.0.0.0/", None),
            ("::1/129", None),
            ("fe80::1%eth0/64", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn sets_are_cut_into_the_fewest_prefixes() {
        let set = |first: u32, last: u32| {
            AddressSet::of_ranges([(Family::V4, u128::from(first), u128::from(last))])
        };
        let shown = |set: &AddressSet| {
            set.prefixes().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            shown(&set(0x0a00_0001, 0x0a00_0006)),
            "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32"
        );
        assert_eq!(shown(&set(0x0a00_0000, 0x0a00_00ff)), "10.0.0.0/24");
        assert_eq!(shown(&AddressSet::all()), "0.0.0.0/0 ::/0");
        let address = parse_address("10.1.2.3").expect("an address");
        assert_eq!(Prefix::around(address, 24).to_string(), "10.1.2.0/24");
        assert_eq!(Prefix::around(address, 0).to_string(), "0.0.0.0/0");
        assert!(set(5, 9).overlaps(Prefix::around(parse_address("0.0.0.8").expect("one"), 31)));
        assert!(!set(5, 9).overlaps(Prefix::around(parse_address("0.0.0.10").expect("one"), 31)));
    }

    #[test]
    fn an_exception_lies_inside_and_is_longer() {
        let may = |outer, inner| {
            let parse = |text| Prefix::parse(text).expect("a prefix");
            parse(outer).may_except(parse(inner))
        };
        assert!(may("10.0.0.0/8", "10.1.0.0/16"));
        assert!(!may("10.0.0.0/8", "10.0.0.0/8"));
        assert!(!may("10.0.0.0/8", "11.0.0.0/16"));
        assert!(!may("10.1.0.0/16", "10.0.0.0/8"));
        assert!(!may("0.0.0.0/0", "2001:db8::/64"));
    }

    #[test]
    fn sets_agree_with_dumb_ones() {
        let set = |seed: u64| {
            let ranges = (0..seed % 5).map(|number| {
                let at = (seed * 7919 + number * 104_729) % 1009;
                let first = u128::from(at % 50);
                let family = if at.is_multiple_of(2) { Family::V4 } else { Family::V6 };
                (family, first, first + u128::from(at / 50 % 9))
            });
            let set = AddressSet::of_ranges(ranges.clone());
            let dumb: BTreeSet<IpAddr> = ranges
                .flat_map(|(family, first, last)| (first..=last).map(move |it| address(family, it)))
                .collect();
            (set, dumb)
        };
        // Small numbers of IPv6 are `::` and `::1`…, no addresses of IPv4 in disguise.
        let points = [Family::V4, Family::V6]
            .into_iter()
            .flat_map(|family| (0..70).map(move |number| address(family, number)));
        let points: Vec<IpAddr> = points.collect();
        for seed in 0..400 {
            let ((a, dumb_a), (b, dumb_b)) = (set(seed), set(seed * 3 + 1));
            for point in &points {
                let (in_a, in_b) = (dumb_a.contains(point), dumb_b.contains(point));
                assert_eq!(a.contains(*point), in_a);
                assert_eq!(a.union(&b).contains(*point), in_a || in_b);
                assert_eq!(a.intersection(&b).contains(*point), in_a && in_b);
                assert_eq!(a.difference(&b).contains(*point), in_a && !in_b);
                assert_eq!(a.complement().contains(*point), !in_a);
                let one = Prefix::around(*point, 128);
                assert_eq!(a.overlaps(one), in_a);
            }
            assert_eq!(a.count(), dumb_a.len() as u128);
            assert_eq!(AddressSet::of_prefixes(a.prefixes()), a);
        }
    }

    #[test]
    fn the_internet_is_what_is_not_reserved() {
        let internet = AddressSet::internet();
        for (text, is_in) in [
            ("8.8.8.8", true),
            ("10.0.0.1", false),
            ("169.254.169.254", false),
            ("168.63.129.16", false),
            ("2606:4700::1", true),
            ("fd00:ec2::254", false),
            ("::1", false),
        ] {
            let address = parse_address(text).expect("an address");
            assert_eq!(internet.contains(address), is_in, "{text}");
        }
    }
}
