//! Runs the program in a folder of its own.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(dead_code, clippy::allow_attributes, reason = "not every test uses every helper")]

pub(crate) mod hostile;
pub(crate) mod layout;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// The corpus of real manifests, unpacked; none without it, which is a failure under `CI=true`.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub(crate) fn corpus() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("BOLLWERK_CORPUS") {
        return Some(PathBuf::from(folder));
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "BOLLWERK_CORPUS is not set");
    println!("skipped: BOLLWERK_CORPUS does not name the unpacked corpus");
    None
}

/// The example every reader of the documentation sees.
pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop")
}

/// A folder that goes when the test ends.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A new folder with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("bollwerk-test-{}-{number}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        std::fs::create_dir_all(&folder.0).unwrap();
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Copies a folder, with all that is in it, to this name.
    pub(crate) fn copy(&self, from: &Path, name: &str) -> PathBuf {
        let to = self.0.join(name);
        let copied = Command::new("cp").arg("-r").arg(from).arg(&to).status();
        assert!(copied.unwrap().success());
        to
    }

    /// Writes a file, and the folders it needs.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs the program in `folder` with a text as standard input: exit code, standard output,
/// standard error.
pub(crate) fn bollwerk(folder: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bollwerk"))
        .args(arguments)
        .current_dir(folder)
        // No test finds what another one kept.
        .env("XDG_CACHE_HOME", "/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may end without reading its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// Holds an output against the schema of its name.
pub(crate) fn fits(output: &Value) {
    let name = output["schema"].as_str().unwrap().replace("/v", ".v");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema");
    let schema = std::fs::read(folder.join(format!("{name}.json"))).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors = validator.iter_errors(output).map(|it| format!("{it} at {}", it.instance_path()));
    assert_eq!(errors.collect::<Vec<_>>(), [""; 0], "{output:#}");
}
