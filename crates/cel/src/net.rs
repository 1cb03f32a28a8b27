//! `ip()` and `cidr()` (k8s.io/apiserver/pkg/cel/library/ip.go and cidr.go).

use std::net::IpAddr;

use crate::error::Error;

/// An address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ip(pub(crate) IpAddr);

/// A network, host bits as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    pub(crate) address: IpAddr,
    pub(crate) bits: u8,
}

impl Ip {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let refused = |why: &str| Err(Error::new(why.to_owned()));
        if let Some((address, _)) = text.split_once('%')
            && address.parse::<std::net::Ipv6Addr>().is_ok()
        {
            return refused(&format!("IP address {text:?} with zone value is not allowed"));
        }
        match text.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => {
                refused(&format!("IPv4-mapped IPv6 address {text:?} is not allowed"))
            }
            Ok(address) => Ok(Self(address)),
            Err(_) => refused(&format!(
                "IP Address {text:?} parse error during conversion from string: \
                 ParseAddr({text:?}): unable to parse IP"
            )),
        }
    }

    pub(crate) fn is_unspecified(self) -> bool {
        self.0.is_unspecified()
    }

    pub(crate) fn is_loopback(self) -> bool {
        self.0.is_loopback()
    }

    pub(crate) fn is_link_local_multicast(self) -> bool {
        match self.0 {
            IpAddr::V4(address) => address.octets().starts_with(&[224, 0, 0]),
            IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
        }
    }

    pub(crate) fn is_link_local_unicast(self) -> bool {
        match self.0 {
            IpAddr::V4(address) => address.is_link_local(),
            IpAddr::V6(address) => address.segments()[0] & 0xffc0 == 0xfe80,
        }
    }

    /// As `netip.Addr.IsGlobalUnicast`: private addresses too.
    pub(crate) fn is_global_unicast(self) -> bool {
        let is_broadcast = matches!(self.0, IpAddr::V4(address) if address.is_broadcast());
        !is_broadcast
            && !self.is_unspecified()
            && !self.is_loopback()
            && !self.0.is_multicast()
            && !self.is_link_local_unicast()
    }
}

impl Cidr {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let refused = |why: String| {
            let reason = "network address parse error during conversion from string";
            Error::new(format!("{reason}: {why}"))
        };
        let inner = "network address parse error during conversion from string";
        let Some((address, bits)) = text.rsplit_once('/') else {
            return Err(refused(format!("{inner}: netip.ParsePrefix({text:?}): no '/'")));
        };
        let parsed = address.parse::<IpAddr>();
        let digits = bits.bytes().all(|byte| byte.is_ascii_digit());
        let is_padded = bits.len() > 1 && bits.starts_with('0');
        let length = bits.parse::<u8>().ok().filter(|_| digits && !is_padded);
        match (parsed, length) {
            (Ok(IpAddr::V6(address)), _) if address.to_ipv4_mapped().is_some() => {
                Err(refused(format!("IPv4-mapped IPv6 address {text:?} is not allowed")))
            }
            (Ok(address), Some(bits)) if bits <= width(address) => Ok(Self { address, bits }),
            _ => Err(refused(format!("{inner}: netip.ParsePrefix({text:?})"))),
        }
    }

    pub(crate) fn contains(self, ip: Ip) -> bool {
        width(self.address) == width(ip.0) && mask(ip.0, self.bits) == mask(self.address, self.bits)
    }

    pub(crate) fn contains_network(self, other: Self) -> bool {
        self.bits <= other.bits && self.contains(Ip(other.address))
    }

    pub(crate) fn masked(self) -> Self {
        Self { address: mask(self.address, self.bits), bits: self.bits }
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn mask(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}
