//! A running cluster into a snapshot.
//!
//! Every resource that the API server serves and that can be listed is read, page by page, and
//! each page goes straight into the compact form: no list of whole objects is ever held. Built on
//! `kube` for what it does well (configuration, credentials, TLS, retries).
//!
//! What may not be listed, or is not answered, is a gap of the snapshot.

mod connection;
mod discovery;
mod list;
mod reviews;
mod stream;
pub mod watch;

use std::sync::Arc;

use model::{Coverage, DigestKey, Gap, GapKind, KubernetesVersion, Part, Snapshot, WorldId};
use tokio::sync::Semaphore;

pub use connection::{Connection, ConnectionError, From};
pub use discovery::Resource;
pub use reviews::{Access, Authenticated};

/// Resources that are listed at one time: enough to hide the way to the server, few enough to be
/// one client among many for its priority and fairness.
const LISTS_AT_ONCE: usize = 4;

/// Reads a cluster into `snapshot`, as a world of the cluster's name. The version and the name of
/// the cluster become the snapshot's, where it has none yet.
pub fn collect(
    snapshot: &mut Snapshot,
    from: &From,
    key: &DigestKey,
    limits: &yaml::Limits,
) -> Result<(), ConnectionError> {
    let read = runtime()?.block_on(read(from, key, limits))?;
    snapshot.cluster.get_or_insert_with(|| read.name.clone());
    snapshot.version = read.version;
    snapshot.is_live = true;
    read.join(snapshot);
    Ok(())
}

/// Reads several clusters into `snapshot`, each a world of the cluster's name, with the version it
/// is of. One that does not answer is a gap, and the others are read all the same.
///
/// # Errors
///
/// What is configured wrongly: a context that there is not, or two of one cluster.
pub fn collect_all(
    snapshot: &mut Snapshot,
    from: &[From],
    key: &DigestKey,
    limits: &yaml::Limits,
) -> Result<(), ConnectionError> {
    let runtime = runtime()?;
    snapshot.is_live = true;
    for from in from {
        let named = from.context.as_deref().unwrap_or("the current context");
        let read = match runtime.block_on(read(from, key, limits)) {
            Ok(read) => read,
            Err(ConnectionError::Server { server, reason }) => {
                let reason = format!("the API server {server} {reason}");
                let (kind, subject) = (GapKind::Unreadable, named.to_owned());
                snapshot.gaps.push(Gap { kind, subject, location: None, reason });
                continue;
            }
            Err(error) => return Err(error),
        };
        if snapshot.worlds.contains(&read.name) {
            let name = &read.name;
            return Err(ConnectionError::Configuration(format!(
                "the context `{named}` is of the cluster `{name}`, as another one is"
            )));
        }
        snapshot.versions.push(read.version);
        read.join(snapshot);
    }
    // What is told of all of them is told of the oldest.
    snapshot.version = snapshot.versions.iter().copied().min().unwrap_or(snapshot.version);
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime, ConnectionError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(ConnectionError::Runtime)
}

/// What was read of a cluster.
struct Read {
    name: String,
    version: KubernetesVersion,
    gaps: Vec<Gap>,
    lists: Vec<list::List>,
}

async fn read(
    from: &From,
    key: &DigestKey,
    limits: &yaml::Limits,
) -> Result<Read, ConnectionError> {
    let connection = Arc::new(Connection::open(from).await?);
    let version = connection.version().await?;
    let (resources, gaps) = connection.resources().await?;
    let turns = Arc::new(Semaphore::new(LISTS_AT_ONCE));
    let mut running = Vec::new();
    for resource in resources {
        let (connection, turns) = (Arc::clone(&connection), Arc::clone(&turns));
        let (key, limits) = (key.clone(), limits.clone());
        running.push(tokio::spawn(async move {
            // Never closed: an error cannot come.
            let _turn = turns.acquire().await;
            list::list(&connection, &resource, &key, &limits).await
        }));
    }
    let mut lists = Vec::new();
    for task in running {
        // A panic is a defect of ours: it must not pass as "nothing there".
        let list =
            task.await.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()));
        lists.push(list);
    }
    Ok(Read { name: connection.name().to_owned(), version, gaps, lists })
}

impl Read {
    fn join(self, snapshot: &mut Snapshot) {
        let world = WorldId(snapshot.worlds.len() as u32);
        snapshot.worlds.push(self.name);
        snapshot.gaps.extend(self.gaps);
        let mut parts: Vec<Part> = Vec::new();
        for list in self.lists {
            snapshot.gaps.extend(list.gaps);
            for mut page in list.pages {
                let file = snapshot.files.len() as u32;
                snapshot.files.push(page.name);
                page.part.place(world, file);
                let (objects, bytes) = (page.part.len() as u64, page.bytes);
                snapshot.coverage.add(Coverage { objects, bytes, ..Coverage::default() });
                parts.push(page.part);
            }
        }
        snapshot.add_all(parts);
        if snapshot.is_empty() && snapshot.gaps.is_empty() {
            let subject = snapshot.worlds[world.0 as usize].clone();
            let reason = "serves no object: nothing was judged".to_owned();
            snapshot.gaps.push(Gap { kind: GapKind::Empty, subject, location: None, reason });
        }
    }
}
