//! Names of images in registries.

use std::fmt;
use std::str::FromStr;

use crate::Digest;

/// The registry of names that name none.
const DEFAULT_REGISTRY: &str = "docker.io";
/// Characters of a repository's name, as in the reference grammar.
const REPOSITORY_MAX: usize = 255;

/// An image in a registry: `registry.example.org:5000/shop/cart:1.2@sha256:…`.
///
/// Source: `reference.go` and `normalize.go` of `github.com/distribution/reference`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Host, and port if it is named.
    pub registry: String,
    /// Path of the repository: `library/debian` for what is written `debian`.
    pub repository: String,
    /// Its tag; `latest` if neither tag nor digest is written.
    pub tag: Option<String>,
    /// Its digest, which a tag beside it does not change.
    pub digest: Option<Digest>,
}

/// Why a text names no image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// A repository with other characters.
    #[error("`{0}` is no repository: lower-case letters, digits, and `.`, `_`, `-` between them")]
    Repository(String),
    /// A tag with other characters.
    #[error("`{0}` is no tag: letters, digits, `.`, `_` and `-`, at most 128")]
    Tag(String),
    /// A digest that is none.
    #[error("`{0}` is no digest such as `sha256:` with 64 hexadecimal digits")]
    Digest(String),
    /// A host that is none.
    #[error("`{0}` is no host of a registry")]
    Host(String),
}

impl Reference {
    /// What the registry is asked for: the digest, else the tag.
    pub fn version(&self) -> &str {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.as_str(),
            (None, Some(tag)) => tag,
            (None, None) => "latest",
        }
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                let parsed = digest.parse().map_err(|_| ReferenceError::Digest(digest.to_owned()));
                (rest, Some(parsed?))
            }
            None => (text, None),
        };
        // A first part is a host if it could be no part of a repository's path.
        let is_host = |it: &str| it.contains(['.', ':']) || it == "localhost" || has_upper(it);
        let (registry, path) = match rest.split_once('/') {
            Some((host, path)) if is_host(host) => (host, path),
            _ => (DEFAULT_REGISTRY, rest),
        };
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (path, None),
        };
        if !registry.bytes().all(|it| it.is_ascii_alphanumeric() || b".-:[]".contains(&it)) {
            return Err(ReferenceError::Host(registry.to_owned()));
        }
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(ReferenceError::Tag(tag.to_owned()));
        }
        let registry = if registry == "index.docker.io" { DEFAULT_REGISTRY } else { registry };
        let is_official = registry == DEFAULT_REGISTRY && !repository.contains('/');
        let whole = if is_official { format!("library/{repository}") } else { repository.into() };
        if whole.len() > REPOSITORY_MAX || !whole.split('/').all(is_component) {
            return Err(ReferenceError::Repository(repository.to_owned()));
        }
        Ok(Self {
            registry: registry.to_owned(),
            repository: whole,
            tag: tag.map(str::to_owned).or_else(|| digest.is_none().then(|| "latest".to_owned())),
            digest,
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

fn has_upper(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Letters, digits and underscores first.
fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut bytes = text.bytes();
    text.len() <= 128
        && bytes.next().is_some_and(is_word)
        && bytes.all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

/// Runs of lower-case letters and digits, with one `.`, one or two `_`, or any `-` between them.
fn is_component(text: &str) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    let are_separators = bytes.split(|byte| is_plain(byte)).all(|run| {
        matches!(run, [] | [b'.' | b'_'] | [b'_', b'_']) || run.iter().all(|it| *it == b'-')
    });
    ends.iter().all(|end| end.is_some_and(is_plain)) && are_separators
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_whole() {
        let digest = format!("sha256:{}", "0".repeat(64));
        for (text, expected) in [
            ("debian", "docker.io/library/debian:latest"),
            ("bitnami/redis:7", "docker.io/bitnami/redis:7"),
            ("index.docker.io/a", "docker.io/library/a:latest"),
            ("localhost/a", "localhost/a:latest"),
            ("localhost:5000/a/b:1", "localhost:5000/a/b:1"),
            ("[::1]:5000/a", "[::1]:5000/a:latest"),
            ("ghcr.io/a/b", "ghcr.io/a/b:latest"),
            ("Registry/a", "Registry/a:latest"),
            (&format!("ghcr.io/a/b@{digest}"), &format!("ghcr.io/a/b@{digest}")),
            (&format!("ghcr.io/a/b:1@{digest}"), &format!("ghcr.io/a/b:1@{digest}")),
            ("a/b__c/d--e.f:A_b", "docker.io/a/b__c/d--e.f:A_b"),
        ] {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), expected);
        }
    }

    #[test]
    fn what_names_no_image_is_refused() {
        for text in [
            "",
            "A",
            "a//b",
            "a/",
            "/a",
            "a:",
            "a:-1",
            "a@sha256:0",
            "a..b",
            "a___b",
            "-a",
            "a b",
            "a/../b",
            "ghcr.io/a?x=1",
            "host.example/a#b",
            "ex ample.org/a",
            "u@host.example/a",
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }
}
