//! A saved snapshot is judged as its files are.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::path::Path;

use program::{Folder, bollwerk};
use serde_json::Value;

const NOW: &str = "2026-01-02T03:04:05Z";

/// What is said of each finding, its place apart.
fn findings(report: &str) -> Vec<[String; 5]> {
    let report: Value = serde_json::from_str(report).unwrap();
    let mut found: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            ["fingerprint", "message", "severity", "control", "path"]
                .map(|field| finding[field].as_str().unwrap().to_owned())
        })
        .collect();
    found.sort();
    found
}

fn same_findings(path: &Path) -> usize {
    let folder = Folder::new(&[]);
    let path = path.to_str().unwrap();
    let common = ["--no-config", "--format", "json", "--pod-security", "restricted"];
    let scan = [&["scan", path, "--now", NOW][..], &common].concat();
    let (code, direct, error) = bollwerk(folder.path(), &scan, "");
    assert!(code == 1 || code == 3, "{code} {error}");
    let save = ["snapshot", "save", path, "--no-config", "--now", NOW, "--output", "saved"];
    let (_, _, error) = bollwerk(folder.path(), &save, "");
    assert!(error.contains("objects to saved"), "{error}");
    let scan = [&["scan", "--snapshot", "saved"][..], &common].concat();
    let (again, saved, error) = bollwerk(folder.path(), &scan, "");
    assert_eq!(again, code, "{error}");
    let (direct_findings, saved_findings) = (findings(&direct), findings(&saved));
    assert!(direct_findings == saved_findings, "findings differ");
    let [direct, saved]: [Value; 2] =
        [&direct, &saved].map(|text| serde_json::from_str(text).unwrap());
    for part in ["coverage", "summary", "takenAt", "kubernetesVersion", "worlds"] {
        assert_eq!(direct[part], saved[part], "{part}");
    }
    direct_findings.len()
}

#[test]
fn the_shop_is_judged_alike() {
    assert!(same_findings(&program::examples()) > 20);
}

#[test]
fn real_manifests_are_judged_alike() {
    if let Some(corpus) = program::corpus() {
        assert!(same_findings(&corpus) > 1_000);
    }
}

#[test]
fn a_finding_of_a_snapshot_stands_where_its_object_starts() {
    let pod = "# a pod\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostPID: true}\n";
    let folder = Folder::new(&[("a/pod.yaml", pod)]);
    let (code, snapshot, _) = bollwerk(folder.path(), &["snapshot", "save", "a"], "");
    assert_eq!(code, 0);
    folder.write("saved", &snapshot);
    let scan = ["scan", "--snapshot", "saved", "--only", "host-pid", "--format", "json"];
    let (code, report, _) = bollwerk(folder.path(), &scan, "");
    assert_eq!(code, 1, "{report}");
    let report: Value = serde_json::from_str(&report).unwrap();
    let place = &report["findings"][0]["location"];
    assert_eq!(place["file"], "a/pod.yaml");
    assert_eq!((&place["line"], &place["column"]), (&2.into(), &1.into()));
}

#[test]
fn wrong_use_is_told() {
    let folder = Folder::new(&[("no-snapshot", "{}\n"), ("pod.yaml", "a: b\n")]);
    for (arguments, hint) in [
        (&["scan", "--snapshot", "gone"][..], "cannot read the snapshot gone"),
        (&["scan", "--snapshot", "no-snapshot"], "snapshot save`): line 1: is no snapshot"),
        (&["scan", "--snapshot", "no-snapshot", "pod.yaml"], "cannot be used with"),
        (&["snapshot", "save", "--snapshot", "no-snapshot"], "name a file, a folder or --cluster"),
        (&["fix", "--snapshot", "no-snapshot"], "name a file or folder"),
        (&["snapshot", "save"], "required"),
    ] {
        let (code, _, error) = bollwerk(folder.path(), arguments, "");
        assert_eq!(code, 2, "{arguments:?}: {error}");
        assert!(error.contains(hint), "{arguments:?}: {error}");
    }
}
