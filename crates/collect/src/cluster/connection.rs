//! The way to an API server.

use std::path::PathBuf;
use std::time::Duration;

use http_body_util::BodyExt;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use model::{Gap, KubernetesVersion};
use serde::Deserialize;
use thiserror::Error;

use super::discovery::{self, Resource};

/// Longest wait for the head of an answer, or for its next piece.
pub(super) const ANSWER_WAIT: Duration = Duration::from_mins(1);

/// Bytes of one answer, at the most.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// Which cluster is meant, as `kubectl` has it: the flags, `KUBECONFIG`, `~/.kube/config`, or the
/// pod's own account when it runs in one.
#[derive(Clone, Debug, Default)]
pub struct From {
    /// A file instead of those that `kubectl` reads.
    pub kubeconfig: Option<PathBuf>,
    /// A context instead of the current one.
    pub context: Option<String>,
}

/// Why there is no connection.
#[derive(Debug, Error)]
pub enum ConnectionError {
    /// No thread to run on.
    #[error("cannot start: {0}")]
    Runtime(#[source] std::io::Error),
    /// The configuration does not name a cluster.
    #[error("no cluster is configured: {0}; name a file with --kubeconfig, or a --context of it")]
    Configuration(String),
    /// The server does not answer, or does not answer us.
    #[error("the API server {server} {reason}")]
    Server {
        /// Its address.
        server: String,
        /// What it did.
        reason: String,
    },
}

/// Why a request has no answer to go on with.
pub(super) enum Refusal {
    /// The server answered with this status and message.
    Status(u16, String),
    /// It did not answer, or not to the end.
    Failed(String),
    /// The answer is larger than we take in.
    TooLarge,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status, message) if message.is_empty() => {
                write!(formatter, "answers with status {status}")
            }
            Self::Status(status, message) => {
                write!(formatter, "answers with status {status}: {message}")
            }
            Self::Failed(reason) => write!(formatter, "does not answer: {reason}"),
            Self::TooLarge => {
                write!(formatter, "answers with more than {} MiB", ANSWER_BYTES_MAX >> 20)
            }
        }
    }
}

/// A connection to one cluster's API server.
pub struct Connection {
    client: Client,
    name: String,
    server: String,
}

impl Connection {
    /// Opens it. Nothing is sent yet, but for what a credential plug-in of the configuration does.
    pub async fn open(from: &From) -> Result<Self, ConnectionError> {
        let told = |error: &dyn std::error::Error| ConnectionError::Configuration(causes(error));
        let options = KubeConfigOptions { context: from.context.clone(), ..Default::default() };
        let (config, name) = match &from.kubeconfig {
            Some(path) => {
                let file = Kubeconfig::read_from(path).map_err(|error| told(&error))?;
                let name = cluster_name(&file, from.context.as_deref());
                let config = Config::from_custom_kubeconfig(file, &options).await;
                (config.map_err(|error| told(&error))?, name)
            }
            None => match Config::from_kubeconfig(&options).await {
                Ok(config) => {
                    let file = Kubeconfig::read().map_err(|error| told(&error))?;
                    (config, cluster_name(&file, from.context.as_deref()))
                }
                Err(error) => match Config::incluster() {
                    Ok(config) if from.context.is_none() => (config, None),
                    _ => return Err(told(&error)),
                },
            },
        };
        let server = config.cluster_url.to_string();
        let client = Client::try_from(config).map_err(|error| told(&error))?;
        let name = name.unwrap_or_else(|| "cluster".to_owned());
        Ok(Self { client, name, server })
    }

    /// What the configuration calls the cluster; `cluster` where a pod asks about its own.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The client beneath, for what is more than reading.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The version of Kubernetes that the server speaks.
    pub async fn version(&self) -> Result<KubernetesVersion, ConnectionError> {
        #[derive(Deserialize)]
        struct Version {
            major: String,
            minor: String,
        }
        let answer = self.get("/version", "application/json").await;
        let answer = answer.map_err(|refusal| self.error(&refusal.to_string()))?;
        let said: Version = serde_json::from_slice(&answer)
            .map_err(|error| self.error(&format!("does not tell its version: {error}")))?;
        // Some providers write `27+`.
        let text = format!("{}.{}", said.major, said.minor.trim_end_matches('+'));
        text.parse().map_err(|_| self.error(&format!("tells a version that is none: `{text}`")))
    }

    /// All resources that can be listed, and the groups that are not told of at present.
    pub async fn resources(&self) -> Result<(Vec<Resource>, Vec<Gap>), ConnectionError> {
        let mut gaps = Vec::new();
        let resources = discovery::resources(self, &mut gaps).await?;
        Ok((resources, gaps))
    }

    pub(super) fn error(&self, reason: &str) -> ConnectionError {
        ConnectionError::Server { server: self.server.clone(), reason: reason.to_owned() }
    }

    /// The whole answer to a GET.
    pub(super) async fn get(&self, path: &str, accept: &str) -> Result<Vec<u8>, Refusal> {
        let mut body = self.open_answer(path, accept).await?;
        let mut answer = Vec::new();
        while let Some(frame) = next(&mut body, ANSWER_WAIT).await? {
            if answer.len() + frame.len() > ANSWER_BYTES_MAX {
                return Err(Refusal::TooLarge);
            }
            answer.extend_from_slice(&frame);
        }
        Ok(answer)
    }

    /// The beginning of an answer to a GET: what follows is read with [`next`].
    pub(super) async fn open_answer(&self, path: &str, accept: &str) -> Result<Body, Refusal> {
        let request = http::Request::get(path).header(http::header::ACCEPT, accept);
        let request = request.body(Body::empty()).map_err(|it| Refusal::Failed(it.to_string()))?;
        // Retries of the client are within the wait: it gives up later than people do.
        let answer = tokio::time::timeout(3 * ANSWER_WAIT, self.client.send(request)).await;
        let answer = answer.map_err(|_| Refusal::Failed("no answer in time".to_owned()))?;
        let answer = answer.map_err(|error| Refusal::Failed(causes(&error)))?;
        let status = answer.status();
        let mut body = answer.into_body();
        if status.is_success() {
            return Ok(body);
        }
        let mut text = Vec::new();
        while let Ok(Some(frame)) = next(&mut body, ANSWER_WAIT).await {
            text.extend_from_slice(&frame);
            if text.len() > 64 << 10 {
                break;
            }
        }
        Err(Refusal::Status(status.as_u16(), message(&text)))
    }
}

/// The next piece of an answer; none at its end.
pub(super) async fn next(body: &mut Body, wait: Duration) -> Result<Option<bytes::Bytes>, Refusal> {
    loop {
        let frame = tokio::time::timeout(wait, body.frame()).await;
        let frame = frame.map_err(|_| Refusal::Failed("its answer stopped midway".to_owned()))?;
        let Some(frame) = frame else { return Ok(None) };
        let frame = frame.map_err(|error| Refusal::Failed(causes(&error)))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}

/// The message of a `Status`.
fn message(text: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Status {
        #[serde(default)]
        message: String,
    }
    serde_json::from_slice::<Status>(text).map(|status| status.message).unwrap_or_default()
}

/// The cluster that a context of the file speaks of.
fn cluster_name(file: &Kubeconfig, context: Option<&str>) -> Option<String> {
    let wanted = context.or(file.current_context.as_deref())?;
    let found = file.contexts.iter().find(|context| context.name == wanted)?;
    Some(found.context.as_ref()?.cluster.clone())
}

/// An error with all its causes, each said once.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(it) = cause {
        let text = it.to_string();
        if !told.contains(&text) {
            told = format!("{told}: {text}");
        }
        cause = it.source();
    }
    told
}
