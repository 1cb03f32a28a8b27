//! How a cluster is reached, and why it is not.

use std::fmt;
use std::sync::Arc;

use collect::cluster::Connection;
use tokio::sync::watch;

/// What is known of the way to a cluster.
#[derive(Clone, Default)]
pub(crate) struct Way {
    /// How it is asked; none before it was found.
    pub(crate) connection: Option<Arc<Connection>>,
    /// Why it does not answer; none once it did. What goes wrong later is a gap of the cluster.
    pub(crate) problem: Option<String>,
}

impl Way {
    /// The way there, before it was tried.
    pub(crate) fn by(connection: Arc<Connection>) -> Self {
        Self { connection: Some(connection), problem: None }
    }

    /// A cluster that nobody has to be asked about.
    pub(crate) fn none() -> watch::Receiver<Self> {
        watch::channel(Self::default()).1
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Way").field("problem", &self.problem).finish_non_exhaustive()
    }
}
