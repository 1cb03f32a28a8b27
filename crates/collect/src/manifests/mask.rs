//! Source text for people, without its credentials.

use model::secret::{self, Match};
use model::{DigestKey, Redactions, cloud, items};
use yaml::{Span, Stream, Style};

/// Where credentials stand in a text, in order.
pub(super) struct Secrets(Vec<Span>);

impl Secrets {
    /// Those of all objects of a file: a line may show more than the object it is shown for.
    pub(super) fn of(stream: &Stream<'_>) -> Self {
        // Nobody sees the digests.
        let key = DigestKey::new(&[0; 32]);
        let mut secrets = Self(Vec::new());
        for document in stream.documents().flatten() {
            // What stands beside the resources of an export is not judged, but may be shown.
            if cloud::holds(document.root()) {
                let kind = cloud::MANAGED_CLUSTER;
                secrets.add(stream, &Redactions::find_in(document.root(), kind, &key));
                continue;
            }
            for item in items(document.root(), &mut |_, _| {}) {
                let kind = item.node.get("kind").and_then(yaml::Node::as_str).unwrap_or_default();
                let kind = item.typed.as_ref().map_or(kind, |(_, kind)| kind);
                secrets.add(stream, &Redactions::find_in(item.node, kind, &key));
            }
        }
        secrets.0.sort_unstable();
        secrets
    }

    fn add(&mut self, stream: &Stream<'_>, redactions: &Redactions) {
        self.0.extend(redactions.nodes().into_iter().map(|id| {
            let node = stream.node(id);
            let Span { start, end } = node.span();
            let header = match node.style() {
                // `|` and `>` are no part of the text below them.
                Style::Literal | Style::Folded => node.written().find('\n').map_or(0, |at| at + 1),
                _ => 0,
            };
            Span { start: start + header as u32, end }
        }));
    }

    /// A line of the text with every credential in it replaced by as many `*`.
    pub(super) fn mask(&self, text: &str, line: Span) -> String {
        let raw = &text[line.start as usize..line.end as usize];
        let first = self.0.partition_point(|secret| secret.end <= line.start);
        let inside = self.0[first..].iter().take_while(|secret| secret.start < line.end);
        let mut hidden: Vec<(usize, usize)> = inside
            .map(|secret| {
                let start = secret.start.max(line.start) - line.start;
                let end = secret.end.min(line.end) - line.start;
                (start as usize, end as usize)
            })
            .collect();
        // Comments, other objects' lines and what no control looks at hold credentials too.
        for search in [secret::find_all, secret::assigned] {
            hidden.extend(all(raw, search));
        }
        hidden.sort_unstable();
        let mut hidden = hidden.into_iter().peekable();
        let mut hidden_until = 0;
        raw.char_indices()
            .map(|(at, char)| {
                while let Some((_, end)) = hidden.next_if(|(start, _)| *start <= at) {
                    hidden_until = hidden_until.max(end);
                }
                if at < hidden_until && !char.is_whitespace() { '*' } else { char }
            })
            .collect()
    }
}

/// All that a search finds, which stops at a limit of its own.
fn all(raw: &str, search: fn(&str) -> Vec<Match>) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    loop {
        let matches = search(&raw[from..]);
        found.extend(matches.iter().map(|found| (from + found.start, from + found.end)));
        match matches.last() {
            Some(last) if matches.len() >= secret::MATCHES_MAX && last.end > 0 => from += last.end,
            _ => return found,
        }
    }
}

/// A whole text of manifests with every credential in it replaced by as many `*`, to be shown:
/// a difference, not a file.
pub fn masked(text: &str, limits: &yaml::Limits) -> String {
    let stream = super::read::stream(text, limits);
    let secrets = Secrets::of(&stream);
    let mut masked = String::with_capacity(text.len());
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len() as u32;
        masked.push_str(&secrets.mask(text, Span { start, end }));
        start = end;
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_credentials_are_masked() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  \
                    a: |\n    one\n    two\n  b: 'öne' # kept\n  c: 12\n";
        let wanted = text.replace("one", "***").replace("two", "***").replace("'öne'", "*****");
        assert_eq!(masked(text, &yaml::Limits::default()), wanted.replace("12", "**"));
    }

    #[test]
    fn a_line_may_hold_many() {
        let token = "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8";
        let text = format!("# {}\n", [token; 200].join(" "));
        assert!(!masked(&text, &yaml::Limits::default()).contains("ghp_"));
    }
}
