//! The server: it follows a cluster and judges what is about to enter it.
//!
//! Wiring and input, no decisions: what is admitted is decided by `admission`, from a snapshot
//! that [`live`] keeps as the cluster is.

pub mod alerts;
mod arguments;
mod assess;
mod causes;
mod certificate;
mod clusters;
mod decided;
mod demo;
mod digests;
mod dump;
mod follow_up;
pub mod images;
mod install;
mod interface;
mod leading;
mod lease;
mod listen;
pub mod live;
mod metrics;
mod policies;
mod routes;
mod run;
mod settings;
mod show;
mod telemetry;
pub mod traces;
mod users;
mod way;
mod workloads;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

/// Exit code of wrong use, also by the configuration file.
const USAGE: u8 = 2;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Store(command) => dump::run(&command),
        Command::Certificate(arguments) => certificate::write(&arguments),
        Command::Manifests(arguments) => install::print(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            ExitCode::from(USAGE)
        }
    }
}
