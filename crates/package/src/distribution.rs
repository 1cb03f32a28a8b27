//! Which distribution a root file system is, by its `etc/os-release`.

use serde::{Deserialize, Serialize};

/// Lines of a file that are read; real ones have under 30.
const LINES_MAX: usize = 1_000;

/// Bytes of one value that are kept.
const VALUE_BYTES_MAX: usize = 4_096;

/// What `os-release(5)` says of a distribution. A field that is not set is empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Distribution {
    /// `ID`, in lower case: `debian`, `alpine`, `rhel`. `linux` where it is not set.
    pub id: String,
    /// `ID_LIKE`: distributions it is derived from, the closest first.
    pub id_like: Vec<String>,
    /// `VERSION_ID`: `12`, `22.04`, `3.20.3`.
    pub version_id: String,
    /// `VERSION_CODENAME`: `bookworm`.
    pub codename: String,
    /// `NAME`: `Debian GNU/Linux`.
    pub name: String,
    /// `PRETTY_NAME`, for people.
    pub pretty_name: String,
    /// `CPE_NAME`, which tells Red Hat's streams apart.
    pub cpe_name: String,
}

impl Distribution {
    /// Reads `os-release`: assignments of a shell, quoted or not, without any expansion. Lines
    /// that are none are passed over, as `os-release(5)` asks for; the last assignment of a name
    /// wins.
    pub fn parse(text: &str) -> Self {
        let mut found = Self { id: "linux".to_owned(), ..Self::default() };
        for line in text.lines().take(LINES_MAX) {
            let line = line.trim();
            if line.starts_with('#') {
                continue;
            }
            let Some((name, written)) = line.split_once('=') else { continue };
            let value = unquote(written);
            match name {
                "ID" if !value.is_empty() => found.id = value.to_ascii_lowercase(),
                "ID_LIKE" => {
                    let ids = value.split_whitespace();
                    found.id_like = ids.map(str::to_ascii_lowercase).collect();
                }
                "VERSION_ID" => found.version_id = value,
                "VERSION_CODENAME" => found.codename = value,
                "NAME" => found.name = value,
                "PRETTY_NAME" => found.pretty_name = value,
                "CPE_NAME" => found.cpe_name = value,
                _ => {}
            }
        }
        found
    }

    /// The `distro` qualifier of package URLs: `debian-12`; the codename where there is no number,
    /// none where the release is not known.
    pub(crate) fn qualifier(&self) -> Option<String> {
        let release = if self.version_id.is_empty() { &self.codename } else { &self.version_id };
        (!release.is_empty()).then(|| format!("{}-{release}", self.id))
    }

    /// The distribution a purl speaks of: `debian-12` or `jessie` as the qualifier, the namespace
    /// where there is none.
    pub(crate) fn of_qualifier(qualifier: Option<&str>, namespace: &str) -> Self {
        let mut found = Self { id: namespace.to_ascii_lowercase(), ..Self::default() };
        let Some(text) = qualifier else { return found };
        let release = match text.rsplit_once('-') {
            // `opensuse-leap-15.5`: what stands before the last dash is the id.
            Some((id, release)) => {
                found.id = id.to_ascii_lowercase();
                release
            }
            None if text.eq_ignore_ascii_case(namespace) => return found,
            None => text,
        };
        if release.starts_with(|first: char| first.is_ascii_digit()) {
            release.clone_into(&mut found.version_id);
        } else {
            release.clone_into(&mut found.codename);
        }
        found
    }
}

/// The value of an assignment: quotes taken off, backslashes before what a shell would take them
/// off from.
fn unquote(written: &str) -> String {
    let written = written.trim();
    let mut value = String::new();
    let mut quote = None;
    let mut characters = written.chars();
    while let Some(character) = characters.next() {
        if value.len() >= VALUE_BYTES_MAX {
            break;
        }
        match (character, quote) {
            ('"' | '\'', None) => quote = Some(character),
            (_, Some(open)) if character == open => quote = None,
            ('\\', None | Some('"')) => match characters.next() {
                Some(next @ ('"' | '\\' | '$' | '`' | '\'')) => value.push(next),
                Some(next) => value.extend(['\\', next]),
                None => value.push('\\'),
            },
            _ => value.push(character),
        }
    }
    value
}
