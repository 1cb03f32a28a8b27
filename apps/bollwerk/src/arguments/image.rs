//! What can be typed after `bollwerk image`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use image::Platform;
use model::Severity;

use super::{DatabaseInput, FailOn};

#[derive(Subcommand)]
pub(crate) enum ImageCommand {
    /// Tell what of an image's vulnerabilities has to be acted on, by when, and by which upgrade
    #[command(after_help = SCAN_EXAMPLES)]
    Scan(Box<ImageScan>),
    /// Judge Dockerfiles, and how images say they are run
    #[command(after_help = LINT_EXAMPLES)]
    Lint(ImageLint),
    /// List what is in an image: as a table, or as an SBOM in CycloneDX or SPDX
    #[command(after_help = SBOM_EXAMPLES)]
    Sbom(ImageSbom),
    /// List what is attached to an image in its registry: SBOMs, VEX, attestations, signatures
    #[command(after_help = REFERRERS_EXAMPLES)]
    Referrers(ImageReferrers),
    /// Find credentials in every layer of an image, or in the files of a folder
    #[command(after_help = SECRETS_EXAMPLES)]
    Secrets(ImageSecrets),
}

const SCAN_EXAMPLES: &str = "\
Examples:
  bollwerk image scan registry.example.org/shop/cart:1.2
  bollwerk image scan cart.tar --policy gate.yaml
  bollwerk image scan cart.cdx.json --format json > cart.json
  bollwerk image scan --from-manifests deploy/ --images-in sboms/
  bollwerk image scan --from-manifests deploy/ --format html > images.html
  bollwerk image scan --from-manifests deploy/ --vulnerability CVE-2026-1234
  bollwerk image scan dir:/mnt/disk
  bollwerk image scan containerd:docker.io/library/nginx:1.29
  bollwerk image scan cart.tar --secrets
  bollwerk image scan cart.tar --vex vendor.openvex.json --vex our.cdx.json
  bollwerk image scan registry.example.org/shop/cart:1.2 --vex referrers
  bollwerk image scan cart.tar --format openvex --author 'Shop security' > cart.openvex.json

A policy says how many days a team has (all keys are optional; these are the defaults):

  grace: {critical: 7, high: 30, medium: 90, low: never, negligible: never, unknown: 30}
  unfixed: {end_of_life: 90}       # else what has no fix waits for the vendor
  knownExploited: 0                # days for what attackers use
  countedFrom: fix                 # or `published`
  maxAge: 90                       # days; without it no image is too old
  fail: nothing                    # or `act`, `grace`, `waiting`
  secrets: high                    # credentials that fail; without it none does, nor is searched
  exceptions:
  - {vulnerability: CVE-2026-1234, package: openssl, owner: web team, reason: not reachable,
     expires: 2027-01-31}

Exit codes: 0 nothing the policy fails on, 1 something it fails on, 2 wrong use, 3 something could
not be assessed";

#[derive(Args)]
pub(crate) struct ImageScan {
    /// Images, each as `image sbom` takes it
    #[arg(value_name = "IMAGE", required_unless_present_any = ["from_manifests", "from_snapshot"])]
    pub(crate) images: Vec<String>,
    /// Scan what these manifests run, and tell which workloads each finding is in
    #[arg(long, value_name = "PATH")]
    pub(crate) from_manifests: Vec<PathBuf>,
    /// The same for what `bollwerk snapshot save` wrote
    #[arg(long, value_name = "FILE", conflicts_with = "from_manifests")]
    pub(crate) from_snapshot: Option<PathBuf>,
    /// Folder of layouts, archives and SBOMs in which images are looked for by name or digest
    /// before a registry is asked
    #[arg(long, value_name = "FOLDER")]
    pub(crate) images_in: Option<PathBuf>,
    /// An image that others are built on, older and newer ones: tells what of an image comes from
    /// there, and whether a newer one mends it
    #[arg(long, value_name = "IMAGE")]
    pub(crate) base: Vec<String>,
    /// Only this vulnerability, under any of its names
    #[arg(long, value_name = "ID")]
    pub(crate) vulnerability: Option<String>,
    #[command(flatten)]
    pub(crate) reading: ImageReading,
    /// What a team has decided: days of grace, exceptions, what fails
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) database: DatabaseInput,
    /// Search the files of every layer for credentials too, as `image secrets` does. Every layer
    /// is read whole then, also those of which all else is known from before
    #[arg(long)]
    pub(crate) secrets: bool,
    /// What somebody states about vulnerabilities: OpenVEX, CycloneDX or CSAF, as JSON; or
    /// `referrers`, for what is attached to the image in its registry, whose signatures are not
    /// verified
    #[arg(long, value_name = "FILE|referrers")]
    pub(crate) vex: Vec<PathBuf>,
    /// Who states what `--format openvex` writes
    #[arg(long, value_name = "NAME", default_value = "bollwerk")]
    pub(crate) author: String,
    /// How to show what was found
    #[arg(long, value_enum, default_value_t = FindingsFormat::Terminal)]
    pub(crate) format: FindingsFormat,
    /// Show all findings, not the first of each class alone
    #[arg(long)]
    pub(crate) all: bool,
    /// Take this kind of gap as known: it does not change the exit code
    #[arg(long, value_name = "KIND", value_enum)]
    pub(crate) accept_gap: Vec<ImageGapKind>,
    /// The day it is: RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<jiff::Timestamp>,
}

/// How vulnerabilities of an image are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FindingsFormat {
    /// For people
    Terminal,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code scanning services
    Sarif,
    /// One page for a browser, which loads and runs nothing
    Html,
    /// As statements: OpenVEX 0.2.0
    #[value(name = "openvex")]
    OpenVex,
}

/// How credentials, and findings of Dockerfiles and configurations, are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum JudgedFormat {
    /// For people
    Terminal,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code scanning services
    Sarif,
}

/// Kinds of what is not known of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum ImageGapKind {
    /// A file or a layer that could not be read
    Unreadable,
    /// Packages the advisories cannot speak of
    NoAdvisoryData,
    /// Packages or advisories without a version that can be compared
    UnknownVersion,
    /// A VEX statement that could not be read
    UnreadableVex,
    /// Packages of a kind we do not know
    UnknownPackage,
    /// Programs that no package brought
    UnownedProgram,
    /// SBOMs, which hold no files that could be searched for credentials
    NotSearched,
}

const LINT_EXAMPLES: &str = "\
Examples:
  bollwerk image lint Dockerfile
  bollwerk image lint services/*/Dockerfile --fail-on high
  bollwerk image lint oci:layout/ --format json

Exit codes: 0 nothing at the threshold, 1 findings, 2 wrong use, 3 something could not be read";

#[derive(Args)]
pub(crate) struct ImageLint {
    /// Dockerfiles, or images as `image scan` takes them
    #[arg(value_name = "DOCKERFILE|IMAGE", required = true)]
    pub(crate) inputs: Vec<String>,
    #[command(flatten)]
    pub(crate) origin: ImageOrigin,
    #[command(flatten)]
    pub(crate) judging: ImageJudging,
}

const SBOM_EXAMPLES: &str = "\
Examples:
  bollwerk image sbom oci:layout/
  bollwerk image sbom docker-archive:cart.tar --format cyclonedx > cart.cdx.json
  bollwerk image sbom layout/:cart-1.2 --platform linux/arm64 --format spdx --output cart.spdx.json

Exit codes: 0 all of it was read, 2 wrong use, 3 some of it could not be read";

#[derive(Args)]
pub(crate) struct ImageSbom {
    /// An image in a registry (`registry.example.org/shop/cart:1.2`); or a folder or tar with one
    /// (`oci:PATH`, `docker-archive:PATH`, or only PATH), followed by `:NAME` where there are
    /// several; an SBOM (CycloneDX, SPDX or Syft, as JSON); a root file system (`dir:FOLDER`);
    /// or what containerd has on this node (`containerd:NAME`)
    #[arg(value_name = "IMAGE")]
    pub(crate) image: String,
    #[command(flatten)]
    pub(crate) reading: ImageReading,
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

const REFERRERS_EXAMPLES: &str = "\
Examples:
  bollwerk image referrers registry.example.org/shop/cart:1.2
  bollwerk image referrers registry.example.org/shop/cart:1.2 --format json
  bollwerk image referrers localhost:5000/cart:1 --insecure --artifact-type application/spdx+json

Signatures and attestations are listed and not verified.

Exit codes: 0 the whole list, 2 wrong use, 3 some of it could not be read";

#[derive(Args)]
pub(crate) struct ImageReferrers {
    /// An image in a registry
    #[arg(value_name = "IMAGE")]
    pub(crate) image: String,
    #[command(flatten)]
    pub(crate) origin: ImageOrigin,
    /// Only what is of this type
    #[arg(long, value_name = "TYPE")]
    pub(crate) artifact_type: Option<String>,
    /// How to show what is attached
    #[arg(long, value_enum, default_value_t = ReferrersFormat::Terminal)]
    pub(crate) format: ReferrersFormat,
}

/// How what is attached to an image is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReferrersFormat {
    /// As a tree, for people
    Terminal,
    /// For programs
    Json,
}

const SECRETS_EXAMPLES: &str = "\
Examples:
  bollwerk image secrets registry.example.org/shop/cart:1.2
  bollwerk image secrets oci:layout/ --format json > secrets.json
  bollwerk image secrets ./src --fail-on high
  bollwerk image secrets ./src --format sarif > secrets.sarif
  bollwerk image secrets dir:/

A folder that is no OCI layout is searched as it is; `dir:` before it makes sure. Files that a later
layer removes are searched too. No value is ever shown.

Exit codes: 0 nothing at the threshold, 1 findings, 2 wrong use, 3 something could not be read";

#[derive(Args)]
pub(crate) struct ImageSecrets {
    /// An image as `image sbom` takes it, or files and folders
    #[arg(value_name = "IMAGE|PATH")]
    pub(crate) image: String,
    #[command(flatten)]
    pub(crate) origin: ImageOrigin,
    #[command(flatten)]
    pub(crate) judging: ImageJudging,
    /// Take this kind of gap as known: it does not change the exit code
    #[arg(long, value_name = "KIND", value_enum)]
    pub(crate) accept_gap: Vec<ImageGapKind>,
}

/// Where images come from.
#[derive(Args, Clone)]
pub(crate) struct ImageOrigin {
    /// Of an image for several platforms, the one for this
    #[arg(long, value_name = "OS/ARCHITECTURE", default_value = "linux/amd64")]
    pub(crate) platform: Platform,
    /// Speak plain HTTP with a registry on this machine
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Ask this registry first for what another one has: `docker.io=mirror.example.org`. What the
    /// mirror has not, or while it does not answer, comes from the registry itself
    #[arg(long, value_name = "REGISTRY=MIRROR", value_parser = mirror)]
    pub(crate) mirror: Vec<(String, String)>,
    /// Where containerd has its images and their layers
    #[arg(long, value_name = "FOLDER", default_value = "/var/lib/containerd")]
    pub(crate) containerd: PathBuf,
}

/// How images are read.
#[derive(Args, Clone)]
pub(crate) struct ImageReading {
    #[command(flatten)]
    pub(crate) origin: ImageOrigin,
    /// Keep what layers were found to hold in this folder [default: in the user's cache]
    #[arg(long, value_name = "FOLDER", conflicts_with = "no_cache")]
    pub(crate) cache: Option<PathBuf>,
    /// Read every layer anew
    #[arg(long)]
    pub(crate) no_cache: bool,
}

/// What of the findings fails, is shown, and how.
#[derive(Args)]
pub(crate) struct ImageJudging {
    /// The least severity that makes the command fail, or `none`
    #[arg(long, value_name = "SEVERITY", value_parser = report::config::parse_fail_on,
          default_value = "medium")]
    pub(crate) fail_on: FailOn,
    /// The least severity that is shown
    #[arg(long, value_name = "SEVERITY", default_value = "low")]
    pub(crate) show: Severity,
    /// How to show what was found
    #[arg(long, value_enum, default_value_t = JudgedFormat::Terminal)]
    pub(crate) format: JudgedFormat,
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

/// A registry and what stands in for it.
fn mirror(text: &str) -> Result<(String, String), String> {
    let both = text.split_once('=').filter(|(a, b)| !a.is_empty() && !b.is_empty());
    let (registry, mirror) = both.ok_or("it takes a registry, `=` and its mirror")?;
    Ok((registry.to_owned(), mirror.to_owned()))
}
