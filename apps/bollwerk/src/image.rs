//! `bollwerk image`: what is in an image.

mod input;
mod sbom;

use anyhow::Result;

use crate::arguments::ImageCommand;

/// Exit code beside 0.
const UNKNOWN: u8 = 3;

/// Runs the command; the code to exit with.
pub(crate) fn run(command: &ImageCommand) -> Result<u8> {
    match command {
        ImageCommand::Sbom(arguments) => sbom::run(arguments),
    }
}
