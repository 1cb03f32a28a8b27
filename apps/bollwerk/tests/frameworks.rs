//! A framework's items: each fails, passes or is told apart as not assessed.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use program::{Folder, bollwerk, examples};
use serde_json::Value;

const PRIVILEGED: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: web}\nspec:\n  \
                          containers: [{name: c, image: x, securityContext: {privileged: true}}]\n";
const HARMLESS: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: b, namespace: web}\nspec:\n  containers: \
     [{name: c, image: x}]\n";

/// Status and reason of an item.
fn item(files: &[(&str, &str)], framework: &str, id: &str, more: &[&str]) -> (String, String) {
    let folder = Folder::new(files);
    let arguments = ["scan", ".", "--format=json", "--framework", framework];
    let (code, out, error) = bollwerk(folder.path(), &[&arguments, more].concat(), "");
    assert_ne!(code, 2, "{error}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let items = report["framework"]["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["id"] == id).unwrap();
    let text = |field: &str| item[field].as_str().unwrap().to_owned();
    (text("status"), text("reason"))
}

#[test]
fn an_item_passes_only_when_its_controls_had_something_to_look_at() {
    let privileged = ("a.yaml", PRIVILEGED);
    let harmless = ("b.yaml", HARMLESS);
    let service = ("c.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n");
    let broken = ("d.yaml", "a: [\n");
    let exception = (
        "bollwerk.yaml",
        "version: 1\nexceptions: [{control: privileged-container, namespace: web, reason: x}]\n",
    );
    for (files, status, reason) in [
        (&[privileged, harmless][..], "fail", "1 finding, the worst critical"),
        (&[harmless], "pass", "nothing found"),
        (&[service], "not assessed", "nothing was given that it concerns"),
        (&[harmless, broken], "not assessed", "nothing found in what was read; 1 gap is left"),
        (&[privileged, exception], "accepted", "1 accepted by exceptions"),
    ] {
        let found = item(files, "cis-1.12", "5.2.2", &[]);
        assert_eq!(found, (status.to_owned(), reason.to_owned()), "{files:?}");
    }
    let skipped = item(&[harmless], "cis-1.12", "5.2.2", &["--skip=privileged-container"]);
    assert_eq!(skipped.1, "its controls were not asked");
    let accepted = item(&[harmless, broken], "cis-1.12", "5.2.2", &["--accept-gap=syntax"]);
    assert_eq!(accepted.0, "pass");
}

#[test]
fn what_waits_for_the_configuration_says_so() {
    let files = [("b.yaml", HARMLESS)];
    let (status, reason) = item(&files, "cis-aks-1.8", "5.1.4", &["--skip=implicit-registry"]);
    assert_eq!(status, "not assessed");
    assert_eq!(reason, "needs `judge.approvedRegistries` in the configuration");
    let approved = "--approved-registry=docker.io";
    let more = ["--skip=implicit-registry", approved];
    assert_eq!(item(&files, "cis-aks-1.8", "5.1.4", &more).0, "pass");
}

#[test]
fn what_a_pod_security_level_refuses_fails_the_item_of_its_control() {
    let files = [("a.yaml", PRIVILEGED)];
    let (status, _) = item(&files, "cis-1.12", "5.2.2", &["--pod-security=baseline"]);
    assert_eq!(status, "fail");
}

#[test]
fn a_baseline_lets_no_item_pass() {
    let folder = Folder::new(&[("a.yaml", PRIVILEGED)]);
    let save = ["baseline", "save", "a.yaml", "--output=known.json"];
    assert_eq!(bollwerk(folder.path(), &save, "").0, 0);
    let scan = ["scan", "a.yaml", "--baseline=known.json", "--framework=cis-1.12"];
    let (code, out, _) = bollwerk(folder.path(), &scan, "");
    assert_eq!(code, 0);
    assert!(out.contains("fail          5.2.2"), "{out}");
}

/// The counts add up, and only the framework's controls count.
#[test]
fn the_table_counts_every_item_once() {
    let shop = examples();
    let (code, out, _) =
        bollwerk(&shop, &["scan", ".", "--framework=cis-2.0", "--format=json"], "");
    assert_eq!(code, 1);
    let report: Value = serde_json::from_str(&out).unwrap();
    let framework = &report["framework"];
    let summary = framework["summary"].as_object().unwrap();
    let total: u64 = summary.values().map(|count| count.as_u64().unwrap()).sum();
    let items = framework["items"].as_array().unwrap();
    assert_eq!(total, items.len() as u64);
    assert_eq!(items.len(), 34);
    let controls: Vec<&str> = items
        .iter()
        .flat_map(|item| item["controls"].as_array().unwrap())
        .map(|name| name.as_str().unwrap())
        .collect();
    for finding in report["findings"].as_array().unwrap() {
        let also = finding["also"].as_array();
        let mut names = also.into_iter().flatten().chain([&finding["control"]]);
        assert!(names.any(|name| controls.contains(&name.as_str().unwrap())), "{finding}");
    }
}

#[test]
fn a_framework_nobody_knows_is_wrong_use() {
    let folder = Folder::new(&[]);
    let (code, _, error) = bollwerk(folder.path(), &["scan", ".", "--framework=cis-9"], "");
    assert_eq!(code, 2);
    assert!(error.contains("there are cis-1.12, cis-2.0"), "{error}");
}
