//! Arbitrary bytes as a layer, and as every kind of file that a cataloger reads.
#![no_main]

use image::catalog::{self, LockFile, RpmDatabase, Wanted};
use image::{Layer, LayerLimits, merge};
use libfuzzer_sys::fuzz_target;

/// What tells the files apart that have a content of their own.
const WANTED: [Wanted; 43] = [
    Wanted::DpkgStatus,
    Wanted::DpkgStatusPart,
    Wanted::DpkgFiles,
    Wanted::DpkgCopyright,
    Wanted::ApkInstalled,
    Wanted::RpmInstalled(RpmDatabase::Sqlite),
    Wanted::RpmInstalled(RpmDatabase::Ndb),
    Wanted::RpmInstalled(RpmDatabase::Berkeley),
    Wanted::OsRelease,
    Wanted::PythonMetadata,
    Wanted::NodePackage,
    Wanted::JavaArchive,
    Wanted::Program,
    Wanted::LockFile(LockFile::Bundler),
    Wanted::LockFile(LockFile::Cargo),
    Wanted::LockFile(LockFile::Composer),
    Wanted::LockFile(LockFile::DotnetDependencies),
    Wanted::LockFile(LockFile::GemSpecification),
    Wanted::LockFile(LockFile::GoModule),
    Wanted::LockFile(LockFile::Gradle),
    Wanted::LockFile(LockFile::Npm),
    Wanted::LockFile(LockFile::Nuget),
    Wanted::LockFile(LockFile::Pipenv),
    Wanted::LockFile(LockFile::Pnpm),
    Wanted::LockFile(LockFile::Poetry),
    Wanted::LockFile(LockFile::Requirements),
    Wanted::LockFile(LockFile::Yarn),
    Wanted::RpmInstalled(RpmDatabase::SqliteLog),
    Wanted::PacmanDescription,
    Wanted::PacmanFiles,
    Wanted::PortageContents,
    Wanted::CondaRecord,
    Wanted::CranDescription,
    Wanted::BitnamiDocument,
    Wanted::JavaRelease,
    Wanted::LockFile(LockFile::Cabal),
    Wanted::LockFile(LockFile::Conan),
    Wanted::LockFile(LockFile::Mix),
    Wanted::LockFile(LockFile::NugetConfiguration),
    Wanted::LockFile(LockFile::Pub),
    Wanted::LockFile(LockFile::Rebar),
    Wanted::LockFile(LockFile::Stack),
    Wanted::LockFile(LockFile::Swift),
];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    if let Some(wanted) = WANTED.get(usize::from(*first)) {
        let (_, problems) = catalog::read(*wanted, "a/b-1.0.jar", rest);
        assert!(problems.iter().all(|problem| !problem.is_empty()));
        return;
    }
    let limits = LayerLimits { bytes: 16 << 20, entries: 10_000, ..LayerLimits::default() };
    if let Ok(layer) = Layer::read(rest, &limits) {
        assert!(layer.finds.is_sorted_by(|a, b| a.path <= b.path));
        let _ = merge([&layer, &layer]);
    }
});
