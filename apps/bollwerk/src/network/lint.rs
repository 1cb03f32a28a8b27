//! `bollwerk network lint`: what is wrong with the policies themselves.

use analyze::catalog;
use anyhow::Result;

use crate::arguments::NetworkLint;
use crate::config::Settings;
use crate::scan::{self, More};
use crate::{assess, inputs};

/// Runs the command; the code to exit with. The judge and the reports are those of `scan`.
pub(super) fn run(arguments: &NetworkLint) -> Result<u8> {
    let mut settings = Settings::load(&arguments.inputs.reading, None)?;
    settings.override_reporting(&arguments.reporting);
    settings.judge.only = catalog::of_network_policies().map(|it| it.name.to_owned()).collect();
    let (snapshot, sources) = inputs::collect(&arguments.inputs, &settings)?;
    let frames = arguments.reporting.format.has_frames();
    let assessment = assess::judge(snapshot, &sources, &settings, frames);
    scan::tell(&assessment, &settings, &arguments.reporting, More::default())
}
