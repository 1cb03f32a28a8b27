//! What a change does to security: folders, snapshots and git revisions against each other.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::process::Command;

use program::{Folder, bollwerk};
use serde_json::Value;

fn pod(name: &str, image: &str, context: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: web}}\nspec:\n  \
         containers:\n  - {{name: c, image: {image}, securityContext: {context}}}\n"
    )
}

const SECRET: &str =
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: web}\nstringData: {k: ";

/// Two states: a pod that becomes privileged, one that goes, one that comes, a Secret and a
/// Service that differ, and one pod that stands elsewhere now.
fn states() -> Folder {
    let folder = Folder::new(&[]);
    folder.write("old/a.yaml", &pod("a", "x:1", "{runAsUser: 1000}"));
    folder.write("old/gone.yaml", &pod("gone", "x:1", "{privileged: true}"));
    folder.write("old/same.yaml", &pod("same", "x:1", "{privileged: true}"));
    folder.write("old/secret.yaml", &format!("{SECRET}first-value}}\n"));
    folder.write("new/a.yaml", &pod("a", "x:1", "{runAsUser: 0, privileged: true}"));
    folder.write(
        "new/elsewhere/same.yaml",
        &format!("# moved\n\n{}", pod("same", "x:1", "{privileged: true}")),
    );
    folder.write("new/come.yaml", &pod("come", "x:1", "{}"));
    folder.write("new/secret.yaml", &format!("{SECRET}other-value}}\n"));
    folder
}

fn diff(folder: &Folder, arguments: &[&str]) -> (i32, Value, String) {
    let base = ["diff", "--format=json", "--only=privileged-container", "--no-config"];
    let (code, out, error) = bollwerk(folder.path(), &[&base, arguments].concat(), "");
    (code, serde_json::from_str(&out).unwrap_or_default(), error)
}

/// The objects that differ, with their settings, as one text each.
fn changes(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let setting = |setting: &Value| {
        format!(" {} {}>{}", text(&setting["name"]), text(&setting["old"]), text(&setting["new"]))
    };
    let change = |change: &Value| {
        let settings: String = change["settings"].as_array().unwrap().iter().map(setting).collect();
        format!("{} {}{settings}", text(&change["change"]), text(&change["object"]))
    };
    report["changes"].as_array().unwrap().iter().map(change).collect()
}

#[test]
fn folders() {
    let folder = states();
    let (code, report, error) = diff(&folder, &["old", "new"]);
    assert_eq!((code, error.as_str()), (1, ""));
    assert_eq!(
        changes(&report),
        [
            "added Pod web/come",
            "removed Pod web/gone",
            "changed Pod web/a container c: privileged false>true container c: user 1000>0",
            "changed Secret web/s stringData.k ********>********",
        ]
    );
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "only the new one: {findings:?}");
    assert_eq!(findings[0]["object"]["name"], "a");
    assert_eq!(report["summary"]["known"], 1);
    assert_eq!(report["resolved"][0]["subject"], "Pod web/gone");
    let (code, report, _) = diff(&folder, &["new", "new"]);
    assert_eq!((code, changes(&report).len()), (0, 0));
}

#[test]
fn snapshots_do_not_compare_credentials() {
    let folder = states();
    for side in ["old", "new"] {
        let output = format!("--output={side}.snapshot");
        assert_eq!(bollwerk(folder.path(), &["snapshot", "save", side, &output], "").0, 0);
    }
    let (code, report, error) = diff(&folder, &["old.snapshot", "new.snapshot"]);
    assert_eq!(code, 1);
    assert!(error.contains("credentials in Secrets were not compared"), "{error}");
    assert_eq!(changes(&report).len(), 3, "{report}");
}

fn git(folder: &Folder, arguments: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    let mut command = Command::new("git");
    let done = command.current_dir(folder.path()).args(identity).args(arguments).output();
    assert!(done.unwrap().status.success(), "{arguments:?}");
}

#[test]
fn revisions() {
    let folder = states();
    std::fs::rename(folder.path().join("old"), folder.path().join("deploy")).unwrap();
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "deploy"]);
    git(&folder, &["commit", "--quiet", "--message=old"]);
    std::fs::remove_dir_all(folder.path().join("deploy")).unwrap();
    std::fs::rename(folder.path().join("new"), folder.path().join("deploy")).unwrap();
    git(&folder, &["add", "--all", "deploy"]);
    git(&folder, &["commit", "--quiet", "--message=new"]);
    let expected = diff(&folder, &["HEAD~1:deploy", "deploy"]).1;
    assert_eq!(changes(&expected).len(), 4);
    for sides in [
        &["HEAD~1", "deploy"][..],
        &["HEAD~1", "HEAD", "--path=deploy"],
        &["HEAD~1", "HEAD"],
        &["HEAD~1:deploy", "HEAD:deploy"],
    ] {
        let (code, report, error) = diff(&folder, sides);
        assert_eq!(code, 1, "{sides:?}: {error}");
        assert_eq!(changes(&report), changes(&expected), "{sides:?}");
        let file = report["findings"][0]["location"]["file"].as_str();
        assert_eq!(file, Some("deploy/a.yaml"), "{sides:?}");
    }
    let one = diff(&folder, &["HEAD~1:deploy/a.yaml", "HEAD:deploy/a.yaml"]).1;
    assert_eq!(changes(&one).len(), 1);
    folder.write("temporary/.keep", "");
    let temporary = folder.path().join("temporary");
    let run = Command::new(env!("CARGO_BIN_EXE_bollwerk"))
        .current_dir(folder.path())
        .env("TMPDIR", &temporary)
        .args(["diff", "HEAD~1", "HEAD"])
        .output();
    assert!(!run.unwrap().stdout.is_empty());
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 1, "a checkout is left behind");
}

#[test]
fn wrong_use_is_told() {
    let folder = states();
    for (sides, hint) in [
        (&["nowhere", "new"][..], "neither a file or folder here nor a revision git knows"),
        (&["--output=x", "new"], "required"),
        (&["HEAD:/etc", "new"], "neither a file"),
    ] {
        let (code, _, error) = diff(&folder, sides);
        assert_eq!(code, 2, "{sides:?}");
        assert!(error.contains(hint), "{sides:?}: {error}");
    }
}

#[test]
fn the_terminal_shows_what_came_and_what_went() {
    let folder = states();
    let arguments = ["diff", "old", "new", "--only=privileged-container", "--no-config"];
    let (code, out, _) = bollwerk(folder.path(), &arguments, "");
    assert_eq!(code, 1);
    for part in [
        "  ~ Pod web/a  new/a.yaml\n      container c: privileged  false → true\n",
        "  + Pod web/come  new/come.yaml\n  - Pod web/gone  old/gone.yaml\n",
        "critical[privileged-container] container `c` runs privileged",
        "resolved[privileged-container] Pod web/gone  ",
        "  known         1  as before\n",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
}
