//! What was seen to be done, by whom: the gist of an audit log.

use std::collections::{BTreeMap, BTreeSet};

/// Something the API server was asked and allowed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// On a resource.
    Resource {
        /// The namespace; empty for the whole cluster.
        namespace: String,
        /// The API group; empty for core.
        api_group: String,
        /// The resource, with its subresource: `pods`, `pods/exec`.
        resource: String,
        /// The verb.
        verb: String,
        /// The object's name, if the request had one.
        name: String,
    },
    /// On a path that is no resource.
    Path {
        /// The path, without its query.
        path: String,
        /// The HTTP method in lower case, as rules name it.
        verb: String,
    },
}

/// What somebody did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// The groups that were seen with the name.
    pub groups: BTreeSet<String>,
    /// How often each action was seen.
    pub actions: BTreeMap<Action, u64>,
}

/// An audit log, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// By user name, after impersonation.
    pub users: BTreeMap<String, Observed>,
    /// Events that count.
    pub events: u64,
    /// Events of requests that were refused: nobody has to be given what they ask for.
    pub refused: u64,
    /// Events of other stages, and other lines of JSON: they are told again or are no events.
    pub passed_over: u64,
    /// Lines that cannot be read.
    pub unreadable: u64,
    /// The first of these, as `file:line` and the reason.
    pub examples: Vec<(String, String)>,
    /// When the first and the last event were received, as written (RFC 3339 sorts as text).
    pub window: Option<(String, String)>,
}
