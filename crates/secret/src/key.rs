//! The forms of private keys.

use std::ops::Range;

use memchr::{memchr, memmem};

use super::form::{Alphabet, base64_run, run};
use super::value::{self, decode_base64};

/// The longest armoured private key, in bytes: RSA with 16384 bits has 13 kB.
const PEM_MAX: usize = 64 << 10;
const PEM_BODY_MIN: usize = 64;
const PEM_LABEL_MAX: usize = 64;
const DASHES: &[u8] = b"-----";

/// RFC 7468 armour with a label that ends in `PRIVATE KEY` (or, for `OpenPGP`, in its `BLOCK`), on
/// several lines or on one with `\n` written out. Cut keys count, sketches of one do not.
pub(super) fn pem_private_key(text: &[u8], at: usize) -> Option<Range<usize>> {
    let label_at = at + b"-----BEGIN ".len();
    let head = &text[label_at..text.len().min(label_at + PEM_LABEL_MAX)];
    let label_length = memmem::find(head, DASHES)?;
    let label = &head[..label_length];
    if !label.ends_with(b"PRIVATE KEY") && !label.ends_with(b"PRIVATE KEY BLOCK") {
        return None;
    }
    let body_at = label_at + label_length + DASHES.len();
    let rest = &text[body_at..text.len().min(body_at + PEM_MAX)];
    let body_length = memmem::find(rest, DASHES).unwrap_or(rest.len());
    let is_key = |byte: u8| Alphabet::Base64.contains(byte);
    let body: Vec<u8> = rest[..body_length].iter().copied().filter(|b| is_key(*b)).collect();
    if body.len() < PEM_BODY_MIN || value::is_filler(&body) {
        return None;
    }
    let body_end = body_at + body_length;
    Some(at..footer_end(text, body_end).unwrap_or_else(|| char_boundary(text, body_end)))
}

/// The position behind `-----END …-----` at `at`.
fn footer_end(text: &[u8], at: usize) -> Option<usize> {
    const BEGINNING: &[u8] = b"-----END ";
    let footer = &text[at..text.len().min(at + PEM_LABEL_MAX)];
    let label = footer.strip_prefix(BEGINNING)?;
    let label_length = memmem::find(label, DASHES)?;
    Some(at + BEGINNING.len() + label_length + DASHES.len())
}

/// The nearest character boundary not behind `at`.
fn char_boundary(text: &[u8], at: usize) -> usize {
    let is_continuation = |at: usize| text.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
    (at.saturating_sub(3)..=at).rev().find(|at| !is_continuation(*at)).unwrap_or(at)
}

/// The same armour in Base64, as `data` of a Secret and kubeconfig's `client-key-data` hold it.
pub(super) fn encoded_private_key(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = base64_run(text, at, PEM_BODY_MIN, PEM_MAX)?;
    let head = decode_base64(&text[at..end], 2 * PEM_LABEL_MAX);
    memmem::find(&head, b"PRIVATE KEY").map(|_| at..end)
}

/// How far behind its first line the private part of a `PuTTY` key begins, in bytes: behind a
/// comment and a public key of 16384 bits.
const PUTTY_HEAD_MAX: usize = 8 << 10;

/// `PuTTY`'s own form: a head, the public lines, then `Private-Lines: N` and Base64.
pub(super) fn putty_private_key(text: &[u8], at: usize) -> Option<Range<usize>> {
    const MARK: &[u8] = b"Private-Lines: ";
    let head = &text[at..text.len().min(at + PUTTY_HEAD_MAX)];
    let mark = at + memmem::find(head, MARK)?;
    let line = memchr(b'\n', &text[mark..text.len().min(mark + PEM_LABEL_MAX)])?;
    let start = mark + line + 1;
    let rest = &text[start..text.len().min(start + PUTTY_HEAD_MAX)];
    let is_body = |byte: &u8| Alphabet::Base64.contains(*byte) || matches!(byte, b'\r' | b'\n');
    let length = rest.iter().take_while(|byte| is_body(byte)).count();
    let body = rest[..length].trim_ascii_end();
    let is_key = body.len() >= PUTTY_BODY_MIN && !value::is_filler(body);
    is_key.then_some(start..start + body.len())
}

/// The shortest private part: Ed25519 has 36 bytes, 48 in Base64.
const PUTTY_BODY_MIN: usize = 40;
/// The longest object of a JSON Web Key that is looked at, in bytes.
const JWK_MAX: usize = 4 << 10;

/// The member `d` of the object that has the member `kty`, RFC 7518 sections 6.2.2 and 6.3.2.
pub(super) fn jwk_private_key(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = memchr(b'}', &text[at..text.len().min(at + JWK_MAX)]).map(|end| at + end)?;
    let from = at.saturating_sub(JWK_MAX);
    let start = memchr::memrchr(b'{', &text[from..at]).map(|start| from + start)?;
    let object = &text[start..end];
    memmem::find_iter(object, b"\"d\"").find_map(|member| {
        let behind = &object[member + 3..];
        let is_sign = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b':' | b'"');
        let signs = behind.iter().take(SIGNS_MAX).take_while(|byte| is_sign(byte)).count();
        let value_at = start + member + 3 + signs;
        let value_end = run(text, value_at, Alphabet::Url, JWK_PART_MIN, JWK_MAX)?;
        (!value::is_filler(&text[value_at..value_end])).then_some(value_at..value_end)
    })
}

/// Signs and blanks between a member's name and its value.
const SIGNS_MAX: usize = 16;
/// The shortest private part of a key, P-256, in Base64.
const JWK_PART_MIN: usize = 42;
