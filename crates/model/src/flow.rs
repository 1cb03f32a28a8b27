//! Connections that were seen: the gist of flow logs.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// One end of a connection, as its log names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FlowEnd {
    /// A pod or a workload by its name.
    Named {
        /// Its namespace.
        namespace: String,
        /// Its name: of the workload where the log tells it, else of the pod.
        name: String,
    },
    /// An address.
    Address(IpAddr),
}

/// A connection from its opener to whom it was opened to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// Who opened it.
    pub from: FlowEnd,
    /// Whom.
    pub to: FlowEnd,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'static str,
    /// The destination's port, not 0.
    pub port: u16,
}

/// Flow logs, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How often each connection was seen.
    pub flows: BTreeMap<Flow, u64>,
    /// Connections that were refused.
    pub denied: u64,
    /// Packets of answers, and records that are no connection or of another protocol.
    pub passed_over: u64,
    /// When the first and the last record with a time were written, as written (RFC 3339 sorts as
    /// text); none where the log tells no time.
    pub window: Option<(String, String)>,
    /// Records that cannot be read.
    pub unreadable: u64,
    /// The first of these, as `file:line` and the reason.
    pub examples: Vec<(String, String)>,
}
