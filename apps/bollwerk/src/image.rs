//! `bollwerk image`: what is in an image, and what of it has to be acted on.

mod attached;
mod bases;
mod exposed;
mod findings;
mod fleet;
mod fleet_text;
mod html;
mod input;
mod lint;
mod local;
mod ranking;
mod referrers;
mod sarif;
mod sbom;
mod scan;
mod scanner;
mod searched;
mod secrets;
mod stated;
mod text;
mod vex;

use anyhow::Result;

pub use exposed::{Exposures, Owner};
pub use scanner::{Scanned, ScannedFinding, Scanner, ScannerOptions};

use crate::arguments::ImageCommand;

/// Exit codes beside 0.
const FAILED: u8 = 1;
const UNKNOWN: u8 = 3;

/// Runs the command; the code to exit with.
pub(crate) fn run(command: &ImageCommand) -> Result<u8> {
    match command {
        ImageCommand::Scan(arguments) => scan::run(arguments),
        ImageCommand::Lint(arguments) => lint::run(arguments),
        ImageCommand::Sbom(arguments) => sbom::run(arguments),
        ImageCommand::Referrers(arguments) => referrers::run(arguments),
        ImageCommand::Secrets(arguments) => secrets::run(arguments),
    }
}
