//! What `harden` writes: it fits, it is complete, and it is written once.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![expect(clippy::print_stdout, reason = "a skipped test says so")]

#[path = "../../../crates/yaml/tests/upstream/oracle.rs"]
mod oracle;
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use oracle::{Answer, Oracle};
use program::{Folder, bollwerk, examples};
use serde_json::Value;

/// The files below a folder, by path relative to it.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), text);
            }
        }
    }
    found
}

fn scan(folder: &Path, path: &str) -> Value {
    let arguments = ["scan", path, "--format=json", "--no-config"];
    let (code, out, error) = bollwerk(folder, &arguments, "");
    assert_ne!(code, 2, "{error}");
    serde_json::from_str(&out).unwrap()
}

fn findings(report: &Value) -> &[Value] {
    report["findings"].as_array().unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn object(finding: &Value) -> String {
    let object = &finding["object"];
    match object["namespace"].as_str() {
        Some(namespace) => format!("{namespace}/{}", text(&object["name"])),
        None => text(&object["name"]),
    }
}

/// A finding's control, and the others it stands for.
fn names(finding: &Value) -> Vec<String> {
    let also = finding["also"].as_array().into_iter().flatten();
    std::iter::once(&finding["control"]).chain(also).map(text).collect()
}

/// Object and control of each row of a table of the README.
fn listed(readme: &str, heading: &str) -> BTreeSet<(String, String)> {
    let table = readme.split(heading).nth(1).unwrap().split("\n## ").next().unwrap();
    let row = |row: &str| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        (cells[0].trim_matches('`').to_owned(), cells[1].to_owned())
    };
    table.lines().filter(|line| line.starts_with("| `")).map(row).collect()
}

/// Checks of the level `restricted` that `warn` and `audit` bring, and the control that told of
/// the same fault before under its own name.
const RENAMED: &[(&str, &str)] = &[("pod-security/runAsNonRoot", "runs-as-root")];

#[test]
fn the_shop_keeps_what_needs_a_person_and_nothing_else() {
    let folder = Folder::new(&[]);
    folder.copy(&examples(), "shop");
    let before = scan(folder.path(), "shop");
    bollwerk(folder.path(), &["harden", "shop", "--no-config"], "");
    let (_, diff, _) = bollwerk(folder.path(), &["harden", "shop", "--no-config", "--diff"], "");
    assert_eq!(diff, "", "a second run changes nothing");
    bollwerk(folder.path(), &["fix", "shop", "--unsafe", "--no-config"], "");
    let (_, diff, _) = bollwerk(folder.path(), &["harden", "shop", "--no-config", "--diff"], "");
    assert_eq!(diff, "", "nor does a run after the fixes");
    let after = scan(folder.path(), "shop");
    assert_eq!(after["gaps"], serde_json::json!([]));
    let known: BTreeSet<(String, String)> = findings(&before)
        .iter()
        .flat_map(|finding| names(finding).into_iter().map(move |name| (object(finding), name)))
        .collect();
    for finding in findings(&after) {
        let edits = finding["fix"]["edits"].as_array().map_or(0, Vec::len);
        assert_eq!(edits, 0, "could be fixed: {finding}");
        let before = |name: &str| known.contains(&(object(finding), name.to_owned()));
        let control = text(&finding["control"]);
        let old_name = RENAMED.iter().find(|(new, _)| *new == control).map(|(_, old)| *old);
        let is_known = names(finding).iter().any(|name| before(name));
        assert!(is_known || old_name.is_some_and(before), "is new: {finding}");
    }
    let readme = std::fs::read_to_string(examples().join("README.md")).unwrap();
    let left: BTreeSet<(String, String)> =
        findings(&after).iter().map(|it| (object(it), text(&it["control"]))).collect();
    assert_eq!(left, listed(&readme, "## Needs a person"));
}

/// Fields that hardening the shop may change.
const FIELDS: &[&str] = &[
    "metadata.labels.pod-security.kubernetes.io/",
    "hostNetwork",
    "hostPID",
    "automountServiceAccountToken",
    "securityContext.allowPrivilegeEscalation",
    "securityContext.capabilities.add",
    "securityContext.capabilities.drop",
    "securityContext.privileged",
    "securityContext.readOnlyRootFilesystem",
    "securityContext.runAsNonRoot",
    "securityContext.seccompProfile.type",
    "imagePullPolicy",
];

/// Leaves of a value by their path.
fn leaves(value: &Value, path: &str, found: &mut BTreeMap<String, String>) {
    let below = |key: &str| format!("{path}{}{key}", if path.is_empty() { "" } else { "." });
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(key, value)| leaves(value, &below(key), found));
        }
        Value::Array(items) if !items.is_empty() => {
            items
                .iter()
                .enumerate()
                .for_each(|(at, it)| leaves(it, &below(&at.to_string()), found));
        }
        leaf => {
            found.insert(path.to_owned(), leaf.to_string());
        }
    }
}

fn upstream(oracle: &mut Oracle, text: &str) -> Vec<Value> {
    let parts: Vec<&str> = text.split("\n---\n").collect();
    let json = |answer| match answer {
        Answer::Json(json) => serde_json::from_str(&json).unwrap(),
        Answer::Refusal(error) => panic!("{error}\n{text}"),
    };
    oracle.ask("yaml", &parts).into_iter().map(json).collect()
}

#[test]
fn upstream_sees_the_named_fields_change_alone() {
    let Some(mut oracle) = Oracle::start() else { return };
    let folder = Folder::new(&[]);
    folder.copy(&examples(), "shop");
    let old = files(&folder.path().join("shop"));
    bollwerk(folder.path(), &["harden", "shop", "--no-config"], "");
    bollwerk(folder.path(), &["fix", "shop", "--unsafe", "--no-config"], "");
    let mut changed = 0;
    for (path, new) in files(&folder.path().join("shop")) {
        if path.extension().is_none_or(|it| it != "yaml") {
            continue;
        }
        let new = upstream(&mut oracle, &new);
        let Some(old) = old.get(&path) else { continue };
        let old = upstream(&mut oracle, old);
        assert_eq!(old.len(), new.len());
        for (old, new) in old.iter().zip(&new) {
            let [mut was, mut is] = [BTreeMap::new(), BTreeMap::new()];
            leaves(old, "", &mut was);
            leaves(new, "", &mut is);
            for place in was.keys().chain(is.keys()).filter(|key| was.get(*key) != is.get(*key)) {
                changed += 1;
                let is_named = FIELDS.iter().any(|field| place.contains(field));
                assert!(is_named, "{}: {place} changed", path.display());
            }
        }
    }
    assert!(changed > 20, "{changed}");
}

#[test]
fn projects_of_the_corpus_are_hardened_once_and_readably() {
    let Some(corpus) = program::corpus() else { return };
    let mut oracle = Oracle::start();
    let (mut manifests, mut documents) = (0, 0);
    for project in std::fs::read_dir(&corpus).unwrap() {
        let project = project.unwrap().path();
        if !project.is_dir() {
            continue;
        }
        let folder = Folder::new(&[]);
        folder.copy(&project, "p");
        let gaps = |report: &Value| report["gaps"].as_array().unwrap().len();
        let before = scan(folder.path(), "p");
        let (code, _, error) = bollwerk(folder.path(), &["harden", "p", "--no-config"], "");
        assert!([0, 1, 3].contains(&code), "{}: {code} {error}", project.display());
        let (_, diff, error) =
            bollwerk(folder.path(), &["harden", "p", "--no-config", "--diff"], "");
        assert_eq!(diff, "", "{}: {error}", project.display());
        let after = scan(folder.path(), "p");
        assert!(gaps(&after) <= gaps(&before), "{}", project.display());
        let written = folder.path().join("p/hardening");
        if !written.is_dir() {
            continue;
        }
        let report = scan(folder.path(), "p/hardening");
        assert_eq!(report["gaps"], serde_json::json!([]), "{}", project.display());
        let first = findings(&report).first();
        assert_eq!(first, None, "{}", project.display());
        for text in files(&written).values() {
            manifests += 1;
            if let Some(oracle) = &mut oracle {
                let read = upstream(oracle, text);
                documents += read.iter().filter(|it| it["kind"].is_string()).count();
            }
        }
    }
    println!("{manifests} manifests, {documents} documents that upstream reads");
    assert!(manifests > 20, "{manifests}");
}

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n";

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example/web@sha256:00
        ports: [{containerPort: 8080}, {containerPort: 9090}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
";

#[test]
fn new_manifests_go_where_they_are_asked_for() {
    // A folder, the current one, a file, and a folder elsewhere: each is read again.
    for (arguments, written) in [
        (["harden", "d"].as_slice(), "d/hardening/web/network.yaml"),
        (&["harden", "."], "hardening/web/network.yaml"),
        (&["harden", "./d"], "d/hardening/web/network.yaml"),
        (&["harden", "d/all.yaml"], "d/hardening/web/network.yaml"),
        (&["harden", "d", "--output", "e/f"], "e/f/web/network.yaml"),
        (&["harden", "d", "-o", "./d/policies"], "d/policies/web/network.yaml"),
    ] {
        let folder = Folder::new(&[("d/all.yaml", &format!("{NAMESPACE}---\n{WEB}"))]);
        let diff = [arguments, &["--diff"]].concat();
        let (_, out, error) = bollwerk(folder.path(), &diff, "");
        assert!(out.contains("--- /dev/null\n+++ "), "{arguments:?}: {error}");
        assert!(!folder.path().join(written).exists());
        let (_, _, error) = bollwerk(folder.path(), arguments, "");
        assert!(folder.path().join(written).exists(), "{arguments:?}: {error}");
        let (_, out, error) = bollwerk(folder.path(), &diff, "");
        assert_eq!(out, "", "{arguments:?}: {error}");
        assert!(error.contains("nothing to add"), "{arguments:?}: {error}");
    }
}

#[test]
fn what_a_person_wrote_stays() {
    let budget = "# ours\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web, \
                  namespace: web}\nspec: {maxUnavailable: 1, selector: {matchLabels: {app: api}}}";
    let folder = Folder::new(&[
        ("d/all.yaml", &format!("{NAMESPACE}---\n{WEB}")),
        ("d/hardening/web/availability.yaml", budget),
    ]);
    bollwerk(folder.path(), &["harden", "d"], "");
    let path = folder.path().join("d/hardening/web/availability.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.starts_with(budget), "{text}");
    assert!(text.contains("\n---\n# Deployment web: "), "{text}");
    assert!(text.contains("  name: web-2\n"), "the name is taken: {text}");
    let (_, out, _) = bollwerk(folder.path(), &["harden", "d", "--diff"], "");
    assert_eq!(out, "");
    // What is there and not read is not written over.
    folder.write("d/.bollwerkignore", "network.yaml\n");
    let (code, _, error) = bollwerk(folder.path(), &["harden", "d"], "");
    assert_eq!(code, 2);
    assert!(error.contains("an ignore file hides it"), "{error}");
}

#[test]
fn what_has_no_folder_is_refused() {
    let folder = Folder::new(&[("a.yaml", NAMESPACE), ("b.yaml", NAMESPACE)]);
    for (arguments, word) in [
        (["harden", "-"].as_slice(), "standard input has no file"),
        (&["harden", "--snapshot", "a"], "a snapshot or a cluster has no text"),
        (&["harden", "a.yaml", "b.yaml"], "takes one path"),
        (&["harden", "a.yaml", "-o", "b.yaml"], "names a file"),
    ] {
        let (code, _, error) = bollwerk(folder.path(), arguments, "");
        assert_eq!(code, 2, "{arguments:?}");
        assert!(error.contains(word), "{arguments:?}: {error}");
    }
    let (code, _, error) = bollwerk(folder.path(), &["harden", "a.yaml"], "");
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("left web: nothing of it runs here"), "{error}");
}
