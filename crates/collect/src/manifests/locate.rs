//! Reads a file once more to say where findings stand in it.

use model::{Frame, FrameLine, Gap, GapKind, Location, ObjectId, Path, Redactions, Snapshot};
use model::{locate, secret};
use yaml::{Span, Stream};

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
        let mut current: Option<(ObjectId, yaml::Node<'_>, Vec<Span>)> = None;
        places
            .iter()
            .map(|place| {
                if current.as_ref().is_none_or(|(id, ..)| *id != place.object) {
                    let origin = snapshot.origin(place.object);
                    let root = (*roots.get(origin.document as usize)?)?;
                    let node = item(root, &origin.item)?;
                    let kind = snapshot.object(place.object).kind;
                    let secrets = secret_spans(stream, &Redactions::find_in(node, kind, &self.key));
                    current = Some((place.object, node, secrets));
                }
                let (_, node, secrets) = current.as_ref()?;
                let span = locate(*node, place.path);
                let location = read::location(stream, name, span);
                let frame = frames.then(|| frame(stream, &location, secrets));
                Some(Located { location, frame })
            })
            .collect()
    }
}

fn item<'s>(root: yaml::Node<'s>, path: &Path) -> Option<yaml::Node<'s>> {
    path.segments().iter().try_fold(root, |node, segment| match segment {
        model::Segment::Key(key) => node.get(key),
        model::Segment::Index(index) => node.items().nth(*index as usize),
    })
}

fn secret_spans(stream: &Stream<'_>, redactions: &Redactions) -> Vec<Span> {
    redactions.nodes().into_iter().map(|id| stream.node(id).span()).collect()
}

fn frame(stream: &Stream<'_>, location: &Location, secrets: &[Span]) -> Frame {
    let first = location.line.saturating_sub(LINES_BEFORE).max(1);
    let lines = (first..=location.line)
        .map(|number| {
            let span = stream.line_span(number);
            FrameLine { number, text: masked(stream.text(), span, secrets) }
        })
        .collect();
    Frame { lines }
}

/// A line of the text with every credential in it replaced by as many `*`.
fn masked(text: &str, line: Span, secrets: &[Span]) -> String {
    let raw = &text[line.start as usize..line.end as usize];
    let mut hidden: Vec<(usize, usize)> = secrets
        .iter()
        .filter(|secret| secret.start < line.end && line.start < secret.end)
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
