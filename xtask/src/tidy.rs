//! `cargo xtask tidy`: the rules of ARCHITECTURE.md and STYLE.md that a machine can check.
//!
//! It is a test too, so `cargo test` is the whole truth.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{command, fuzz};

const LINE_CHARS_MAX: usize = 100;
const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;
const PACKAGES_MAX: usize = 400;
/// Third-party dependencies of a crate without effects.
const PURE_DEPENDENCIES_MAX: usize = 8;

/// Crates that do no input or output and know no clock.
const PURE: &[&str] = &[
    "yaml",
    "secret",
    "model",
    "package",
    "advisory",
    "dockerfile",
    "engine",
    "analyze",
    "report",
];

/// Names that say nothing about what is inside.
const BANNED_FILES: &[&str] = &["utils", "util", "helpers", "common", "misc", "errors", "imp"];

/// Every parser of what others wrote has a fuzz target.
const FUZZ_TARGETS: &[&str] = &[
    "admission",
    "advisory_database",
    "advisory_record",
    "bolt",
    "config",
    "dockerfile",
    "flows",
    "json_stream",
    "layer",
    "purl",
    "scan",
    "secrets",
    "versions",
    "vex",
    "yaml_stream",
];

/// Checks everything; the message lists all that is wrong.
pub(crate) fn run(_: &[String]) -> Result<()> {
    let mut faults = Vec::new();
    for file in tracked()? {
        check_file(&file, &mut faults)?;
    }
    check_dependencies(&mut faults)?;
    check_fuzz_targets(&mut faults)?;
    if !faults.is_empty() {
        bail!("not tidy:\n  {}", faults.join("\n  "));
    }
    Ok(())
}

/// Files git knows or would take up, relative to the root.
fn tracked() -> Result<Vec<PathBuf>> {
    let mut git = std::process::Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let listed = command::output(&mut git)?;
    let root = crate::root();
    Ok(listed.lines().map(PathBuf::from).filter(|file| root.join(file).is_file()).collect())
}

fn check_file(file: &Path, faults: &mut Vec<String>) -> Result<()> {
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if !matches!(extension, "rs" | "md") {
        return Ok(());
    }
    let text = fs::read_to_string(crate::root().join(file))?;
    let shown = file.display();
    if extension == "md" && file.starts_with("changelog.d") {
        return Ok(());
    }
    if extension == "md" {
        let mut in_code = false;
        let headings = text.lines().filter(|line| {
            in_code ^= line.starts_with("```");
            !in_code && line.starts_with("# ")
        });
        if headings.count() != 1 {
            faults.push(format!("{shown}: a page has one heading of the first level"));
        }
        return Ok(());
    }
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if BANNED_FILES.contains(&stem) {
        faults.push(format!("{shown}: `{stem}` says nothing; name the file by what it holds"));
    }
    if !text.starts_with("//! ") && !text.starts_with("#![") {
        faults.push(format!("{shown}: a module begins with `//!` and what it is for"));
    }
    let count = text.lines().count();
    if count > FILE_LINES_MAX {
        faults.push(format!("{shown}: {count} lines, {FILE_LINES_MAX} are the limit"));
    }
    // The formatter leaves long texts alone; tests are full of them, and of long tables.
    let is_test = file.components().any(|part| part.as_os_str() == "tests");
    for (number, line) in (1..).zip(text.lines()) {
        if !is_test && line.chars().count() > LINE_CHARS_MAX {
            faults.push(format!("{shown}:{number}: longer than {LINE_CHARS_MAX} columns"));
        }
    }
    for (number, length) in long_functions(&text).into_iter().filter(|_| !is_test) {
        faults.push(format!(
            "{shown}:{number}: a function of {length} lines, {FUNCTION_LINES_MAX} are the limit"
        ));
    }
    Ok(())
}

/// Line and length of functions over the limit. The source is formatted: a function ends at the
/// closing brace with its own indentation.
fn long_functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let words = code.split('(').next().unwrap_or_default();
        let is_function = words.split_whitespace().any(|word| word == "fn")
            && !code.starts_with("//")
            && !code.contains('"');
        if !is_function {
            continue;
        }
        let indentation = &line[..line.len() - code.len()];
        let end = lines[at..].iter().position(|line| {
            line.strip_prefix(indentation) == Some("}")
                || line.ends_with(';')
                    && !line.contains('{')
                    && line.len() - line.trim_start().len() == indentation.len()
        });
        let length = end.unwrap_or(0) + 1;
        if length > FUNCTION_LINES_MAX {
            found.push((at + 1, length));
        }
    }
    found
}

/// What each of our crates depends on, by `cargo metadata`: ours and others'.
fn dependencies() -> Result<BTreeMap<String, (BTreeSet<String>, usize)>> {
    let mut cargo = command::cargo();
    cargo.args(["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&command::output(&mut cargo)?)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let ours: BTreeSet<&str> =
        packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut found = BTreeMap::new();
    for package in packages {
        let (mut own, mut others) = (BTreeSet::new(), 0);
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let name = dependency["name"].as_str().unwrap_or_default();
            if !dependency["kind"].is_null() {
                continue;
            }
            if ours.contains(name) {
                own.insert(name.to_owned());
            } else {
                others += 1;
            }
        }
        let name = package["name"].as_str().unwrap_or_default();
        found.insert(name.to_owned(), (own, others));
    }
    Ok(found)
}

/// The table in ARCHITECTURE.md: `| crate | depends on | …`.
fn declared() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let text = fs::read_to_string(crate::root().join("ARCHITECTURE.md"))?;
    let table = text.split("| crate | depends on |").nth(1).context("no table of crates")?;
    let mut declared = BTreeMap::new();
    for row in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        let (name, own) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        let own = own.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "–");
        declared.insert(name.trim_matches('`').to_owned(), own.map(str::to_owned).collect());
    }
    Ok(declared)
}

fn check_dependencies(faults: &mut Vec<String>) -> Result<()> {
    let declared = declared()?;
    let found = dependencies()?;
    for (name, (own, others)) in &found {
        match declared.get(name) {
            Some(table) if table == own => {}
            Some(table) => {
                faults.push(format!("{name} depends on {own:?}, ARCHITECTURE.md says {table:?}"));
            }
            None => faults.push(format!("{name} is not in the table of ARCHITECTURE.md")),
        }
        if PURE.contains(&name.as_str()) && *others > PURE_DEPENDENCIES_MAX {
            faults.push(format!(
                "{name} has {others} dependencies, a pure crate has {PURE_DEPENDENCIES_MAX} at most"
            ));
        }
    }
    for name in declared.keys().filter(|name| !found.contains_key(*name)) {
        faults.push(format!("ARCHITECTURE.md names the crate {name}, which is not there"));
    }
    // What is built: the lock file also lists what parts that are switched off would need.
    let mut tree = command::cargo();
    tree.args([
        "tree",
        "--workspace",
        "--prefix",
        "none",
        "--edges",
        "normal,build,dev",
        "--format",
        "{p}",
    ]);
    let tree = command::output(&mut tree)?;
    let packages: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    if packages.len() > PACKAGES_MAX {
        let count = packages.len();
        faults.push(format!("{count} packages are built, {PACKAGES_MAX} are the limit"));
    }
    for name in ["ring", "openssl", "rsa"] {
        if packages.iter().any(|package| package.split(' ').next() == Some(name)) {
            faults.push(format!("`{name}` is built: there is one crypto stack, aws-lc-rs"));
        }
    }
    Ok(())
}

fn check_fuzz_targets(faults: &mut Vec<String>) -> Result<()> {
    let targets = fuzz::targets()?;
    for target in FUZZ_TARGETS {
        if !targets.iter().any(|name| name == target) {
            faults.push(format!("fuzz/fuzz_targets/{target}.rs is missing"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_is_tidy() {
        super::run(&[]).unwrap();
    }

    #[test]
    fn long_functions_are_found() {
        let body = "    call();\n".repeat(80);
        let text = format!("fn short() {{\n}}\n\nfn long() {{\n{body}}}\n");
        assert_eq!(super::long_functions(&text), [(4, 82)]);
    }
}
