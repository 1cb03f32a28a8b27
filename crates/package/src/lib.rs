//! Packages as advisories and SBOMs speak of them: what they are called, in which order their
//! versions stand, and which distribution they belong to.
//!
//! A [`Package`] is what a cataloger finds. [`Purl`] is its name for others, [`Ecosystem`] its
//! name in advisories, and [`Scheme`] the order of its versions. Everything here is a pure
//! function of text, and stands any text.
//!
//! ```
//! use std::cmp::Ordering;
//! use package::{Distribution, Ecosystem, Kind, Package, Scheme};
//!
//! let debian = Distribution::parse("ID=debian\nVERSION_ID=\"12\"\n");
//! let package = Package {
//!     namespace: Some("debian".to_owned()),
//!     architecture: Some("amd64".to_owned()),
//!     distribution: Some(debian.into()),
//!     ..Package::new(Kind::Deb, "curl", "7.88.1-10+deb12u5")
//! };
//! assert_eq!(
//!     package.purl().to_string(),
//!     "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12"
//! );
//! let ecosystem = Ecosystem::of(&package).unwrap();
//! assert_eq!(ecosystem.to_string(), "Debian:12");
//! let fixed = "7.88.1-10+deb12u8";
//! assert_eq!(ecosystem.scheme().compare(&package.version, fixed), Ok(Ordering::Less));
//! ```
#![warn(clippy::disallowed_methods)]

mod distribution;
mod ecosystem;
mod kind;
mod package;
mod purl;
mod scheme;

pub use distribution::Distribution;
pub use ecosystem::{Ecosystem, Family};
pub use kind::Kind;
pub use package::{Evidence, Package, Source};
pub use purl::{Purl, PurlError};
pub use scheme::{NotAVersion, Scheme};
