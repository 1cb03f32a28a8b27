//! Secrets of Kubernetes in YAML: what stands under `data` and `stringData`.

use std::ops::Range;

use memchr::{memchr, memmem};

use super::value;

/// The line that makes an object a Secret.
pub(super) const MARK: &[u8] = b"\nkind: Secret";

/// Bytes of the object that are looked at before the mark, and as many behind it.
pub(super) const OBJECT_BYTES: usize = 4 << 10;

/// The shortest value that is told, in bytes.
const VALUE_MIN: usize = 5;

/// The values of the Secret whose mark stands at `at`, each with the place of its colon.
pub(super) fn values(text: &[u8], at: usize) -> Vec<(usize, Range<usize>)> {
    let behind = text.get(at + MARK.len()).copied();
    let from = at.saturating_sub(OBJECT_BYTES);
    let start = memmem::rfind(&text[from..at], b"\n---").map_or(from, |it| from + it);
    let rest = &text[at..text.len().min(at + OBJECT_BYTES)];
    let end = at + memmem::find(rest, b"\n---").unwrap_or(rest.len());
    // Of an object that has two kinds, the first counts.
    let is_second = memmem::find(&text[start..at], MARK).is_some();
    if is_second || !behind.is_none_or(|byte| byte.is_ascii_whitespace()) {
        return Vec::new();
    }
    let object = &text[start..end];
    let mut found = Vec::new();
    for (section, is_encoded) in [(&b"\ndata:"[..], true), (b"\nstringData:", false)] {
        let Some(head) = memmem::find(object, section) else { continue };
        let body = head + section.len();
        let Some(first) = memchr(b'\n', &object[body..]) else { continue };
        let mut line_at = body + first + 1;
        for line in object[line_at..].split(|byte| *byte == b'\n') {
            if !line.starts_with(b" ") && !line.is_empty() {
                break;
            }
            if let Some((colon, it)) = entry(line, is_encoded) {
                let base = start + line_at;
                found.push((base + colon, base + it.start..base + it.end));
            }
            line_at += line.len() + 1;
        }
    }
    found
}

/// The colon and the value of a line `  key: value`, if it is a secret.
fn entry(line: &[u8], is_encoded: bool) -> Option<(usize, Range<usize>)> {
    let colon = memmem::find(line, b": ")?;
    let key = str::from_utf8(&line[..colon]).ok()?.trim();
    let behind = &line[colon + 1..];
    let start = colon + 1 + behind.len() - behind.trim_ascii_start().len();
    let written = line[start..].trim_ascii_end();
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'');
    let quotes = usize::from(written.len() > 1 && written.first().is_some_and(is_quote));
    let written = &written[quotes..written.len() - quotes];
    let length = memmem::find(written, b" #").unwrap_or(written.len());
    let written = str::from_utf8(&written[..length]).ok()?.trim_end();
    let said =
        if is_encoded { value::decode_whole(written.as_bytes())? } else { written.to_owned() };
    let is_public = ["CERTIFICATE", "PUBLIC KEY"].iter().any(|it| said.contains(it));
    let is_name = ["user", "name", "cert", "crt", "ca"].iter().any(|it| key.ends_with(it));
    let is_told = said.trim().len() >= VALUE_MIN
        && !key.starts_with('#')
        && !is_public
        && !is_name
        && !value::is_reference(said.trim())
        && !value::is_placeholder(said.trim());
    is_told.then(|| (colon, start + quotes..start + quotes + written.len()))
}
