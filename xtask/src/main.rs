//! Development tasks: `cargo xtask TASK [ARGUMENTS]`.

mod oracle;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

/// A task by name. It gets the arguments behind its name.
struct Task {
    name: &'static str,
    summary: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const TASKS: &[Task] = &[Task {
    name: "oracle",
    summary: "build the independent judge of upstream's Go libraries and print its path",
    run: oracle::run,
}];

#[expect(clippy::print_stderr, reason = "this is the program's one place for its errors")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let named = arguments.split_first().and_then(|(name, rest)| {
        TASKS.iter().find(|task| task.name == name).map(|task| (task, rest))
    });
    let Some((task, rest)) = named else {
        eprintln!("usage: cargo xtask TASK\n");
        for task in TASKS {
            eprintln!("  {:<8} {}", task.name, task.summary);
        }
        return ExitCode::from(2);
    };
    match (task.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the repository, whatever the current directory is.
fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}
