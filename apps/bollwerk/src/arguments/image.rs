//! What can be typed after `bollwerk image`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use image::Platform;

#[derive(Subcommand)]
pub(crate) enum ImageCommand {
    /// List what is in an image: as a table, or as an SBOM in CycloneDX or SPDX
    #[command(after_help = SBOM_EXAMPLES)]
    Sbom(ImageSbom),
}

const SBOM_EXAMPLES: &str = "\
Examples:
  bollwerk image sbom oci:layout/
  bollwerk image sbom docker-archive:cart.tar --format cyclonedx > cart.cdx.json
  bollwerk image sbom layout/:cart-1.2 --platform linux/arm64 --format spdx --output cart.spdx.json

Exit codes: 0 all of it was read, 2 wrong use, 3 some of it could not be read";

#[derive(Args)]
pub(crate) struct ImageSbom {
    #[command(flatten)]
    pub(crate) image: ImageInput,
    /// How to write what is in it
    #[arg(long, value_enum, default_value_t = SbomFormat::Terminal)]
    pub(crate) format: SbomFormat,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The time of writing: RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<jiff::Timestamp>,
}

/// Which image.
#[derive(Args)]
pub(crate) struct ImageInput {
    /// A folder or tar with an image (`oci:PATH`, `docker-archive:PATH`, or only PATH), followed
    /// by `:NAME` where there are several
    #[arg(value_name = "IMAGE")]
    pub(crate) reference: String,
    /// Of an image for several platforms, the one for this
    #[arg(long, value_name = "OS/ARCHITECTURE", default_value = "linux/amd64")]
    pub(crate) platform: Platform,
}

/// How what is in an image is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SbomFormat {
    /// A table
    Terminal,
    /// CycloneDX 1.6, JSON
    #[value(name = "cyclonedx")]
    CycloneDx,
    /// SPDX 2.3, JSON
    Spdx,
}
