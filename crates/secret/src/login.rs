//! The forms in which programs keep logins.

use std::ops::Range;

use memchr::{memchr, memmem, memrchr};

use super::form::{Alphabet, base64_run, run};
use super::value::{self, decode_base64};

/// The longest part of a JSON Web Token, in bytes.
pub(super) const JWT_SEGMENT_MAX: usize = 16 << 10;

/// RFC 7519 in compact form: a header with an algorithm, claims, a signature.
pub(super) fn jwt(text: &[u8], at: usize) -> Option<Range<usize>> {
    let before = at.checked_sub(1).map(|before| text[before]);
    if before.is_some_and(|byte| byte == b'.' || Alphabet::Url.contains(byte)) {
        return None;
    }
    let header_end = run(text, at, Alphabet::Url, 17, JWT_SEGMENT_MAX)?;
    let claims_at = dot(text, header_end)?;
    if !text[claims_at..].starts_with(b"eyJ") {
        return None;
    }
    let claims_end = run(text, claims_at, Alphabet::Url, 10, JWT_SEGMENT_MAX)?;
    let end = run(text, dot(text, claims_end)?, Alphabet::Url, 10, JWT_SEGMENT_MAX)?;
    let header = decode_base64(&text[at..header_end], JWT_SEGMENT_MAX);
    memmem::find(&header, b"\"alg\"").map(|_| at..end)
}

/// The same in Base64, as a Secret of Kubernetes holds it.
pub(super) fn encoded_jwt(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = base64_run(text, at, 80, JWT_SEGMENT_MAX)?;
    let token = decode_base64(&text[at..end], JWT_SEGMENT_MAX);
    jwt(&token, 0).map(|_| at..end)
}

fn dot(text: &[u8], at: usize) -> Option<usize> {
    (text.get(at) == Some(&b'.')).then_some(at + 1)
}

/// The longest authority of a URL that is looked at, in bytes.
pub(super) const AUTHORITY_MAX: usize = 512;

/// `scheme://user:password@host`: the password, RFC 3986 section 3.2.1.
pub(super) fn url_password(text: &[u8], at: usize) -> Option<Range<usize>> {
    if !at.checked_sub(1).is_some_and(|before| text[before].is_ascii_alphanumeric()) {
        return None;
    }
    let authority_at = at + b"://".len();
    let rest = &text[authority_at..text.len().min(authority_at + AUTHORITY_MAX)];
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"/?#\"'`<>,\\".contains(byte);
    let authority = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
    let host_at = memrchr(b'@', authority)? + 1;
    let colon = memchr(b':', &authority[..host_at])?;
    let (user, password) = (&authority[..colon], &authority[colon + 1..host_at - 1]);
    let host_begins = authority.get(host_at).is_some_and(u8::is_ascii_alphanumeric)
        || matches!(authority.get(host_at), Some(b'$' | b'{' | b'[' | b'%' | b'('));
    if !host_begins || !value::is_literal_password(user, password) {
        return None;
    }
    let start = authority_at + colon + 1;
    Some(start..start + password.len())
}

/// The member `auth` of a registry login in a Docker configuration: Base64 of `user:password`.
pub(super) fn registry_auth(text: &[u8], at: usize) -> Option<Range<usize>> {
    let colon = skip_spaces(text, at + b"\"auth\"".len());
    let quote = skip_spaces(text, (text.get(colon) == Some(&b':')).then_some(colon + 1)?);
    let start = (text.get(quote) == Some(&b'"')).then_some(quote + 1)?;
    let end = run(text, start, Alphabet::Base64, 8, 8 << 10)?;
    value::is_encoded_login(&text[start..end]).then_some(start..end)
}

/// The most blanks between the parts of an assignment.
const SPACES_MAX: usize = 16;

/// The position behind the blanks at `at`.
fn skip_spaces(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let spaces = rest.iter().take(SPACES_MAX).take_while(|byte| byte.is_ascii_whitespace());
    at + spaces.count()
}

/// The longest command or entry in which a password is looked for, in bytes.
const COMMAND_MAX: usize = 512;

/// The words behind `at` up to the end of the line, with their places.
fn words(text: &[u8], at: usize) -> impl Iterator<Item = Range<usize>> {
    let line = &text[at..text.len().min(at + COMMAND_MAX)];
    let end = memchr(b'\n', line).unwrap_or(line.len());
    let mut next = 0;
    std::iter::from_fn(move || {
        let is_blank = |byte: &&u8| byte.is_ascii_whitespace();
        next += line[next..end].iter().take_while(is_blank).count();
        let length = line[next..end].iter().take_while(|byte| !is_blank(byte)).count();
        let word = at + next..at + next + length;
        next += length;
        (length > 0).then_some(word)
    })
}

/// A word without the quotes around it.
fn unquoted(text: &[u8], word: Range<usize>) -> Range<usize> {
    let is_quote = |at: usize| matches!(text.get(at), Some(b'"' | b'\''));
    let start = word.start + usize::from(is_quote(word.start));
    let end = word.end - usize::from(word.end > start && is_quote(word.end - 1));
    start..end
}

fn literal(text: &[u8], user: &[u8], password: Range<usize>) -> Option<Range<usize>> {
    value::is_literal_password(user, &text[password.clone()]).then_some(password)
}

/// `machine HOST login USER password PASSWORD`, on one line or on several.
///
/// Source: `netrc(5)`.
pub(super) fn netrc_password(text: &[u8], at: usize) -> Option<Range<usize>> {
    let entry = &text[at..text.len().min(at + COMMAND_MAX)];
    let next = memmem::find(&entry[1..], b"machine ").map_or(entry.len(), |next| next + 1);
    let entry = &entry[..next];
    let login = memmem::find(entry, b"login ")?;
    let password = memmem::find(entry, b"password ")? + b"password ".len();
    let user = words(text, at + login + b"login ".len()).next()?;
    let password = words(text, at + password).next().filter(|word| word.end <= at + next)?;
    literal(text, &text[user], password)
}

/// `curl -u USER:PASSWORD`, `--user USER:PASSWORD`.
pub(super) fn curl_password(text: &[u8], at: usize) -> Option<Range<usize>> {
    let mut words = words(text, at);
    words.find(|word| matches!(&text[word.clone()], b"-u" | b"--user"))?;
    let login = unquoted(text, words.next()?);
    let colon = memchr(b':', &text[login.clone()])? + login.start;
    literal(text, &text[login.start..colon], colon + 1..login.end)
}

/// `sshpass -p PASSWORD`, `sshpass -pPASSWORD`.
pub(super) fn sshpass_password(text: &[u8], at: usize) -> Option<Range<usize>> {
    let mut words = words(text, at + b"sshpass ".len());
    let flag = words.next().filter(|word| text[word.clone()].starts_with(b"-p"))?;
    let joined = flag.start + 2..flag.end;
    let password = if joined.is_empty() { words.next()? } else { joined };
    literal(text, b"", unquoted(text, password))
}

/// `<add key="ClearTextPassword" value="PASSWORD" />` of a `NuGet.Config`.
pub(super) fn nuget_password(text: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &text[at..text.len().min(at + COMMAND_MAX)];
    let start = at + memmem::find(rest, b"value=\"")? + b"value=\"".len();
    let length = memchr(b'"', &text[start..text.len().min(start + COMMAND_MAX)])?;
    literal(text, b"", start..start + length)
}

/// The login for the gems of a vendor: two groups of eight hexadecimal digits.
pub(super) fn bundler_login(text: &[u8], at: usize) -> Option<Range<usize>> {
    let behind = at + b"CONTRIBSYS__COM".len();
    let rest = text.get(behind..)?;
    let is_sign = |byte: &u8| b" \t\"':=".contains(byte);
    let start = behind + rest.iter().take(SPACES_MAX).take_while(|byte| is_sign(byte)).count();
    let colon = run(text, start, Alphabet::Hex, 8, 8)?;
    let end = run(text, colon + 1, Alphabet::Hex, 8, 8)?;
    (text.get(colon) == Some(&b':')).then_some(start..end)
}

/// `$6$`: salt of up to 16 characters, hash of 86.
pub(super) fn crypt_sha512(text: &[u8], at: usize) -> Option<Range<usize>> {
    crypt(text, at, 86)
}

/// `$5$`: salt of up to 16 characters, hash of 43.
pub(super) fn crypt_sha256(text: &[u8], at: usize) -> Option<Range<usize>> {
    crypt(text, at, 43)
}

/// Perhaps `rounds=N$`, then a salt, `$` and the hash.
///
/// Source: `crypt(5)`.
fn crypt(text: &[u8], at: usize, length: usize) -> Option<Range<usize>> {
    let mut salt = at + b"$6$".len();
    if text.get(salt..)?.starts_with(b"rounds=") {
        salt = run(text, salt + b"rounds=".len(), Alphabet::Digits, 4, 9)? + 1;
    }
    let salt_end = run(text, salt, Alphabet::Crypt, 1, 16)?;
    let end = run(text, salt_end + 1, Alphabet::Crypt, length, length)?;
    let is_hash = text.get(salt_end) == Some(&b'$') && !value::is_filler(&text[salt_end + 1..end]);
    is_hash.then_some(at..end)
}
