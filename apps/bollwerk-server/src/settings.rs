//! The configuration of the server: the same file as the command line's.

use std::path::Path;

use anyhow::Result;

pub(crate) use bollwerk::config::Settings;
pub(crate) use bollwerk::config::retention::Retention;

/// The file that is named, else the one found upward, else what holds without one.
pub(crate) fn load(file: Option<&Path>) -> Result<Settings> {
    Settings::of_file(file)
}
