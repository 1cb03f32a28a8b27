//! Package URLs: the name of a package in SBOMs and advisories.
//!
//! The grammar is that of ECMA-427 (the purl specification), what types add is in [`rules`]. What
//! is parsed is normalised: two spellings of one package are equal.

mod rules;

use std::borrow::Cow;
use std::fmt;

use crate::Kind;

/// Bytes of a package URL; longer ones are refused.
const BYTES_MAX: usize = 8_192;

/// A package URL in its canonical form.
///
/// ```
/// let purl = package::Purl::parse("pkg:PyPI/Django_Package@1.11.1.dev1").unwrap();
/// assert_eq!(purl.name(), "django-package");
/// assert_eq!(purl.to_string(), "pkg:pypi/django-package@1.11.1.dev1");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Purl {
    kind: String,
    namespace: Option<String>,
    name: String,
    version: Option<String>,
    /// Sorted by key; no value is empty.
    qualifiers: Vec<(String, String)>,
    subpath: Option<String>,
}

/// Why a text, or parts, are no package URL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PurlError {
    /// Longer than 8 KiB.
    TooLong,
    /// It does not start with `pkg:`.
    NoScheme,
    /// There is no type, or it holds something else than letters, digits, `.` and `-`, or starts
    /// with a digit.
    Type,
    /// There is no name, or none its type allows.
    Name,
    /// Its type needs a namespace, or allows none.
    Namespace,
    /// The version is none its type allows.
    Version,
    /// The key of a qualifier holds something else than letters, digits, `.`, `-` and `_`, starts
    /// with a digit, or stands twice; or one its type needs is missing.
    Qualifier,
    /// A `%` without two hexadecimal digits, or bytes that are not UTF-8.
    Encoding,
}

impl fmt::Display for PurlError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::TooLong => "a package URL has at most 8192 bytes",
            Self::NoScheme => "a package URL starts with `pkg:`",
            Self::Type => "the type of a package URL is letters, digits, `.` and `-`",
            Self::Name => "the package URL has no name, or one its type does not allow",
            Self::Namespace => {
                "the package URL has a namespace its type does not allow, or lacks one it needs"
            }
            Self::Version => "the package URL has a version its type does not allow",
            Self::Qualifier => {
                "a qualifier of the package URL has a bad key, stands twice, or is missing"
            }
            Self::Encoding => "percent-encoding of the package URL is broken, or it is not UTF-8",
        })
    }
}

impl std::error::Error for PurlError {}

impl Purl {
    /// Reads a package URL, canonical or not: types and keys in capitals, slashes too many and
    /// characters that should have been encoded are set right.
    pub fn parse(text: &str) -> Result<Self, PurlError> {
        if text.len() > BYTES_MAX {
            return Err(PurlError::TooLong);
        }
        let (scheme, rest) = text.split_once(':').ok_or(PurlError::NoScheme)?;
        if !scheme.eq_ignore_ascii_case("pkg") {
            return Err(PurlError::NoScheme);
        }
        let (rest, subpath) = match rest.rsplit_once('#') {
            Some((rest, subpath)) => (rest, Some(subpath)),
            None => (rest, None),
        };
        let (rest, qualifiers) = match rest.split_once('?') {
            Some((rest, qualifiers)) => (rest, qualifiers),
            None => (rest, ""),
        };
        let rest = rest.trim_start_matches('/');
        let (kind, rest) = rest.split_once('/').ok_or(PurlError::Type)?;
        let (path, version) = split_version(rest);
        if version.is_some() && (path.is_empty() || path.ends_with('/')) {
            return Err(PurlError::Name);
        }
        let path = path.trim_matches('/');
        let (namespace, name) = match rules::split_name(kind, path) {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, path),
        };
        let mut pairs = Vec::new();
        for pair in qualifiers.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((key, decode(value)?));
        }
        let namespace = namespace.map(|text| decode_path(text, false)).transpose()?;
        let subpath = subpath.map(|text| decode_path(text, true)).transpose()?;
        let version = version.map(decode).transpose()?;
        Self::build(
            kind,
            namespace.as_deref(),
            &decode(name)?,
            version.as_deref(),
            pairs.iter().map(|(key, value)| (*key, value.as_ref())),
            subpath.as_deref(),
        )
    }

    /// Puts one together from its parts, none of them encoded. Empty parts and qualifiers without
    /// a value are as if they were not there.
    pub fn build<'a>(
        kind: &str,
        namespace: Option<&str>,
        name: &str,
        version: Option<&str>,
        qualifiers: impl IntoIterator<Item = (&'a str, &'a str)>,
        subpath: Option<&str>,
    ) -> Result<Self, PurlError> {
        if !is_type(kind) {
            return Err(PurlError::Type);
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (key, value) in qualifiers {
            if !is_key(key) {
                return Err(PurlError::Qualifier);
            }
            if !value.is_empty() {
                pairs.push((key.to_ascii_lowercase(), value.to_owned()));
            }
        }
        pairs.sort();
        if pairs.windows(2).any(|pair| matches!(pair, [(one, _), (other, _)] if one == other)) {
            return Err(PurlError::Qualifier);
        }
        let is_filled = |text: &&str| !text.is_empty();
        let mut purl = Self {
            kind: kind.to_ascii_lowercase(),
            namespace: namespace.map(trim_path).filter(|text| !text.is_empty()),
            name: name.trim_matches('/').to_owned(),
            version: version.filter(is_filled).map(str::to_owned),
            qualifiers: pairs,
            subpath: subpath.map(trim_subpath).filter(|text| !text.is_empty()),
        };
        if purl.name.is_empty() {
            return Err(PurlError::Name);
        }
        rules::normalise(&mut purl)?;
        Ok(purl)
    }

    /// One of a package's own parts, which its cataloger has read: a name it cannot have becomes
    /// one that says so.
    pub(crate) fn of_parts(
        kind: Kind,
        namespace: Option<&str>,
        name: &str,
        version: &str,
        qualifiers: &[(&str, String)],
    ) -> Self {
        let pairs = || qualifiers.iter().map(|(key, value)| (*key, value.as_str()));
        let name = if name.trim_matches('/').is_empty() { "unknown" } else { name };
        let built = Self::build(kind.purl_type(), namespace, name, Some(version), pairs(), None);
        built.unwrap_or_else(|_| Self {
            kind: kind.purl_type().to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
            version: Some(version.to_owned()).filter(|text| !text.is_empty()),
            qualifiers: Vec::new(),
            subpath: None,
        })
    }

    /// The type, in lower case.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The namespace, its parts joined by `/`.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The name; never empty.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version, not encoded.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// All qualifiers, sorted by key.
    pub fn qualifiers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.qualifiers.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value of one qualifier.
    pub fn qualifier(&self, key: &str) -> Option<&str> {
        self.qualifiers().find(|(found, _)| *found == key).map(|(_, value)| value)
    }

    /// The path inside of the package, without a leading `/`.
    pub fn subpath(&self) -> Option<&str> {
        self.subpath.as_deref()
    }
}

/// The canonical form.
impl fmt::Display for Purl {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "pkg:{}/", self.kind)?;
        for part in self.namespace.iter().flat_map(|text| text.split('/')) {
            write!(to, "{}/", Encoded(part))?;
        }
        // A git repository's name is a path.
        for (at, part) in self.name.split('/').enumerate() {
            let slash = match at {
                0 => "",
                _ if self.kind == "git" => "/",
                _ => "%2F",
            };
            write!(to, "{slash}{}", Encoded(part))?;
        }
        if let Some(version) = &self.version {
            write!(to, "@{}", Encoded(version))?;
        }
        for (at, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(to, "{}{key}={}", if at == 0 { '?' } else { '&' }, Encoded(value))?;
        }
        for (at, part) in self.subpath.iter().flat_map(|text| text.split('/')).enumerate() {
            write!(to, "{}{}", if at == 0 { '#' } else { '/' }, Encoded(part))?;
        }
        Ok(())
    }
}

impl std::str::FromStr for Purl {
    type Err = PurlError;

    fn from_str(text: &str) -> Result<Self, PurlError> {
        Self::parse(text)
    }
}

/// A Python name as indexes compare it: lower case, runs of `-`, `_` and `.` as one `-` (the
/// packaging specification "Names and normalization", formerly PEP 503).
pub(crate) fn pypi_name(name: &str) -> Cow<'_, str> {
    let is_normal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    let is_single =
        |pair: &[u8]| matches!(pair, [one, other] if is_normal(*one) || is_normal(*other));
    if bytes.iter().all(|byte| is_normal(*byte) || *byte == b'-') && bytes.windows(2).all(is_single)
    {
        return Cow::Borrowed(name);
    }
    let mut found = String::with_capacity(name.len());
    for character in name.chars() {
        if matches!(character, '-' | '_' | '.') {
            if !found.ends_with('-') {
                found.push('-');
            }
        } else {
            found.push(character.to_ascii_lowercase());
        }
    }
    Cow::Owned(found)
}

/// Splits at the last `@`; one right behind a `/`, or at the start, belongs to an npm scope.
fn split_version(path: &str) -> (&str, Option<&str>) {
    match path.rsplit_once('@') {
        Some((before, version)) if !before.is_empty() && !before.ends_with('/') => {
            (before, Some(version))
        }
        // `pkg:cran/@0.9.1`: a version and no name, unless a scope's path follows.
        Some((before, version)) if !version.contains('/') => (before, Some(version)),
        _ => (path, None),
    }
}

fn is_type(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(is_allowed)
}

fn is_key(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(is_allowed)
}

fn trim_path(text: &str) -> String {
    text.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// Parts that are empty, `.` or `..` are dropped, as the specification says: a subpath stays
/// inside of its package.
fn trim_subpath(text: &str) -> String {
    let is_kept = |part: &&str| !matches!(*part, "" | "." | "..");
    text.split('/').filter(is_kept).collect::<Vec<_>>().join("/")
}

/// Decodes each part of a path; a part that decodes to a slash would become two, so it is refused.
fn decode_path(text: &str, is_subpath: bool) -> Result<String, PurlError> {
    let mut parts = Vec::new();
    for part in text.split('/').filter(|part| !part.is_empty()) {
        let part = decode(part)?;
        if part.contains('/') && !is_subpath {
            return Err(PurlError::Namespace);
        }
        parts.push(part);
    }
    Ok(parts.join("/"))
}

fn decode(text: &str) -> Result<Cow<'_, str>, PurlError> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else { return Err(PurlError::Encoding) };
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| PurlError::Encoding)
}

/// A part as it is written: letters, digits and `-._~:` stay, all else is encoded.
struct Encoded<'a>(&'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':')
        };
        let mut rest = self.0;
        while !rest.is_empty() {
            let plain = rest.bytes().position(|byte| !is_plain(byte)).unwrap_or(rest.len());
            let (before, behind) = rest.split_at(plain);
            to.write_str(before)?;
            let Some(next) = behind.chars().next() else { break };
            let (character, behind) = behind.split_at(next.len_utf8());
            for byte in character.bytes() {
                write!(to, "%{byte:02X}")?;
            }
            rest = behind;
        }
        Ok(())
    }
}
