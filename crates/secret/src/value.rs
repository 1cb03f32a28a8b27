//! Is a value a literal secret, or does it stand for one, or for nothing?

use memchr::memmem;

/// Shannon entropy of the bytes, in bits per byte.
pub(super) fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "tokens are far shorter than 2^52 bytes")]
    let total = bytes.len() as f64;
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total);
    shares.map(|share| -share * share.log2()).sum()
}

/// Bytes that only show the form of a token: repetition, counting, or the word itself.
pub(super) fn is_filler(bytes: &[u8]) -> bool {
    const WORDS: &[&str] = &["example", "12345678", "abcdefgh", "placeholder"];
    const RUNS: &[&str] = &["xxxx", "XXXX", "*****", ".....", "00000", "aaaaa", "AAAAA"];
    let mut seen = [false; 256];
    for byte in bytes {
        seen[usize::from(*byte)] = true;
    }
    let distinct = seen.iter().filter(|seen| **seen).count();
    let head = &bytes[..bytes.len().min(FILLER_HEAD_MAX)];
    distinct < bytes.len().min(16) / 3
        || contains_any(head, RUNS)
        || contains_any(&head.to_ascii_lowercase(), WORDS)
}

/// How much of a long secret is searched for words, in bytes.
const FILLER_HEAD_MAX: usize = 256;

/// A value that points at a secret kept elsewhere, or that a template engine will replace.
pub(super) fn is_reference(value: &str) -> bool {
    const TEMPLATES: &[&str] = &["$(", "${", "{{", "{%", "<%", "%(", "#{", "@@"];
    const SCHEMES: &[&str] = &[
        "vault:", "ref+", "secret:", "secret/", "arn:", "env:", "file:", "op://", "awssm:",
        "gcpsm:", "sops:", "ENC[", "AgB",
    ];
    value.starts_with('$')
        || value.starts_with('@')
        || (value.starts_with('<') && value.ends_with('>'))
        || (value.starts_with('[') && value.ends_with(']'))
        || (value.starts_with('{') && value.ends_with('}'))
        || (value.starts_with('%') && value.ends_with('%'))
        || (value.starts_with("__") && value.ends_with("__"))
        || SCHEMES.iter().any(|scheme| value.starts_with(scheme))
        || contains_any(value.as_bytes(), TEMPLATES)
}

/// A value that says "put a secret here" or "there is none".
///
/// A weak password such as `changeme` is not a placeholder: it works until somebody changes it.
pub(super) fn is_placeholder(value: &str) -> bool {
    const WORDS: &[&str] = &[
        "null",
        "nil",
        "none",
        "undefined",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "todo",
        "tbd",
        "string",
        "example",
        "redacted",
        "masked",
        "hidden",
        "optional",
        "required",
        "unset",
        "empty",
        "n/a",
    ];
    const PARTS: &[&str] = &[
        "replace",
        "your-",
        "your_",
        "<your",
        "yourpass",
        "yourtoken",
        "yoursecret",
        "yourkey",
        "my-password-here",
        "-here",
        "_here",
        "example",
        "placeholder",
        "redacted",
        "insert",
    ];
    let lower = value.to_ascii_lowercase();
    let is_repeated = lower.bytes().all(|byte| Some(byte) == lower.bytes().next());
    let is_sketch = lower.len() >= 3 && lower.bytes().all(|byte| b"x*.-_#?".contains(&byte));
    WORDS.contains(&lower.as_str())
        || is_repeated
        || is_sketch
        || contains_any(lower.as_bytes(), PARTS)
}

/// A path, a URL, a digest: things that stand where a secret's whereabouts are named.
pub(super) fn is_location(value: &str) -> bool {
    const DIGESTS: &[&str] = &["sha256:", "sha512:", "sha1:", "md5:"];
    value.starts_with('/')
        || value.starts_with("./")
        || value.starts_with("../")
        || value.starts_with("~/")
        || value.contains("://")
        || DIGESTS.iter().any(|digest| value.starts_with(digest))
        || has_file_extension(value)
        || value.split('.').any(|label| label == "svc")
}

fn has_file_extension(value: &str) -> bool {
    const EXTENSIONS: &[&str] = &[
        "pem", "key", "crt", "cert", "json", "yaml", "yml", "txt", "conf", "p12", "jks", "pub",
        "env", "sh",
    ];
    value.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

/// Whether a password in a URL or a login is a literal one; weak ones are.
pub(super) fn is_literal_password(user: &[u8], password: &[u8]) -> bool {
    const USERS: &[&str] = &["user", "username", "usr", "login", "name", "myuser"];
    const PASSWORDS: &[&str] =
        &["pass", "password", "passwd", "pwd", "secret", "mypassword", "token"];
    let (Ok(user), Ok(password)) = (str::from_utf8(user), str::from_utf8(password)) else {
        return false;
    };
    let is_sketch = USERS.contains(&user) && PASSWORDS.contains(&password);
    let is_format = password.len() == 2 && password.starts_with('%');
    !password.is_empty()
        && !is_sketch
        && !is_format
        && !is_reference(password)
        && !is_placeholder(password)
        && password.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether the bytes are Base64 of `user:password`, as HTTP and registries exchange it.
pub(super) fn is_encoded_login(encoded: &[u8]) -> bool {
    let login = decode_base64(encoded, 4 << 10);
    let Some(colon) = memchr::memchr(b':', &login) else { return false };
    let (user, password) = (&login[..colon], &login[colon + 1..]);
    user.iter().all(u8::is_ascii_graphic) && is_literal_password(user, password)
}

/// Whether the value reads like the name of a thing: words, numbers and versions between
/// hyphens, dots or underscores, not a random string.
pub(super) fn is_name_like(value: &str) -> bool {
    let is_separator = |c: char| matches!(c, '-' | '_' | '.' | '/' | ':' | ' ' | ',');
    value.split(is_separator).all(is_word)
}

fn is_word(segment: &str) -> bool {
    let class = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' | b'A'..=b'Z' => 1,
        _ => 2,
    };
    let bytes = segment.as_bytes();
    let changes = bytes.windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count();
    changes <= if bytes.len() < 8 { 2 } else { 1 }
}

/// Whether a value that its name calls a key or token is random enough to be one.
///
/// The threshold of 3.5 bits is gitleaks' for generic keys; hexadecimal has 4 bits at most, so
/// that short random strings fall below it by chance.
pub(super) fn is_random(value: &str) -> bool {
    const GENERIC_BITS_MIN: f64 = 3.5;
    const HEX_BITS_MIN: f64 = 3.0;
    let is_hex = value.len() >= 32
        && value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && entropy(value.as_bytes()) >= HEX_BITS_MIN;
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    is_hex || (value.len() >= 10 && has_digit && entropy(value.as_bytes()) >= GENERIC_BITS_MIN)
}

/// The first `max` bytes behind Base64 in either alphabet; stops at the first foreign byte.
pub(super) fn decode_base64(encoded: &[u8], max: usize) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(max.min(encoded.len() / 4 * 3 + 3));
    let (mut bits, mut count) = (0u32, 0);
    for byte in encoded {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push((bits >> count) as u8);
            if decoded.len() == max {
                break;
            }
        }
    }
    decoded
}

/// The longest Base64 that is decoded to look for a credential in it, in bytes.
const ENCODED_MAX: usize = 64 << 10;

/// The text behind Base64, if all of it is Base64 of UTF-8.
pub(super) fn decode_whole(encoded: &[u8]) -> Option<String> {
    let body = encoded.trim_ascii();
    let padding = body.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = &body[..body.len() - padding];
    if digits.len() > ENCODED_MAX || padding > 2 || digits.is_empty() {
        return None;
    }
    let decoded = decode_base64(digits, ENCODED_MAX);
    let is_whole = decoded.len() == digits.len() * 3 / 4;
    if is_whole { String::from_utf8(decoded).ok() } else { None }
}

pub(super) fn contains_any(text: &[u8], needles: &[&str]) -> bool {
    needles.iter().any(|needle| memmem::find(text, needle.as_bytes()).is_some())
}
