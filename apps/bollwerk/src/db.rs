//! `bollwerk db`: the advisory database, built, told of, updated and verified.

mod build;
mod chosen;
mod source;
mod status;
mod update;
mod upstream;
mod verify;

use advisory::Date;
use anyhow::{Context, Result};

pub(crate) use chosen::{Chosen, state};

use crate::arguments::DbCommand;

/// Exit codes beside 0.
const FAILED: u8 = 1;
const UNKNOWN: u8 = 3;

/// Runs the command; the code to exit with.
pub(crate) fn run(command: &DbCommand) -> Result<u8> {
    match command {
        DbCommand::Build(arguments) => build::run(arguments),
        DbCommand::Status(arguments) => status::run(arguments),
        DbCommand::Update(arguments) => update::run(arguments),
        DbCommand::Verify(arguments) => verify::run(arguments),
    }
}

/// The time it is, and its day.
fn now(told: Option<jiff::Timestamp>) -> Result<(jiff::Timestamp, Date)> {
    let now = told.unwrap_or_else(jiff::Timestamp::now);
    let today = Date::parse(&now.to_string()).context("`--now` is before 1970")?;
    Ok((now, today))
}
