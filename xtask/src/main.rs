//! Development tasks: `cargo xtask TASK [ARGUMENTS]`.

mod bench;
mod cluster;
mod command;
mod containerd;
mod corpus;
mod fuzz;
mod generate;
mod go;
mod images;
mod inventories;
mod new;
mod oracle;
mod peers;
mod polyglot;
mod program;
mod schemas;
mod security;
mod test;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

/// A task by name. It gets the arguments behind its name.
struct Task {
    name: &'static str,
    summary: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const TASKS: &[Task] = &[
    Task {
        name: "test",
        summary: "run every test, after building or unpacking what the suites need",
        run: test::run,
    },
    Task {
        name: "prove",
        summary: "run the long trials at full size, once before closing an issue",
        run: test::prove,
    },
    Task {
        name: "bench",
        summary: "measure speed and memory against the floor and the fastest peers",
        run: bench::run,
    },
    Task {
        name: "gen",
        summary: "write the generated pages and schemas; `--check` only compares",
        run: generate::pages,
    },
    Task {
        name: "database",
        summary: "build the embedded advisory database from ../shared/advisories",
        run: generate::database,
    },
    Task {
        name: "tidy",
        summary: "check the rules of ARCHITECTURE.md and STYLE.md that a machine can",
        run: tidy::run,
    },
    Task {
        name: "new",
        summary: "`new control FAMILY/NAME`: the two files and two lines of a control",
        run: new::run,
    },
    Task {
        name: "fuzz",
        summary: "`fuzz [SECONDS] [TARGET]`: run the fuzz targets, each for some seconds",
        run: fuzz::run,
    },
    Task {
        name: "oracle",
        summary: "build the independent judge of upstream's Go libraries and print its path",
        run: oracle::run,
    },
    Task {
        name: "cluster",
        summary: "build etcd and kube-apiserver for the tests and print their folder",
        run: cluster::run,
    },
    Task {
        name: "polyglot",
        summary: "make an image with packages of many languages and print its folder",
        run: polyglot::run,
    },
    Task {
        name: "security",
        summary: "make images and facts of Debian's security suite and print their folder",
        run: security::run,
    },
];

#[expect(clippy::print_stderr, reason = "this is the program's one place for its errors")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let named = arguments.split_first().and_then(|(name, rest)| {
        TASKS.iter().find(|task| task.name == name).map(|task| (task, rest))
    });
    let Some((task, rest)) = named else {
        eprintln!("usage: cargo xtask TASK\n");
        for task in TASKS {
            eprintln!("  {:<8} {}", task.name, task.summary);
        }
        return ExitCode::from(2);
    };
    match (task.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the repository, whatever the current directory is.
fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}
