//! The forms of credentials behind a needle.

use std::ops::Range;

use memchr::{memchr, memmem, memrchr};

use super::value::{self, decode_base64};
use super::{Match, SecretKind};

/// What must stand behind, and sometimes before, a needle.
pub(super) enum Form {
    /// A run of one alphabet directly behind the needle, not longer and not shorter.
    Tail { alphabet: Alphabet, min: usize, max: usize },
    /// Anything else: from the text and the position of the needle to the secret part.
    Custom(fn(&[u8], usize) -> Option<Range<usize>>),
}

pub(super) const fn tail(alphabet: Alphabet, min: usize, max: usize) -> Form {
    Form::Tail { alphabet, min, max }
}

impl Form {
    /// The match of the needle that stands at `at`, if this form holds there.
    pub(super) fn check(
        &self,
        text: &[u8],
        at: usize,
        (kind, needle): (SecretKind, &str),
    ) -> Option<Match> {
        let secret = match *self {
            Self::Tail { alphabet, min, max } => {
                let behind = at + needle.len();
                if is_glued(text, at) {
                    return None;
                }
                let end = run(text, behind, alphabet, min, max)?;
                let start = if needle.ends_with('=') { behind } else { at };
                if value::is_filler(&text[behind..end]) || value::entropy(&text[start..end]) < 3.0 {
                    return None;
                }
                start..end
            }
            Self::Custom(find) => find(text, at)?,
        };
        let kind = refine(kind, text, &secret);
        Some(Match { kind, start: secret.start, end: secret.end })
    }
}

/// The bytes a token may consist of.
#[derive(Clone, Copy)]
pub(super) enum Alphabet {
    Digits,
    Letters,
    Hex,
    /// Upper case and 2 to 7, as in RFC 4648 section 6.
    Base32,
    Alphanumeric,
    /// Letters, digits and the underscore.
    Word,
    /// Base64 for URLs, RFC 4648 section 5, without padding.
    Url,
    /// The URL alphabet with dots, equals signs: structured tokens.
    Dotted,
    /// RFC 4648 section 4 with padding.
    Base64,
    /// Parts of a path: the URL alphabet with `/` and `@`.
    Path,
    /// Base64 in a query string, percent-encoded or not.
    Percent,
    /// Azure client secrets.
    Tilde,
}

impl Alphabet {
    fn contains(self, byte: u8) -> bool {
        match self {
            Self::Digits => byte.is_ascii_digit(),
            Self::Letters => byte.is_ascii_alphabetic(),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Base32 => matches!(byte, b'A'..=b'Z' | b'2'..=b'7'),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'=')
            }
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
            Self::Path => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/' | b'@'),
            Self::Percent => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'%' | b'+' | b'/' | b'=')
            }
            Self::Tilde => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'~' | b'.' | b'-')
            }
        }
    }
}

/// End of the run of `alphabet` from `from`, if it is `min` to `max` bytes long.
///
/// Looks at one byte more than `max`, so that no input makes it read far.
fn run(text: &[u8], from: usize, alphabet: Alphabet, min: usize, max: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let length = rest.iter().take(max + 1).take_while(|byte| alphabet.contains(**byte)).count();
    (min..=max).contains(&length).then_some(from + length)
}

/// Beginning of the run of `alphabet` that ends before `until`, if it is `min` to `max` bytes long.
fn run_back(
    text: &[u8],
    until: usize,
    alphabet: Alphabet,
    min: usize,
    max: usize,
) -> Option<usize> {
    let before = text.get(..until)?;
    let bytes = before.iter().rev().take(max + 1);
    let length = bytes.take_while(|byte| alphabet.contains(**byte)).count();
    (min..=max).contains(&length).then_some(until - length)
}

/// Whether a letter or digit stands right before `at`: then no token begins there.
fn is_glued(text: &[u8], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| text.get(before)).is_some_and(u8::is_ascii_alphanumeric)
}

/// What the rule alone cannot tell: a closer look at the match and its surroundings.
fn refine(kind: SecretKind, text: &[u8], secret: &Range<usize>) -> SecretKind {
    match kind {
        SecretKind::PrivateKey if is_in_service_account_file(text, secret.start) => {
            SecretKind::GcpServiceAccountKey
        }
        SecretKind::Jwt if is_kubernetes_token(&text[secret.clone()]) => {
            SecretKind::ServiceAccountToken
        }
        SecretKind::ConnectionString if is_web_url(text, secret.start) => SecretKind::BasicAuthUrl,
        _ => kind,
    }
}

/// How far before a private key the other members of a Google key file stand, in bytes.
const SERVICE_ACCOUNT_FILE_HEAD_MAX: usize = 512;

fn is_in_service_account_file(text: &[u8], key_at: usize) -> bool {
    let head = &text[key_at.saturating_sub(SERVICE_ACCOUNT_FILE_HEAD_MAX)..key_at];
    memmem::find(head, b"service_account").is_some()
}

fn is_kubernetes_token(jwt: &[u8]) -> bool {
    let payload = jwt.split(|byte| *byte == b'.').nth(1).unwrap_or_default();
    let claims = decode_base64(payload, JWT_SEGMENT_MAX);
    memmem::find(&claims, b"kubernetes.io").is_some()
        || memmem::find(&claims, b"kubernetes/serviceaccount").is_some()
}

fn is_web_url(text: &[u8], password_at: usize) -> bool {
    let head = &text[password_at.saturating_sub(AUTHORITY_MAX)..password_at];
    memmem::rfind(head, b"://").is_some_and(|at| {
        let scheme = &head[..at];
        [&b"http"[..], b"https", b"git", b"ftp", b"ssh"].iter().any(|web| scheme.ends_with(web))
    })
}

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
    if is_glued(text, at) {
        return None;
    }
    let end = run(text, at, Alphabet::Base64, PEM_BODY_MIN, PEM_MAX)?;
    let head = decode_base64(&text[at..end], 2 * PEM_LABEL_MAX);
    memmem::find(&head, b"PRIVATE KEY").map(|_| at..end)
}

const JWT_SEGMENT_MAX: usize = 16 << 10;

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

fn dot(text: &[u8], at: usize) -> Option<usize> {
    (text.get(at) == Some(&b'.')).then_some(at + 1)
}

/// The longest authority of a URL that is looked at, in bytes.
const AUTHORITY_MAX: usize = 512;

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

/// `SK` and 32 lower-case hexadecimal digits.
pub(super) fn twilio(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = run(text, at + b"SK".len(), Alphabet::Hex, 32, 32)?;
    let digits = &text[at + b"SK".len()..end];
    let is_lower = !digits.iter().any(u8::is_ascii_uppercase);
    let is_apart = !is_glued(text, at) && !text.get(end).is_some_and(u8::is_ascii_alphanumeric);
    (is_lower && is_apart && !value::is_filler(digits)).then_some(at..end)
}

/// Three characters, a digit, `Q~` and 31 to 34 characters; the needle begins with the digit.
pub(super) fn azure_client_secret(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = run_back(text, at, Alphabet::Tilde, 3, 3)?;
    let end = run(text, at + b"8Q~".len(), Alphabet::Tilde, 31, 34)?;
    (!value::is_filler(&text[start..end])).then_some(start..end)
}

/// The signature of a shared access URL, with its version or its expiry nearby.
pub(super) fn azure_sas(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = at + b"sig=".len();
    let end = run(text, start, Alphabet::Percent, 43, 96)?;
    let near = &text[at.saturating_sub(256)..text.len().min(end + 256)];
    let is_signed_url =
        ["sv=", "&se=", "?se="].iter().any(|p| memmem::find(near, p.as_bytes()).is_some());
    let is_apart = !is_glued(text, at);
    (is_apart && is_signed_url && !value::is_filler(&text[start..end])).then_some(start..end)
}

/// 14 characters, `.atlasv1.` and 60 to 70 characters.
pub(super) fn terraform(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = run_back(text, at, Alphabet::Alphanumeric, 14, 14)?;
    let end = run(text, at + b".atlasv1.".len(), Alphabet::Dotted, 60, 70)?;
    (!value::is_filler(&text[start..end])).then_some(start..end)
}

/// The older form `sk-`, 20 characters, `T3BlbkFJ` (the vendor in Base64), 20 characters.
pub(super) fn openai(text: &[u8], at: usize) -> Option<Range<usize>> {
    let body = run_back(text, at, Alphabet::Alphanumeric, 20, 20)?;
    let start = body.checked_sub(3).filter(|start| text[*start..].starts_with(b"sk-"))?;
    let end = run(text, at + b"T3BlbkFJ".len(), Alphabet::Alphanumeric, 20, 20)?;
    (!is_glued(text, start) && !value::is_filler(&text[body..at])).then_some(start..end)
}

/// Numeric bot id, colon, 35 characters that begin with `AA`.
pub(super) fn telegram(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = run_back(text, at, Alphabet::Digits, 8, 10)?;
    let end = run(text, at + 1, Alphabet::Url, 35, 35)?;
    // In a URL of the Bot API the id follows the word `bot` directly.
    let is_apart = !is_glued(text, start) || text[..start].ends_with(b"bot");
    (is_apart && !value::is_filler(&text[at + 3..end])).then_some(start..end)
}

/// Numeric id, slash, token.
pub(super) fn discord_webhook(text: &[u8], at: usize) -> Option<Range<usize>> {
    let path = memmem::find(&text[at..], b"/webhooks/")? + at + b"/webhooks/".len();
    let id_end = run(text, path, Alphabet::Digits, 17, 20)?;
    let end = run(text, id_end + 1, Alphabet::Url, 60, 80)?;
    (text[id_end] == b'/' && !value::is_filler(&text[id_end + 1..end])).then_some(at..end)
}

/// Two tenants, the connector and its key behind a host of one's own.
pub(super) fn teams_webhook(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = run(text, at + b".webhook.office.com/webhookb2/".len(), Alphabet::Path, 120, 256)?;
    memmem::find(&text[at..end], b"/IncomingWebhook/").map(|_| at..end)
}
