//! Builds Go programs into a cache outside the repository.
//!
//! Their folder's name carries a hash of everything they are built from, so that a hit is only a
//! look into the cache and needs no Go at all.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use crate::root;

/// Flags shared by all builds of upstream's modules: other flags compile them again.
const BUILD_FLAGS: &[&str] = &["-trimpath"];
/// What the linker leaves out: symbols and debugging information.
const LINK_FLAGS: &str = "-s -w";

/// The environment of the build: no C compiler, no other Go than the installed one, nothing
/// resolved at build time, and no commit stamped into a binary that several commits share.
const BUILD_ENVIRONMENT: &[(&str, &str)] = &[
    ("CGO_ENABLED", "0"),
    ("GOTOOLCHAIN", "local"),
    ("GOFLAGS", "-mod=readonly -buildvcs=false"),
    ("GOWORK", "off"),
];

/// A program of a Go module.
pub(crate) struct Program {
    /// The name of its binary.
    pub(crate) name: &'static str,
    /// Its package.
    pub(crate) package: &'static str,
    /// What is written into it, as `name=value` for the linker's `-X`.
    pub(crate) variables: &'static [&'static str],
}

/// The folder of the programs of a module, built from the present sources.
///
/// With Go installed the binaries must come from that version of Go; without, any version will do.
pub(crate) fn programs(module: &str, programs: &[Program]) -> Result<PathBuf> {
    programs_with(module, programs, &[])
}

/// The same, with more in the environment of the build.
pub(crate) fn programs_with(
    module: &str,
    programs: &[Program],
    environment: &[(&str, &str)],
) -> Result<PathBuf> {
    let source = root().join(module);
    let cache = cache_folder()?;
    let name = module.replace('/', "-");
    let environment = [BUILD_ENVIRONMENT, environment].concat();
    let prefix = format!("{name}-{:032x}-", source_hash(&source, programs, &environment)?);
    let Some(go_version) = installed_go()? else {
        return newest_with_prefix(&cache, &prefix)?.with_context(|| {
            format!(
                "`{}` holds no {module} of these sources, and no `go` is in PATH",
                cache.display()
            )
        });
    };
    let folder = cache.join(format!("{prefix}{go_version}"));
    if !folder.is_dir() {
        build(&source, programs, &environment, &folder)?;
    }
    Ok(folder)
}

/// `BOLLWERK_CACHE`, else `bollwerk` in the user's cache folder.
pub(crate) fn cache_folder() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("BOLLWERK_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("bollwerk")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/bollwerk")))
        .context("none of `BOLLWERK_CACHE`, `XDG_CACHE_HOME` and `HOME` is set")
}

/// A hash of `go.mod`, `go.sum`, the Go files, the build flags and what is linked in.
fn source_hash(source: &Path, programs: &[Program], environment: &[(&str, &str)]) -> Result<u128> {
    let mut files = Vec::new();
    for entry in
        fs::read_dir(source).with_context(|| format!("cannot read `{}`", source.display()))?
    {
        let path = entry?.path();
        let named = |name: &str| path.file_name() == Some(OsStr::new(name));
        if path.extension() == Some(OsStr::new("go")) || named("go.mod") || named("go.sum") {
            files.push(path);
        }
    }
    files.sort();
    let mut hash = Fnv::default();
    for path in files {
        hash.part(path.file_name().unwrap_or_default().as_encoded_bytes());
        hash.part(&fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?);
    }
    for flag in BUILD_FLAGS {
        hash.part(flag.as_bytes());
    }
    for Program { name, package, variables } in programs {
        hash.part(name.as_bytes());
        hash.part(package.as_bytes());
        variables.iter().for_each(|variable| hash.part(variable.as_bytes()));
    }
    for (name, value) in environment {
        hash.part(name.as_bytes());
        hash.part(value.as_bytes());
    }
    Ok(hash.0)
}

/// FNV-1a with 128 bits (draft-eastlake-fnv): the same in every release of Rust, unlike the
/// standard library's hasher. It guards against stale binaries, not against an attacker.
struct Fnv(u128);

impl Default for Fnv {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Fnv {
    /// Adds a part with its length, so that bytes cannot move between parts unnoticed.
    fn part(&mut self, bytes: &[u8]) {
        self.bytes(&bytes.len().to_le_bytes());
        self.bytes(bytes);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u128::from(*byte);
            self.0 = self.0.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
}

/// The version of the `go` in `PATH`, such as `go1.26.8`, or none if there is no `go`.
fn installed_go() -> Result<Option<String>> {
    let output = Command::new("go")
        .args(["env", "GOVERSION"])
        .env("GOTOOLCHAIN", "local")
        .current_dir("/")
        .stderr(Stdio::inherit())
        .output();
    let output = match output {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.context("cannot run `go`")?,
    };
    ensure!(output.status.success(), "`go env GOVERSION` failed");
    let version = String::from_utf8(output.stdout)?.trim().to_owned();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    ensure!(
        !version.is_empty() && version.chars().all(plain),
        "`go env GOVERSION` answered {version:?}"
    );
    Ok(Some(version))
}

/// The cached folder with the greatest name among those with this prefix.
fn newest_with_prefix(cache: &Path, prefix: &str) -> Result<Option<PathBuf>> {
    let entries = match fs::read_dir(cache) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.with_context(|| format!("cannot read `{}`", cache.display()))?,
    };
    let mut found = None;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if name.starts_with(prefix) && !name.ends_with(UNFINISHED) {
            found = found.max(Some(path));
        }
    }
    Ok(found)
}

/// The end of the name of a folder that is still being filled.
const UNFINISHED: &str = ".tmp";

/// Builds beside the target and renames: another process never sees half of it.
fn build(
    source: &Path,
    programs: &[Program],
    environment: &[(&str, &str)],
    folder: &Path,
) -> Result<()> {
    let mut unfinished = folder.as_os_str().to_owned();
    unfinished.push(format!(".{}{UNFINISHED}", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    fs::create_dir_all(&unfinished)
        .with_context(|| format!("cannot create `{}`", unfinished.display()))?;
    for Program { name, package, variables } in programs {
        let variables: String = variables.iter().map(|it| format!(" -X {it}")).collect();
        let status = Command::new("go")
            .arg("build")
            .args(BUILD_FLAGS)
            .args(["-ldflags", &format!("{LINK_FLAGS}{variables}")])
            .arg("-o")
            .arg(unfinished.join(name))
            .arg(package)
            .envs(environment.iter().copied())
            .current_dir(source)
            .stdout(Stdio::null())
            .status()
            .context("cannot run `go build`")?;
        if !status.success() {
            bail!("`go build {package}` in `{}` failed", source.display());
        }
    }
    match fs::rename(&unfinished, folder) {
        // Another process was faster.
        Err(_) if folder.is_dir() => Ok(fs::remove_dir_all(&unfinished)?),
        other => other.with_context(|| format!("cannot create `{}`", folder.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_fnv_1a() {
        let mut hash = Fnv::default();
        hash.bytes(b"foobar");
        assert_eq!(hash.0, 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    #[test]
    fn parts_do_not_run_together() {
        let of = |parts: &[&str]| {
            let mut hash = Fnv::default();
            for part in parts {
                hash.part(part.as_bytes());
            }
            hash.0
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["a"]), of(&["a", ""]));
    }

    #[test]
    fn a_hit_without_go_takes_a_finished_binary_of_the_same_sources() {
        let cache = std::env::temp_dir().join(format!("bollwerk-xtask-{}", std::process::id()));
        fs::create_dir_all(&cache).unwrap();
        for name in ["oracle-1-go1.26.8", "oracle-1-go1.27.0.9.tmp", "oracle-2-go1.28.0"] {
            fs::write(cache.join(name), "").unwrap();
        }
        let found = newest_with_prefix(&cache, "oracle-1-").unwrap();
        let none = newest_with_prefix(&cache, "oracle-3-").unwrap();
        fs::remove_dir_all(&cache).unwrap();
        assert_eq!(found, Some(cache.join("oracle-1-go1.26.8")));
        assert_eq!(none, None);
    }
}
