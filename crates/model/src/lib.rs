//! The nouns: what a cluster is made of and what is said about it.
//!
//! Everything that flows between the stages of bollwerk is defined here: [`Snapshot`] and its
//! [`Object`]s, the typed views over them ([`Pod`], [`Container`] …), [`Finding`], [`Gap`].
//! Views are handles over a [`Node`], which hides whether an object is a file's tree or the
//! compact form that the snapshot keeps, so a control cannot tell one from the other.
//!
//! This crate reads nothing and knows no clock: what it says follows from its arguments alone.
#![warn(clippy::disallowed_methods)]

pub mod change;
pub mod cloud;
mod compact;
pub mod compliance;
mod component;
pub mod config;
mod container;
mod finding;
pub mod flow;
mod gap;
mod locate;
mod node;
mod object;
mod path;
mod pod;
mod redaction;
mod settings;
pub mod shape;
pub mod snapshot;
mod template;
pub mod usage;
mod version;
mod volume;

pub use ::secret;
pub use compact::{CompactId, CompactNode, Pool};
pub use component::{Component, ComponentKind, Flag, components};
pub use container::{Container, ContainerKind, Handler, Port};
pub use finding::{
    Applicability, Edit, Finding, Fingerprint, Fix, Frame, FrameLine, Location, Severity, Subject,
};
pub use gap::{Gap, GapKind};
pub use locate::{Locator, locate};
pub use node::{Node, SharedTree, Value};
pub use object::{Identity, Object};
pub use path::{ItemNames, Path, Segment};
pub use pod::{Pod, PodOs};
pub use redaction::{DigestKey, Redacted, Redactions};
pub use settings::{Profile, Scope, Setting};
pub use snapshot::{
    Coverage, Item, NEIGHBOURS, Note, ObjectId, Origin, Part, Snapshot, WorldId, items,
};
pub use version::KubernetesVersion;
pub use volume::Volume;
