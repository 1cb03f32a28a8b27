//! Who asks a registry: what `docker login` and its kin have kept.
//!
//! Source: the documentation of `docker login`, of credential helpers
//! (`docker/docker-credential-helpers`) and of `containers-auth.json(5)`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::prelude::{BASE64_STANDARD, Engine};
use reqwest::header::HeaderValue;
use serde::Deserialize;

/// The name under which Docker keeps what is for its own registry.
const DOCKER: &str = "https://index.docker.io/v1/";

/// A name and a password. Neither is ever shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    name: String,
    password: String,
}

impl Credential {
    /// A name and a password.
    pub fn new(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self { name: name.into(), password: password.into() }
    }

    /// As a header.
    pub(super) fn basic(&self) -> Option<HeaderValue> {
        let text = BASE64_STANDARD.encode(format!("{}:{}", self.name, self.password));
        let mut header = HeaderValue::from_str(&format!("Basic {text}")).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(…)")
    }
}

/// Where credentials are looked for.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    given: BTreeMap<String, Credential>,
    files: Vec<PathBuf>,
}

/// A file of credentials.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Kept {
    auths: BTreeMap<String, Auth>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    auth: Option<String>,
}

/// What a helper answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    username: String,
    secret: String,
}

impl Credentials {
    /// For one registry, before all files.
    #[must_use]
    pub fn with(mut self, registry: &str, credential: Credential) -> Self {
        self.given.insert(registry.to_owned(), credential);
        self
    }

    /// Those of a file, before those of later ones. It is read each time somebody is asked for.
    #[must_use]
    pub fn of_file(mut self, file: PathBuf) -> Self {
        self.files.push(file);
        self
    }

    /// Those of this user: `REGISTRY_AUTH_FILE`, the one of containers in `XDG_RUNTIME_DIR`, and
    /// Docker's `config.json`.
    #[must_use]
    pub fn of_user(mut self) -> Self {
        let folder =
            |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let docker = folder("DOCKER_CONFIG").or_else(|| Some(folder("HOME")?.join(".docker")));
        let files = [
            folder("REGISTRY_AUTH_FILE"),
            folder("XDG_RUNTIME_DIR").map(|it| it.join("containers/auth.json")),
            docker.map(|it| it.join("config.json")),
        ];
        self.files.extend(files.into_iter().flatten());
        self
    }

    /// The one for a registry.
    pub(super) fn of(&self, registry: &str) -> Option<Credential> {
        if let Some(given) = self.given.get(registry) {
            return Some(given.clone());
        }
        let names = match registry {
            "docker.io" => vec![DOCKER, "docker.io", "index.docker.io"],
            registry => vec![registry],
        };
        self.files.iter().find_map(|file| {
            let kept: Kept = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
            names.iter().find_map(|name| kept.of(name))
        })
    }
}

impl Kept {
    fn of(&self, registry: &str) -> Option<Credential> {
        let helper = self.cred_helpers.get(registry).or(self.creds_store.as_ref());
        if let Some(found) = helper.and_then(|helper| asked(helper, registry)) {
            return Some(found);
        }
        // `https://host/v1/` and `host` are the same.
        let host = |name: &str| {
            let rest = name.trim_start_matches("https://").trim_start_matches("http://");
            rest.split('/').next().unwrap_or_default().to_owned()
        };
        let is_it = |name: &str| name == registry || host(name) == host(registry);
        let (_, auth) = self.auths.iter().find(|(name, _)| is_it(name))?;
        let text =
            String::from_utf8(BASE64_STANDARD.decode(auth.auth.as_ref()?.trim()).ok()?).ok()?;
        let (name, password) = text.split_once(':')?;
        Some(Credential::new(name, password.trim_end_matches('\0')))
    }
}

/// What a helper of Docker's says. It is a program of this user's, named in their own file.
fn asked(helper: &str, registry: &str) -> Option<Credential> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !helper.bytes().all(is_name) {
        return None;
    }
    let mut child = Command::new(format!("docker-credential-{helper}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(registry.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let told: Told =
        serde_json::from_slice(&output.stdout).ok().filter(|_| output.status.success())?;
    Some(Credential::new(told.username, told.secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_credentials_are_found_by_host() {
        let kept: Kept = serde_json::from_str(
            r#"{"auths": {"https://registry.example/v2/": {"auth": "bWU6cGFzczp3b3Jk"}}}"#,
        )
        .unwrap();
        assert_eq!(kept.of("registry.example"), Some(Credential::new("me", "pass:word")));
        assert_eq!(kept.of("registry.example.org"), None);
        assert_eq!(format!("{:?}", kept.of("registry.example")), "Some(Credential(…))");
        let hostile: Kept = serde_json::from_str(r#"{"credsStore": "../../tmp/x"}"#).unwrap();
        assert_eq!(hostile.of("registry.example"), None);
    }
}
