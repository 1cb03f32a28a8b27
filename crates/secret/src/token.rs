//! The forms of tokens that are more than a run behind a needle.

use std::ops::Range;

use memchr::memmem;

use super::form::{Alphabet, is_glued, run, run_back};
use super::value;

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

/// `FLWSECK-` or `FLWSECK_TEST-`, 32 hexadecimal digits and `-X`.
pub(super) fn flutterwave(text: &[u8], at: usize) -> Option<Range<usize>> {
    let behind = at + b"FLWSECK".len();
    let rest = text.get(behind..)?;
    let mark = if rest.starts_with(b"_TEST-") { b"_TEST-".len() } else { 1 };
    let end = run(text, behind + mark, Alphabet::Alphanumeric, 12, 64)?;
    let is_key = text.get(end..)?.starts_with(b"-X") && !is_glued(text, at);
    (is_key && !value::is_filler(&text[behind + mark..end])).then_some(at..end + 2)
}

/// Groups of upper-case letters and digits: 6, 11 (or 6 and 5), 5, 5, 5.
pub(super) fn onepassword_secret_key(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = at + b"A3-".len();
    let rest = &text.get(start..)?[..KEY_MAX.min(text.len() - start)];
    let is_key = |byte: &u8| Alphabet::Upper.contains(*byte) || *byte == b'-';
    let length = rest.iter().take_while(|byte| is_key(byte)).count();
    let groups: Vec<usize> = rest[..length].split(|byte| *byte == b'-').map(<[u8]>::len).collect();
    let is_whole = matches!(groups[..], [6, 11, 5, 5, 5] | [6, 6, 5, 5, 5, 5]);
    (is_whole && !is_glued(text, at) && !value::is_filler(&rest[..length]))
        .then_some(at..start + length)
}

/// The longest secret key of 1Password behind its version, in bytes, and one more.
const KEY_MAX: usize = 38;

/// A prefix and an id before the account, a secret behind it.
pub(super) fn authress(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = run_back(text, at, Alphabet::Dotted, 14, 64)?;
    let head = &text[start..at];
    if !["sc_", "ext_", "scauth_", "authress_"].iter().any(|it| head.starts_with(it.as_bytes())) {
        return None;
    }
    let account = run(text, at + b".acc_".len(), Alphabet::Url, 8, 40)?;
    let end = run(text, account + 1, Alphabet::Dotted, 30, 160)?;
    (text.get(account) == Some(&b'.') && !value::is_filler(&text[account + 1..end]))
        .then_some(start..end)
}
