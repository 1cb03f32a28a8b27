//! How somebody gets from here to there: ways from a pod, a user or a service account to more.
//!
//! A [`Graph`] is an AND-OR graph over [`Place`]s: what somebody who attacks may hold. Each step
//! needs all of some places and gives one; the [`EDGES`] are a table. Wholes ("all service
//! accounts of a namespace", "every pod") are places of their own, so that the graph stays as
//! large as the cluster and nothing is dropped. [`Graph::paths`] gives the shortest proofs,
//! [`Graph::reaches`] tells who gets to a goal, [`Graph::cut`] what has to go to close it.
//!
//! What cannot be known (a role that was not seen, the groups of a user, the labels of a namespace
//! that is not in the input) is a step of its own: a way with such a step is [`Reach::Unknown`],
//! never a yes and never a no.
//!
//! Taken for granted: the attacker is one person with one starting place; names of objects can be
//! guessed; admission beyond Pod Security refuses nothing.

#![expect(clippy::similar_names, reason = "roles have rules, and what is held has a head")]

mod build;
mod cut;
mod edge;
mod edges;
mod fact;
mod field;
mod graph;
mod inventory;
mod place;
mod reach;
mod rights;
mod search;

pub use cut::{Closing, Cut, Minimality};
pub use edge::{Atom, Edge, Gain, Name, Need, Right, Serves, Target, Within};
pub use edges::EDGES;
pub use field::PodEdge;
pub use graph::{Graph, Options, PlaceId};
pub use place::Place;
pub use reach::Reaching;
pub use search::{Because, Path as Way, Reach, Step, Uncertain};
