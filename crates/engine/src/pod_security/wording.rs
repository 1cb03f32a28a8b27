//! Upstream's words, so that our details read the same.
//!
//! Source: `policy/helpers.go` of `k8s.io/pod-security-admission`.

use std::fmt::Write as _;

use super::DefaultedContainer;

/// The word for this many.
pub(super) fn counted(one: &'static str, many: &'static str, count: usize) -> &'static str {
    if count == 1 { one } else { many }
}

/// `"a", "b"`.
pub(super) fn quoted<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let mut text = String::new();
    for item in items {
        let separator = if text.is_empty() { "\"" } else { ", \"" };
        text.push_str(separator);
        text.push_str(item.as_ref());
        text.push('"');
    }
    text
}

/// `container "a"` or `containers "a", "b"`.
pub(super) fn containers(containers: &[&DefaultedContainer<'_>]) -> String {
    let word = counted("container", "containers", containers.len());
    format!("{word} {}", quoted(containers.iter().map(|container| container.name)))
}

/// `pod`, `container "a"`, or both joined by `and`: who set something in a security context.
pub(super) fn setters(pod: bool, bad: &[&DefaultedContainer<'_>]) -> String {
    match (pod, bad) {
        (true, []) => "pod".to_owned(),
        (true, _) => format!("pod and {}", containers(bad)),
        (false, _) => containers(bad),
    }
}

/// A text quoted as Go's `%q` does. Beyond ASCII only control characters are escaped: Go's table
/// of printable characters is not carried over.
pub(super) fn go_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0b' => quoted.push_str("\\v"),
            // Writing to a string cannot fail.
            '\0'..' ' | '\x7f' => drop(write!(quoted, "\\x{:02x}", u32::from(char))),
            _ if char.is_control() => drop(write!(quoted, "\\u{:04x}", u32::from(char))),
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_quoted() {
        assert_eq!(quoted::<&str>([]), "");
        assert_eq!(quoted(["a", "b"]), r#""a", "b""#);
    }

    #[test]
    fn quotes_as_go_does() {
        assert_eq!(go_quoted("a\"\\\n\x01\u{85}ü"), r#""a\"\\\n\x01\u0085ü""#);
    }
}
