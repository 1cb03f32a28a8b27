//! What of an image's vulnerabilities a team has to act on today.
//!
//! Breaking every build on every CVE teaches people to switch the scanner off. So each finding is
//! in one of four classes: to act on now, in grace for some more days, waiting for the vendor, or
//! accepted by somebody with a name until a day. What VEX states not to be affected stands beside
//! them. A [`Policy`] says which; without one the defaults do, and nothing breaks a build.
#![warn(clippy::disallowed_methods)]

mod age;
mod base;
mod finding;
mod policy;
mod rank;
mod support;
mod upgrade;

pub use age::{Age, age};
pub use base::{Base, Foundation, Newer, foundation};
pub use finding::{Class, Finding, Why, judge};
pub use policy::{Breaking, CountedFrom, Exception, Grace, KEYS, Policy};
pub use rank::{Exposure, Rank, rank};
pub use support::{Ended, ended};
pub use upgrade::{Upgrade, upgrades};
