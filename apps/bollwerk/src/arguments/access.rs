//! What can be typed after `bollwerk access`.

use std::path::PathBuf;

use analyze::access::subject::Subject;
use clap::{Args, Subcommand, ValueEnum};

use super::{ClusterInputs, Reading, TwoSides};

#[derive(Subcommand)]
pub(crate) enum AccessCommand {
    /// Answer whether a subject may do something, and prove it
    #[command(after_help = CAN_EXAMPLES)]
    Can(Box<Can>),
    /// List everybody who may do something
    #[command(after_help = WHO_CAN_EXAMPLES)]
    WhoCan(Box<WhoCan>),
    /// List everything a subject may do
    #[command(after_help = OF_EXAMPLES)]
    Of(Box<Of>),
    /// Show who holds which dangerous permissions, as a table
    #[command(after_help = MATRIX_EXAMPLES)]
    Matrix(Box<Matrix>),
    /// Propose groups for bindings to single subjects
    #[command(after_help = GROUPS_EXAMPLES)]
    Groups(Box<Groups>),
    /// Show how somebody gets from here to there: to cluster-admin, to a node, to Secrets
    #[command(after_help = PATHS_EXAMPLES)]
    Paths(Box<Paths>),
    /// Name the bindings and fields whose removal closes a goal
    #[command(after_help = CUT_EXAMPLES)]
    Cut(Box<Cut>),
    /// Write the smallest roles that allow what audit logs show
    #[command(after_help = LEARN_EXAMPLES)]
    Learn(Box<Learn>),
    /// Tell what a change grants and revokes, for each subject
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(Box<Revision>),
}

const CAN_EXAMPLES: &str = "\
Examples:
  bollwerk access can ServiceAccount:ops:ci-runner get secrets -n payments --manifests deploy/
  bollwerk access can User:alice create pods/exec web-0 -n shop --manifests deploy/
  bollwerk access can Group:devs patch deployments.apps/scale -n shop --manifests deploy/
  bollwerk access can Group:system:unauthenticated get /metrics --snapshot shop.snapshot

Exit codes: 0 yes, 1 no, 2 wrong use, 3 it depends on what is not known";

#[derive(Args)]
pub(crate) struct Can {
    /// `User:NAME`, `Group:NAME` or `ServiceAccount:NAMESPACE:NAME`
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) inputs: AccessInputs,
    /// How to show the answer
    #[arg(long, value_enum, default_value_t = AccessFormat::Terminal)]
    pub(crate) format: AccessFormat,
}

const WHO_CAN_EXAMPLES: &str = "\
Examples:
  bollwerk access who-can get secrets --manifests deploy/
  bollwerk access who-can create pods/exec -n payments --manifests deploy/
  bollwerk access who-can get nodes/proxy --manifests deploy/ --groups members.csv

Without a namespace everybody is listed who may do it anywhere.

Exit codes: 0 the list is complete, 2 wrong use, 3 there may be more";

#[derive(Args)]
pub(crate) struct WhoCan {
    /// List Kubernetes' own subjects too
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) inputs: AccessInputs,
    /// How to show the list
    #[arg(long, value_enum, default_value_t = AccessFormat::Terminal)]
    pub(crate) format: AccessFormat,
}

const OF_EXAMPLES: &str = "\
Examples:
  bollwerk access of ServiceAccount:ops:node-agent --manifests deploy/
  bollwerk access of User:alice --manifests deploy/ --groups members.json --format json

Exit codes: 0 the list is complete, 2 wrong use, 3 there may be more";

#[derive(Args)]
pub(crate) struct Of {
    /// `User:NAME`, `Group:NAME` or `ServiceAccount:NAMESPACE:NAME`
    pub(crate) subject: Subject,
    /// Show also what everybody may do who is in the same built-in groups
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) inputs: AccessInputs,
    /// How to show the list
    #[arg(long, value_enum, default_value_t = AccessFormat::Terminal)]
    pub(crate) format: AccessFormat,
}

const MATRIX_EXAMPLES: &str = "\
Examples:
  bollwerk access matrix --manifests deploy/
  bollwerk access matrix -n payments --verbs get,list,watch --manifests deploy/
  bollwerk access matrix --manifests deploy/ --format csv

Exit codes: 0 the table is complete, 2 wrong use, 3 there may be more";

#[derive(Args)]
pub(crate) struct Matrix {
    /// Only what holds in this namespace
    #[arg(long, short, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Only permissions with one of these verbs
    #[arg(long, value_name = "VERB", value_delimiter = ',')]
    pub(crate) verbs: Vec<String>,
    /// Show Kubernetes' own subjects (`system:`) too
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) inputs: AccessInputs,
    /// How to show the table
    #[arg(long, value_enum, default_value_t = MatrixFormat::Terminal)]
    pub(crate) format: MatrixFormat,
}

const GROUPS_EXAMPLES: &str = "\
Examples:
  bollwerk access groups --manifests deploy/
  bollwerk access groups --manifests deploy/ --format json

Bind groups: when somebody changes job, the rights follow. Exit codes: 0 done, 2 wrong use,
3 some subjects were left out because their rights are not all known";

#[derive(Args)]
pub(crate) struct Groups {
    #[command(flatten)]
    pub(crate) inputs: AccessInputs,
    /// How to show the proposals
    #[arg(long, value_enum, default_value_t = AccessFormat::Terminal)]
    pub(crate) format: AccessFormat,
}

const PATHS_EXAMPLES: &str = "\
Examples:
  bollwerk access paths --manifests deploy/
  bollwerk access paths --from ServiceAccount:ops:node-agent --to secrets --manifests deploy/
  bollwerk access paths --to node --format mermaid --manifests deploy/

Goals: cluster-admin, node, node:NAME, secrets, secrets:NAMESPACE, namespace:NAME, cloud:IDENTITY.

Exit codes: 0 nobody gets there, 1 somebody does, 2 wrong use, 3 somebody may";

#[derive(Args)]
pub(crate) struct Paths {
    /// From whom: a subject, or `Pod:NAMESPACE:NAME` for a pod or what makes it [default: from
    /// everybody and from every pod]
    #[arg(long, value_name = "START")]
    pub(crate) from: Option<Start>,
    /// Where to
    #[arg(long, value_name = "GOAL", default_value = "cluster-admin")]
    pub(crate) to: String,
    /// So many ways from each, the shortest first
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) count: usize,
    /// Show Kubernetes' own subjects (`system:`) too
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) inputs: AccessInputs,
    /// How to show the ways
    #[arg(long, value_enum, default_value_t = GraphFormat::Terminal)]
    pub(crate) format: GraphFormat,
}

const CUT_EXAMPLES: &str = "\
Examples:
  bollwerk access cut --to cluster-admin --manifests deploy/
  bollwerk access cut --from ServiceAccount:ops:node-agent --to node --manifests deploy/

Exit codes: 0 nobody gets there, 1 somebody does until these are removed, 2 wrong use";

#[derive(Args)]
pub(crate) struct Cut {
    /// From whom: a subject, or `Pod:NAMESPACE:NAME` for a pod or what makes it [default: from
    /// everybody and from every pod]
    #[arg(long, value_name = "START")]
    pub(crate) from: Option<Start>,
    /// Where to
    #[arg(long, value_name = "GOAL", default_value = "cluster-admin")]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) inputs: AccessInputs,
}

const LEARN_EXAMPLES: &str = "\
Examples:
  bollwerk access learn audit.log > roles.yaml
  bollwerk access learn audit.log --manifests deploy/ --subject ServiceAccount:ops:ci-runner
  bollwerk access learn eks.jsonl aks.jsonl --per-group --output roles/

Events are those of the API server, of EKS, AKS and GKE, one a line. What was refused is not given;
users of the control plane itself are left out. Every role is proved before it is shown.

Exit codes: 0 done, 2 wrong use, 3 some lines could not be read";

#[derive(Args)]
pub(crate) struct Learn {
    /// Audit logs; `-` is standard input
    #[arg(value_name = "AUDIT", required = true)]
    pub(crate) logs: Vec<PathBuf>,
    /// Roles and bindings of today: tells what was granted and never used
    #[arg(long, value_name = "PATH")]
    pub(crate) manifests: Vec<PathBuf>,
    /// The same from what `bollwerk snapshot save` wrote
    #[arg(long, value_name = "FILE", conflicts_with = "manifests")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Only this subject
    #[arg(long, value_name = "SUBJECT")]
    pub(crate) subject: Option<Subject>,
    /// One role for each group of users
    #[arg(long)]
    pub(crate) per_group: bool,
    /// Name objects where at most so many were seen
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) names: usize,
    /// Allow in the whole cluster what was done in more namespaces than this
    #[arg(long, value_name = "N")]
    pub(crate) cluster_above: Option<usize>,
    /// Do not give get, list and watch together
    #[arg(long)]
    pub(crate) exact_verbs: bool,
    /// Write a file for each subject into a folder
    #[arg(long, short, value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) assumed: Assumed,
    /// How to show the roles
    #[arg(long, value_enum, default_value_t = AccessFormat::Terminal)]
    pub(crate) format: AccessFormat,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  bollwerk access diff main deploy/
  bollwerk access diff before/ after/ --format json
  bollwerk access diff monday.snapshot tuesday.snapshot

A side is a file, a folder, a snapshot or a git revision. What differs is what subjects may do by
bindings that name them: a role that is only written otherwise is no difference.

Exit codes: 0 nothing is granted, 1 something is, 2 wrong use, 3 some rights are not known";

#[derive(Args)]
pub(crate) struct Revision {
    #[command(flatten)]
    pub(crate) sides: TwoSides,
    #[command(flatten)]
    pub(crate) assumed: Assumed,
    /// How to show the difference
    #[arg(long, value_enum, default_value_t = AccessFormat::Terminal)]
    pub(crate) format: AccessFormat,
}

/// What is asked for.
#[derive(Args)]
pub(crate) struct Question {
    /// The verb: get, list, watch, create, update, patch, delete, impersonate, bind …
    pub(crate) verb: String,
    /// `secrets`, `pods/exec`, `deployments.apps/scale`, or a path such as `/metrics`
    pub(crate) resource: String,
    /// Name of one object
    pub(crate) name: Option<String>,
    /// The namespace; without it the whole cluster
    #[arg(long, short, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// The whole cluster, every namespace of it
    #[arg(long, short = 'A', conflicts_with = "namespace")]
    pub(crate) all_namespaces: bool,
}

/// What is read, and what is taken for granted beside it.
#[derive(Args)]
pub(crate) struct AccessInputs {
    #[command(flatten)]
    pub(crate) cluster: ClusterInputs,
    /// Who is in which group: CSV with the columns `user` and `group`, or JSON from Entra ID,
    /// LDAP or OIDC claims
    #[arg(long, value_name = "FILE")]
    pub(crate) groups: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) assumed: Assumed,
}

/// What is taken for granted.
#[derive(Args)]
pub(crate) struct Assumed {
    /// The roles and bindings every API server makes are there only if they were read
    #[arg(long)]
    pub(crate) no_bootstrap_roles: bool,
    /// All roles of the cluster were read: a binding to a missing role grants nothing
    #[arg(long)]
    pub(crate) complete: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccessFormat {
    /// For people
    Terminal,
    /// For programs; the schema says which version
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For people
    Terminal,
    /// bollwerk.access-paths/v1
    Json,
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
    /// A picture
    Svg,
    /// A page with the picture
    Html,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MatrixFormat {
    /// For people
    Terminal,
    /// bollwerk.access-matrix/v1
    Json,
    /// A row for each subject, for a spreadsheet
    Csv,
}

/// Where somebody starts.
#[derive(Clone)]
pub(crate) enum Start {
    /// Acting as it.
    Subject(Subject),
    /// Running commands in it: a pod, or the pods of an object of this name.
    Pod {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl std::str::FromStr for Start {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(pod) = text.strip_prefix("Pod:") else {
            let subject: Result<Subject, _> = text.parse();
            return subject.map(Self::Subject);
        };
        match pod.split_once(':') {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
                Ok(Self::Pod { namespace: namespace.to_owned(), name: name.to_owned() })
            }
            _ => Err("a pod is written `Pod:NAMESPACE:NAME`".to_owned()),
        }
    }
}
