//! What is known to be vulnerable: advisories, the vendors' word on each, and a database of them
//! that is read in place.
//!
//! The inner model is the OSV format ([`Record`]); readers in [`sources`] bring what others publish
//! into it. A [`Builder`] takes records in and gives the bytes of a database; a [`Database`] is
//! opened over such bytes, copies nothing, and says of a package what it is affected by. What it
//! cannot say is a [`Gap`].
//!
//! ```
//! use advisory::{Builder, Database, Record, Source};
//! use package::{Kind, Package};
//!
//! let record = Record::parse(br#"{
//!     "id": "PYSEC-2014-8",
//!     "aliases": ["CVE-2014-1829"],
//!     "published": "2014-10-15T14:55:00Z",
//!     "affected": [{
//!         "package": {"ecosystem": "PyPI", "name": "requests"},
//!         "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.3.0"}]}]
//!     }]
//! }"#).unwrap();
//! let mut builder = Builder::default();
//! let source = builder.source(Source { name: "example".to_owned(), ..Source::default() });
//! builder.add(source, &record).unwrap();
//! let bytes = builder.finish().bytes;
//!
//! let database = Database::open(&bytes).unwrap();
//! let found = database.matching(&Package::new(Kind::Pypi, "Requests", "2.2.1"));
//! assert_eq!(found.matches[0].vulnerability.to_string(), "CVE-2014-1829");
//! assert_eq!(found.matches[0].fixed, Some("2.3.0"));
//! assert!(database.matching(&Package::new(Kind::Pypi, "requests", "2.3.0")).matches.is_empty());
//! ```
#![warn(clippy::disallowed_methods)]

mod database;
mod date;
mod identifier;
mod intake;
mod osv;
mod severity;
pub mod signature;
pub mod sources;
mod status;
pub mod vex;

/// The database the program carries: facts of freely usable sets, with their credit in
/// [`Database::sources`]. Built by `cargo xtask database`, at most 3 MB.
pub static EMBEDDED: &[u8] = include_bytes!("../data/default.bwdb");

pub use database::build::{Builder, Built, Refusal, Source};
pub use database::matching::{Gap, Match, Matching};
pub use database::provenance::Provenance;
pub use database::{Advisory, Coverage, Database, Exploitation, OpenError};
pub use date::Date;
pub use identifier::Identifier;
pub use intake::{Form, Intake, Refused, Taken};
pub use osv::{Affected, Event, Range, RangeKind, Record, RecordError};
pub use severity::{Rating, score_of};
pub use status::{Informational, Status};
