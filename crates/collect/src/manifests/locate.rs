//! Reads a file once more to say where findings stand in it.

use model::locate;
use model::{Frame, FrameLine, Gap, GapKind, Location, ObjectId, Path, Snapshot};
use yaml::{Span, Stream};

use super::mask::Secrets;
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
        let Some(source) = self.files.get(file as usize) else {
            return places.iter().map(|place| first_line(snapshot, place.object)).collect();
        };
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
        in_stream(snapshot, &source.name, &stream, places, frames)
    }
}

fn in_stream(
    snapshot: &Snapshot,
    name: &str,
    stream: &Stream<'_>,
    places: &[Place<'_>],
    frames: bool,
) -> Vec<Option<Located>> {
    let roots: Vec<_> =
        stream.documents().map(|document| document.ok().map(yaml::Document::root)).collect();
    let secrets = frames.then(|| Secrets::of(stream));
    let mut current: Option<(ObjectId, yaml::Node<'_>)> = None;
    places
        .iter()
        .map(|place| {
            let origin = snapshot.origin(place.object);
            if current.is_none_or(|(id, _)| id != place.object) {
                let root = (*roots.get(origin.document as usize)?)?;
                current = Some((place.object, item(root, &origin.item)?));
            }
            let (_, node) = current?;
            let location = read::location(stream, name, locate(node, place.path));
            let frame =
                secrets.as_ref().map(|secrets| frame(stream, &location, origin.line, secrets));
            Some(Located { location, frame })
        })
        .collect()
}

/// Where an object starts, as its snapshot says: all that is known without its file.
fn first_line(snapshot: &Snapshot, object: ObjectId) -> Option<Located> {
    let origin = snapshot.origin(object);
    let file = snapshot.files.get(origin.file as usize)?.clone();
    let line = origin.line;
    let location = Location { file, line, column: 1, end_line: line, end_column: 1 };
    Some(Located { location, frame: None })
}

fn item<'s>(root: yaml::Node<'s>, path: &Path) -> Option<yaml::Node<'s>> {
    path.segments().iter().try_fold(root, |node, segment| match segment {
        model::Segment::Key(key) => node.get(key),
        model::Segment::Index(index) => node.items().nth(*index as usize),
    })
}

/// The lines before a place, back to the first of its object, and its own.
fn frame(stream: &Stream<'_>, location: &Location, top: u32, secrets: &Secrets) -> Frame {
    let first = location.line.saturating_sub(LINES_BEFORE).max(top).min(location.line);
    let lines = (first..=location.line)
        .map(|number| {
            let span = stream.line_span(number);
            FrameLine { number, text: shown(stream.text(), span, secrets) }
        })
        .collect();
    Frame { lines }
}

/// A line as it can be shown: masked, cut, and without power over the terminal.
fn shown(text: &str, line: Span, secrets: &Secrets) -> String {
    let masked = secrets.mask(text, line);
    let char = |char: char| match char {
        // Terminals and editors disagree on the width of a tab: one column is one character.
        '\t' => ' ',
        _ if char.is_control() => char::REPLACEMENT_CHARACTER,
        _ => char,
    };
    masked.chars().take(LINE_CHARS_MAX).map(char).collect()
}
