//! What the server remembers: findings with their history, exceptions, images and where they run,
//! sessions, decisions.
//!
//! A [`Store`] is SQLite (a file, or memory) or PostgreSQL. One set of statements serves both; a
//! thin seam (`transaction.rs`) executes them and reads rows. Every call blocks, is one
//! transaction unless it says otherwise, and takes what a user may see ([`Sight`]) where it reads
//! something that belongs to somebody.
//!
//! The crate knows nothing of Kubernetes' rights, of controls or of HTTP, and has no clock: every
//! time is given to it. Times are kept in microseconds.

mod address;
mod counts;
mod decision;
mod dump;
mod error;
mod exception;
mod filter;
mod finding;
mod findings;
mod image;
mod ledger;
mod migrate;
mod names;
mod outbox;
mod page;
mod postgres;
mod query;
mod retention;
mod running;
mod search;
mod session;
mod sqlite;
mod store;
mod term;
mod text;
mod texts;
mod transaction;

pub use address::Address;
pub use counts::{By, Count, Day, TREND_DAYS_MAX};
pub use decision::{DECISIONS_MAX, Decision, DecisionFilter};
pub use error::StoreError;
pub use exception::{Exception, NewException};
pub use filter::{CHOICES_MAX, Filter, SEARCH_MAX};
pub use finding::{Finding, History, NewFinding, State, What};
pub use findings::{HistoryFilter, Order};
pub use image::{
    IMAGE_FINDINGS_MAX, IMAGES_KNOWN_MAX, Image, ImageDetail, ImageFilter, ImageFinding, ImageRow,
    KnownImage, Named, Place, Vulnerability, VulnerabilityFilter,
};
pub use ledger::{Assessed, AssessedGap, Cause, Findings, Gone, Ledger, Recorded, Touched, Unseen};
pub use names::Scope;
pub use outbox::{ALERT_BYTES_MAX, Alert};
pub use page::{Cursor, PAGE_ROWS_MAX, Page, PageRequest};
pub use query::Sight;
pub use retention::{FORGET_ROWS_MAX, Log, Old};
pub use running::{Running, Tag};
pub use search::COUNTED_MAX;
pub use session::{Action, ActionFilter, Session};
pub use store::Store;
pub use term::Term;
