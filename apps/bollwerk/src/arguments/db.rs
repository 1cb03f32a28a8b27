//! What can be typed after `bollwerk db`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Subcommand)]
pub(crate) enum DbCommand {
    /// Build a database of files: OSV, Debian, Alpine, CSAF, EPSS, KEV, endoflife.date
    #[command(after_help = BUILD_EXAMPLES)]
    Build(DbBuild),
    /// Tell how old a database is, what it is made of and what it can speak of
    #[command(after_help = STATUS_EXAMPLES)]
    Status(DbStatus),
    /// Fetch what is new, from whoever publishes it or from a mirror. Nothing else in bollwerk asks
    /// the network for advisories
    #[command(after_help = UPDATE_EXAMPLES)]
    Update(DbUpdate),
    /// Tell whether a database is signed by a key
    #[command(after_help = "Example:\n  bollwerk db verify advisories.bwdb --key db.pub.pem\n\n\
                            Exit codes: 0 it is, 1 it is not, 2 wrong use")]
    Verify(DbVerify),
}

const BUILD_EXAMPLES: &str = "\
Examples:
  bollwerk db build osv/ debian:tracker.json epss.csv.gz kev.json --output advisories.bwdb
  bollwerk db build 'pypi.zip,licence=CC-BY-4.0,credit=PyPA' --output advisories.bwdb
  bollwerk db build osv/ --output advisories.bwdb --sign key.pem --patch-from yesterday.bwdb

A source is a file, a folder or an archive (zip, tar; gzip or zstd). What it holds is told by its
content, or before it: osv, debian, alpine, csaf, epss, kev, endoflife. Behind it may stand what is
kept with it: `,name=`, `,url=`, `,licence=`, `,credit=`.

Keys: `openssl genpkey -algorithm ed25519 -out key.pem`, and for those who verify
`openssl pkey -in key.pem -pubout -out key.pub.pem`.

Exit codes: 0 all of it is in, 2 wrong use, 3 records were refused (`--accept-refused`: 0)";

#[derive(Args)]
pub(crate) struct DbBuild {
    /// What it is made of
    #[arg(value_name = "SOURCE", required = true)]
    pub(crate) sources: Vec<String>,
    /// Where to write it
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Sign it with this private key: Ed25519, PKCS#8 in PEM
    #[arg(long, value_name = "KEY")]
    pub(crate) sign: Option<PathBuf>,
    /// A database of before: keeps the days on which it first told of what dates nothing itself
    #[arg(long, value_name = "FILE")]
    pub(crate) previous: Option<PathBuf>,
    /// Write beside it what leads from this database to the new one
    #[arg(long, value_name = "FILE")]
    pub(crate) patch_from: Vec<PathBuf>,
    /// Take refused records as known: they do not change the exit code
    #[arg(long)]
    pub(crate) accept_refused: bool,
    /// The time of building: RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<jiff::Timestamp>,
}

const STATUS_EXAMPLES: &str = "\
Examples:
  bollwerk db status
  bollwerk db status --database advisories.bwdb --max-age 3
  bollwerk db status --format json

Exit codes: 0, 1 older than `--max-age`, 2 wrong use";

#[derive(Args)]
pub(crate) struct DbStatus {
    #[command(flatten)]
    pub(crate) database: DatabaseInput,
    /// Fail if it is older than so many days
    #[arg(long, value_name = "DAYS")]
    pub(crate) max_age: Option<u32>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = DbFormat::Terminal)]
    pub(crate) format: DbFormat,
    /// The day it is: RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<jiff::Timestamp>,
}

/// How a database is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DbFormat {
    /// For people
    Terminal,
    /// For programs
    Json,
}

/// Which database.
#[derive(Args)]
pub(crate) struct DatabaseInput {
    /// Advisories to match with, instead of yours (`bollwerk db update`) or those that bollwerk
    /// carries, whichever are newer
    #[arg(long, value_name = "FILE")]
    pub(crate) database: Option<PathBuf>,
    /// Take no database that this key has not signed: Ed25519, in PEM
    #[arg(long, value_name = "KEY")]
    pub(crate) database_key: Option<PathBuf>,
}

const UPDATE_EXAMPLES: &str = "\
Examples:
  bollwerk db update
  bollwerk db update --only osv-pypi --only epss --only kev
  bollwerk db update --from https://mirror.example.org/advisories/
  bollwerk db update --from https://mirror.example.org/advisories.bwdb --database-key db.pub.pem
  bollwerk db update --from oci://registry.example.org/security/advisories:latest
  bollwerk db update --from advisories.bwdb --to /srv/advisories.bwdb

An address that ends with `/` is a mirror of what is published, under the paths that
`docs/database.md` lists; any other is a database, or one source. What has not changed is not
fetched again, and of a database only what is new where its publisher offers patches.

Exit codes: 0 up to date, 2 wrong use, 3 it could not be updated, or not all of it: the database of
before is kept where nothing came";

#[derive(Args)]
pub(crate) struct DbUpdate {
    /// Where to fetch from, instead of whoever publishes
    #[arg(long, value_name = "URL|FILE|oci://REFERENCE")]
    pub(crate) from: Vec<String>,
    /// Fetch these alone of what is published
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Which database to update, instead of yours
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// Take no database that this key has not signed: Ed25519, in PEM
    #[arg(long, value_name = "KEY")]
    pub(crate) database_key: Option<PathBuf>,
    /// Take a database although it is older than the one that is there
    #[arg(long)]
    pub(crate) allow_older: bool,
    /// Speak plain HTTP with a registry on this machine
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Bytes of one file that are fetched at most
    #[arg(long, value_name = "BYTES", default_value_t = 2 << 30)]
    pub(crate) max_bytes: u64,
    /// Seconds after which one file is given up
    #[arg(long, value_name = "SECONDS", default_value_t = 1_800)]
    pub(crate) max_seconds: u64,
    /// The time of the update: RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<jiff::Timestamp>,
}

#[derive(Args)]
pub(crate) struct DbVerify {
    /// The database
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The public key: Ed25519, in PEM
    #[arg(long, value_name = "KEY")]
    pub(crate) key: PathBuf,
}
