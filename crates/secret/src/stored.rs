//! Credentials that files hold under a name: stricter than in manifests, for most files are
//! programs, and there `password = prompt()` is no password.

use super::assignment::{name_before, value_behind};
use super::name::{ABOUT_WORDS, HARMLESS_WORDS, class, named, words};
use super::rules::FAMILIES;
use super::{Match, Rule, SecretKind, rule, value};

/// Rules that go by a word of the name, sorted by the word.
pub(super) struct Named(Vec<(&'static str, &'static rule::Named)>);

impl Named {
    pub(super) fn new() -> Self {
        let rules = FAMILIES.iter().flat_map(|family| family.named);
        let by_word = rules.flat_map(|rule| rule.words.iter().map(move |word| (*word, rule)));
        let mut sorted: Vec<_> = by_word.collect();
        sorted.sort_by_key(|(word, _)| *word);
        Self(sorted)
    }

    /// The rule whose word the name has and whose shape the value.
    fn rule(&self, name: &str, value: &[u8]) -> Option<&'static str> {
        let words = words(name);
        let last = words.last()?.as_str();
        let is_about = ABOUT_WORDS.contains(&last)
            || words.iter().any(|word| HARMLESS_WORDS.contains(&word.as_str()));
        let rules_of = |word: &String| {
            let first = self.0.partition_point(|(it, _)| *it < word.as_str());
            let of_word = self.0.get(first..).unwrap_or_default().iter();
            let mut of_word = of_word.take_while(|(it, _)| *it == word.as_str());
            of_word.find(|(_, rule)| rule.shape.fits(value)).map(|(_, rule)| rule.id)
        };
        if is_about { None } else { words.iter().find_map(rules_of) }
    }
}

/// The shortest value that a word in its name makes a credential, in bytes.
const NAMED_VALUE_MIN: usize = 14;
/// The shortest password that is told, in bytes.
const PASSWORD_MIN: usize = 5;

/// The credential that the sign at `sign` assigns, with its rule; none where a form tells it.
pub(super) fn credential(text: &[u8], sign: usize, rules: &Named) -> Option<(&'static str, Match)> {
    let name = name_before(text, sign).filter(|name| name.len() > 1)?;
    let class = class(name);
    let found = value_behind(text, sign + 1)?;
    let mut written = text.get(found.start..found.end)?;
    if text.get(sign) == Some(&b'>') {
        written = written.split(|byte| *byte == b'<').next()?;
    }
    let length = written.len();
    let is_long = length >= NAMED_VALUE_MIN && written.iter().any(u8::is_ascii_digit);
    if length < PASSWORD_MIN || (class.is_none() && !is_long) {
        return None;
    }
    let written = str::from_utf8(written).ok()?;
    let whole = |kind| Match { kind, start: found.start, end: found.start + length };
    let is_plain = || !written.bytes().any(|byte| b"()[]{}<>$\\ ".contains(&byte));
    if is_long
        && is_plain()
        && !value::is_reference(written)
        && !value::is_placeholder(written)
        && let Some(rule) = rules.rule(name, written.as_bytes())
    {
        return super::find(written).is_none().then_some((rule, whole(SecretKind::AccessToken)));
    }
    class?;
    let it = named(name, written)?;
    let (rule, is_told) = match it.kind {
        SecretKind::Password => ("assigned-password", is_password(name, written, found.is_quoted)),
        SecretKind::AwsSecretKey => ("aws-secret-access-key", is_plain() && has_digit(written)),
        SecretKind::HighEntropy => ("assigned-key", is_plain() && !is_path(written)),
        SecretKind::RegistryAuth => ("assigned-login", true),
        SecretKind::AuthorizationHeader => ("authorization-header", is_plain_header(written)),
        // The form is found by itself.
        _ => return None,
    };
    let (start, end) = (found.start + it.start, found.start + it.end);
    is_told.then_some((rule, Match { start, end, ..it }))
}

/// Whether what a form found is told of a file: a password has to be one here too.
pub(super) fn forms_only(rule: &Rule, found: &[u8]) -> bool {
    match rule.kind {
        SecretKind::ConnectionString | SecretKind::BasicAuthUrl | SecretKind::Password => {
            str::from_utf8(found).is_ok_and(|text| is_password("", text, true))
        }
        _ => true,
    }
}

/// Parts of what stands for a password in manuals and tests.
const SKETCHES: &[&str] = &[
    "pass",
    "pwd",
    "secret",
    "changeme",
    "change_me",
    "change-me",
    "change_it",
    "test",
    "example",
    "sample",
    "dummy",
    "foobar",
    "hello",
    "12345",
    "abc123",
    "sha1",
    "sha2",
    "sha5",
    "md5",
    "utf8",
    "utf-8",
    "base64",
    "aes1",
    "aes2",
    "rsa2",
    "x509",
    "yyyy",
    "xxx",
    "token",
    "user",
    "admin1",
    "latin1",
    "iso-8859",
    "ntlm",
    "pbkdf2",
    "scrypt",
    "bcrypt",
    "oauth2",
    "v1.",
    "http",
];

fn is_password(name: &str, text: &str, is_quoted: bool) -> bool {
    let bytes = text.as_bytes();
    let has_letter = bytes.iter().any(u8::is_ascii_alphabetic);
    let is_sign = |byte: &u8| byte.is_ascii_punctuation() && !b"_-.,:;/".contains(byte);
    let is_mixed = has_letter && (has_digit(text) || bytes.iter().any(is_sign));
    let is_code = bytes.iter().any(|byte| b"()[]{}<>$\\| \"'".contains(byte))
        || ["->", "::", "..", "%s", "%d", "=="].iter().any(|it| text.contains(it))
        || text.starts_with(['%', '@', '!', '*', '-', '.', ':', '=', '&', '\\', '/']);
    let lower = text.to_ascii_lowercase();
    let is_sketch = SKETCHES.iter().any(|it| lower.contains(it));
    // Without quotes a path of names in a program: `options.password2`.
    let is_member = !is_quoted && text.contains(['.', '_']) && value::is_name_like(text);
    let is_own_name = !name.is_empty() && lower.contains(&name.to_ascii_lowercase());
    bytes.len() >= PASSWORD_MIN
        && is_mixed
        && !is_code
        && !is_sketch
        && !is_member
        && !is_own_name
        && !value::is_filler(bytes)
}

fn is_plain_header(text: &str) -> bool {
    !text.bytes().any(|byte| b"()[]{}<>$\\%".contains(&byte))
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Names of files and modules, hosts with ports.
fn is_path(text: &str) -> bool {
    text.matches('/').count() > 2 || text.contains("::") || text.contains("->")
}
