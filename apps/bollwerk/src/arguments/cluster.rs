//! What can be typed where one cluster is asked about.

use std::path::PathBuf;

use clap::Args;
use model::{GapKind, KubernetesVersion};

/// A running cluster, as `kubectl` finds it.
#[derive(Args, Clone, Default)]
pub(crate) struct Live {
    /// Instead of files: what runs in the cluster of the current context
    #[arg(long, conflicts_with_all = ["manifests", "snapshot", "no_ignore"])]
    pub(crate) cluster: bool,
    /// Its context; several are clusters of their own (repeatable) [default: the current one]
    #[arg(long = "context", value_name = "NAME", requires = "cluster")]
    pub(crate) contexts: Vec<String>,
    /// File that says where clusters are [default: as kubectl: KUBECONFIG, ~/.kube/config]
    #[arg(long, value_name = "FILE", requires = "cluster")]
    pub(crate) kubeconfig: Option<PathBuf>,
}

impl Live {
    /// Which clusters are meant; none where files are.
    pub(crate) fn from(&self) -> Vec<collect::cluster::From> {
        let from = |context: Option<String>| collect::cluster::From {
            kubeconfig: self.kubeconfig.clone(),
            context,
        };
        match (self.cluster, self.contexts.as_slice()) {
            (false, _) => Vec::new(),
            (true, []) => vec![from(None)],
            (true, named) => named.iter().cloned().map(Some).map(from).collect(),
        }
    }
}

/// Where the one cluster a question is about is read from.
#[derive(Args)]
pub(crate) struct ClusterInputs {
    /// File or folder, or `-` for standard input; several are clusters of their own
    #[arg(long, value_name = "PATH", required_unless_present_any = ["snapshot", "cluster"])]
    pub(crate) manifests: Vec<PathBuf>,
    /// What `bollwerk snapshot save` wrote
    #[arg(long, value_name = "FILE", conflicts_with_all = ["manifests", "no_ignore"])]
    pub(crate) snapshot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) live: Live,
    /// Which of several clusters: its path
    #[arg(long, value_name = "PATH")]
    pub(crate) world: Option<String>,
    /// Kind of gap that does not make an answer uncertain (repeatable)
    #[arg(long = "accept-gap", value_name = "KIND", value_delimiter = ',')]
    pub(crate) accepted_gaps: Vec<GapKind>,
    /// Namespace of objects that name none
    #[arg(long, value_name = "NAME", conflicts_with = "snapshot")]
    pub(crate) object_namespace: Option<String>,
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
}
