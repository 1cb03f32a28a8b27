//! Finds the truth data beside the repository.

use std::path::{Path, PathBuf};

/// A folder of the truth data. Without it the test has to skip, which under `CI=true` is a
/// failure.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/truth").join(name);
    if root.is_dir() {
        return Some(root);
    }
    let reason = format!("no truth data in {}", root.display());
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{reason}");
    println!("skipped: {reason}");
    None
}
