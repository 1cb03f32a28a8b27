//! Tells people of changes.
//!
//! The middle is pure: [`Change`]s are gathered by [`Groups`] into [`Message`]s, which
//! [`envelopes`] writes in the form of each receiver that wants them. The rim, [`deliver`], takes
//! envelopes out of an [`Outbox`] and sends them until they arrive: at least once, each with an id
//! by which a receiver can tell that it has had it.

mod alertmanager;
mod card;
mod cloud_event;
mod deliver;
mod group;
mod message;
mod outbox;
mod slack;

pub use deliver::{Outcome, deliver};
pub use group::Groups;
pub use message::{Change, Message, State, Subject, What};
pub use outbox::{Envelope, MemoryOutbox, Outbox, envelopes};
