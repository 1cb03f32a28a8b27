//! Reads a file once more to say where findings stand in it.

use hashbrown::HashMap;
use model::{Frame, FrameLine, Gap, GapKind, Location, Locator, ObjectId, Path, Snapshot};
use yaml::{Span, Stream};

use super::location::location;
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
    let mut locator = Locator::default();
    let mut frames = frames.then(|| Frames::new(stream));
    let mut current: Option<(ObjectId, yaml::Node<'_>)> = None;
    places
        .iter()
        .map(|place| {
            let origin = snapshot.origin(place.object);
            let node = match current {
                Some((id, node)) if id == place.object => node,
                _ => {
                    let root = (*roots.get(origin.document as usize)?)?;
                    locator.node(root, &origin.item)?
                }
            };
            current = Some((place.object, node));
            let span = locator.locate(node, place.path);
            let location = location(stream, name, span);
            let frame = frames.as_mut().map(|frames| frames.frame(&location, span, origin.line));
            Some(Located { location, frame })
        })
        .collect()
}

/// Where an object starts, as its snapshot says: all that is known without its file.
fn first_line(snapshot: &Snapshot, object: ObjectId) -> Option<Located> {
    let origin = snapshot.origin(object);
    // What was read from a cluster stands in no file.
    if origin.line == 0 {
        return None;
    }
    let file = snapshot.files.get(origin.file as usize)?.clone();
    let line = origin.line;
    let location = Location { file, line, column: 1, end_line: line, end_column: 1 };
    Some(Located { location, frame: None })
}

/// Source lines of one file. Each line is masked once, however many findings show it.
struct Frames<'s, 't> {
    stream: &'s Stream<'t>,
    secrets: Secrets,
    shown: HashMap<u32, String>,
}

/// Last column of a place that is shown with its line from the start.
const COLUMN_MAX: u32 = 160;
/// Bytes shown before a place that stands further right.
const BYTES_BEFORE: usize = 64;
/// Bytes looked at for credentials on each side of what is shown: more than a token is long, so
/// that one cut off by the end of what is shown is still seen.
const MARGIN_BYTES: usize = 8 << 10;

impl<'s, 't> Frames<'s, 't> {
    fn new(stream: &'s Stream<'t>) -> Self {
        Self { stream, secrets: Secrets::of(stream), shown: HashMap::new() }
    }

    /// The lines before a place, back to the first of its object, and its own.
    fn frame(&mut self, location: &Location, place: Span, top: u32) -> Frame {
        if location.column > COLUMN_MAX {
            return self.window(location, place);
        }
        let first = location.line.saturating_sub(LINES_BEFORE).max(top).min(location.line);
        let lines = (first..=location.line)
            .map(|number| FrameLine { number, text: self.line(number).to_owned() })
            .collect();
        Frame { lines, columns_before: 0 }
    }

    fn line(&mut self, number: u32) -> &str {
        let Self { stream, secrets, shown: known } = self;
        known.entry(number).or_insert_with(|| {
            let line = stream.line_span(number);
            shown(stream.text(), line, line.start, secrets)
        })
    }

    /// The part of a very long line around a place.
    fn window(&self, location: &Location, place: Span) -> Frame {
        let text = self.stream.text();
        let line = self.stream.line_span(location.line);
        let raw = &text[line.start as usize..line.end as usize];
        let at = (place.start - line.start) as usize;
        let start = raw.floor_char_boundary(at.saturating_sub(BYTES_BEFORE));
        let columns_before = location.column - 1 - raw[start..at].chars().count() as u32;
        let rest = shown(text, line, line.start + start as u32, &self.secrets);
        let lines = vec![FrameLine { number: location.line, text: format!("…{rest}") }];
        Frame { lines, columns_before: columns_before - 1 }
    }
}

/// A line from a byte on as it can be shown: masked, cut, and without power over the terminal.
fn shown(text: &str, line: Span, from: u32, secrets: &Secrets) -> String {
    let raw = &text[line.start as usize..line.end as usize];
    let from = (from - line.start) as usize;
    let first = raw.floor_char_boundary(from.saturating_sub(MARGIN_BYTES));
    let last = raw.floor_char_boundary(from + 4 * LINE_CHARS_MAX + MARGIN_BYTES);
    let part = Span { start: line.start + first as u32, end: line.start + last as u32 };
    // Masking keeps the number of characters.
    let masked = secrets.mask(text, part);
    let mut chars = masked.chars().skip(raw[first..from].chars().count());
    let mut shown: String = chars.by_ref().take(LINE_CHARS_MAX).map(harmless).collect();
    if chars.next().is_some() || last < raw.len() {
        shown.push('…');
    }
    shown
}

/// A file must not be able to steer the terminal it is shown on, nor to show its text in another
/// order than it is read (the bidirectional controls of UAX #9).
fn harmless(char: char) -> char {
    match char {
        // Terminals and editors disagree on the width of a tab: one column is one character.
        '\t' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        _ if char.is_control() => char::REPLACEMENT_CHARACTER,
        _ => char,
    }
}

#[cfg(test)]
mod tests {
    use model::{DigestKey, KubernetesVersion};

    use super::*;
    use crate::manifests::{Input, Options, Progress, collect};

    /// The frame of a field of the second object of a text.
    fn frame_of_second(text: &str) -> String {
        let limits = yaml::Limits::default();
        let (worlds, overlay) = (Vec::new(), std::collections::BTreeMap::new());
        let progress = Progress::default();
        let options = Options { ignore_files: true, worlds, threads: 1, limits, overlay, progress };
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

    /// The lines shown for one object hold no other's Secret: those before it are not shown, the
    /// same line is masked, also where it goes on behind the part that is looked at.
    #[test]
    fn credentials_of_neighbours_are_masked() {
        let block = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  k: c2VjcmV0\n---\n\
                     {apiVersion: v1, kind: Pod, metadata: {name: b}}\n";
        assert_eq!(frame_of_second(block), "{apiVersion: v1, kind: Pod, metadata: {name: b}}");
        let line = "{apiVersion: v1, kind: List, items: [\
                    {apiVersion: v1, kind: Secret, metadata: {name: a}, data: {k: c2VjcmV0}}, \
                    {apiVersion: v1, kind: Pod, metadata: {name: b}}]}";
        let shown = frame_of_second(line);
        assert!(shown.contains("{k: ********}") && shown.contains("name: b"), "{shown}");
        let long = line.replace("c2VjcmV0", &"c2VjcmV0".repeat(5_000));
        let shown = frame_of_second(&long);
        assert!(shown.contains("name: b") && !shown.contains("c2V"), "{shown}");
    }
}
