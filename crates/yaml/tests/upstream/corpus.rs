//! Real manifests: `shared/corpus/real-manifests.tar.xz`, unpacked.

use std::path::{Path, PathBuf};
use std::process::Command;

/// All YAML files of the corpus, sorted by path. `None` when there is no corpus, which is an
/// error in CI.
pub(crate) fn files() -> Option<Vec<(PathBuf, String)>> {
    let folder = match std::env::var_os("BOLLWERK_CORPUS") {
        Some(folder) => PathBuf::from(folder),
        None => unpack()?,
    };
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    assert!(!files.is_empty(), "{} has no YAML files", folder.display());
    Some(files)
}

fn unpack() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let archive = root.join("../shared/corpus/real-manifests.tar.xz");
    if !archive.exists() {
        assert!(std::env::var_os("CI").is_none(), "CI needs {}", archive.display());
        println!("skipped: {} does not exist", archive.display());
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus");
    let done = folder.join(".unpacked");
    if !done.exists() {
        std::fs::create_dir_all(&folder).expect("a folder for the corpus");
        let unpacked =
            Command::new("tar").arg("-xJf").arg(&archive).arg("-C").arg(&folder).status();
        assert!(unpacked.expect("tar starts").success(), "tar unpacks the corpus");
        std::fs::write(done, "").expect("a mark that the corpus is complete");
    }
    Some(folder)
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            files.push((path, text));
        }
    }
}
