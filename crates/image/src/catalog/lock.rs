//! Lock files and other lists that tools keep of what they installed or would install.
//!
//! Each is read for what it says a production install has: what is marked as needed for
//! development alone is not in an image, or is found there by its own metadata.

mod conan;
mod dart;
mod dotnet;
mod golang;
mod gradle;
mod haskell;
mod hex;
mod node;
mod php;
mod pnpm;
mod python;
mod ruby;
mod swift;
mod toml;
mod yarn;

use package::Package;

use crate::Fact;

/// A list, by the tool that writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockFile {
    /// `cabal.project.freeze`.
    Cabal,
    /// `Cargo.lock`.
    Cargo,
    /// `composer.lock`, and `installed.json` of what is there.
    Composer,
    /// `conan.lock`.
    Conan,
    /// `*.deps.json` of a .NET program.
    DotnetDependencies,
    /// `Gemfile.lock`.
    Bundler,
    /// `*.gemspec` of an installed gem.
    GemSpecification,
    /// `go.mod`.
    GoModule,
    /// `gradle.lockfile`.
    Gradle,
    /// `mix.lock`.
    Mix,
    /// `package-lock.json`, `npm-shrinkwrap.json`.
    Npm,
    /// `packages.lock.json`.
    Nuget,
    /// `packages.config`.
    NugetConfiguration,
    /// `Pipfile.lock`.
    Pipenv,
    /// `pnpm-lock.yaml`.
    Pnpm,
    /// `poetry.lock`, `uv.lock`.
    Poetry,
    /// `pubspec.lock`.
    Pub,
    /// `rebar.lock`.
    Rebar,
    /// `requirements.txt`.
    Requirements,
    /// `stack.yaml.lock`.
    Stack,
    /// `Package.resolved`.
    Swift,
    /// `yarn.lock`.
    Yarn,
}

/// Bytes of a list: of a larger one what is read takes many times as much. The largest of real
/// projects have about 10 MB.
const BYTES_MAX: usize = 32 << 20;
/// Folders of packages that tools downloaded: a lock file in one is that of the package's own
/// developers, which no tool follows.
const DOWNLOADED: [&str; 4] = ["node_modules/", "pkg/mod/", "registry/src/", "site-packages/"];

impl LockFile {
    /// The list in a file of this path.
    pub(super) fn of(path: &str) -> Option<Self> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let found = match name {
            "cabal.project.freeze" => Self::Cabal,
            "Cargo.lock" => Self::Cargo,
            "composer.lock" => Self::Composer,
            "installed.json" if folder.ends_with("vendor/composer") => return Some(Self::Composer),
            "conan.lock" => Self::Conan,
            "Gemfile.lock" => Self::Bundler,
            "go.mod" => Self::GoModule,
            "gradle.lockfile" => Self::Gradle,
            "mix.lock" => Self::Mix,
            "package-lock.json" | "npm-shrinkwrap.json" => Self::Npm,
            "packages.lock.json" => Self::Nuget,
            "packages.config" => Self::NugetConfiguration,
            "Pipfile.lock" => Self::Pipenv,
            "pnpm-lock.yaml" => Self::Pnpm,
            "poetry.lock" | "uv.lock" => Self::Poetry,
            "pubspec.lock" => Self::Pub,
            "rebar.lock" => Self::Rebar,
            "requirements.txt" => Self::Requirements,
            "stack.yaml.lock" => Self::Stack,
            "Package.resolved" => Self::Swift,
            "yarn.lock" => Self::Yarn,
            _ if name.ends_with(".deps.json") => return Some(Self::DotnetDependencies),
            _ if name.ends_with(".gemspec") => {
                let is_installed = folder.ends_with("specifications")
                    || folder.ends_with("specifications/default");
                return is_installed.then_some(Self::GemSpecification);
            }
            _ => return None,
        };
        let is_downloaded = DOWNLOADED.iter().any(|it| path.contains(it)) || is_of_gem(folder);
        (!is_downloaded).then_some(found)
    }
}

/// Whether a folder is that of an installed gem: `gems/⟨name⟩-⟨version⟩`.
fn is_of_gem(folder: &str) -> bool {
    let mut above = "";
    folder.split('/').any(|part| {
        let is_it = above == "gems" && part.rsplit('-').any(is_version) && part.contains('-');
        above = part;
        is_it
    })
}

/// The packages of a list, each once.
pub(super) fn packages(form: LockFile, content: &[u8]) -> Result<Vec<Fact>, String> {
    if content.len() > BYTES_MAX {
        return Err(format!("{} bytes: lists of up to {BYTES_MAX} are read", content.len()));
    }
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
    let text = || super::text(content);
    let mut packages: Vec<Package> = match form {
        LockFile::Cabal => haskell::freeze(text()?),
        LockFile::Stack => haskell::stack(text()?),
        LockFile::Conan => conan::lock(content)?,
        LockFile::Mix => hex::mix(text()?),
        LockFile::Rebar => hex::rebar(text()?),
        LockFile::Pub => dart::lock(text()?),
        LockFile::Swift => swift::resolved(content)?,
        LockFile::Cargo => toml::cargo(text()?),
        LockFile::Poetry => toml::poetry(text()?),
        LockFile::Composer => php::composer(content)?,
        LockFile::DotnetDependencies => dotnet::dependencies(content)?,
        LockFile::Nuget => dotnet::lock(content)?,
        LockFile::NugetConfiguration => dotnet::configuration(text()?),
        LockFile::Bundler => ruby::bundler(text()?),
        LockFile::GemSpecification => {
            vec![ruby::specification(&String::from_utf8_lossy(content))?]
        }
        LockFile::GoModule => golang::module(text()?),
        LockFile::Gradle => gradle::lock(text()?),
        LockFile::Npm => node::lock(content)?,
        LockFile::Pipenv => python::pipenv(content)?,
        LockFile::Requirements => python::requirements(&String::from_utf8_lossy(content)),
        LockFile::Pnpm => pnpm::lock(text()?)?,
        LockFile::Yarn => yarn::lock(text()?),
    };
    packages.sort();
    packages.dedup();
    Ok(if packages.is_empty() { Vec::new() } else { vec![Fact::Packages(packages)] })
}

/// A document of JSON.
fn json<'a, T: serde::Deserialize<'a>>(content: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(content).map_err(|error| format!("not as its tool writes it: {error}"))
}

/// Whether it is a version and not an address, a branch or a path.
fn is_version(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}
