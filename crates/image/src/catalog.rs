//! Catalogers: which files say what is installed, and what they say.
//!
//! [`wanted`] decides by a file's path alone, so that all others are passed over unread. Each
//! cataloger is a function of a file's bytes; no program of an image is run.

mod apk;
mod bitnami;
mod conda;
mod cran;
mod dpkg;
mod java;
mod jdk;
mod licence;
mod lock;
mod node;
mod pacman;
mod portage;
mod program;
mod python;
mod release;
mod rpm;

pub use lock::LockFile;
pub use program::Program;
pub use rpm::RpmDatabase;

use crate::Fact;

/// A file that is looked at, by the cataloger that reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Debian's list of installed packages.
    DpkgStatus,
    /// The same for one package, as images without a package manager have it.
    DpkgStatusPart,
    /// Files of a Debian package.
    DpkgFiles,
    /// Licences of a Debian package.
    DpkgCopyright,
    /// Alpine's list of installed packages.
    ApkInstalled,
    /// What pacman says of a package.
    PacmanDescription,
    /// Files of a package of pacman's.
    PacmanFiles,
    /// Files of a package of Portage's, whose folder names it.
    PortageContents,
    /// rpm's list of installed packages.
    RpmInstalled(RpmDatabase),
    /// What distribution it is.
    OsRelease,
    /// Metadata of an installed Python distribution.
    PythonMetadata,
    /// `package.json` of a Node package.
    NodePackage,
    /// A package of a conda environment.
    CondaRecord,
    /// `DESCRIPTION` of an R package.
    CranDescription,
    /// What a component of Bitnami's is.
    BitnamiDocument,
    /// `release` of a Java runtime.
    JavaRelease,
    /// A list of packages that a tool keeps.
    LockFile(LockFile),
    /// A Java archive.
    JavaArchive,
    /// A program or library in machine code.
    Program,
}

impl Wanted {
    /// Whether it is an archive or a database, that may be large and is read as a whole.
    pub fn is_archive(self) -> bool {
        matches!(self, Self::RpmInstalled(_) | Self::JavaArchive)
    }
}

/// Whether a file is looked at at all, by its path and its mode.
pub fn is_wanted(path: &str, mode: u32) -> bool {
    wanted(path, mode).is_some()
}

/// Which cataloger looks at a file, by its path and its mode.
#[expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "the programs that read these files compare them so"
)]
pub fn wanted(path: &str, mode: u32) -> Option<Wanted> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = folder.rsplit_once('/').map_or(folder, |(_, parent)| parent);
    if let Some(form) = RpmDatabase::of(folder, name) {
        return Some(Wanted::RpmInstalled(form));
    }
    if let Some(form) = LockFile::of(path) {
        return Some(Wanted::LockFile(form));
    }
    let found = match name {
        "status" if folder == "var/lib/dpkg" => Wanted::DpkgStatus,
        _ if folder == "var/lib/dpkg/status.d" => {
            if name.ends_with(".md5sums") {
                Wanted::DpkgFiles
            } else {
                Wanted::DpkgStatusPart
            }
        }
        // Scripts of packages, some of them programs, are beside their lists.
        _ if folder == "var/lib/dpkg/info" => {
            return name.ends_with(".list").then_some(Wanted::DpkgFiles);
        }
        "copyright" if folder.starts_with("usr/share/doc/") => Wanted::DpkgCopyright,
        "installed" if matches!(folder, "lib/apk/db" | "usr/lib/apk/db") => Wanted::ApkInstalled,
        "os-release" if matches!(folder, "etc" | "usr/lib") => Wanted::OsRelease,
        "METADATA" if parent.ends_with(".dist-info") => Wanted::PythonMetadata,
        "PKG-INFO" if parent.ends_with(".egg-info") || parent == "EGG-INFO" => {
            Wanted::PythonMetadata
        }
        _ if name.ends_with(".egg-info") => Wanted::PythonMetadata,
        "package.json" => Wanted::NodePackage,
        "DESCRIPTION" if parent.ends_with("library") => Wanted::CranDescription,
        "desc" if parent == "var/lib/pacman/local" => Wanted::PacmanDescription,
        "files" if parent == "var/lib/pacman/local" => Wanted::PacmanFiles,
        "CONTENTS" if folder.starts_with("var/db/pkg/") => Wanted::PortageContents,
        "release" if is_runtime(parent) => Wanted::JavaRelease,
        _ if folder.ends_with("conda-meta") && name.ends_with(".json") => Wanted::CondaRecord,
        _ if name.starts_with(".spdx-") && name.ends_with(".spdx") => Wanted::BitnamiDocument,
        _ if java::is_archive(name) => Wanted::JavaArchive,
        _ if mode & 0o111 != 0 || is_library(name) => Wanted::Program,
        _ => return None,
    };
    Some(found)
}

/// What a file says: any number of facts, and what of it is not what its name says.
pub fn read(wanted: Wanted, path: &str, content: &[u8]) -> (Vec<Fact>, Vec<String>) {
    let found = match wanted {
        Wanted::DpkgStatus => text(content).and_then(dpkg::status),
        Wanted::DpkgStatusPart => text(content).and_then(dpkg::status_part),
        Wanted::DpkgFiles => Ok(dpkg::files(path, content)),
        Wanted::DpkgCopyright => Ok(dpkg::copyright(&String::from_utf8_lossy(content))),
        Wanted::ApkInstalled => text(content).and_then(apk::installed),
        Wanted::RpmInstalled(form) => rpm::installed(form, content),
        Wanted::OsRelease => text(content).map(release::distribution),
        Wanted::PythonMetadata => python::metadata(&String::from_utf8_lossy(content)),
        Wanted::NodePackage => node::package(content),
        Wanted::PacmanDescription => text(content).and_then(pacman::description),
        Wanted::PacmanFiles => Ok(pacman::files(&String::from_utf8_lossy(content))),
        Wanted::PortageContents => portage::contents(path, &String::from_utf8_lossy(content)),
        Wanted::CondaRecord => conda::package(path, content),
        Wanted::CranDescription => cran::description(&String::from_utf8_lossy(content)),
        Wanted::BitnamiDocument => bitnami::components(content),
        Wanted::JavaRelease => Ok(jdk::release(&String::from_utf8_lossy(content))),
        Wanted::LockFile(form) => lock::packages(form, content),
        Wanted::JavaArchive => return java::archive(path, content),
        Wanted::Program => {
            let mut program = Program::new(path, content.len() as u64);
            program.take(content);
            program.finish(path)
        }
    };
    match found {
        Ok(facts) => (facts, Vec::new()),
        Err(problem) => (Vec::new(), vec![problem]),
    }
}

fn text(content: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(content).map_err(|error| format!("no UTF-8: {error}"))
}

/// `usr/lib/jvm`, `opt/java`: where folders of Java runtimes are.
fn is_runtime(folder: &str) -> bool {
    matches!(folder.rsplit('/').next(), Some("jvm" | "java"))
}

/// `libz.so`, `libz.so.1.2.13`.
fn is_library(name: &str) -> bool {
    name.rsplit_once(".so")
        .is_some_and(|(_, version)| matches!(version.as_bytes(), [] | [b'.', ..]))
}
