//! What each type of package URL adds, by its definition in the purl specification
//! (`types/⟨type⟩-definition.json`).
//!
//! Two departures, both because packages would be mixed up otherwise: names of Go modules keep
//! their capitals (`github.com/BurntSushi/toml` is another module than `…/burntsushi/toml`), and
//! runs of dots and underscores in Python names are one dash, as in the index.

use super::{Purl, PurlError, pypi_name};

/// Types whose namespace is not case sensitive.
const NAMESPACE_LOWER: &[&str] = &[
    "alpm",
    "apk",
    "bitbucket",
    "brew",
    "composer",
    "deb",
    "github",
    "gitlab",
    "hex",
    "luarocks",
    "qpkg",
    "rpm",
];

/// Types whose name is not case sensitive.
const NAME_LOWER: &[&str] = &[
    "alpm",
    "apk",
    "bitbucket",
    "bitnami",
    "brew",
    "composer",
    "conda",
    "deb",
    "github",
    "gitlab",
    "hex",
    "luarocks",
    "oci",
    "otp",
    "pub",
    "pypi",
];

/// Types whose version is not case sensitive.
const VERSION_LOWER: &[&str] = &["huggingface", "oci"];

/// Types that have no namespace.
const NAMESPACE_NEVER: &[&str] = &[
    "bazel",
    "bitnami",
    "cargo",
    "chrome-extension",
    "cocoapods",
    "conda",
    "cran",
    "gem",
    "hackage",
    "julia",
    "mlflow",
    "nuget",
    "oci",
    "opam",
    "otp",
    "pub",
    "pypi",
    "vcpkg",
];

/// Types that need one.
const NAMESPACE_ALWAYS: &[&str] = &["swift", "vscode-extension"];

/// Length of the id of an extension of Chrome, letters `a` to `p`.
const CHROME_ID_BYTES: usize = 32;

/// Numbers in the version of an extension of Chrome, at most.
const CHROME_VERSION_PARTS_MAX: usize = 4;

/// Where the name begins in the path behind the type: behind the last slash, but for git, whose
/// namespace is a host and whose name is all the rest.
pub(super) fn split_name<'a>(kind: &str, path: &'a str) -> Option<(&'a str, &'a str)> {
    if kind.eq_ignore_ascii_case("git") { path.split_once('/') } else { path.rsplit_once('/') }
}

/// Brings a purl into the form its type asks for, or says what it does not allow.
pub(super) fn normalise(purl: &mut Purl) -> Result<(), PurlError> {
    let kind = purl.kind.as_str();
    if NAMESPACE_NEVER.contains(&kind) && purl.namespace.is_some()
        || NAMESPACE_ALWAYS.contains(&kind) && purl.namespace.is_none()
    {
        return Err(PurlError::Namespace);
    }
    if NAMESPACE_LOWER.contains(&kind)
        && let Some(namespace) = &mut purl.namespace
    {
        *namespace = namespace.to_lowercase();
    }
    if NAME_LOWER.contains(&kind) {
        purl.name = purl.name.to_lowercase();
    }
    if VERSION_LOWER.contains(&kind)
        && let Some(version) = &mut purl.version
    {
        *version = version.to_lowercase();
    }
    match kind {
        "pypi" => purl.name = pypi_name(&purl.name).into_owned(),
        "git" if purl.namespace.as_deref().is_some_and(|host| host.starts_with("github")) => {
            purl.name = purl.name.to_lowercase();
        }
        // Azure ML keeps capitals, Databricks does not.
        "mlflow"
            if purl.qualifier("repository_url").is_some_and(|it| it.contains("databricks")) =>
        {
            purl.name = purl.name.to_lowercase();
        }
        // A module (`URI::PackageURL`) is not its distribution.
        "cpan" if purl.name.contains("::") => return Err(PurlError::Name),
        "julia" if purl.qualifier("uuid").is_none() => return Err(PurlError::Qualifier),
        "chrome-extension" => return chrome(purl),
        _ => {}
    }
    Ok(())
}

fn chrome(purl: &Purl) -> Result<(), PurlError> {
    let is_id = |text: &str| {
        text.len() == CHROME_ID_BYTES && text.bytes().all(|byte| matches!(byte, b'a'..=b'p'))
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_id(&purl.name) {
        return Err(PurlError::Name);
    }
    let Some(version) = &purl.version else { return Ok(()) };
    let is_version =
        version.split('.').all(is_number) && version.split('.').count() <= CHROME_VERSION_PARTS_MAX;
    if is_version { Ok(()) } else { Err(PurlError::Version) }
}
