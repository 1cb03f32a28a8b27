//! Texts inside of HTML and XML.

use crate::wording::harmless;

/// A text as content of an element or inside of a quoted attribute, on one line.
pub fn text(text: &str) -> String {
    escaped(&harmless(text))
}

/// The same with its line breaks and tabs kept.
pub(crate) fn lines(text: &str) -> String {
    let parts = text.split('\n').map(|line| {
        let cells: Vec<_> = line.split('\t').map(harmless).collect();
        escaped(&cells.join("\t"))
    });
    parts.collect::<Vec<_>>().join("\n")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_element_or_attribute() {
        assert_eq!(text("<b a=\"'&]]>\0\n"), "&lt;b a=&quot;&#39;&amp;]]&gt;��");
        assert_eq!(lines("a\n\tb\r<"), "a\n\tb�&lt;");
    }
}
