//! Spans as places for people.

use model::Location;
use yaml::{Span, Stream};

/// A span as a place for people.
pub(super) fn location(stream: &Stream<'_>, file: &str, span: Span) -> Location {
    let (start, end) = (stream.position(span.start), stream.position(span.end));
    Location {
        file: file.to_owned(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}
