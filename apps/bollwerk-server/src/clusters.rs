//! Further clusters, named on the command line: followed and shown beside the server's own, each
//! by its own credentials. One that is not reached is waited for, and stops no other.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use collect::cluster::{Connection, From};
use model::DigestKey;
use tokio::sync::watch;

use crate::live::{self, Live};
use crate::way::Way;

/// Characters of a cluster's name.
const NAME_MAX: usize = 63;

/// Longest wait between two looks for a file that says where a cluster is.
const OPEN_WAIT_MAX: Duration = Duration::from_secs(15);

/// A further cluster, as it is typed: `NAME=KUBECONFIG[:CONTEXT]`.
#[derive(Clone, Debug)]
pub(crate) struct Also {
    /// What it is called here: its own name would be `kubernetes` as often as not.
    pub(crate) name: String,
    pub(crate) from: From,
}

impl FromStr for Also {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "a further cluster is written NAME=KUBECONFIG or NAME=KUBECONFIG:CONTEXT";
        let (name, rest) = text.split_once('=').ok_or_else(form)?;
        let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
        if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(is_plain) {
            return Err(format!(
                "its name is 1 to {NAME_MAX} letters, digits, `-`, `_` and `.`, as prod-west"
            ));
        }
        // Names of contexts hold colons (those of EKS do), paths hardly ever.
        let (path, context) = match rest.split_once(':') {
            Some((path, context)) => (path, Some(context.to_owned())),
            None => (rest, None),
        };
        if path.is_empty() || context.as_deref() == Some("") {
            return Err(form().to_owned());
        }
        let from = From { kubeconfig: Some(PathBuf::from(path)), context };
        Ok(Self { name: name.to_owned(), from })
    }
}

/// Finds the way to a further cluster, however long that takes, and begins to follow it.
pub(crate) async fn follow(
    also: Also,
    way: watch::Sender<Way>,
    key: DigestKey,
    limits: yaml::Limits,
) -> Live {
    let name = also.name.as_str();
    let mut wait = Duration::from_millis(500);
    let connection = loop {
        match Connection::open(&also.from).await {
            Ok(connection) => break Arc::new(connection),
            Err(error) => {
                tracing::warn!(cluster = name, %error, "a cluster is not followed yet");
                way.send_modify(|it| it.problem = Some(error.to_string()));
            }
        }
        tokio::time::sleep(wait).await;
        wait = (2 * wait).min(OPEN_WAIT_MAX);
    };
    way.send_modify(|it| it.connection = Some(Arc::clone(&connection)));
    let (version, resources) = live::served_by(&connection, &[], true, &way).await;
    let live = Live::new(name, version, jiff::Timestamp::now(), &resources);
    tokio::spawn(live::follow(connection, version, live.clone(), resources, key, limits));
    live
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_named_with_its_file_and_context() {
        let read = |text: &str| {
            let also: Also = text.parse().map_err(|_| ())?;
            Ok::<_, ()>((also.name, also.from.kubeconfig, also.from.context))
        };
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(read("west=/a/b"), Ok(("west".to_owned(), path("/a/b"), None)));
        let arn = "arn:aws:eks:eu:1:cluster/x";
        assert_eq!(
            read(&format!("w.1=/a=b:{arn}")),
            Ok(("w.1".to_owned(), path("/a=b"), Some(arn.to_owned())))
        );
        let long = format!("{}=/a", "w".repeat(64));
        for wrong in ["west", "=/a", "west=", "west=:c", "west=/a:", "a b=/a", "a\n=/a", &long] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
