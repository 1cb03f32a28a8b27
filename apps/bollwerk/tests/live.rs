//! A running cluster, read from a real API server, beside the same objects read from files.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod control_plane;
mod program;

use std::collections::BTreeSet;
use std::path::Path;

use control_plane::ControlPlane;
use program::{Folder, bollwerk, examples};
use serde_json::{Value, json};

/// The documents of all files of a folder, Namespaces first.
fn documents(folder: &Path) -> Vec<Value> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "yaml") {
                let text = std::fs::read_to_string(&path).unwrap();
                let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
                for document in stream.documents() {
                    let mut json = String::new();
                    document.ok().unwrap().root().write_json(&mut json);
                    found.push(serde_json::from_str(&json).unwrap());
                }
            }
        }
    }
    found.retain(|object: &Value| object["kind"].is_string());
    found.sort_by_key(|object| match object["kind"].as_str().unwrap() {
        "Namespace" => 0,
        "ServiceAccount" => 1,
        _ => 2,
    });
    found
}

/// A control, an object's kind, its namespace and name, and a field.
type Said = (String, String, String, String);

/// What a report says.
fn said(report: &Value) -> BTreeSet<Said> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|it| {
            let object = &it["object"];
            let name = format!("{}/{}", text(&object["namespace"]), text(&object["name"]));
            (text(&it["control"]), text(&object["kind"]), name, text(&it["path"]))
        })
        .collect()
}

fn report(folder: &Folder, arguments: &[&str]) -> (Value, i32) {
    let (code, text, errors) = bollwerk(folder.path(), arguments, "");
    let report = serde_json::from_str(&text).unwrap_or_else(|it| panic!("{it}: {text}{errors}"));
    (report, code)
}

/// What a cluster has of its own, and what it lacks that files may hold.
fn is_explained((control, kind, name, path): &Said) -> bool {
    let of_cluster = [
        ("account-of-other-namespace", "kube-public/system:controller:bootstrap-signer"),
        ("binding-without-subjects", "/system:node"),
        ("pod-security-labels-missing", "/default"),
        // The Rollout that it selects is of a kind that this API server does not serve.
        ("service-selects-nothing", "shop/checkout"),
    ];
    of_cluster.contains(&(control.as_str(), name.as_str()))
        || kind == "Rollout"
        // They come by a subresource, once the pod runs.
        || path.starts_with("spec.ephemeralContainers")
        // In a cluster a Secret is where it belongs.
        || control == "secret-data-committed"
}

#[test]
fn a_cluster_is_read_as_its_files_are() {
    let Some(mut plane) = ControlPlane::start() else { return };
    let shop = examples();
    for object in documents(&shop) {
        plane.create(&object, false);
    }
    let kubeconfig = plane.kubeconfig.to_str().unwrap().to_owned();
    let folder = Folder::new(&[]);
    let now = ["--now", "2026-12-01T00:00:00Z"];
    let live = ["--cluster", "--kubeconfig", &kubeconfig];
    let json = ["--format", "json"];
    let (running, code) = report(&folder, &[&["scan"][..], &live, &now, &json].concat());
    let (files, _) =
        report(&folder, &[&["scan", shop.to_str().unwrap()][..], &now, &json].concat());
    assert_eq!((code, &running["gaps"]), (1, &json!([])));
    let (running_said, files_said) = (said(&running), said(&files));
    let unexplained: Vec<&Said> =
        running_said.symmetric_difference(&files_said).filter(|it| !is_explained(it)).collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    assert!(running_said.intersection(&files_said).count() > 60);
    program::fits(&running);

    // What was saved says the same later, without the cluster.
    let saved = [&["snapshot", "save"][..], &live, &now, &["--output", "it.snapshot"]].concat();
    let (code, _, errors) = bollwerk(folder.path(), &saved, "");
    assert_eq!(code, 0, "{errors}");
    let (loaded, _) =
        report(&folder, &[&["scan", "--snapshot", "it.snapshot"][..], &json].concat());
    assert_eq!(loaded["findings"], running["findings"]);

    // Questions about access and the network are asked of it as of files.
    let question = ["access", "who-can", "get", "secrets"];
    let (code, text, errors) = bollwerk(folder.path(), &[&question[..], &live].concat(), "");
    assert!(code == 0 && text.contains("system:masters"), "{code} {text} {errors}");

    several_clusters(&folder, &kubeconfig);
    somebody_without_rights(&folder, &kubeconfig);
    nobody_there(&folder, &kubeconfig);
}

/// A kubeconfig of clusters by these names, all at one API server, and of one that is not there.
fn contexts(folder: &Folder, kubeconfig: &str, names: &[&str]) {
    let text = std::fs::read_to_string(kubeconfig).unwrap();
    let line = |key: &str| {
        let found = text.lines().find_map(|line| line.strip_prefix(&format!("{key}: ["))).unwrap();
        found.trim_end_matches(']').to_owned()
    };
    let (cluster, user) = (line("clusters"), line("users"));
    let server = cluster.find("https://127.0.0.1:").unwrap();
    let end = server + cluster[server..].find('"').unwrap();
    let (mut clusters, mut contexts) = (Vec::new(), Vec::new());
    for name in names {
        let cluster = match *name {
            "away" => cluster.replace(&cluster[server..end], "https://127.0.0.1:1"),
            _ => cluster.clone(),
        };
        clusters.push(cluster.replace("name: tests", &format!("name: {name}")));
        contexts.push(format!(
            "{{name: to-{name}, context: {{cluster: {name}, user: administrator}}}}"
        ));
    }
    let text = format!(
        "apiVersion: v1\nkind: Config\nusers: [{user}]\nclusters: [{}]\ncontexts: [{}]\n",
        clusters.join(", "),
        contexts.join(", ")
    );
    folder.write("several", &text);
}

/// Each context is a cluster of its own: what is said of it is what is said of it alone.
fn several_clusters(folder: &Folder, kubeconfig: &str) {
    contexts(folder, kubeconfig, &["west", "east", "away"]);
    let live = ["--cluster", "--kubeconfig", "several"];
    let now = ["--now", "2026-12-01T00:00:00Z"];
    let scan = |contexts: &[&str]| {
        let named = contexts.iter().flat_map(|it| ["--context", it]);
        let arguments: Vec<&str> =
            ["scan"].into_iter().chain(live).chain(now).chain(named).collect();
        report(folder, &[&arguments[..], &["--format", "json"]].concat())
    };
    let prints = |report: &Value, cluster: Option<&str>| -> BTreeSet<String> {
        let all = report["findings"].as_array().unwrap().iter();
        let of = all.filter(|it| it["cluster"].as_str() == cluster);
        of.map(|it| it["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let (both, code) = scan(&["to-west", "to-east"]);
    assert_eq!((code, &both["gaps"], &both["cluster"]), (1, &json!([]), &Value::Null));
    assert_eq!(both["worlds"], json!(["west", "east"]));
    program::fits(&both);
    for name in ["west", "east"] {
        let (alone, _) = scan(&[&format!("to-{name}")]);
        assert_eq!(alone["cluster"], name);
        let alone = prints(&alone, None);
        assert!(alone.len() > 60 && prints(&both, Some(name)) == alone, "{name}");
    }
    assert!(prints(&both, Some("west")).is_disjoint(&prints(&both, Some("east"))));

    // One that does not answer is a gap, and the other is judged.
    let (part, code) = scan(&["to-away", "to-west"]);
    assert_eq!(prints(&part, Some("west")), prints(&both, Some("west")));
    let gaps = part["gaps"].as_array().unwrap();
    assert!(gaps.len() == 1 && gaps[0]["subject"] == "to-away", "{gaps:?}");
    assert_eq!((code, &gaps[0]["kind"]), (1, &json!("unreadable")));
    let (none, code) = scan(&["to-away", "to-away"]);
    assert_eq!((code, &none["findings"]), (3, &json!([])), "{none}");

    // A snapshot holds all of them.
    let save = ["snapshot", "save", "--output", "several.snapshot"];
    let named = ["--context", "to-west", "--context", "to-east"];
    let (code, _, errors) = bollwerk(folder.path(), &[&save[..], &live, &now, &named].concat(), "");
    assert_eq!(code, 0, "{errors}");
    let (loaded, _) =
        report(folder, &["scan", "--snapshot", "several.snapshot", "--format", "json"]);
    assert!(loaded["findings"] == both["findings"]);

    // What is about one cluster is refused for several, and so are two of one name.
    let refused: [(&[&str], &str); 4] = [
        (&["scan", "--framework", "cis-1.12"], "`--framework` is about one cluster"),
        (&["scan", "--format", "open-reports"], "`--format open-reports` is about one cluster"),
        (&["snapshot", "save", "--cluster-name", "it"], "one name for several clusters"),
        (&["access", "who-can", "get", "secrets"], "choose one with `--world`"),
    ];
    for (arguments, why) in refused {
        let (code, _, errors) = bollwerk(folder.path(), &[arguments, &live, &named].concat(), "");
        assert!(code == 2 && errors.contains(why), "{arguments:?}: {code} {errors}");
    }
    let twice = ["scan", "--context", "to-west", "--context", "to-west"];
    let (code, _, errors) = bollwerk(folder.path(), &[&twice[..], &live].concat(), "");
    assert!(code == 2 && errors.contains("as another one is"), "{code} {errors}");
}

/// What may not be listed is a gap, and the run says that it could not assess.
fn somebody_without_rights(folder: &Folder, kubeconfig: &str) {
    let text = std::fs::read_to_string(kubeconfig).unwrap();
    let restricted =
        text.replace("user: {client-certificate", "user: {as: alice, client-certificate");
    folder.write("alice", &restricted);
    let arguments = ["scan", "--cluster", "--kubeconfig", "alice", "--format", "json"];
    let (said, code) = report(folder, &arguments);
    assert_eq!((code, &said["findings"]), (3, &json!([])), "{said}");
    let gaps = said["gaps"].as_array().unwrap();
    let is_told = |gap: &Value| {
        gap["kind"] == "forbidden"
            && gap["subject"] == "secrets of tests"
            && gap["reason"].as_str().unwrap().contains("grant `list` on `secrets`")
    };
    assert!(gaps.iter().any(is_told), "{gaps:#?}");
    program::fits(&said);
}

fn nobody_there(folder: &Folder, kubeconfig: &str) {
    let text = std::fs::read_to_string(kubeconfig).unwrap();
    let server = text.find("https://127.0.0.1:").unwrap();
    let end = server + text[server..].find('"').unwrap();
    folder.write("nowhere", &text.replace(&text[server..end], "https://127.0.0.1:1"));
    let (code, _, errors) =
        bollwerk(folder.path(), &["scan", "--cluster", "--kubeconfig", "nowhere"], "");
    assert!(code == 3 && errors.contains("does not answer"), "{code} {errors}");
    // What is configured wrongly is wrong use.
    let (code, _, errors) = bollwerk(
        folder.path(),
        &["scan", "--cluster", "--kubeconfig", kubeconfig, "--context", "other"],
        "",
    );
    assert!(code == 2 && errors.contains("other"), "{code} {errors}");
}
