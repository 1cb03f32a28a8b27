//! The command line: wiring and input, no decisions.
//!
//! It is a library so that tests, benchmarks and fuzz targets drive the same path as the program:
//! [`assess`] is files in, findings out.

mod access;
mod arguments;
pub mod assess;
mod baseline;
mod catalog;
mod cluster;
pub mod config;
mod console;
mod db;
mod diff;
mod fix;
mod frameworks;
mod generate;
mod git;
mod harden;
pub mod image;
mod inputs;
mod network;
mod policy;
mod progress;
pub mod repair;
mod scan;
mod side;
mod snapshot;
mod stats;
mod svg;

pub use access::{AccessQuestions, Holder, WayFrom, Ways};
pub use network::{Link, Map, NetworkQuestions, Workload};
pub use scan::rules;

use std::io;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use arguments::{Arguments, Command};

/// Exit code of wrong use, also by the configuration file.
const USAGE: u8 = 2;
/// Exit code where there is no answer, as nothing could be read.
const NOT_ASSESSED: u8 = 3;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => ExitCode::from(code),
        // Whoever reads our output has seen enough (`| head`).
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let red = anstyle::AnsiColor::Red.on_default().bold();
            anstream::eprintln!("{red}error:{red:#} {error:#}");
            ExitCode::from(if is_ignorance(&error) { NOT_ASSESSED } else { USAGE })
        }
    }
}

/// The styles inside of the pictures that questions give: a page that forbids others must allow
/// these.
pub const PICTURE_STYLES: [&str; 2] = [access::paths::picture::STYLE, network::map_picture::STYLE];

fn run(arguments: Arguments) -> Result<u8> {
    match arguments.command {
        Command::Scan(scan) => scan::run(&scan),
        Command::Diff(diff) => diff::run(&diff),
        Command::Access(command) => access::run(&command),
        Command::Network(command) => network::run(&command),
        Command::Policy(command) => policy::run(&command),
        Command::Image(command) => image::run(&command),
        Command::Db(command) => db::run(&command),
        Command::Baseline(command) => baseline::run(&command),
        Command::Fix(fix) => fix::run(&fix),
        Command::Harden(harden) => harden::run(&harden),
        Command::Snapshot(snapshot) => snapshot::run(&snapshot),
        Command::Explain(explain) => catalog::explain(&explain),
        Command::Controls(controls) => catalog::list(&controls),
        Command::Frameworks(arguments) => frameworks::list(&arguments),
        Command::Completions { shell } => generate::completions(shell),
        Command::Man { folder } => generate::man(&folder),
    }
}

/// Whether there is no answer though nothing was asked wrongly.
fn is_ignorance(error: &anyhow::Error) -> bool {
    use collect::cluster::ConnectionError;
    let connection = error.downcast_ref::<ConnectionError>();
    error.is::<cluster::NothingRead>()
        || connection.is_some_and(|it| !matches!(it, ConnectionError::Configuration(_)))
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>();
        let json = json.and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}

/// The help of the program and of each command, for the generated reference.
pub fn help() -> Vec<(String, String)> {
    use clap::CommandFactory;

    fn add(command: &clap::Command, name: &str, pages: &mut Vec<(String, String)>) {
        let mut shown = command.clone().bin_name(name).term_width(100);
        pages.push((name.to_owned(), shown.render_long_help().to_string()));
        for inner in command.get_subcommands() {
            add(inner, &format!("{name} {}", inner.get_name()), pages);
        }
    }

    let mut pages = Vec::new();
    add(&Arguments::command(), "bollwerk", &mut pages);
    pages
}
