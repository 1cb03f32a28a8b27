//! A snapshot as text: `bollwerk.snapshot/v1`.
//!
//! One JSON value a line (NDJSON): a header, a line for each object, and a trailer that counts
//! them, so that a file that was cut is noticed. Values that are not kept (credentials, texts of
//! more than 16 KiB) are null in an object's tree; what is known of them stands beside the tree,
//! where no manifest can fake it.

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use crate::{Gap, Location, Node, Note, ObjectId, Path, Segment, Snapshot, Value};

/// Name and version of the format.
pub(crate) const SCHEMA: &str = "bollwerk.snapshot/v1";

/// Writes a snapshot; `program_version` is told to whoever reads it.
pub fn write(snapshot: &Snapshot, program_version: &str, out: &mut dyn Write) -> io::Result<()> {
    // First, so that the first bytes of a file say what it is.
    write!(out, "{{\"schema\":\"{SCHEMA}\",")?;
    out.write_all(&serde_json::to_vec(&header(snapshot, program_version))?[1..])?;
    let mut line = String::new();
    for id in snapshot.ids() {
        line.clear();
        object(snapshot, id, &mut line);
        writeln!(out)?;
        out.write_all(line.as_bytes())?;
    }
    let trailer = json!({"end": {"objects": snapshot.len()}});
    writeln!(out, "\n{trailer}")
}

fn header(snapshot: &Snapshot, program_version: &str) -> Json {
    let coverage = snapshot.coverage;
    let mut header = json!({
        "tool": {"name": "bollwerk", "version": program_version},
        "cluster": snapshot.cluster,
        "isLive": snapshot.is_live,
        "kubernetesVersion": snapshot.version.to_string(),
        "takenAt": snapshot.taken_at.to_string(),
        "namespace": snapshot.namespace,
        "worlds": snapshot.worlds,
        "files": snapshot.files,
        "coverage": {
            "files": coverage.files,
            "documents": coverage.documents,
            "otherDocuments": coverage.other_documents,
            "objects": coverage.objects,
            "workloads": coverage.workloads,
            "bytes": coverage.bytes,
        },
        "gaps": snapshot.gaps.iter().map(gap).collect::<Vec<_>>(),
    });
    if !snapshot.versions.is_empty() {
        let versions = snapshot.versions.iter().map(ToString::to_string);
        header["kubernetesVersions"] = versions.collect::<Vec<_>>().into();
    }
    header
}

fn gap(gap: &Gap) -> Json {
    json!({
        "kind": gap.kind.name(),
        "subject": gap.subject,
        "reason": gap.reason,
        "location": gap.location.as_ref().map(location),
    })
}

fn location(Location { file, line, column, end_line, end_column }: &Location) -> Json {
    json!({
        "file": file,
        "line": line,
        "column": column,
        "endLine": end_line,
        "endColumn": end_column,
    })
}

fn note(Note { path, text, location: at }: &Note) -> Json {
    json!({"path": steps(path), "text": text, "location": location(at)})
}

fn object(snapshot: &Snapshot, id: ObjectId, out: &mut String) {
    let origin = snapshot.origin(id);
    out.push_str(&format!(
        r#"{{"world":{},"file":{},"document":{},"item":{},"line":{}"#,
        snapshot.world(id).0,
        origin.file,
        origin.document,
        steps(&origin.item),
        origin.line
    ));
    if let Some((api_version, kind)) = snapshot.typed(id) {
        out.push_str(&format!(",\"typed\":{}", json!([api_version, kind])));
    }
    let notes = snapshot.notes(id);
    if !notes.is_empty() {
        let notes: Vec<Json> = notes.iter().map(note).collect();
        out.push_str(&format!(",\"notes\":{}", Json::Array(notes)));
    }
    out.push_str(",\"tree\":");
    let mut tree = Tree { out, place: Path::root(), redacted: Vec::new(), elided: Vec::new() };
    tree.value(snapshot.object(id).root);
    let (redacted, elided) = (tree.redacted, tree.elided);
    for (name, notes) in [("redacted", redacted), ("elided", elided)] {
        if !notes.is_empty() {
            out.push_str(&format!(",\"{name}\":{}", Json::Array(notes)));
        }
    }
    out.push('}');
}

/// A path as its steps: keys as texts, places in lists as numbers.
fn steps(path: &Path) -> Json {
    let step = |segment: &Segment| match segment {
        Segment::Key(key) => json!(key),
        Segment::Index(index) => json!(index),
    };
    path.segments().iter().map(step).collect()
}

/// Writes a tree and notes what it leaves out. Its depth is limited by the reader that made it.
struct Tree<'o> {
    out: &'o mut String,
    place: Path,
    redacted: Vec<Json>,
    elided: Vec<Json>,
}

impl Tree<'_> {
    fn value(&mut self, node: Node<'_>) {
        match node.value() {
            Value::Null => self.out.push_str("null"),
            Value::Bool(bool) => self.out.push_str(if bool { "true" } else { "false" }),
            Value::Int(int) => self.out.push_str(&int.to_string()),
            // Debug keeps a float a float: `1.0`, and an exponent where it is large.
            Value::Float(float) => self.out.push_str(&format!("{float:?}")),
            Value::String(text) => string(self.out, text),
            Value::Elided(bytes) => {
                self.out.push_str("null");
                self.elided.push(json!({"path": steps(&self.place), "bytes": bytes}));
            }
            Value::Redacted(redacted) => {
                self.out.push_str("null");
                self.redacted.push(json!({
                    "path": steps(&self.place),
                    "isText": redacted.is_text,
                    "kind": redacted.kind.map(secret::SecretKind::name),
                    "length": redacted.length,
                    "digest": format!("{:016x}", redacted.digest),
                }));
            }
            Value::List => self.list(node),
            Value::Map => self.map(node),
        }
    }

    fn list(&mut self, list: Node<'_>) {
        self.out.push('[');
        for (index, item) in list.items().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.below(Segment::Index(index as u32), item);
        }
        self.out.push(']');
    }

    fn map(&mut self, map: Node<'_>) {
        self.out.push('{');
        for (number, (key, value)) in map.entries().enumerate() {
            if number > 0 {
                self.out.push(',');
            }
            string(self.out, key);
            self.out.push(':');
            self.below(Segment::Key(key.into()), value);
        }
        self.out.push('}');
    }

    fn below(&mut self, step: Segment, node: Node<'_>) {
        if matches!(node.value(), Value::List | Value::Map | Value::Redacted(_) | Value::Elided(_))
        {
            self.place.push(step);
            self.value(node);
            self.place.pop();
        } else {
            self.value(node);
        }
    }
}

fn string(out: &mut String, text: &str) {
    out.push_str(&Json::from(text).to_string());
}
