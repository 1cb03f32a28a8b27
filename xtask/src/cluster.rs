//! A real control plane for tests: etcd and kube-apiserver, and the program that runs them.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::go::{self, Program};

/// The version is written in by upstream's build scripts; without it the server says v0.0.0.
const VERSION: &[&str] = &[
    "k8s.io/component-base/version.gitVersion=v1.37.2",
    "k8s.io/component-base/version.gitMajor=1",
    "k8s.io/component-base/version.gitMinor=37",
    "k8s.io/component-base/version.gitTreeState=clean",
    "k8s.io/client-go/pkg/version.gitVersion=v1.37.2",
];

const PROGRAMS: &[Program] = &[
    Program { name: "cluster", package: ".", variables: &[] },
    Program { name: "etcd", package: "go.etcd.io/etcd/server/v3", variables: &[] },
    Program {
        name: "kube-apiserver",
        package: "k8s.io/kubernetes/cmd/kube-apiserver",
        variables: VERSION,
    },
];

/// Prints the folder of the programs on stdout and nothing else, building them first if needed.
#[expect(clippy::print_stdout, reason = "the path is this task's result")]
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "`cluster` takes no arguments");
    println!("{}", cluster()?.display());
    Ok(())
}

/// The folder of the programs, built from the present sources: about five minutes on two
/// processors the first time.
pub(crate) fn cluster() -> Result<PathBuf> {
    go::programs("cluster", PROGRAMS)
}
