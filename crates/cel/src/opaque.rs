//! Values of Kubernetes' libraries, which only their functions can use.

use std::fmt;

use crate::authorize::{Check, Decision, Identity};
use crate::format_named::Named;
use crate::net::{Cidr, Ip};
use crate::quantity::Quantity;
use crate::semver::Semver;
use crate::url::Url;

/// A value of one of Kubernetes' libraries.
#[derive(Clone, Debug)]
pub enum Opaque {
    #[doc(hidden)]
    Url(Url),
    #[doc(hidden)]
    Quantity(Quantity),
    #[doc(hidden)]
    Ip(Ip),
    #[doc(hidden)]
    Cidr(Cidr),
    #[doc(hidden)]
    Semver(Semver),
    #[doc(hidden)]
    Named(Named),
    #[doc(hidden)]
    Authorizer(Identity),
    #[doc(hidden)]
    Path(Identity, Box<str>),
    #[doc(hidden)]
    Group(Identity, Box<str>),
    #[doc(hidden)]
    Resource(Check),
    #[doc(hidden)]
    Decision(Decision),
}

impl Opaque {
    /// The authorizer, asked on behalf of who makes the request.
    pub fn authorizer() -> Self {
        Self::Authorizer(Identity::Requester)
    }

    /// The authorizer, asked about one resource on behalf of who makes the request.
    pub fn resource(check: Check) -> Self {
        Self::Resource(check)
    }

    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Url(_) => "kubernetes.URL",
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Ip(_) => "net.IP",
            Self::Cidr(_) => "net.CIDR",
            Self::Semver(_) => "kubernetes.Semver",
            Self::Named(_) => "kubernetes.NamedFormat",
            Self::Authorizer(_) => "kubernetes.authorization.Authorizer",
            Self::Path(..) => "kubernetes.authorization.PathCheck",
            Self::Group(..) => "kubernetes.authorization.GroupCheck",
            Self::Resource(_) => "kubernetes.authorization.ResourceCheck",
            Self::Decision(_) => "kubernetes.authorization.Decision",
        }
    }

    /// Bytes of an address, of a network's prefix.
    pub(crate) fn size(&self) -> Option<u64> {
        match self {
            Self::Ip(ip) => Some(if ip.0.is_ipv4() { 4 } else { 16 }),
            Self::Cidr(cidr) => Some(u64::from(cidr.bits).div_ceil(8)),
            _ => None,
        }
    }

    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Url(one), Self::Url(two)) => one == two,
            (Self::Quantity(one), Self::Quantity(two)) => one.nanos == two.nanos,
            (Self::Ip(one), Self::Ip(two)) => one == two,
            (Self::Cidr(one), Self::Cidr(two)) => one == two,
            (Self::Semver(one), Self::Semver(two)) => one.order(two).is_eq(),
            (Self::Named(one), Self::Named(two)) => one.name == two.name,
            _ => false,
        }
    }
}

impl fmt::Display for Opaque {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => formatter.write_str(&url.text),
            Self::Ip(ip) => write!(formatter, "{}", ip.0),
            Self::Cidr(cidr) => write!(formatter, "{}/{}", cidr.address, cidr.bits),
            Self::Semver(version) => write!(formatter, "{version}"),
            other => formatter.write_str(other.type_name()),
        }
    }
}
