//! What follows from the code and from the advisories: pages, schemas, parts of the chart, the
//! database of the program. `cargo xtask gen` and `cargo xtask database` run it.
//!
//! A program of its own, as it holds most of the product: the other tasks are built without it.

mod chart;
mod database;
mod pages;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

#[expect(clippy::print_stderr, reason = "this is the program's one place for its errors")]
fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (what, check) = match arguments.as_slice() {
        [what] => (*what, false),
        [what, "--check"] => (*what, true),
        _ => bail!("usage: generate pages|database [--check]"),
    };
    match what {
        "pages" => pages::run(check),
        "database" => database::run(check),
        _ => bail!("there are `pages` and `database`, not `{what}`"),
    }
}

/// The root of the repository, whatever the current directory is.
fn root() -> PathBuf {
    let generate = Path::new(env!("CARGO_MANIFEST_DIR"));
    generate.ancestors().nth(2).unwrap_or(generate).to_owned()
}
