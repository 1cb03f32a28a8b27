//! One file into objects, gaps and counts.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::fs;
use std::hash::BuildHasher;
use std::io::Read;

use hashbrown::DefaultHashBuilder;
use model::{Gap, GapKind, Origin, Redactions, cloud, items};
use yaml::{ErrorKind, Stream, Value};

use super::location::location;
use super::{Content, File, Harvest, Sources, notes};

/// Most gaps told of one file; beyond it one gap says how many more there are.
const GAPS_MAX: usize = 100;

/// Reads a file's objects into `harvest`.
pub(super) fn read(
    sources: &Sources,
    file: &File,
    number: usize,
    buffer: &mut Vec<u8>,
    harvest: &mut Harvest,
) {
    let mut gaps = Vec::new();
    match load(file, &sources.limits, buffer) {
        Ok(()) => {
            harvest.digests.push((number, digest(buffer)));
            harvest.coverage.files += 1;
            harvest.coverage.bytes += buffer.len() as u64;
            match text(buffer) {
                Ok(text) => {
                    let has_clusters = documents(sources, file, number, &text, harvest, &mut gaps);
                    if file.is_export && !has_clusters {
                        gaps.push(file_gap(file, GapKind::Empty, NO_CLUSTER.to_owned()));
                    }
                }
                Err(reason) => gaps.push(file_gap(file, GapKind::Encoding, reason)),
            }
        }
        Err((kind, reason)) => gaps.push(file_gap(file, kind, reason)),
    }
    if gaps.len() > GAPS_MAX {
        let more = gaps.len() - GAPS_MAX;
        gaps.truncate(GAPS_MAX);
        let reason = format!("has {more} more gaps, not listed");
        gaps.push(file_gap(file, GapKind::Limit, reason));
    }
    harvest.gaps.extend(gaps.into_iter().map(|gap| (number, gap)));
}

const NO_CLUSTER: &str = "holds no managed cluster; write one with `az aks show --output json`";

fn file_gap(file: &File, kind: GapKind, reason: String) -> Gap {
    Gap { kind, subject: file.name.clone(), location: None, reason }
}

/// Bytes of a file into `buffer`.
pub(super) fn load(
    file: &File,
    limits: &yaml::Limits,
    buffer: &mut Vec<u8>,
) -> Result<(), (GapKind, String)> {
    buffer.clear();
    let unreadable =
        |error: std::io::Error| (GapKind::Unreadable, format!("cannot be read: {error}"));
    match &file.content {
        Content::Text(text) => buffer.extend_from_slice(text),
        Content::Path(path) => {
            let opened = fs::File::open(path).map_err(unreadable)?;
            let mut limited = opened.take(limits.bytes as u64 + 1);
            limited.read_to_end(buffer).map_err(unreadable)?;
        }
    }
    if buffer.len() > limits.bytes {
        let reason = format!("is larger than {} MiB", limits.bytes >> 20);
        return Err((GapKind::Limit, reason));
    }
    Ok(())
}

/// Tells whether a file is still the same when it is read again.
pub(super) fn digest(bytes: &[u8]) -> u64 {
    use std::sync::LazyLock;
    static HASHER: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);
    HASHER.hash_one(bytes)
}

/// The text of a file: UTF-8, or UTF-16 with a byte order mark, as YAML allows.
pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).map_err(|_| "is no valid UTF-16".to_owned())
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => return utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xFE, 0xFF, rest @ ..] => return utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        _ => {}
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) if memchr::memchr(0, bytes).is_some() => Err("is a binary file".to_owned()),
        Err(error) => {
            let line = memchr::memchr_iter(b'\n', &bytes[..error.valid_up_to()]).count() + 1;
            Err(format!("is no valid UTF-8 (line {line})"))
        }
    }
}

/// Reads a text as what it is: JSON if it starts like it and is, else YAML (of which most JSON is
/// a part, comments and trailing commas included).
pub(super) fn stream<'t>(text: &'t str, limits: &yaml::Limits) -> Stream<'t> {
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if start.starts_with('{') {
        let json = Stream::json(text, limits);
        if json.documents().all(|document| document.is_ok()) {
            return json;
        }
    }
    Stream::yaml(text, limits)
}

/// Reads the documents of a text; whether one of them holds a managed cluster.
fn documents(
    sources: &Sources,
    file: &File,
    number: usize,
    text: &str,
    harvest: &mut Harvest,
    gaps: &mut Vec<Gap>,
) -> bool {
    let stream = stream(text, &sources.limits);
    let mut has_clusters = false;
    let gap_at = |kind, span, reason| Gap {
        kind,
        subject: file.name.clone(),
        location: Some(location(&stream, &file.name, span)),
        reason,
    };
    let has_templates = LazyCell::new(|| memchr::memmem::find(text.as_bytes(), b"{{").is_some());
    let has_notes = LazyCell::new(|| notes::may_hold(text));
    for (index, document) in stream.documents().enumerate() {
        harvest.coverage.documents += 1;
        let document = match document {
            Ok(document) => document,
            Err(error) => {
                gaps.push(gap_at(gap_kind(error.kind), error.span, reason(error, *has_templates)));
                continue;
            }
        };
        let root = document.root();
        if !is_ours(root) {
            harvest.coverage.other_documents += 1;
            continue;
        }
        has_clusters |= cloud::holds(root);
        if let Some(rest) = document.ignored() {
            let reason = "text after the document's end, which Kubernetes' reader drops without \
                          a word: it was not judged";
            gaps.push(gap_at(GapKind::Syntax, rest, reason.to_owned()));
        }
        for twice in document.duplicates() {
            gaps.push(gap_at(GapKind::DuplicateKey, twice.second, duplicate(&stream, twice)));
        }
        let mut spoken = Vec::new();
        if *has_notes {
            let (heard, lost) = notes::notes(&stream, document, &file.name);
            let lost = lost.into_iter();
            gaps.extend(
                lost.map(|(span, why)| gap_at(GapKind::InvalidValue, span, why.to_owned())),
            );
            spoken = heard;
        }
        let mut refuse = |node: yaml::Node<'_>, why: &'static str| {
            gaps.push(gap_at(GapKind::NoObject, node.span(), why.to_owned()));
        };
        for item in items(root, &mut refuse) {
            let redactions = match &item.typed {
                Some((_, kind)) => Redactions::find_in(item.node, kind, &sources.key),
                None => Redactions::find(item.node, &sources.key),
            };
            let line = stream.position(item.node.span().start).line;
            let (number, document) = (number as u32, index as u32);
            let own = notes::of_item(&spoken, &item.path);
            let origin = Origin { file: number, document, item: item.path, line };
            harvest.part.insert(item.node, &redactions, file.world, origin, item.typed);
            harvest.part.annotate(own);
            harvest.coverage.objects += 1;
        }
    }
    has_clusters
}

fn duplicate(stream: &Stream<'_>, twice: &yaml::Duplicate) -> String {
    let key = &stream.text()[twice.second.start as usize..twice.second.end as usize];
    let line = stream.position(twice.first.start).line;
    format!(
        "key `{}` stands here and on line {line}: judged with this one, which kubectl takes; \
         others take the first, strict readers refuse the document",
        key.trim_matches(['"', '\''])
    )
}

/// Whether a document wants to be a Kubernetes object, or holds a managed cluster. What has one of
/// the two fields only, or is no map, is somebody else's (a chart's metadata, a values file, a
/// pipeline).
fn is_ours(root: yaml::Node<'_>) -> bool {
    let has = |key| root.get(key).is_some_and(|value| value.value() != Value::Null);
    (root.value() == Value::Map && has("apiVersion") && has("kind")) || cloud::holds(root)
}

fn gap_kind(kind: ErrorKind) -> GapKind {
    match kind {
        ErrorKind::Encoding => GapKind::Encoding,
        ErrorKind::Limit | ErrorKind::ExcessiveAliasing => GapKind::Limit,
        ErrorKind::Syntax | ErrorKind::NoJson | ErrorKind::UnknownAnchor => GapKind::Syntax,
    }
}

fn reason(error: &yaml::Error, has_templates: bool) -> String {
    let mut reason = format!("a document cannot be read: {}", error.message);
    if has_templates && error.kind == ErrorKind::Syntax {
        reason.push_str(" (it looks like a template that was not rendered)");
    }
    reason
}
