//! `cargo xtask gen` and `cargo xtask database`: run the program that holds most of the product,
//! which the other tasks are built without.

use std::process::Command;

use anyhow::{Result, bail};

use crate::command;

/// Writes the generated pages and schemas; `--check` only compares.
pub(crate) fn pages(arguments: &[String]) -> Result<()> {
    run("pages", arguments)
}

/// Builds the embedded advisory database; `--check` only compares.
pub(crate) fn database(arguments: &[String]) -> Result<()> {
    run("database", arguments)
}

fn run(what: &str, arguments: &[String]) -> Result<()> {
    match arguments {
        [] => {}
        [flag] if flag == "--check" => {}
        _ => bail!("only `--check` may stand there"),
    }
    // Pictures are drawn by the program itself.
    let mut build = command::cargo();
    build.args(["build", "--quiet", "--package", "generate", "--package", "bollwerk", "--bins"]);
    command::run(&mut build)?;
    let generate = std::env::current_exe()?.with_file_name("generate");
    command::run(Command::new(generate).arg(what).args(arguments))
}
