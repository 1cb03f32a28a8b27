//! Real manifests have the shape and the texts that an independent reader finds.

#![expect(clippy::print_stdout, reason = "a skipped test says so")]

#[path = "upstream/corpus.rs"]
mod corpus;

use saphyr_parser::{Event, Parser};
use yaml::{Limits, Node, Stream, Value};

#[test]
fn corpus_reads_as_with_saphyr() {
    let Some(files) = corpus::files() else { return };
    let mut compared = 0;
    for (path, text) in &files {
        // At the end of a text the other reader clips block scalars to a line break of its own.
        let text = &format!("{}\n", text.trim_end());
        let (Some(theirs), Some(ours)) = (saphyr(text), ours(text)) else { continue };
        let differs = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs);
        assert_eq!(
            differs,
            None,
            "{}: {:?}",
            path.display(),
            differs.map(|at| (&ours[at], &theirs[at]))
        );
        assert_eq!(ours.len(), theirs.len(), "{}", path.display());
        compared += 1;
    }
    assert!(compared * 100 > files.len() * 95, "{compared} of {} files compared", files.len());
}

/// Brackets and scalars in order; `None` when a document is refused or its keys are not all kept.
fn ours(text: &str) -> Option<Vec<String>> {
    let stream = Stream::yaml(text, &Limits::default());
    let mut tokens = Vec::new();
    for document in stream.documents() {
        let document = document.ok().filter(|document| document.duplicates().is_empty())?;
        tokens.push("document".to_owned());
        flatten(document.root(), &mut tokens)?;
    }
    Some(tokens)
}

fn flatten(node: Node<'_>, tokens: &mut Vec<String>) -> Option<()> {
    match node.value() {
        Value::Map => {
            tokens.push("{".to_owned());
            for (_, key, value) in node.entries() {
                flatten(key, tokens)?;
                flatten(value, tokens)?;
            }
            tokens.push("}".to_owned());
        }
        Value::List => {
            tokens.push("[".to_owned());
            for item in node.items() {
                flatten(item, tokens)?;
            }
            tokens.push("]".to_owned());
        }
        Value::String(text) => tokens.push(scalar(text)),
        _ => tokens.push(scalar(node.written())),
    }
    // Aliases and merges are events of their own for the other reader.
    node.alias_span().is_none().then_some(())
}

/// The other reader reports nothing at all sometimes as `~`.
fn scalar(text: &str) -> String {
    if text == "~" { "= ".to_owned() } else { format!("= {text}") }
}

fn saphyr(text: &str) -> Option<Vec<String>> {
    let mut tokens: Vec<String> = Vec::new();
    for event in Parser::new_from_str(text) {
        tokens.push(match event.ok()?.0 {
            // We leave out empty documents.
            Event::DocumentEnd if tokens.ends_with(&["document".to_owned(), scalar("")]) => {
                tokens.truncate(tokens.len() - 2);
                continue;
            }
            Event::DocumentStart(_) => "document".to_owned(),
            Event::MappingStart(..) => "{".to_owned(),
            Event::MappingEnd => "}".to_owned(),
            Event::SequenceStart(..) => "[".to_owned(),
            Event::SequenceEnd => "]".to_owned(),
            Event::Scalar(text, ..) if text == "<<" => return None,
            Event::Scalar(text, ..) => scalar(&text),
            Event::Alias(_) => return None,
            _ => continue,
        });
    }
    Some(tokens)
}
