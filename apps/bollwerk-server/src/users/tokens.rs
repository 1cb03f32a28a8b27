//! Tokens that the API server knows.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use collect::cluster::Authenticated;
use tokio::sync::watch;

use crate::digests::hash;
use crate::interface::form::Problem;
use crate::interface::limits::Limits;
use crate::way::Way;

/// How long an answer of the API server is kept.
const KEPT: Duration = Duration::from_secs(30);

/// Answers kept at the most.
const KEPT_MAX: usize = 1_000;

/// Whose a token is, and when that was asked.
type Answer = (Option<Authenticated>, Instant);

/// Asks the API server of one cluster whose a token is, and keeps the answer for a while.
pub(crate) struct Tokens {
    /// The cluster that vouches for it.
    pub(super) cluster: String,
    way: watch::Receiver<Way>,
    /// Whom tokens must be meant for; none: the API server.
    audiences: Vec<String>,
    /// By the digest of a token: whose it is, and when that was asked.
    kept: Mutex<HashMap<[u8; 32], Answer>>,
    /// Of questions to the API server, whoever asks.
    limits: Limits,
}

impl Tokens {
    pub(crate) fn new(cluster: String, way: watch::Receiver<Way>, audiences: Vec<String>) -> Self {
        let (kept, limits) = (Mutex::default(), Limits::default());
        Self { cluster, way, audiences, kept, limits }
    }

    pub(super) async fn review(&self, token: &str) -> Result<Option<Authenticated>, Problem> {
        let key = hash(token.as_bytes());
        let lock = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((user, at)) = lock().get(&key)
            && at.elapsed() < KEPT
        {
            return Ok(user.clone());
        }
        // Whoever makes tokens up shall not have the API server asked without end.
        if !self.limits.take("") {
            return Err(Problem::TooMany);
        }
        let silent =
            || Problem::Unavailable("The API server does not say whose the token is.".to_owned());
        let connection = self.way.borrow().connection.clone().ok_or_else(silent)?;
        let user = connection.review_token(token, &self.audiences).await;
        let user = user.map_err(|error| {
            tracing::warn!(cluster = self.cluster, %error, "tokens cannot be reviewed");
            silent()
        })?;
        let mut kept = lock();
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, (_, at)| at.elapsed() < KEPT);
        }
        if kept.len() < KEPT_MAX {
            kept.insert(key, (user.clone(), Instant::now()));
        }
        Ok(user)
    }
}
