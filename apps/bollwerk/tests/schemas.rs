//! Outputs against their schemas: our own, and the published one of SARIF.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::path::{Path, PathBuf};

use program::{Folder, bollwerk};
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Runs with every kind of finding, gap and exception in them, and one with nothing at all.
fn outputs(format: &str) -> Vec<Value> {
    let folder = Folder::new(&[
        ("clean.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"),
        ("bad/broken.yaml", "a: [\n---\n- \t\n---\nx: &a [*b]\n"),
        ("bad/twice.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: ü, name: a}\nspec: 5\n"),
        ("bad/values.yaml", "a: 1\n"),
        ("bad/empty/notes.txt", ""),
        ("bad/chart/Chart.yaml", "name: a\n"),
        (
            "exceptions.yaml",
            "version: 1\nexceptions:\n- {control: host-pid, namespace: ops, reason: x, owner: y, \
             until: 2999-01-01}\n- {control: host-ipc, reason: x}\n",
        ),
    ]);
    std::fs::write(folder.path().join("bad/binary.yaml"), [0, 0xff]).unwrap();
    let shop = root().join("examples/shop");
    let shop = shop.to_str().unwrap();
    let format = format!("--format={format}");
    let runs: [&[&str]; 6] = [
        &["clean.yaml"],
        &[shop],
        &[shop, "--framework=cis-1.12"],
        &[shop, "--pod-security=restricted", "--config=exceptions.yaml"],
        &["bad", "bad/empty", "missing", "--fail-on=none", "--accept-gap=syntax,limit"],
        &["bad", "--kubernetes-version=1.99", "--approved-registry=registry.example"],
    ];
    let run = |arguments: &&[&str]| {
        let arguments = [["scan", &format].as_slice(), arguments].concat();
        let (code, out, error) = bollwerk(folder.path(), &arguments, "");
        assert_ne!(code, 2, "{error}");
        serde_json::from_str(&out).unwrap()
    };
    runs.iter().map(run).collect()
}

fn check(schema: &Value, output: &Value) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(output)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .take(5)
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn json_reports_fit_their_schema() {
    let schema = std::fs::read(root().join("docs/schema/bollwerk.report.v1.json")).unwrap();
    let schema = serde_json::from_slice(&schema).unwrap();
    for output in outputs("json") {
        check(&schema, &output);
    }
}

#[test]
fn the_list_of_controls_fits_its_schema() {
    let schema = std::fs::read(root().join("docs/schema/bollwerk.controls.v1.json")).unwrap();
    let (code, out, _) = bollwerk(&root(), &["controls", "--format=json"], "");
    let output: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 0);
    check(&serde_json::from_slice(&schema).unwrap(), &output);
    let controls = output["controls"].as_array().unwrap();
    let of = |name| controls.iter().find(|control| control["name"] == name).unwrap();
    let rationale = of("privileged-container")["severityRationale"].as_str().unwrap();
    assert!(rationale.starts_with("Whoever runs code in the container"), "{rationale}");
    let bad = of("pod-security/sysctls")["examples"]["bad"][0].as_str().unwrap();
    assert!(bad.starts_with("apiVersion: v1\nkind: Pod\n"), "{bad}");
}

#[test]
fn snapshots_fit_their_schema() {
    let schema = std::fs::read(root().join("docs/schema/bollwerk.snapshot.v1.json")).unwrap();
    let schema = serde_json::from_slice(&schema).unwrap();
    let long = "x".repeat(20_000);
    let folder = Folder::new(&[
        ("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: 1}\n"),
        ("long.yaml", &format!("apiVersion: v1\nkind: ConfigMap\ndata: {{a: {long}}}\n")),
        ("list.yaml", "apiVersion: v1\nkind: PodList\nitems: [{metadata: {name: a}}]\n"),
        ("broken.yaml", "a: [\n"),
    ]);
    let shop = root().join("examples/shop");
    let arguments = ["snapshot", "save", ".", "gone", shop.to_str().unwrap()];
    let (_, out, _) = bollwerk(folder.path(), &arguments, "");
    for field in ["\"redacted\"", "\"elided\"", "\"typed\"", "\"end\"", "unreadable"] {
        assert!(out.contains(field), "{field} is not covered");
    }
    for line in out.lines() {
        check(&schema, &serde_json::from_str(line).unwrap());
    }
}

#[test]
fn sarif_fits_the_published_schema() {
    let Some(path) = std::env::var_os("BOLLWERK_SARIF_SCHEMA") else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "BOLLWERK_SARIF_SCHEMA is not set");
        println!("skipped: BOLLWERK_SARIF_SCHEMA does not name the published schema");
        return;
    };
    let schema = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for output in outputs("sarif") {
        check(&schema, &output);
        let run = &output["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for result in run["results"].as_array().unwrap() {
            let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(result["partialFingerprints"]["bollwerkFingerprint/v1"].is_string());
        }
    }
}
