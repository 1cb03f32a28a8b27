//! Reads `bollwerk.snapshot/v1` (see the writer for its form). The text may come from anybody.

use std::io::{self, BufRead, Read};

use yaml::{Limits, Node, Stream, Value};

use super::write::SCHEMA;
use super::{Coverage, Note, Origin, Part, Snapshot, WorldId};
use crate::{Gap, GapKind, KubernetesVersion, Location, Path, Redacted, Redactions};
use secret::SecretKind;

/// Longest line, in bytes: an object is a part of a file, which has the same limit.
const LINE_BYTES_MAX: usize = 256 << 20;
/// Nesting: what a manifest may have, and the line around it.
const DEPTH_MAX: u32 = 1_008;
/// Objects that share one store: its references have 29 bits.
const PART_OBJECTS_MAX: usize = 250_000;

/// Why a file is no snapshot, and on which line.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct SnapshotError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
}

/// Reads what [`super::write()`] wrote.
///
/// # Errors
///
/// When the text cannot be read, is of an unknown version, was cut, or is no snapshot.
pub fn read(input: &mut dyn BufRead) -> Result<Snapshot, SnapshotError> {
    let mut lines = Lines { input, text: String::new(), number: 0 };
    if !lines.next()? {
        return Err(lines.error("the file is empty"));
    }
    let mut snapshot = lines.parsed(header)?;
    let mut part = Part::new();
    let mut count = 0;
    while lines.next()? {
        let expected = lines.parsed(trailer)?;
        if let Some(expected) = expected {
            snapshot.add(part);
            let message = format!("the snapshot counts {expected} objects, but {count} are here");
            return match expected == count {
                false => Err(lines.error(&message)),
                true if lines.next()? => Err(lines.error("nothing may follow the last line")),
                true => Ok(snapshot),
            };
        }
        lines.parsed(|root| object(root, &snapshot, &mut part))?;
        count += 1;
        if part.len() >= PART_OBJECTS_MAX {
            snapshot.add(std::mem::take(&mut part));
        }
    }
    Err(lines.error("the file was cut: its last line, which counts the objects, is missing"))
}

struct Lines<'i> {
    input: &'i mut dyn BufRead,
    text: String,
    number: usize,
}

impl Lines<'_> {
    /// Moves on; false at the end.
    fn next(&mut self) -> Result<bool, SnapshotError> {
        self.text.clear();
        self.number += 1;
        let mut limited = (&mut *self.input).take(LINE_BYTES_MAX as u64 + 1);
        match limited.read_line(&mut self.text) {
            Ok(length) if length > LINE_BYTES_MAX => Err(self.error("the line is too long")),
            Ok(length) => Ok(length > 0),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(self.error("the line is no valid UTF-8"))
            }
            Err(error) => Err(self.error(&format!("cannot be read: {error}"))),
        }
    }

    fn parsed<T>(
        &self,
        parse: impl FnOnce(Node<'_>) -> Result<T, String>,
    ) -> Result<T, SnapshotError> {
        let limits = Limits { bytes: LINE_BYTES_MAX, depth: DEPTH_MAX, ..Limits::default() };
        let stream = Stream::json(&self.text, &limits);
        let mut documents = stream.documents();
        let root = match (documents.next(), documents.next()) {
            (Some(Ok(document)), None) => document.root(),
            (Some(Err(error)), _) => return Err(self.error(&error.message)),
            _ => return Err(self.error("expected one JSON value")),
        };
        parse(root).map_err(|message| self.error(&message))
    }

    fn error(&self, message: &str) -> SnapshotError {
        SnapshotError { line: self.number, message: message.to_owned() }
    }
}

fn header(root: Node<'_>) -> Result<Snapshot, String> {
    match root.get("schema").and_then(Node::as_str) {
        Some(SCHEMA) => {}
        Some(other) if other.starts_with("bollwerk.snapshot/") => {
            return Err(format!(
                "is of version `{other}`, which this build does not know; it reads `{SCHEMA}`"
            ));
        }
        _ => return Err(format!("is no snapshot: `schema` should be `{SCHEMA}`")),
    }
    let version = text(root, "kubernetesVersion")?;
    let version = version.parse().map_err(|error| format!("kubernetesVersion: {error}"))?;
    let taken_at = text(root, "takenAt")?;
    let taken_at = taken_at.parse().map_err(|error| format!("takenAt: {error}"))?;
    let mut snapshot = Snapshot::new(version, taken_at);
    snapshot.cluster = optional_text(root, "cluster")?;
    snapshot.is_live = present(root, "isLive").is_some_and(|it| it.value() == Value::Bool(true));
    snapshot.namespace = optional_text(root, "namespace")?;
    snapshot.worlds = texts(root, "worlds")?;
    snapshot.versions = versions(root)?;
    snapshot.files = texts(root, "files")?;
    let coverage = root.get("coverage").ok_or("`coverage` is missing")?;
    snapshot.coverage = Coverage {
        files: number(coverage, "files")?,
        documents: number(coverage, "documents")?,
        other_documents: number(coverage, "otherDocuments")?,
        objects: number(coverage, "objects")?,
        workloads: number(coverage, "workloads")?,
        // Counted anew when the snapshot is judged.
        images: 0,
        bytes: number(coverage, "bytes")?,
    };
    snapshot.gaps = list(root, "gaps")?.map(gap).collect::<Result<_, _>>()?;
    Ok(snapshot)
}

/// The versions of several clusters; older programs wrote none.
fn versions(root: Node<'_>) -> Result<Vec<KubernetesVersion>, String> {
    if present(root, "kubernetesVersions").is_none() {
        return Ok(Vec::new());
    }
    let read = |text: String| text.parse().map_err(|error| format!("kubernetesVersions: {error}"));
    texts(root, "kubernetesVersions")?.into_iter().map(read).collect()
}

fn gap(node: Node<'_>) -> Result<Gap, String> {
    let location = present(node, "location").map(location).transpose()?;
    Ok(Gap {
        kind: text(node, "kind")?.parse::<GapKind>()?,
        subject: text(node, "subject")?.to_owned(),
        reason: text(node, "reason")?.to_owned(),
        location,
    })
}

fn location(at: Node<'_>) -> Result<Location, String> {
    Ok(Location {
        file: text(at, "file")?.to_owned(),
        line: number(at, "line")?,
        column: number(at, "column")?,
        end_line: number(at, "endLine")?,
        end_column: number(at, "endColumn")?,
    })
}

fn note(note: Node<'_>) -> Result<Note, String> {
    Ok(Note {
        path: path(note.get("path").ok_or("a note has no `path`")?)?,
        text: text(note, "text")?.to_owned(),
        location: location(note.get("location").ok_or("a note has no `location`")?)?,
    })
}

/// The count of objects, if this is the last line.
fn trailer(root: Node<'_>) -> Result<Option<u64>, String> {
    root.get("end").map(|end| number(end, "objects")).transpose()
}

fn object(root: Node<'_>, snapshot: &Snapshot, part: &mut Part) -> Result<(), String> {
    let tree = root.get("tree").ok_or("`tree` is missing")?;
    if tree.value() != Value::Map {
        return Err("`tree` is no map".to_owned());
    }
    let origin = Origin {
        file: number(root, "file")?,
        document: number(root, "document")?,
        item: path(root.get("item").ok_or("`item` is missing")?)?,
        line: number(root, "line")?,
    };
    let world = WorldId(number(root, "world")?);
    if origin.file as usize >= snapshot.files.len() || world.0 as usize >= snapshot.worlds.len() {
        return Err("names a file or world that the first line does not list".to_owned());
    }
    let typed = match present(root, "typed").map(|typed| typed.items().collect::<Vec<_>>()) {
        None => None,
        Some(typed) => match typed.iter().map(|text| text.as_str()).collect::<Option<Vec<_>>>() {
            Some(texts) if texts.len() == 2 => Some((texts[0].to_owned(), texts[1].to_owned())),
            _ => return Err("`typed` should be `[apiVersion, kind]`".to_owned()),
        },
    };
    let mut notes = Redactions::default();
    for note in optional_list(root, "redacted")? {
        notes.restore_redacted(left_out(tree, note)?.id(), redacted(note)?);
    }
    for note in optional_list(root, "elided")? {
        notes.restore_elided(left_out(tree, note)?.id(), number(note, "bytes")?);
    }
    part.insert(tree, &notes, world, origin, typed);
    let spoken = optional_list(root, "notes")?.into_iter().map(note);
    part.annotate(spoken.collect::<Result<_, _>>()?);
    Ok(())
}

fn redacted(note: Node<'_>) -> Result<Redacted, String> {
    let kind = match optional_text(note, "kind")? {
        None => None,
        Some(name) => {
            let found = SecretKind::ALL.iter().copied().find(|kind| kind.name() == name);
            Some(found.ok_or_else(|| format!("`{name}` is no kind of credential"))?)
        }
    };
    let digest = u64::from_str_radix(text(note, "digest")?, 16);
    let digest = digest.map_err(|_| "`digest` should be 16 hexadecimal digits")?;
    let Some(Value::Bool(is_text)) = note.get("isText").map(Node::value) else {
        return Err("`isText` should be true or false".to_owned());
    };
    Ok(Redacted { kind, is_text, length: number(note, "length")?, digest })
}

/// The null a note speaks of.
fn left_out<'s>(tree: Node<'s>, note: Node<'s>) -> Result<Node<'s>, String> {
    let steps = note.get("path").ok_or("a value that was left out has no `path`")?;
    let found = steps.items().try_fold(tree, |node, step| match step.value() {
        Value::String(key) => node.get(key),
        Value::Int(index) => node.items().nth(usize::try_from(index).ok()?),
        _ => None,
    });
    found
        .filter(|node| node.value() == Value::Null)
        .ok_or_else(|| "the `path` of a value that was left out leads to no null".to_owned())
}

fn path(steps: Node<'_>) -> Result<Path, String> {
    let mut path = Path::root();
    for step in steps.items() {
        path = match step.value() {
            Value::String(key) => path.key(key),
            Value::Int(index) => {
                path.index(u32::try_from(index).map_err(|_| "an index is no u32")? as usize)
            }
            _ => return Err("a path holds texts and numbers".to_owned()),
        };
    }
    Ok(path)
}

fn present<'s>(node: Node<'s>, key: &str) -> Option<Node<'s>> {
    node.get(key).filter(|value| value.value() != Value::Null)
}

fn text<'s>(node: Node<'s>, key: &str) -> Result<&'s str, String> {
    let found = node.get(key).and_then(Node::as_str);
    found.ok_or_else(|| format!("`{key}` should be a text"))
}

fn optional_text(node: Node<'_>, key: &str) -> Result<Option<String>, String> {
    present(node, key).map(|_| text(node, key).map(str::to_owned)).transpose()
}

fn number<T: TryFrom<i64>>(node: Node<'_>, key: &str) -> Result<T, String> {
    let found = match node.get(key).map(Node::value) {
        Some(Value::Int(int)) => T::try_from(int).ok(),
        _ => None,
    };
    found.ok_or_else(|| format!("`{key}` should be a number that is not negative"))
}

fn list<'s>(node: Node<'s>, key: &str) -> Result<yaml::Items<'s>, String> {
    let found = node.get(key).filter(|value| value.value() == Value::List);
    found.map(Node::items).ok_or_else(|| format!("`{key}` should be a list"))
}

fn optional_list<'s>(node: Node<'s>, key: &str) -> Result<Vec<Node<'s>>, String> {
    if node.get(key).is_none() { Ok(Vec::new()) } else { list(node, key).map(Iterator::collect) }
}

fn texts(node: Node<'_>, key: &str) -> Result<Vec<String>, String> {
    let text = |item: Node<'_>| item.as_str().map(str::to_owned);
    let texts = list(node, key)?.map(text).collect::<Option<_>>();
    texts.ok_or_else(|| format!("`{key}` should be a list of texts"))
}
