//! What the name of a field or a variable says about its value.

use super::{Match, SecretKind, find, value};

/// A credential by its name: `DB_PASSWORD`, `api-key`, `clientSecret`, `--token`.
///
/// A password may be weak and still is one; of keys and tokens only random values count, because
/// in Kubernetes a field called `token` or `secret` mostly holds the name of one.
pub fn named(name: &str, text: &str) -> Option<Match> {
    let class = class(name)?;
    let text_trimmed = text.trim();
    let start = text.len() - text.trim_start().len();
    let whole = |kind| Match { kind, start, end: start + text_trimmed.len() };
    if let Class::Authorization = class {
        return authorization(text_trimmed, start);
    }
    if let Some(found) = find(text) {
        return Some(found);
    }
    if !is_literal(text_trimmed) {
        return None;
    }
    let kind = match class {
        Class::Password => SecretKind::Password,
        Class::AwsSecretKey if text_trimmed.len() == 40 => SecretKind::AwsSecretKey,
        Class::Key | Class::SecretKey | Class::AwsSecretKey if is_key(text_trimmed) => {
            SecretKind::HighEntropy
        }
        Class::SecretKey | Class::AwsSecretKey if is_weak_key(text_trimmed) => SecretKind::Password,
        Class::Login if value::is_encoded_login(text_trimmed.as_bytes()) => {
            SecretKind::RegistryAuth
        }
        _ => return None,
    };
    Some(whole(kind))
}

/// Whether a variable of this name is there to hold a credential, whatever its value is:
/// `DB_PASSWORD`, `NPM_TOKEN`; not `TOKEN_FILE`.
pub fn is_credential_name(name: &str) -> bool {
    class(name).is_some()
}

/// The longest value that its name alone makes a credential, in bytes.
pub(super) const VALUE_MAX: usize = 512;

fn is_literal(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= VALUE_MAX
        && text.chars().all(|c| !c.is_whitespace() && !c.is_control())
        && !value::is_reference(text)
        && !value::is_placeholder(text)
        && !value::is_location(text)
}

fn is_key(text: &str) -> bool {
    value::is_random(text) && !value::is_name_like(text) && !value::is_filler(text.as_bytes())
}

/// `minio123`: too poor for a key, but what else would stand here?
fn is_weak_key(text: &str) -> bool {
    text.len() >= 6
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// `Bearer …` and `Basic …`, RFC 9110 section 11.6.2.
fn authorization(text: &str, start: usize) -> Option<Match> {
    let (scheme, credentials) = text.split_once(' ')?;
    let credentials = credentials.trim();
    let is_credential = match scheme.to_ascii_lowercase().as_str() {
        "basic" => value::is_encoded_login(credentials.as_bytes()),
        "bearer" | "token" => is_literal(credentials) && is_key(credentials),
        _ => false,
    };
    let end = start + text.len();
    let kind = SecretKind::AuthorizationHeader;
    is_credential.then_some(Match { kind, start: end - credentials.len(), end })
}

/// What a name promises.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    Password,
    /// A token or key: often a name or a reference.
    Key,
    /// The secret half of a pair: never a name.
    SecretKey,
    AwsSecretKey,
    /// `auth`: Base64 of user and password.
    Login,
    Authorization,
}

/// The longest name that is looked at, in bytes.
pub(super) const NAME_MAX: usize = 128;

/// What `name` promises, if it promises a credential at all.
pub(super) fn class(name: &str) -> Option<Class> {
    if name.len() > NAME_MAX || !may_be_credential(name.as_bytes()) {
        return None;
    }
    let words = words(name);
    let (last, before) = words.split_last()?;
    let previous = before.last().map_or("", String::as_str);
    if ABOUT_WORDS.contains(&last.as_str())
        || words.iter().any(|word| HARMLESS_WORDS.contains(&word.as_str()))
    {
        return None;
    }
    class_of(last, previous, before.len() + 1).filter(|class| {
        // `passwordSecret`, `tokenSecret`: the Secret that holds it.
        *class != Class::Key || last != "secret" || !HELD_IN_SECRET.contains(&previous)
    })
}

fn class_of(last: &str, previous: &str, words: usize) -> Option<Class> {
    let ends_with = |endings: &[&str]| endings.iter().any(|ending| last.ends_with(ending));
    let pair = |first: &[&str], second: &str| first.contains(&previous) && last == second;
    match last {
        "authorization" => Some(Class::Authorization),
        "auth" if words == 1 => Some(Class::Login),
        "key" if previous == "access" => Some(Class::AwsSecretKey),
        _ if ends_with(&["password", "passwd", "passphrase", "rootpw", "requirepass"]) => {
            Some(Class::Password)
        }
        "pwd" | "pass" if words > 1 && !["proxy", "old", "by"].contains(&previous) => {
            Some(Class::Password)
        }
        _ if ends_with(&["secretkey", "secretaccesskey", "clientsecret"]) => Some(Class::SecretKey),
        _ if pair(&["secret"], "key") || pair(&["client", "app"], "secret") => {
            Some(Class::SecretKey)
        }
        "credential" | "credentials" | "creds" => Some(Class::Key),
        _ if ends_with(&["token", "secret", "apikey", "accesskey", "privatekey", "accountkey"]) => {
            Some(Class::Key)
        }
        "key" if KEY_OWNERS.contains(&previous) => Some(Class::Key),
        _ => None,
    }
}

/// Words before `key` that make it a secret one.
const KEY_OWNERS: &[&str] = &[
    "api",
    "private",
    "auth",
    "encryption",
    "signing",
    "master",
    "account",
    "app",
    "application",
    "license",
    "admin",
    "session",
    "storage",
    "shared",
    "hmac",
    "jwt",
    "deploy",
    "host",
    "cookie",
    "ingest",
];

/// What a Secret named by a field holds.
const HELD_IN_SECRET: &[&str] = &[
    "password",
    "token",
    "credentials",
    "credential",
    "key",
    "pull",
    "tls",
    "cert",
    "certificate",
    "auth",
    "ca",
    "image",
];

/// Last words that turn the name of a credential into the name of something about it.
pub(super) const ABOUT_WORDS: &[&str] = &[
    "name",
    "names",
    "file",
    "files",
    "filename",
    "path",
    "paths",
    "dir",
    "directory",
    "ref",
    "refs",
    "reference",
    "references",
    "url",
    "urls",
    "uri",
    "uris",
    "endpoint",
    "host",
    "port",
    "ttl",
    "expiry",
    "expires",
    "expiration",
    "exp",
    "age",
    "length",
    "len",
    "size",
    "count",
    "limit",
    "limits",
    "type",
    "types",
    "kind",
    "id",
    "ids",
    "policy",
    "lifetime",
    "duration",
    "timeout",
    "interval",
    "period",
    "seconds",
    "minutes",
    "hours",
    "days",
    "enabled",
    "disabled",
    "rotation",
    "algorithm",
    "alg",
    "hash",
    "version",
    "format",
    "field",
    "fields",
    "keys",
    "namespace",
    "volume",
    "mount",
    "prefix",
    "suffix",
    "label",
    "selector",
    "class",
    "provider",
    "manager",
    "store",
    "backend",
    "source",
    "strategy",
    "required",
    "reset",
    "method",
    "audience",
    "issuer",
    "scope",
    "scopes",
    "header",
    "param",
    "claim",
    "encoding",
    "template",
    "title",
    "description",
    "message",
    "regex",
    "pattern",
    "hint",
];

/// Words that do so wherever they stand.
pub(super) const HARMLESS_WORDS: &[&str] = &[
    "public",
    "pub",
    "existing",
    "generate",
    "generated",
    "use",
    "uses",
    "is",
    "has",
    "no",
    "skip",
    "without",
    "enable",
    "disable",
    "allow",
    "require",
    "min",
    "max",
    "minimum",
    "maximum",
    "secretref",
    "csrf",
];

/// A cheap look for the roots of all words that [`class_of`] knows.
fn may_be_credential(name: &[u8]) -> bool {
    const ROOTS: &[&[u8]] = &[b"pass", b"pw", b"secret", b"token", b"key", b"cred", b"auth"];
    let begins_root = |rest: &[u8]| {
        matches!(rest[0] | 0x20, b'p' | b's' | b't' | b'k' | b'c' | b'a')
            && ROOTS.iter().any(|root| {
                rest.get(..root.len()).is_some_and(|seen| seen.eq_ignore_ascii_case(root))
            })
    };
    (0..name.len()).any(|at| begins_root(&name[at..]))
}

/// The words of a name in lower case: split at signs, at changes to upper case, without numbers.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in name.chars() {
        let is_break = !c.is_ascii_alphabetic() || (c.is_ascii_uppercase() && was_lower);
        if is_break && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_ascii_alphabetic() {
            word.push(c.to_ascii_lowercase());
        }
        was_lower = c.is_ascii_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
