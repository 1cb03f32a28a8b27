//! The parts of an image's name.

/// The registry that a name without one means.
const DOCKER_HUB: &str = "docker.io";

/// An image's name in its parts (the grammar of distribution/reference).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference<'a> {
    /// The registry as written, with its port.
    pub(super) host: Option<&'a str>,
    /// The name below the registry, as written.
    pub(super) repository: &'a str,
    /// The tag, if one is written.
    pub(super) tag: Option<&'a str>,
    /// The digest with its algorithm, if one is written.
    pub(super) digest: Option<&'a str>,
}

impl<'a> Reference<'a> {
    /// The parts of a name; none if it is empty or not a name yet (a template or a variable).
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        let (name, tag) = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (name, None),
        };
        let (host, repository) = match name.split_once('/') {
            Some((first, rest)) if is_host(first) => (Some(first), rest),
            _ => (None, name),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@".contains(&byte);
        let is_name = !repository.is_empty() && text.bytes().all(plain);
        is_name.then_some(Self { host, repository, tag, digest })
    }

    /// Whether another image may stand under this name tomorrow, by intent.
    pub(super) fn is_mutable(&self) -> bool {
        self.digest.is_none() && self.tag.is_none_or(|tag| MOVING_TAGS.contains(&tag))
    }

    /// The pull policy where none is written (pkg/apis/core/v1/defaults.go,
    /// `SetDefaults_Container`): `Always` for `latest`, written or not.
    pub(super) fn default_pull_policy(&self) -> &'static str {
        let is_latest = self.tag.is_none_or(|tag| tag == "latest") && self.digest.is_none();
        if is_latest { "Always" } else { "IfNotPresent" }
    }

    /// The registry it comes from, Docker Hub if none is written.
    pub(super) fn registry(&self) -> &'a str {
        match self.host {
            None | Some("index.docker.io" | "registry-1.docker.io") => DOCKER_HUB,
            Some(host) => host,
        }
    }

    /// Whether it comes from one of these registries: `host`, `host/path` or `*.host`.
    pub(super) fn is_from(&self, registries: &[String]) -> bool {
        registries.iter().any(|registry| {
            let (host, path) = registry.split_once('/').unwrap_or((registry, ""));
            let is_host = match host.strip_prefix("*.") {
                Some(domain) => {
                    let head = self.registry().strip_suffix(domain);
                    head.is_some_and(|head| head.ends_with('.'))
                }
                None => self.registry() == host,
            };
            is_host && self.is_below(path)
        })
    }

    fn is_below(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        if path.is_empty() {
            return true;
        }
        // Docker Hub's own images lie in `library`, which nobody writes.
        let is_official = self.registry() == DOCKER_HUB && !self.repository.contains('/');
        let rest = match path.strip_prefix("library") {
            Some("") if is_official => Some(""),
            Some(path) if is_official => self.repository.strip_prefix(path.trim_start_matches('/')),
            _ => self.repository.strip_prefix(path),
        };
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Tags that their owners move with every build or release.
const MOVING_TAGS: &[&str] = &[
    "latest",
    "main",
    "master",
    "trunk",
    "head",
    "HEAD",
    "edge",
    "nightly",
    "dev",
    "develop",
    "development",
    "devel",
    "canary",
    "stable",
    "unstable",
    "testing",
    "rolling",
    "current",
    "lts",
    "mainline",
    "snapshot",
    "staging",
    "production",
    "prod",
];

/// Whether the first part of a name is a registry rather than a part of the repository.
fn is_host(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_their_parts() {
        let image = |host, repository, tag, digest| Reference { host, repository, tag, digest };
        let cases = [
            ("redis", image(None, "redis", None, None)),
            ("acme/web:1.2", image(None, "acme/web", Some("1.2"), None)),
            ("ghcr.io/a/b", image(Some("ghcr.io"), "a/b", None, None)),
            ("host:5000/b", image(Some("host:5000"), "b", None, None)),
            ("localhost/b:1", image(Some("localhost"), "b", Some("1"), None)),
            ("a:1@sha256:00ff", image(None, "a", Some("1"), Some("sha256:00ff"))),
        ];
        for (text, expected) in cases {
            assert_eq!(Reference::parse(text), Some(expected), "{text}");
        }
        for text in ["", "{{ .Values.image }}", "$(IMAGE)", "<image>", "a b", "host.io/"] {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }

    #[test]
    fn registries_cover_what_lies_below() {
        let is_from = |image: &str, registry: &str| {
            Reference::parse(image).unwrap().is_from(&[registry.to_owned()])
        };
        assert!(is_from("ghcr.io/acme/web:1", "ghcr.io"));
        assert!(is_from("ghcr.io/acme/web:1", "ghcr.io/acme"));
        assert!(is_from("ghcr.io/acme/web:1", "ghcr.io/acme/"));
        assert!(!is_from("ghcr.io/acme-inc/web:1", "ghcr.io/acme"));
        assert!(!is_from("ghcr.io.evil.net/acme/web:1", "ghcr.io"));
        assert!(is_from("eu.gcr.io/web:1", "*.gcr.io"));
        assert!(!is_from("gcr.io/web:1", "*.gcr.io"));
        assert!(!is_from("evilgcr.io/web:1", "*.gcr.io"));
        assert!(is_from("redis:7", "docker.io"));
        assert!(is_from("redis:7", "docker.io/library"));
        assert!(is_from("docker.io/library/redis:7", "docker.io/library"));
        assert!(is_from("index.docker.io/acme/web:7", "docker.io/acme"));
        assert!(!is_from("acme/web:7", "docker.io/library"));
    }
}
