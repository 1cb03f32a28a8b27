//! What can be typed after `bollwerk network`.

use std::path::PathBuf;

use analyze::config::network_plugin;
use analyze::network::end::{End, Target};
use clap::{Args, Subcommand, ValueEnum};
use engine::network::address::{AddressSet, Prefix};
use engine::network::{Options, Profile};

use super::{ClusterInputs, Inputs, Reporting, TwoSides};

#[derive(Subcommand)]
pub(crate) enum NetworkCommand {
    /// Answer what reaches what, on which ports, and prove it
    #[command(after_help = REACH_EXAMPLES)]
    Reach(Box<ReachArguments>),
    /// Show which workload reaches which, as a table
    #[command(after_help = MATRIX_EXAMPLES)]
    Matrix(Box<NetworkMatrix>),
    /// Draw the neighbourhood of a namespace: who reaches its workloads, and what they reach
    #[command(after_help = MAP_EXAMPLES)]
    Map(Box<NetworkMap>),
    /// List what is open to the internet, and by which way
    #[command(after_help = EXPOSED_EXAMPLES)]
    Exposed(Box<Exposed>),
    /// Tell which observed connections policies let through, and which they would cut
    #[command(after_help = OBSERVED_EXAMPLES)]
    Observed(Box<Observed>),
    /// Write the smallest policies that let through what flow logs show, in stages
    #[command(after_help = LEARN_EXAMPLES)]
    Learn(Box<NetworkLearn>),
    /// Tell what Azure's network security groups let in, and what they cut that AKS needs
    #[command(after_help = SECURITY_GROUPS_EXAMPLES)]
    SecurityGroups(Box<SecurityGroups>),
    /// List which workloads policies isolate, and which they do not
    #[command(after_help = ISOLATED_EXAMPLES)]
    Isolated(Box<Isolated>),
    /// List the pods that reach the addresses that hand out a machine's credentials
    #[command(after_help = METADATA_EXAMPLES)]
    Metadata(Box<MetadataArguments>),
    /// Tell what a change of policies opens and closes
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(Box<NetworkRevision>),
    /// Find policies that do less, or more, than they seem to
    #[command(after_help = LINT_EXAMPLES)]
    Lint(Box<NetworkLint>),
}

const LINT_EXAMPLES: &str = "\
Examples:
  bollwerk network lint --manifests deploy/
  bollwerk network lint --manifests deploy/ --show info --format sarif > policies.sarif

The findings are those of `bollwerk scan`, of policies alone.

Exit codes: 0 nothing, 1 findings, 2 wrong use, 3 something could not be assessed";

#[derive(Args)]
pub(crate) struct NetworkLint {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
}

const REACH_EXAMPLES: &str = "\
Examples:
  bollwerk network reach shop/frontend data/postgres:5432 --manifests deploy/
  bollwerk network reach 'shop?app=cart' data/statefulset/redis --manifests deploy/
  bollwerk network reach internet shop/frontend:8080 --snapshot shop.snapshot
  bollwerk network reach ops/dashboard 169.254.169.254:80 --manifests deploy/

FROM and TO are NAMESPACE/NAME, NAMESPACE/KIND/NAME, NAMESPACE?LABEL=VALUE, an address, a prefix
or `internet`; `*` stands for all. PORT is 443, 443/UDP, 8000-8080 or the name of a port.

Exit codes: 0 all of it, 1 none or some of it, 2 wrong use, 3 it depends on what is not known";

#[derive(Args)]
pub(crate) struct ReachArguments {
    /// Who asks
    pub(crate) from: End,
    /// Whom, and on which port; without it all ports
    #[arg(value_name = "TO[:PORT]")]
    pub(crate) to: Target,
    #[command(flatten)]
    pub(crate) inputs: NetworkInputs,
    /// How to show the answer
    #[arg(long, value_enum, default_value_t = NetworkFormat::Terminal)]
    pub(crate) format: NetworkFormat,
}

const MATRIX_EXAMPLES: &str = "\
Examples:
  bollwerk network matrix --manifests deploy/
  bollwerk network matrix -n shop --manifests deploy/
  bollwerk network matrix --manifests deploy/ --format svg > network.svg

Exit codes: 0 the table is complete, 2 wrong use, 3 some of it is not known";

#[derive(Args)]
pub(crate) struct NetworkMatrix {
    /// Only what this namespace sends or takes
    #[arg(long, short, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    #[command(flatten)]
    pub(crate) inputs: NetworkInputs,
    /// How to show the table
    #[arg(long, value_enum, default_value_t = NetworkGraphFormat::Terminal)]
    pub(crate) format: NetworkGraphFormat,
}

const MAP_EXAMPLES: &str = "\
Examples:
  bollwerk network map shop --manifests deploy/
  bollwerk network map shop --manifests deploy/ --format svg > shop.svg
  bollwerk network map shop --snapshot shop.snapshot --format html > shop.html

Exit codes: 0 the map is complete, 2 wrong use, 3 some of it is not known";

#[derive(Args)]
pub(crate) struct NetworkMap {
    /// The namespace
    pub(crate) namespace: String,
    #[command(flatten)]
    pub(crate) inputs: NetworkInputs,
    /// How to show it
    #[arg(long, value_enum, default_value_t = MapFormat::Terminal)]
    pub(crate) format: MapFormat,
}

const EXPOSED_EXAMPLES: &str = "\
Examples:
  bollwerk network exposed --manifests deploy/
  bollwerk network exposed --from 203.0.113.0/24 --manifests deploy/ --format json

Exit codes: 0 nothing is open, 1 something is, 2 wrong use, 3 it depends on what is not known";

#[derive(Args)]
pub(crate) struct Exposed {
    /// Who asks: addresses, a prefix or `internet`
    #[arg(long, value_name = "ADDRESSES", default_value = "internet")]
    pub(crate) from: End,
    /// Azure's security groups before the nodes, as `az network nsg show` prints them
    /// (repeatable: subnet, then interface)
    #[arg(long = "security-group", value_name = "FILE")]
    pub(crate) security_groups: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) around: AroundGroups,
    #[command(flatten)]
    pub(crate) inputs: NetworkInputs,
    /// How to show the list
    #[arg(long, value_enum, default_value_t = NetworkFormat::Terminal)]
    pub(crate) format: NetworkFormat,
}

const OBSERVED_EXAMPLES: &str = "\
Examples:
  hubble observe -o json | bollwerk network observed - --manifests deploy/
  bollwerk network observed flows.jsonl --manifests new-policies/ --format json
  bollwerk network observed nsg-flows.json vpc.log --snapshot shop.snapshot

Read are Hubble and Cilium, `ss -tunap`, `conntrack -L`, AWS VPC and Azure flow logs, and lines of
our own (docs/flows.md).

Exit codes: 0 all are let through, 1 some would be cut, 2 wrong use, 3 some are not known";

#[derive(Args)]
pub(crate) struct Observed {
    /// Flow logs, or `-` for standard input
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) inputs: NetworkInputs,
    /// How to show the answer
    #[arg(long, value_enum, default_value_t = NetworkFormat::Terminal)]
    pub(crate) format: NetworkFormat,
}

const LEARN_EXAMPLES: &str = "\
Examples:
  hubble observe -o json | bollwerk network learn - --manifests deploy/ > policies.yaml
  bollwerk network learn flows.jsonl --snapshot shop.snapshot --output policies/
  bollwerk network learn vpc.log --manifests deploy/ --lift 80 --prefix 24 --format json

Read are the logs that `bollwerk network observed` reads. The engine proves that the policies let
through every connection that was understood, or nothing is written. With `--output` there is a
folder for each stage:
  01-observe/       what was seen, and of which workloads nothing was
  02-policies/      one policy for each workload: it lets through what was seen of it, and closes
                    the workload to the rest in the directions something was seen in
  03-default-deny/  one policy for each namespace, which closes what is open still
The namespaces of the control plane itself are left alone.

Exit codes: 0 done, 2 wrong use, 3 some connections could not be understood, or would be refused";

#[derive(Args)]
pub(crate) struct NetworkLearn {
    /// Flow logs, or `-` for standard input
    #[arg(value_name = "FLOWS", required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) inputs: NetworkInputs,
    /// Allow a whole namespace where at least this share of its workloads was seen
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) lift: Option<u8>,
    /// Allow IPv4 addresses outside as prefixes of this length, where these hold nothing of the
    /// cluster and no metadata service
    #[arg(long, value_name = "LENGTH", default_value_t = 32,
          value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(crate) prefix: u8,
    /// The same for IPv6
    #[arg(long, value_name = "LENGTH", default_value_t = 128,
          value_parser = clap::value_parser!(u8).range(1..=128))]
    pub(crate) prefix_ipv6: u8,
    /// Prove them beside today's policies, not in place of them
    #[arg(long)]
    pub(crate) keep_existing: bool,
    /// Write a folder for each stage into this one
    #[arg(long, short, value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
    /// How to show the policies
    #[arg(long, value_enum, default_value_t = NetworkLearnFormat::Yaml)]
    pub(crate) format: NetworkLearnFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NetworkLearnFormat {
    /// Manifests; what they are made from is told on standard error
    Yaml,
    /// bollwerk.network-learn/v1
    Json,
}

const SECURITY_GROUPS_EXAMPLES: &str = "\
Examples:
  az network nsg list -g MC_shop_shop_westeurope > nsg.json
  bollwerk network security-groups nsg.json --virtual-network 10.0.0.0/8
  bollwerk network security-groups subnet.json interface.json --nodes 10.1.0.0/16 --format json

Several files are asked one after the other, as packets meet them: subnet, then interface.

Exit codes: 0 nothing is cut, 1 something is, 2 wrong use, 3 it depends on what is not known";

#[derive(Args)]
pub(crate) struct SecurityGroups {
    /// What `az network nsg show` or `list` printed
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) around: AroundGroups,
    /// How to show the answer
    #[arg(long, value_enum, default_value_t = NetworkFormat::Terminal)]
    pub(crate) format: NetworkFormat,
}

/// What security groups refer to and do not say.
#[derive(Args)]
pub(crate) struct AroundGroups {
    /// What service tags stand for: Azure's file "IP Ranges and Service Tags"
    #[arg(long, value_name = "FILE")]
    pub(crate) service_tags: Option<PathBuf>,
    /// Address space of the virtual network (repeatable)
    #[arg(long, value_name = "PREFIX", value_delimiter = ',', value_parser = prefix)]
    pub(crate) virtual_network: Vec<Prefix>,
    /// Addresses of the nodes [default: the virtual network's] (repeatable)
    #[arg(long = "nodes", value_name = "PREFIX", value_delimiter = ',', value_parser = prefix)]
    pub(crate) nodes: Vec<Prefix>,
}

const ISOLATED_EXAMPLES: &str = "\
Examples:
  bollwerk network isolated --manifests deploy/
  bollwerk network isolated --snapshot shop.snapshot --format json

Exit codes: 0 all are isolated both ways, 1 some are not, 2 wrong use, 3 it is not all known";

#[derive(Args)]
pub(crate) struct Isolated {
    #[command(flatten)]
    pub(crate) inputs: NetworkInputs,
    /// How to show the list
    #[arg(long, value_enum, default_value_t = NetworkFormat::Terminal)]
    pub(crate) format: NetworkFormat,
}

const METADATA_EXAMPLES: &str = "\
Examples:
  bollwerk network metadata --manifests deploy/
  bollwerk network metadata --profile azure --snapshot shop.snapshot --format json

Exit codes: 0 none reaches any, 1 some do, 2 wrong use, 3 it depends on what is not known";

#[derive(Args)]
pub(crate) struct MetadataArguments {
    #[command(flatten)]
    pub(crate) inputs: NetworkInputs,
    /// How to show the list
    #[arg(long, value_enum, default_value_t = NetworkFormat::Terminal)]
    pub(crate) format: NetworkFormat,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  bollwerk network diff main HEAD --path deploy/
  bollwerk network diff before/ after/
  bollwerk network diff before.snapshot after.snapshot --format json

Exit codes: 0 nothing is opened, 1 something is, 2 wrong use, 3 some of it is not known";

#[derive(Args)]
pub(crate) struct NetworkRevision {
    #[command(flatten)]
    pub(crate) sides: TwoSides,
    #[command(flatten)]
    pub(crate) assumed: NetworkAssumed,
    /// How to show the difference
    #[arg(long, value_enum, default_value_t = NetworkFormat::Terminal)]
    pub(crate) format: NetworkFormat,
}

/// What is read, and how it is understood.
#[derive(Args)]
pub(crate) struct NetworkInputs {
    #[command(flatten)]
    pub(crate) cluster: ClusterInputs,
    #[command(flatten)]
    pub(crate) assumed: NetworkAssumed,
}

/// What is known of the cluster beside its objects.
#[derive(Args)]
pub(crate) struct NetworkAssumed {
    /// What the network plugin makes of what is left to it: upstream, azure, cilium or calico
    #[arg(long, value_name = "PLUGIN", default_value = "upstream", value_parser = network_plugin)]
    profile: Profile,
    /// Where the addresses of pods lie, for pods whose own was not seen (repeatable)
    #[arg(long = "pod-cidr", value_name = "PREFIX", value_delimiter = ',', value_parser = prefix)]
    pod_prefixes: Vec<Prefix>,
}

impl NetworkAssumed {
    pub(crate) fn options(&self) -> Options {
        let pod_addresses = AddressSet::of_prefixes(self.pod_prefixes.iter().copied());
        Options { profile: self.profile, pod_addresses }
    }
}

fn prefix(text: &str) -> Result<Prefix, String> {
    Prefix::parse(text).ok_or_else(|| format!("`{text}` is no prefix such as 10.244.0.0/16"))
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NetworkFormat {
    /// For people
    Terminal,
    /// For programs; the schema says which version
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MapFormat {
    /// For people, as lines
    Terminal,
    /// A picture
    Svg,
    /// A page with the picture and its content as text
    Html,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NetworkGraphFormat {
    /// For people
    Terminal,
    /// bollwerk.network-matrix/v1
    Json,
    /// A row for each pair that is not closed, for a spreadsheet
    Csv,
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
    /// A picture
    Svg,
}
