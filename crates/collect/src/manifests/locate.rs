//! Reads a file once more to say where findings stand in it.

use hashbrown::HashMap;
use model::{
    DigestKey, Frame, FrameLine, Gap, GapKind, Location, Locator, ObjectId, Path, Redactions,
    Snapshot, items, secret,
};
use yaml::{Span, Stream, Style};

use super::{Content, Sources, read};

/// A field of an object, to be found in the object's file.
pub struct Place<'f> {
    /// The object.
    pub object: ObjectId,
    /// The field.
    pub path: &'f Path,
}

/// Where a [`Place`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// File, line and column.
    pub location: Location,
    /// The source lines, credentials masked.
    pub frame: Option<Frame>,
}

/// Source lines shown before the place itself.
const LINES_BEFORE: u32 = 2;
/// Longest source line shown, in characters.
const LINE_CHARS_MAX: usize = 240;

impl Sources {
    /// Places of objects that all came from `file`, in the order given; none for what cannot be
    /// found, which is then a gap: the file changed, or is gone. `frames` asks for source lines.
    pub fn locate(
        &self,
        snapshot: &Snapshot,
        file: u32,
        places: &[Place<'_>],
        frames: bool,
        gaps: &mut Vec<Gap>,
    ) -> Vec<Option<Located>> {
        let source = &self.files[file as usize];
        let mut buffer = Vec::new();
        let bytes = match &source.content {
            Content::Text(text) => text,
            Content::Path(_) => {
                let loaded = read::load(source, &self.limits, &mut buffer);
                if loaded.is_err() || read::digest(&buffer) != source.digest {
                    let reason = "changed while it was judged: its findings have no place";
                    gaps.push(Gap {
                        kind: GapKind::Unreadable,
                        subject: source.name.clone(),
                        location: None,
                        reason: reason.into(),
                    });
                    return places.iter().map(|_| None).collect();
                }
                &buffer
            }
        };
        let Ok(text) = read::text(bytes) else { return places.iter().map(|_| None).collect() };
        let stream = read::stream(&text, &self.limits);
        self.in_stream(snapshot, &source.name, &stream, places, frames)
    }

    fn in_stream(
        &self,
        snapshot: &Snapshot,
        name: &str,
        stream: &Stream<'_>,
        places: &[Place<'_>],
        frames: bool,
    ) -> Vec<Option<Located>> {
        let roots: Vec<_> =
            stream.documents().map(|document| document.ok().map(yaml::Document::root)).collect();
        let mut locator = Locator::default();
        let mut frames = frames.then(|| Frames::new(stream, &roots, &self.key));
        let mut current: Option<(ObjectId, yaml::Node<'_>)> = None;
        places
            .iter()
            .map(|place| {
                let node = match current {
                    Some((id, node)) if id == place.object => node,
                    _ => {
                        let origin = snapshot.origin(place.object);
                        let root = (*roots.get(origin.document as usize)?)?;
                        locator.node(root, &origin.item)?
                    }
                };
                current = Some((place.object, node));
                let span = locator.locate(node, place.path);
                let location = read::location(stream, name, span);
                let frame = frames.as_mut().map(|frames| frames.frame(&location));
                Some(Located { location, frame })
            })
            .collect()
    }
}

/// Source lines of one file. Each line is masked once, however many findings show it.
struct Frames<'s, 't> {
    stream: &'s Stream<'t>,
    /// Where credentials of all the file's objects stand, in the order of the text: a line shown
    /// for one object may hold another's.
    secrets: Vec<Span>,
    masked: HashMap<u32, String>,
}

impl<'s, 't> Frames<'s, 't> {
    fn new(stream: &'s Stream<'t>, roots: &[Option<yaml::Node<'s>>], key: &DigestKey) -> Self {
        let mut secrets = Vec::new();
        for root in roots.iter().flatten() {
            for item in items(*root, &mut |_, _| ()) {
                let own = item.node.get("kind").and_then(yaml::Node::as_str);
                let kind = item.typed.as_ref().map(|(_, kind)| kind.as_str()).or(own);
                let found = Redactions::find_in(item.node, kind.unwrap_or_default(), key);
                secrets.extend(found.nodes().into_iter().map(|id| content(stream.node(id))));
            }
        }
        // Scalars do not overlap, so their ends are in order too.
        secrets.sort_unstable();
        secrets.dedup();
        Self { stream, secrets, masked: HashMap::new() }
    }

    fn frame(&mut self, location: &Location) -> Frame {
        let first = location.line.saturating_sub(LINES_BEFORE).max(1);
        let lines = (first..=location.line)
            .map(|number| FrameLine { number, text: self.line(number).to_owned() })
            .collect();
        Frame { lines }
    }

    fn line(&mut self, number: u32) -> &str {
        let Self { stream, secrets, masked: known } = self;
        known.entry(number).or_insert_with(|| {
            let line = stream.line_span(number);
            let first = secrets.partition_point(|secret| secret.end <= line.start);
            let count = secrets[first..].partition_point(|secret| secret.start < line.end);
            masked(stream.text(), line, &secrets[first..first + count])
        })
    }
}

/// Where the text of a node stands: of a block scalar the lines below its `|` or `>`.
fn content(node: yaml::Node<'_>) -> Span {
    let span = node.span();
    match node.style() {
        Style::Literal | Style::Folded => {
            let header = memchr::memchr(b'\n', node.written().as_bytes()).map_or(0, |at| at + 1);
            Span { start: span.start + header as u32, ..span }
        }
        _ => span,
    }
}

/// Most of a line that is looked at for credentials, in bytes: what is shown of it and more than
/// any credential is long, so that one cut off by the end of what is shown is still seen.
const LINE_BYTES_MAX: usize = 4 * LINE_CHARS_MAX + (8 << 10);

/// A line of the text with every credential in it replaced by as many `*`.
fn masked(text: &str, line: Span, secrets: &[Span]) -> String {
    let raw = &text[line.start as usize..line.end as usize];
    let raw = &raw[..raw.floor_char_boundary(LINE_BYTES_MAX)];
    let mut hidden: Vec<(usize, usize)> = secrets
        .iter()
        .map(|secret| {
            let start = secret.start.max(line.start) - line.start;
            let end = secret.end.min(line.end) - line.start;
            (start as usize, end as usize)
        })
        .collect();
    // Neighbouring lines and comments hold credentials too.
    hidden.extend(secret::find(raw).map(|found| (found.start, found.end)));
    hidden.extend(secret::assigned(raw).into_iter().map(|found| (found.start, found.end)));
    let is_hidden = |at: usize| hidden.iter().any(|(start, end)| (*start..*end).contains(&at));
    raw.char_indices()
        .take(LINE_CHARS_MAX)
        .map(|(at, char)| match char {
            _ if is_hidden(at) && !char.is_whitespace() => '*',
            // A file must not be able to steer the terminal it is shown on.
            '\t' => ' ',
            _ if char.is_control() => '\u{fffd}',
            _ => char,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use model::KubernetesVersion;

    use super::*;
    use crate::manifests::{Input, Options, collect};

    /// The frame of a field of the second object of a text.
    fn frame_of_second(text: &str) -> String {
        let limits = yaml::Limits::default();
        let (worlds, overlay) = (Vec::new(), std::collections::BTreeMap::new());
        let options = Options { ignore_files: true, worlds, threads: 1, limits, overlay };
        let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
        let inputs = vec![Input::Text(text.as_bytes().to_vec())];
        let sources = collect(&mut snapshot, inputs, &options, DigestKey::new(&[7; 32]));
        let path = Path::root().field("metadata.name");
        let place = Place { object: ObjectId(1), path: &path };
        let located = sources.locate(&snapshot, 0, &[place], true, &mut Vec::new());
        let frame = located.into_iter().next().flatten().and_then(|located| located.frame);
        let lines = frame.expect("a frame").lines.into_iter();
        lines.map(|line| line.text).collect::<Vec<_>>().join("\n")
    }

    /// The lines shown for one object hold another's Secret: on the lines before, on the same
    /// line, and behind the part of a long line that is looked at.
    #[test]
    fn credentials_of_neighbours_are_masked() {
        let block = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  k: c2VjcmV0\n---\n\
                     {apiVersion: v1, kind: Pod, metadata: {name: b}}\n";
        assert!(frame_of_second(block).starts_with("  k: ********\n---\n"));
        let line = "{apiVersion: v1, kind: List, items: [\
                    {apiVersion: v1, kind: Secret, metadata: {name: a}, data: {k: c2VjcmV0}}, \
                    {apiVersion: v1, kind: Pod, metadata: {name: b}}]}";
        let shown = frame_of_second(line);
        assert!(shown.contains("{k: ********}") && shown.contains("name: b"), "{shown}");
        let long = line.replace("c2VjcmV0", &"c2VjcmV0".repeat(5_000));
        let shown = frame_of_second(&long);
        assert!(shown.ends_with("***") && !shown.contains("c2V"), "{shown}");
    }
}
