//! The little Markdown that pages of controls are written in, as HTML: headings, paragraphs,
//! lists, code and code in a line. All else stays text.

use crate::markup::{lines, text};

/// A page without its first heading, as HTML.
pub fn blocks(page: &str) -> String {
    let mut html = String::new();
    let mut open: Option<&str> = None;
    let mut rest = page.lines();
    while let Some(line) = rest.next() {
        let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
        let is_fence = line.starts_with("```");
        let is_heading = line.starts_with('#');
        let wanted = match item {
            _ if line.trim().is_empty() || is_fence || is_heading => None,
            Some(_) => Some("ul"),
            None if open == Some("ul") && line.starts_with(' ') => Some("ul"),
            None => Some("p"),
        };
        if open != wanted {
            close(&mut open, &mut html);
        }
        if is_fence {
            let code: Vec<&str> =
                rest.by_ref().take_while(|line| !line.starts_with("```")).collect();
            html.push_str(&format!("<pre tabindex=\"0\">{}</pre>\n", lines(&code.join("\n"))));
        } else if let Some(title) = line.strip_prefix("## ") {
            html.push_str(&format!("<h3>{}</h3>\n", inline(title)));
        } else if let Some(element) = wanted {
            if open.is_none() {
                html.push_str(&format!("<{element}>"));
                open = wanted;
            }
            if item.is_some() {
                html.push_str("<li>");
            }
            html.push_str(&inline(item.unwrap_or(line)));
            html.push('\n');
        }
    }
    close(&mut open, &mut html);
    html
}

fn close(open: &mut Option<&str>, html: &mut String) {
    if let Some(element) = open.take() {
        html.push_str(&format!("</{element}>\n"));
    }
}

/// A line of text: what stands in backticks is code.
pub(super) fn inline(line: &str) -> String {
    let parts: Vec<&str> = line.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // An odd backtick: no telling what is code.
        return text(line);
    }
    let part = |(number, part): (usize, &&str)| match number % 2 {
        1 => format!("<code>{}</code>", text(part)),
        _ => text(part),
    };
    parts.iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page() {
        let page = "# Title\n\nOne `<a>`\ntwo.\n\n## Bad\n\n```yaml\na: <b>\n\n  c: 1\n```\n\n\
                    - x\n- y\n  z\n\nend";
        let html = "<p>One <code>&lt;a&gt;</code>\ntwo.\n</p>\n<h3>Bad</h3>\n\
                    <pre tabindex=\"0\">a: &lt;b&gt;\n\n  c: 1</pre>\n\
                    <ul><li>x\n<li>y\n  z\n</ul>\n<p>end\n</p>\n";
        assert_eq!(blocks(page), html);
    }

    #[test]
    fn odd_backticks_are_text() {
        assert_eq!(inline("a ` <b>"), "a ` &lt;b&gt;");
    }
}
