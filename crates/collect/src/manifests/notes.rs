//! Comments that speak to bollwerk: `# bollwerk:allow CONTROL …`.
//!
//! One behind something speaks of what begins on its line; one that stands alone, of what begins
//! on the next line that holds anything. That is the outermost thing that begins there: a field
//! with all below it, an item of a list, or the whole document on its first line.

use memchr::memmem;
use model::{Note, Path, Segment};
use yaml::{Document, Node, Span, Stream, Value};

use super::location::location;

/// How such a comment begins, behind `#` and spaces.
const MARK: &str = "bollwerk:allow";

/// Most comments that are heard in one document; more than a person writes.
const NOTES_MAX: usize = 256;
/// Most lines between a comment and what it speaks of.
const LINES_BETWEEN_MAX: u32 = 100;

/// The comments of a document, each with the path of what it speaks of, and those that speak of
/// nothing. Only called where [`may_hold`] says so.
pub(super) fn notes(stream: &Stream<'_>, document: Document<'_>, file: &str) -> (Vec<Note>, Lost) {
    let text = stream.text();
    let (mut heard, mut lost) = (Vec::new(), Vec::new());
    for span in document.comments().iter().map(|comment| comment.span) {
        let written = &text[span.start as usize..span.end as usize];
        let said = written.trim_start_matches('#').trim_start().strip_prefix(MARK);
        let Some(said) = said.filter(|said| said.is_empty() || said.starts_with([' ', '\t']))
        else {
            continue;
        };
        if heard.len() + lost.len() == NOTES_MAX {
            lost.push((span, "more comments of this kind than are heard in one document"));
            break;
        }
        let place = spoken_of(stream, span).and_then(|line| beginning_at(document.root(), line));
        match place {
            Some(path) => {
                let location = location(stream, file, span);
                heard.push(Note { path, text: said.trim().to_owned(), location });
            }
            None => lost.push((span, "an exception that stands at nothing it could be about")),
        }
    }
    (heard, lost)
}

/// Comments that are not heard, with the reason.
type Lost = Vec<(Span, &'static str)>;

/// Whether a text can hold such comments at all.
pub(super) fn may_hold(text: &str) -> bool {
    memmem::find(text.as_bytes(), MARK.as_bytes()).is_some()
}

/// Those that speak of an object that stands at `item` in its document, of a part of it, or of a
/// list it stands in; with paths inside the object.
pub(super) fn of_item(notes: &[Note], item: &Path) -> Vec<Note> {
    let inside = |note: &Note| {
        let path = match note.path.segments().strip_prefix(item.segments()) {
            Some(rest) => rest.iter().fold(Path::root(), |path, segment| match segment {
                Segment::Key(key) => path.key(key),
                Segment::Index(index) => path.index(*index as usize),
            }),
            None if item.starts_with(&note.path) => Path::root(),
            None => return None,
        };
        Some(Note { path, ..note.clone() })
    };
    notes.iter().filter_map(inside).collect()
}

/// The line a comment speaks of.
fn spoken_of(stream: &Stream<'_>, comment: Span) -> Option<Span> {
    let number = stream.position(comment.start).line;
    let own = stream.line_span(number);
    let text = |span: Span| &stream.text()[span.start as usize..span.end as usize];
    if !text(Span { start: own.start, end: comment.start }).trim().is_empty() {
        return Some(own);
    }
    let last = stream.position(stream.text().len() as u32).line;
    let below = (number + 1)..=last.min(number.saturating_add(LINES_BETWEEN_MAX));
    below.map(|number| stream.line_span(number)).find(|line| {
        let line = text(*line).trim();
        !line.is_empty() && !line.starts_with('#')
    })
}

/// The outermost thing that begins on a line. It goes down one level at a time, at most as deep
/// as the reader reads.
fn beginning_at(root: Node<'_>, line: Span) -> Option<Path> {
    let begins = |node: Node<'_>| (line.start..line.end).contains(&node.span().start);
    let holds = |node: Node<'_>| {
        let span = node.span();
        span.start < line.end && line.start < span.end
    };
    let (mut node, mut path) = (root, Path::root());
    if begins(root) {
        return Some(path);
    }
    loop {
        let inside = node.span();
        let below = match node.value() {
            Value::Map => node.entries().find_map(|(name, key, value)| {
                // What a merge key brings in stands elsewhere.
                let own = inside.start <= key.span().start && key.span().end <= inside.end;
                // A map begins where its first field does: the comment is about the field.
                let found = own && (begins(key) || holds(value));
                found.then(|| (path.clone().key(name), value, !begins(key)))
            }),
            Value::List => node.items().enumerate().find_map(|(index, item)| {
                let found = begins(item) || holds(item);
                found.then(|| (path.clone().index(index), item, !begins(item)))
            }),
            _ => None,
        };
        let (way, child, deeper) = below?;
        path = way;
        if !deeper {
            return Some(path);
        }
        node = child;
    }
}
