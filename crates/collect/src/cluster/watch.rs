//! What changes in a cluster, as it changes.
//!
//! Each resource is listed and then watched from there. A connection that is cut goes on
//! where it was. Where the server has forgotten the place (410), or says what cannot be read, the
//! resource is listed anew: whoever follows replaces what it
//! knows of the resource, so nothing that was missed stays wrong.

use std::sync::Arc;
use std::time::Duration;

use model::{DigestKey, Gap, GapKind, KubernetesVersion, Part};
use tokio::sync::mpsc::Sender;

use super::connection::{Connection, Refusal, next};
use super::discovery::Resource;
use super::list::{self, List};
use super::stream;

/// Bytes of one event, at the most: twice what etcd keeps of an object.
const EVENT_BYTES_MAX: usize = 4 << 20;

/// How long the server is asked to keep a watch open.
const WATCH_SECONDS: u32 = 290;

/// Longest silence of a watch: the server sends bookmarks about every minute.
const SILENCE_MAX: Duration = Duration::from_mins(5);

/// Shortest and longest wait before a resource is asked for again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// How long a resource that may not be listed is left alone: rights change by hand.
const FORBIDDEN_WAIT: Duration = Duration::from_mins(1);

/// What happened to the objects of a resource.
pub enum Change {
    /// These are all there are, and this could not be read.
    Listed {
        /// The objects.
        parts: Vec<Part>,
        /// What could not be read.
        gaps: Vec<Gap>,
    },
    /// One is new, or is not what it was: a part with this object alone.
    Applied(Part),
    /// One is gone.
    Deleted {
        /// Its namespace, empty if it stands in none.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// Nothing is known of what happens from here on, until it is resumed or a list comes.
    Lost(Gap),
    /// What happened meanwhile is told from here on: nothing was missed.
    Resumed,
}

/// Follows a resource of a server of this version and tells all changes, for as long as somebody
/// listens.
pub async fn follow(
    connection: Arc<Connection>,
    version: KubernetesVersion,
    resource: Arc<Resource>,
    key: DigestKey,
    limits: yaml::Limits,
    out: Sender<(Arc<Resource>, Change)>,
) {
    let mut wait = BACK_OFF.0;
    // A server that did not stream once is not asked to again.
    let mut streams = resource.can_watch && stream::is_known(version);
    loop {
        let streamed =
            if streams { stream::list(&connection, &resource, &key, &limits).await } else { None };
        streams &= streamed.is_some();
        let list = match streamed {
            Some(list) => list,
            None => list::list(&connection, &resource, &key, &limits).await,
        };
        let List { pages, gaps, mut resource_version } = list;
        let is_forbidden = gaps.iter().any(|gap| gap.kind == GapKind::Forbidden);
        let is_whole = !resource_version.is_empty() && gaps.is_empty();
        let parts = pages.into_iter().map(|page| page.part).collect();
        if out.send((Arc::clone(&resource), Change::Listed { parts, gaps })).await.is_err() {
            return;
        }
        if is_whole && resource.can_watch {
            wait = BACK_OFF.0;
            let follower = Follower {
                connection: &connection,
                resource: &resource,
                key: &key,
                limits: &limits,
                out: &out,
            };
            match follower.follow(&mut resource_version).await {
                End::NobodyListens => return,
                End::Forgotten => continue,
                End::Cut(_) | End::Odd(_) => {}
            }
        }
        tokio::time::sleep(if is_forbidden { FORBIDDEN_WAIT } else { wait }).await;
        wait = (2 * wait).min(BACK_OFF.1);
    }
}

/// Why a watch does not go on.
enum End {
    NobodyListens,
    /// The server does not know any more what happened since.
    Forgotten,
    /// The connection ended early, or none can be had: it can go on where it was.
    Cut(String),
    /// What it says cannot be read: where it goes on is not known.
    Odd(String),
}

struct Follower<'a> {
    connection: &'a Connection,
    resource: &'a Arc<Resource>,
    key: &'a DigestKey,
    limits: &'a yaml::Limits,
    out: &'a Sender<(Arc<Resource>, Change)>,
}

impl Follower<'_> {
    /// Watches for as long as it can go on where it was: a watch ends every few minutes by
    /// itself, and connections are cut. Meanwhile it is told that nothing is known.
    async fn follow(&self, from: &mut String) -> End {
        let mut wait = BACK_OFF.0;
        let mut is_lost = false;
        loop {
            let before = from.clone();
            let end = self.watch(from, &mut is_lost).await;
            let reason = match end {
                Ok(()) => {
                    // A server that ends every watch at once is not asked without pause.
                    if before == *from {
                        tokio::time::sleep(BACK_OFF.0).await;
                    }
                    continue;
                }
                Err(End::Cut(reason)) => reason,
                Err(End::Odd(reason)) => {
                    return if self.lost(&reason).await {
                        End::Odd(reason)
                    } else {
                        End::NobodyListens
                    };
                }
                Err(end) => return end,
            };
            if !is_lost && !self.lost(&reason).await {
                return End::NobodyListens;
            }
            is_lost = true;
            if before != *from {
                wait = BACK_OFF.0;
            }
            tokio::time::sleep(wait).await;
            wait = (2 * wait).min(BACK_OFF.1);
        }
    }

    /// Tells something; whether somebody listens.
    async fn tell(&self, change: Change) -> bool {
        self.out.send((Arc::clone(self.resource), change)).await.is_ok()
    }

    async fn lost(&self, reason: &str) -> bool {
        let subject = format!("{} of {}", self.resource.full_name(), self.connection.name());
        let reason = format!("is not followed at present: {reason}");
        self.tell(Change::Lost(Gap { kind: GapKind::Unreadable, subject, location: None, reason }))
            .await
    }

    /// Watches until the server ends it in order. `from` moves along.
    async fn watch(&self, from: &mut String, is_lost: &mut bool) -> Result<(), End> {
        let path = format!(
            "{}?watch=1&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={}",
            self.resource.path(),
            form_urlencoded::byte_serialize(from.as_bytes()).collect::<String>()
        );
        let refused = |refusal: Refusal| match refusal {
            Refusal::Status(410, _) => End::Forgotten,
            refusal => End::Cut(format!("the API server {refusal}")),
        };
        let mut body =
            self.connection.open_answer(&path, "application/json").await.map_err(refused)?;
        if std::mem::take(is_lost) && !self.tell(Change::Resumed).await {
            return Err(End::NobodyListens);
        }
        let mut lines = Vec::new();
        while let Some(piece) = next(&mut body, SILENCE_MAX).await.map_err(refused)? {
            let before = lines.len();
            lines.extend_from_slice(&piece);
            let Some(last) = memchr::memrchr(b'\n', &lines[before..]).map(|at| before + at) else {
                if lines.len() > EVENT_BYTES_MAX {
                    return Err(End::Odd("an event is too large".to_owned()));
                }
                continue;
            };
            for line in lines[..last].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let change = self.read(line, from)?;
                if let Some(change) = change
                    && !self.tell(change).await
                {
                    return Err(End::NobodyListens);
                }
            }
            lines.drain(..=last);
        }
        Ok(())
    }

    /// What an event says; none for a bookmark.
    fn read(&self, line: &[u8], from: &mut String) -> Result<Option<Change>, End> {
        let odd = || End::Odd("an event cannot be read".to_owned());
        let text = std::str::from_utf8(line).map_err(|_| odd())?;
        let stream = yaml::Stream::json(text, self.limits);
        let document = stream.documents().next().ok_or_else(odd)?.map_err(|_| odd())?;
        let root = document.root();
        let object = root.get("object").ok_or_else(odd)?;
        let metadata = |name: &str| {
            let value = object.get("metadata").and_then(|it| it.get(name));
            value.and_then(yaml::Node::as_str).unwrap_or_default().to_owned()
        };
        let kind = root.get("type").and_then(yaml::Node::as_str).unwrap_or_default();
        let change = match kind {
            "ADDED" | "MODIFIED" => {
                let mut part = Part::new();
                list::insert(&mut part, object, self.resource, self.key, 0);
                Some(Change::Applied(part))
            }
            "DELETED" => {
                Some(Change::Deleted { namespace: metadata("namespace"), name: metadata("name") })
            }
            "BOOKMARK" => None,
            _ => {
                let code = object.get("code").map(yaml::Node::written).unwrap_or_default();
                return Err(match code {
                    "410" => End::Forgotten,
                    _ => End::Odd(format!("the API server ends it with status {code}")),
                });
            }
        };
        let version = metadata("resourceVersion");
        if !version.is_empty() {
            *from = version;
        }
        Ok(change)
    }
}
