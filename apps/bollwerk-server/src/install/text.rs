//! Manifests as YAML for people: block style, texts quoted where they would be something else.

use serde_json::Value;

/// A document, `apiVersion` and `kind` first.
pub(super) fn yaml(document: &Value) -> String {
    let mut out = String::new();
    block(document, 0, &mut out);
    out
}

fn block(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let rank = |key: &str| match key {
                "apiVersion" => 0,
                "kind" => 1,
                "metadata" | "name" => 2,
                _ => 3,
            };
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| (rank(key), *key));
            for (number, (key, value)) in entries.into_iter().enumerate() {
                if number > 0 || !out.ends_with("- ") {
                    out.push_str(&"  ".repeat(depth));
                }
                out.push_str(&format!("{}:", scalar_text(key)));
                below(value, depth, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                out.push_str(&"  ".repeat(depth));
                out.push_str("- ");
                match item {
                    Value::Object(map) if !map.is_empty() => block(item, depth + 1, out),
                    _ => out.push_str(&format!("{}\n", scalar(item))),
                }
            }
        }
        _ => out.push_str(&format!("{}\n", scalar(value))),
    }
}

/// What follows a key.
fn below(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            block(value, depth + 1, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            block(value, depth, out);
        }
        Value::String(text)
            if text.contains('\n') && text.ends_with('\n') && is_plain_lines(text) =>
        {
            out.push_str(" |\n");
            for line in text.lines() {
                let indent = if line.is_empty() { String::new() } else { "  ".repeat(depth + 1) };
                out.push_str(&format!("{indent}{line}\n"));
            }
        }
        _ => out.push_str(&format!(" {}\n", scalar(value))),
    }
}

/// Whether a text may stand in block style as it is.
fn is_plain_lines(text: &str) -> bool {
    let is_plain = |c: char| c == '\n' || !c.is_control();
    text.chars().all(is_plain) && !text.starts_with([' ', '\n']) && !text.ends_with("\n\n")
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => scalar_text(text),
        other => other.to_string(),
    }
}

/// A text, quoted unless it can be nothing but a text.
fn scalar_text(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let reserved = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_plain =
        begins && text.chars().all(is_word) && !reserved.contains(&text.to_lowercase().as_str());
    if is_plain { text.to_owned() } else { Value::from(text).to_string() }
}
