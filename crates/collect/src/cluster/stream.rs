//! All objects of a resource as the beginning of a watch.
//!
//! The API server sends them one after the other out of its own cache, and marks where they end:
//! neither it nor we hold a list of whole objects, and its store is not asked.
//!
//! Source: KEP-3157, `sendInitialEvents` of `ListOptions` in
//! `k8s.io/apimachinery/pkg/apis/meta/v1`; on where nobody switched it off since Kubernetes 1.32.

use std::time::Duration;

use model::{DigestKey, KubernetesVersion, Part};

use super::connection::{Connection, Refusal, next};
use super::discovery::Resource;
use super::list::{self, List, Page};

/// The first version whose API server streams lists by itself.
const SINCE: KubernetesVersion = KubernetesVersion::minor(32);

/// Objects that are kept together.
const PART_OBJECTS: usize = 500;

/// Objects of one stream, at the most, as of a list in pages.
const OBJECTS_MAX: usize = 10_000_000;

/// Bytes of one event, at the most: twice what etcd keeps of an object.
const EVENT_BYTES_MAX: usize = 4 << 20;

/// Longest silence before the end: a server that does not know how would say nothing for longer.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// The annotation of the bookmark behind the last object.
const END: &str = "k8s.io/initial-events-end";

/// Whether a server of this version is asked to stream.
pub(super) fn is_known(version: KubernetesVersion) -> bool {
    version >= SINCE
}

/// Streams a resource. None where the server does not: then it is listed in pages, which also
/// tells why it cannot be had.
pub(super) async fn list(
    connection: &Connection,
    resource: &Resource,
    key: &DigestKey,
    limits: &yaml::Limits,
) -> Option<List> {
    let path = format!(
        "{}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan\
         &allowWatchBookmarks=true",
        resource.path()
    );
    let mut body = connection.open_answer(&path, "application/json").await.ok()?;
    let mut stream = Stream {
        resource,
        key,
        limits,
        list: List::default(),
        part: Part::new(),
        inserted: 0,
        bytes: 0,
    };
    let mut lines: Vec<u8> = Vec::new();
    loop {
        let piece = next(&mut body, SILENCE_MAX).await.ok().flatten()?;
        let before = lines.len();
        lines.extend_from_slice(&piece);
        let Some(last) = memchr::memrchr(b'\n', &lines[before..]).map(|at| before + at) else {
            if lines.len() > EVENT_BYTES_MAX {
                return None;
            }
            continue;
        };
        for line in lines[..last].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            if let Some(version) = stream.take(line).ok()? {
                stream.seal();
                stream.list.resource_version = version;
                return Some(stream.list);
            }
        }
        lines.drain(..=last);
    }
}

struct Stream<'a> {
    resource: &'a Resource,
    key: &'a DigestKey,
    limits: &'a yaml::Limits,
    list: List,
    part: Part,
    /// Objects in `part`, and its bytes.
    inserted: usize,
    bytes: u64,
}

impl Stream<'_> {
    /// Takes in an event; the version of the whole, if it is the end.
    fn take(&mut self, line: &[u8]) -> Result<Option<String>, Refusal> {
        let odd = || Refusal::Failed("an event cannot be read".to_owned());
        let text = std::str::from_utf8(line).map_err(|_| odd())?;
        let stream = yaml::Stream::json(text, self.limits);
        let document = stream.documents().next().ok_or_else(odd)?.map_err(|_| odd())?;
        let root = document.root();
        let object = root.get("object").ok_or_else(odd)?;
        let kind = root.get("type").and_then(yaml::Node::as_str).unwrap_or_default();
        let metadata = object.get("metadata");
        match kind {
            "ADDED" => {
                let number = self.list.pages.len() * PART_OBJECTS + self.inserted;
                if number >= OBJECTS_MAX {
                    return Err(odd());
                }
                list::insert(&mut self.part, object, self.resource, self.key, number);
                self.inserted += 1;
                self.bytes += line.len() as u64;
                if self.inserted == PART_OBJECTS {
                    self.seal();
                }
                Ok(None)
            }
            "BOOKMARK" => {
                let annotations = metadata.and_then(|it| it.get("annotations"));
                let end = annotations.and_then(|it| it.get(END)).and_then(yaml::Node::as_str);
                let version = metadata.and_then(|it| it.get("resourceVersion"));
                let version = version.and_then(yaml::Node::as_str).unwrap_or_default();
                // Any other mark is of a server that began an ordinary watch.
                if end != Some("true") || version.is_empty() {
                    return Err(odd());
                }
                Ok(Some(version.to_owned()))
            }
            _ => Err(odd()),
        }
    }

    /// Lays what was read to the rest.
    fn seal(&mut self) {
        if self.inserted == 0 {
            return;
        }
        let name = format!("{}/{}", self.resource.api_version(), self.resource.name);
        let part = std::mem::replace(&mut self.part, Part::new());
        self.list.pages.push(Page { name, part, bytes: self.bytes });
        (self.inserted, self.bytes) = (0, 0);
    }
}
