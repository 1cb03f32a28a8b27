//! What can be typed. Help, man pages and shell completions come from here.

mod access;
mod cluster;
mod db;
mod image;
mod network;
mod policy;

use std::path::PathBuf;

use analyze::config::network_plugin;
use analyze::framework::Framework;
use analyze::frameworks;
use clap::{Args, Parser, Subcommand, ValueEnum};
use engine::network::Profile;
use model::{GapKind, KubernetesVersion, Severity};

pub(crate) use access::{
    AccessCommand, AccessFormat, AccessInputs, Assumed, Can, Cut, GraphFormat, Groups, Learn,
    Matrix, MatrixFormat, Of, Paths, Question, Revision, Start, WhoCan,
};

pub(crate) use cluster::{ClusterInputs, Live};
pub(crate) use db::{DatabaseInput, DbBuild, DbCommand, DbFormat, DbStatus, DbUpdate, DbVerify};
pub(crate) use image::{
    FindingsFormat, ImageCommand, ImageGapKind, ImageLint, ImageOrigin, ImageReading,
    ImageReferrers, ImageSbom, ImageScan, ImageSecrets, JudgedFormat, ReferrersFormat, SbomFormat,
};
pub(crate) use policy::{PolicyArguments, PolicyCommand};

pub(crate) use network::{
    AroundGroups, Exposed, Isolated, MapFormat, MetadataArguments, NetworkCommand, NetworkFormat,
    NetworkGraphFormat, NetworkInputs, NetworkLearn, NetworkLearnFormat, NetworkLint, NetworkMap,
    NetworkMatrix, NetworkRevision, Observed, ReachArguments, SecurityGroups,
};

/// Secures containers and Kubernetes over their whole life.
#[derive(Parser)]
#[command(name = "bollwerk", version, disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Judge manifests: what is wrong, where, why and what to do about it
    #[command(after_help = SCAN_EXAMPLES)]
    Scan(Box<Scan>),
    /// Repair manifests in their text, comments and formatting kept
    #[command(after_help = FIX_EXAMPLES)]
    Fix(Box<Fix>),
    /// Write what namespaces lack: Pod Security labels, network policies, limits, budgets
    #[command(after_help = HARDEN_EXAMPLES)]
    Harden(Box<Harden>),
    /// Tell what a change does to security: new and gone findings, settings that differ
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(Box<Diff>),
    /// Tell who may do what in the cluster, and by which binding, role and rule
    #[command(subcommand)]
    Access(AccessCommand),
    /// Tell what reaches what in the cluster and from outside, and by which policies
    #[command(subcommand)]
    Network(NetworkCommand),
    /// Check and test admission policies as the API server evaluates them
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Tell what is in an image
    #[command(subcommand)]
    Image(ImageCommand),
    /// Build, update and look at the database of advisories
    #[command(subcommand)]
    Db(DbCommand),
    /// Accept the findings of today, so that only new ones fail
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Keep what was seen, to judge it later or elsewhere
    #[command(subcommand)]
    Snapshot(SnapshotCommand),
    /// Show the page of a control: what an attacker gains, when it is legitimate, examples
    #[command(after_help = "Example:\n  bollwerk explain privileged-container")]
    Explain(Explain),
    /// List all controls
    #[command(after_help = "Example:\n  bollwerk controls --format json")]
    Controls(Controls),
    /// List the frameworks that `scan --framework` answers
    #[command(after_help = "Example:\n  bollwerk frameworks --format json")]
    Frameworks(Frameworks),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  bollwerk completions bash > \
                            /etc/bash_completion.d/bollwerk")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder
    #[command(after_help = "Example:\n  bollwerk man /usr/local/share/man/man1")]
    Man {
        /// The folder
        folder: PathBuf,
    },
}

const SCAN_EXAMPLES: &str = "\
Examples:
  bollwerk scan deploy/
  helm template shop ./chart | bollwerk scan -
  bollwerk scan --cluster --context production
  bollwerk scan deploy/ --pod-security restricted --fail-on high
  bollwerk scan deploy/ --format sarif --output bollwerk.sarif
  bollwerk scan deploy/ --format html --output bollwerk.html
  bollwerk scan deploy/ --framework cis-1.12

Exit codes:
  0  no finding at the threshold, everything was read
  1  findings at the threshold or above
  2  wrong use
  3  no finding at the threshold, but something could not be assessed";

#[derive(Args)]
pub(crate) struct Scan {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) judging: Judging,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
    /// Findings that are known: only others fail (see `bollwerk baseline save`)
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// File or folder of admission policies that do not lie in PATH (repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) policies: Vec<PathBuf>,
    /// Answer a framework's items instead: cis-1.12, nsa-cisa-1.2 … (see `bollwerk frameworks`)
    #[arg(long, value_name = "NAME", value_parser = framework, conflicts_with = "only")]
    pub(crate) framework: Option<&'static Framework>,
    /// Tell on standard error what the run cost
    #[arg(long)]
    pub(crate) stats: bool,
}

fn framework(name: &str) -> Result<&'static Framework, String> {
    frameworks::find(name).ok_or_else(|| {
        let names: Vec<&str> = frameworks::all().iter().map(|framework| framework.name).collect();
        format!("`{name}` is no framework; there are {}", names.join(", "))
    })
}

/// How it is told, and what makes the run fail.
#[derive(Args)]
pub(crate) struct Reporting {
    /// How to show the report
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub(crate) format: Format,
    /// Write the report to a file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Least severity that makes the run fail: critical, high, medium, low, info or none
    /// [default: medium]
    #[arg(long, value_name = "SEVERITY", value_parser = report::config::parse_fail_on)]
    pub(crate) fail_on: Option<FailOn>,
    /// Least severity shown in full on the terminal [default: what makes the run fail]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) show: Option<Severity>,
    /// Kind of gap that does not make the run end with code 3 (repeatable)
    #[arg(long = "accept-gap", value_name = "KIND", value_delimiter = ',')]
    pub(crate) accepted_gaps: Vec<GapKind>,
}

/// What is read.
#[derive(Args)]
pub(crate) struct Inputs {
    /// Files and folders, each a cluster of its own; `-` is standard input
    #[arg(value_name = "PATH",
          required_unless_present_any = ["manifests", "snapshot", "cluster", "arm"])]
    pub(crate) paths: Vec<PathBuf>,
    /// The same as PATH
    #[arg(long, value_name = "PATH")]
    pub(crate) manifests: Vec<PathBuf>,
    /// Instead of PATH: what `bollwerk snapshot save` wrote
    #[arg(long, value_name = "FILE",
          conflicts_with_all = ["paths", "manifests", "namespace", "no_ignore", "now", "arm"])]
    pub(crate) snapshot: Option<PathBuf>,
    /// File that describes a managed cluster: what `az aks show` prints, or an exported template
    /// (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(crate) arm: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) live: Live,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// The two sides of a comparison: each a file, a folder, a snapshot or a git revision.
#[derive(Args)]
pub(crate) struct TwoSides {
    /// What it was
    pub(crate) old: String,
    /// What it is
    pub(crate) new: String,
    /// File or folder of a revision [default: the other side's, else the current folder]
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// How it is read.
#[derive(Args, Clone, Default)]
pub(crate) struct Reading {
    /// Namespace of objects that name none
    #[arg(long, short, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Kubernetes version to judge for [default: the newest known]
    #[arg(long, value_name = "VERSION")]
    pub(crate) kubernetes_version: Option<KubernetesVersion>,
    /// Configuration file [default: bollwerk.yaml, in this folder or one above]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long)]
    pub(crate) no_config: bool,
    /// Read what .gitignore, .ignore and .bollwerkignore leave out
    #[arg(long)]
    pub(crate) no_ignore: bool,
    /// The time that counts as now
    #[arg(long, value_name = "RFC3339")]
    pub(crate) now: Option<jiff::Timestamp>,
    /// Threads [default: one per processor]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<std::num::NonZeroUsize>,
}

/// How it is judged.
#[derive(Args)]
pub(crate) struct Judging {
    /// Only these controls (name or id; several with commas)
    #[arg(long, value_name = "CONTROL", value_delimiter = ',',
          value_parser = analyze::control_name::parse)]
    pub(crate) only: Vec<String>,
    /// Not these controls
    #[arg(long, value_name = "CONTROL", value_delimiter = ',',
          value_parser = analyze::control_name::parse)]
    pub(crate) skip: Vec<String>,
    /// Pod Security level where no namespace says: `restricted`, `baseline:v1.30`
    #[arg(long, value_name = "LEVEL[:VERSION]",
          value_parser = analyze::config::parse_pod_security)]
    pub(crate) pod_security: Option<PodSecurity>,
    /// Registry images may come from: `host`, `host/path` or `*.host` (repeatable)
    #[arg(long = "approved-registry", value_name = "REGISTRY", value_delimiter = ',')]
    pub(crate) approved_registries: Vec<String>,
    /// Do not honour exceptions in annotations of the judged objects
    #[arg(long)]
    pub(crate) ignore_embedded_exceptions: bool,
}

#[derive(Subcommand)]
pub(crate) enum SnapshotCommand {
    /// Read manifests or a cluster and write what was seen, credentials left out
    #[command(after_help = "Example:\n  bollwerk snapshot save deploy/ --output shop.snapshot\n  \
                            bollwerk snapshot save --cluster --output today.snapshot\n  \
                            bollwerk scan --snapshot shop.snapshot")]
    Save(Box<SnapshotSave>),
}

#[derive(Args)]
pub(crate) struct SnapshotSave {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Name of the cluster [default: with --cluster what the configuration calls it]
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster_name: Option<String>,
    /// Write to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum BaselineCommand {
    /// Write the findings of now as a baseline
    #[command(after_help = "Example:\n  bollwerk baseline save deploy/ --output baseline.json\n  \
                            bollwerk scan deploy/ --baseline baseline.json")]
    Save(Box<BaselineSave>),
}

#[derive(Args)]
pub(crate) struct BaselineSave {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// Write to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// `clap` would take an `Option` for "may be absent": these names say it is a value.
pub(crate) type FailOn = Option<Severity>;
pub(crate) type PodSecurity = engine::pod_security::Policy;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Terminal,
    /// bollwerk.report/v1
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// One page for a browser, offline, with a search
    Html,
    /// JUnit XML, for continuous integration
    Junit,
    /// A comment for a pull request
    Markdown,
    /// A row for each finding and gap, for a spreadsheet
    Csv,
    /// GitLab code quality
    Gitlab,
    /// OSCAL assessment results, for auditors
    Oscal,
    /// A summary of each namespace for a cluster's API: openreports.io
    OpenReports,
    /// The same as wgpolicyk8s.io
    PolicyReports,
}

impl Format {
    /// Whether it shows the source lines of findings.
    pub(crate) fn has_frames(self) -> bool {
        matches!(self, Self::Terminal | Self::Html)
    }
}

const FIX_EXAMPLES: &str = "\
Examples:
  bollwerk fix deploy/ --diff
  bollwerk fix deploy/ --unsafe

Safe fixes take away what no working program can notice. Risky ones (`--unsafe`) may break a
program that needs what they take away: try them first.

Exit codes, judged with what was repaired: 0 no finding at the threshold, 1 findings, 2 wrong use,
3 something could not be assessed";

#[derive(Args)]
pub(crate) struct Fix {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// Print what would change, as a unified diff, and write nothing
    #[arg(long)]
    pub(crate) diff: bool,
    /// Apply risky fixes too
    #[arg(long)]
    pub(crate) r#unsafe: bool,
}

const HARDEN_EXAMPLES: &str = "\
Examples:
  bollwerk harden deploy/ --diff
  bollwerk harden deploy/
  bollwerk harden deploy/ --output policies/
  bollwerk harden deploy/ --network-plugin cilium

For every Namespace object below PATH it writes, into PATH/hardening/⟨namespace⟩/, what is missing:
  network.yaml       a default that lets nothing in or out, and what keeps everything working that
                     can be seen: DNS, Services, declared ports; calls to the outside, but not to
                     the services that hand out the node's rights
  resources.yaml     a LimitRange and a ResourceQuota, from what the workloads ask for
  availability.yaml  a PodDisruptionBudget for each workload with replicas
With `--network-plugin cilium` or `calico` it also writes PATH/hardening/metadata.yaml, a policy of
the plugin that denies those services to all of these namespaces, whatever other policies allow.
Pods with the label `bollwerk.io/metadata-service: allowed` are left out of it.
It labels the Namespace with the strictest Pod Security level that its pods pass, asks for warnings
at `restricted`, and applies safe fixes as `bollwerk fix` does. What is there is never changed, so a
second run does nothing. Review what it writes before you apply it.

Exit codes, judged with what was written: 0 no finding at the threshold, 1 findings, 2 wrong use,
3 something could not be assessed";

#[derive(Args)]
pub(crate) struct Harden {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// Folder for new manifests [default: `hardening` in PATH, or beside it]
    #[arg(long, short, value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
    /// What holds the policies: upstream, azure, cilium or calico [default: upstream]
    #[arg(long, value_name = "PLUGIN", value_parser = network_plugin)]
    pub(crate) network_plugin: Option<Profile>,
    /// Print what would change, as a unified diff, and write nothing
    #[arg(long)]
    pub(crate) diff: bool,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  bollwerk diff main deploy/
  bollwerk diff v1.2 v1.3 --path deploy/ --format markdown
  bollwerk diff before/ after/
  bollwerk diff monday.snapshot tuesday.snapshot

A side is a file, a folder, a snapshot or a git revision. Only findings that OLD does not have make
the run fail.";

#[derive(Args)]
pub(crate) struct Diff {
    #[command(flatten)]
    pub(crate) sides: TwoSides,
    #[command(flatten)]
    pub(crate) judging: Judging,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
}

#[derive(Args)]
pub(crate) struct Explain {
    /// Name or id of the control, or an edge of `access paths`
    #[arg(value_parser = explained)]
    pub(crate) control: String,
}

#[derive(Args)]
pub(crate) struct Controls {
    /// How to show the list
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(crate) format: ListFormat,
}

#[derive(Args)]
pub(crate) struct Frameworks {
    /// How to show the list
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(crate) format: ListFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    Terminal,
    /// bollwerk.controls/v1, bollwerk.frameworks/v1
    Json,
}

/// What has a page: a control, or an edge.
fn explained(text: &str) -> Result<String, String> {
    match analyze::access::edges::find(text) {
        Some(edge) => Ok(edge.id.to_owned()),
        None => analyze::control_name::parse(text).map_err(|error| {
            format!("{error}; edges have pages too: `bollwerk access paths` names them")
        }),
    }
}
