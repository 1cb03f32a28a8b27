//! What can be typed.

use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::clusters::Also;

/// Follows a cluster and judges what is about to enter it, as `bollwerk scan` would.
#[derive(Parser)]
#[command(name = "bollwerk-server", version, disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve the admission webhook, health and metrics
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<Run>),
    /// Show the interface over a folder of manifests, on this machine
    #[command(after_help = "Example:\n  bollwerk-server demo --listen 127.0.0.1:8090")]
    Demo(Demo),
    /// Write out, or read back, what is precious of a store
    #[command(subcommand)]
    Store(StoreCommand),
    /// Make a certificate for the webhook, signed by an authority of its own
    #[command(after_help = "Example:\n  bollwerk-server certificate --name \
                            bollwerk.bollwerk.svc --output tls/")]
    Certificate(Certificate),
    /// Print what has to stand in the cluster: webhook configuration, rights, service, deployment
    #[command(after_help = "Example:\n  bollwerk-server manifests --image \
                            registry.example/bollwerk-server:1 --tls tls/ | kubectl apply -f -")]
    Manifests(Box<Manifests>),
}

const RUN_EXAMPLES: &str = "\
Examples:
  bollwerk-server run --tls tls/
  bollwerk-server run --tls tls/ --kubeconfig ~/.kube/config --listen 127.0.0.1:8443

Answers at /admission/open and /admission/closed over TLS; /healthz, /readyz and /metrics without.";

#[derive(Args)]
pub(crate) struct Run {
    /// Configuration file [default: bollwerk.yaml, in this folder or one above]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of `tls.crt` and `tls.key`, read again when they change
    #[arg(long, value_name = "FOLDER")]
    pub(crate) tls: PathBuf,
    /// Where reviews are answered
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8443")]
    pub(crate) listen: SocketAddr,
    /// Where health and metrics are told, without TLS
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    pub(crate) listen_health: SocketAddr,
    /// File that says where clusters are [default: the pod's own, else as kubectl]
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Its context [default: the current one]
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Name of the cluster [default: what the configuration calls it]
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster_name: Option<String>,
    /// File or folder of admission policies that the cluster does not run itself (repeatable)
    /// [default: what the configuration names]
    #[arg(long, value_name = "PATH")]
    pub(crate) policies: Vec<PathBuf>,
    /// File that describes the managed cluster: what `az aks show` prints, or an exported template
    /// (repeatable); read again for each assessment
    #[arg(long, value_name = "FILE")]
    pub(crate) arm: Vec<PathBuf>,
    /// Collector that spans are sent to, by OTLP over HTTP: `http://collector:4318` [default: none]
    #[arg(long, value_name = "ENDPOINT", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub(crate) otlp: Option<String>,
    /// Of reviews, one of so many becomes a span; assessments and scans all do
    #[arg(long, value_name = "NUMBER", default_value = "100")]
    pub(crate) otlp_every: NonZeroU64,
    /// How logs are written: `text` or `json`
    #[arg(long, value_name = "FORM", default_value = "json")]
    pub(crate) log: String,
    #[command(flatten)]
    pub(crate) interface: InterfaceOptions,
}

/// The web interface and its API, and who may use it.
#[derive(Args)]
#[command(next_help_heading = "Interface")]
pub(crate) struct InterfaceOptions {
    /// Where the interface and its API are shown, over TLS; without it there is none
    #[arg(long, value_name = "ADDRESS", requires = "store")]
    pub(crate) listen_interface: Option<SocketAddr>,
    /// Where findings and their history are kept: `sqlite:FILE` or `postgres://…`
    #[arg(long, value_name = "STORE", env = "BOLLWERK_STORE", hide_env_values = true)]
    pub(crate) store: Option<store::Address>,
    /// Which of several servers on one PostgreSQL writes: the holder of this Lease
    #[arg(long, value_name = "NAMESPACE/NAME", default_value = "bollwerk/bollwerk-server")]
    pub(crate) lease: String,
    /// Whom tokens must be meant for [default: the API server] (repeatable)
    #[arg(long = "audience", value_name = "AUDIENCE")]
    pub(crate) audiences: Vec<String>,
    /// A further cluster to follow and show, not to admit for: what it is called here, the file
    /// that says where it is, and a context of it [default: the current one] (repeatable)
    #[arg(long = "also", value_name = "NAME=KUBECONFIG[:CONTEXT]", requires = "listen_interface")]
    pub(crate) also: Vec<Also>,
    /// Where browsers reach the interface: `https://bollwerk.example`
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) provider: OidcProvider,
}

/// The identity provider, as the API server's flags of the same names describe it.
#[derive(Args)]
#[expect(clippy::struct_field_names, reason = "flags of the API server's names")]
pub(crate) struct OidcProvider {
    /// Address of the identity provider
    #[arg(long, value_name = "URL", requires_all = ["oidc_client_id", "url"])]
    pub(crate) oidc_issuer_url: Option<String>,
    /// What it calls bollwerk
    #[arg(long, value_name = "ID")]
    pub(crate) oidc_client_id: Option<String>,
    /// File of the secret that proves to it that it is bollwerk; none for a public client
    #[arg(long, value_name = "FILE")]
    pub(crate) oidc_client_secret_file: Option<PathBuf>,
    /// Claim that is the user's name
    #[arg(long, value_name = "CLAIM", default_value = "sub")]
    pub(crate) oidc_username_claim: String,
    /// Put before the user's name [default: the issuer and `#`, none for the claim `email`; `-`
    /// for none]
    #[arg(long, value_name = "PREFIX")]
    pub(crate) oidc_username_prefix: Option<String>,
    /// Claim that lists the user's groups
    #[arg(long, value_name = "CLAIM", default_value = "groups")]
    pub(crate) oidc_groups_claim: String,
    /// Put before the name of each group
    #[arg(long, value_name = "PREFIX", default_value = "")]
    pub(crate) oidc_groups_prefix: String,
    /// Authority of its certificate, in PEM [default: those of the system]
    #[arg(long, value_name = "FILE")]
    pub(crate) oidc_ca_file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Demo {
    /// Where the interface is shown
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    pub(crate) listen: SocketAddr,
    /// File of the token that opens it; needed where others can reach the address
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Folder of manifests to take for a cluster
    #[arg(long, value_name = "FOLDER", default_value = "examples/shop")]
    pub(crate) manifests: PathBuf,
    /// Folder of layouts, archives and SBOMs of its images; no registry is asked
    #[arg(long, value_name = "FOLDER", default_value = "examples/sboms")]
    pub(crate) images_in: PathBuf,
    /// Configuration file [default: bollwerk.yaml, in this folder or one above]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where findings are kept: `sqlite:FILE` or `postgres://…` [default: in memory]
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<store::Address>,
    /// How logs are written: `text` or `json`
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub(crate) log: String,
}

#[derive(Subcommand)]
pub(crate) enum StoreCommand {
    /// Write exceptions, history, decisions and the log of actions as JSON lines, also while a
    /// server runs on the store
    #[command(after_help = "Example:\n  bollwerk-server store dump --store sqlite:bollwerk.db \
                            --output bollwerk.jsonl")]
    Dump(StoreDump),
    /// Read a dump into a store that is still empty, of either kind
    #[command(after_help = "Example:\n  bollwerk-server store restore bollwerk.jsonl --store \
                            postgres://bollwerk@database/bollwerk")]
    Restore(StoreRestore),
}

#[derive(Args)]
pub(crate) struct StoreDump {
    /// The store: `sqlite:FILE` or `postgres://…`
    #[arg(long, value_name = "STORE", env = "BOLLWERK_STORE", hide_env_values = true)]
    pub(crate) store: store::Address,
    /// File to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct StoreRestore {
    /// File that `store dump` wrote
    #[arg(value_name = "FILE")]
    pub(crate) dump: PathBuf,
    /// The store: `sqlite:FILE` or `postgres://…`
    #[arg(long, value_name = "STORE", env = "BOLLWERK_STORE", hide_env_values = true)]
    pub(crate) store: store::Address,
}

#[derive(Args)]
pub(crate) struct Certificate {
    /// Name or address that the API server will ask for (repeatable)
    #[arg(long = "name", value_name = "NAME", required = true)]
    pub(crate) names: Vec<String>,
    /// Days it is good for
    #[arg(long, value_name = "DAYS", default_value_t = 365)]
    pub(crate) days: u32,
    /// Folder to write `ca.crt`, `tls.crt` and `tls.key` into
    #[arg(long, short, value_name = "FOLDER")]
    pub(crate) output: PathBuf,
}

#[derive(Args)]
pub(crate) struct Manifests {
    /// Configuration file [default: bollwerk.yaml, in this folder or one above]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of `ca.crt`, `tls.crt` and `tls.key`
    #[arg(long, value_name = "FOLDER")]
    pub(crate) tls: PathBuf,
    /// File or folder of admission policies that the server is to ask (repeatable) [default: what
    /// the configuration names]
    #[arg(long, value_name = "PATH")]
    pub(crate) policies: Vec<PathBuf>,
    /// Namespace to stand in
    #[arg(long, value_name = "NAME", default_value = "bollwerk")]
    pub(crate) namespace: String,
    /// Image of the server
    #[arg(long, value_name = "IMAGE", required_unless_present = "url")]
    pub(crate) image: Option<String>,
    /// Name of a Secret with the address of a PostgreSQL database under the key `url`: the replicas
    /// share it, and show the interface
    #[arg(long, value_name = "NAME", requires = "image")]
    pub(crate) postgres_secret: Option<String>,
    /// Where the server runs, if not in the cluster: prints the webhook configuration alone
    #[arg(long, value_name = "URL", conflicts_with = "image")]
    pub(crate) url: Option<String>,
}
