//! What scripts rely on: exit codes, streams, colours, the order of what is told.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::io::Read;
use std::process::{Command, Stdio};

use program::{Folder, bollwerk, examples};
use serde_json::Value;

/// A pod with findings of high severity and below.
const BAD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: bad}\nspec:\n  hostPID: true\n  \
                   containers: [{name: a, image: nginx}]\n";
const CLEAN: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: clean, namespace: a}\n";
const BROKEN: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: [}\n";

fn folder() -> Folder {
    let folder = Folder::new(&[
        ("bad.yaml", BAD),
        ("clean.yaml", CLEAN),
        ("broken.yaml", BROKEN),
        ("others/values.yaml", "replicas: 3\n"),
        ("others/pipeline.yml", "kind: pipeline\nsteps: []\n"),
    ]);
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    folder
}

#[test]
fn exit_codes() {
    let folder = folder();
    let cases: &[(&[&str], i32)] = &[
        (&["clean.yaml"], 0),
        (&["others"], 0),
        (&["bad.yaml"], 1),
        (&["bad.yaml", "--fail-on", "high"], 1),
        (&["bad.yaml", "--fail-on", "critical"], 0),
        (&["bad.yaml", "--fail-on", "none"], 0),
        (&["bad.yaml", "--skip", "host-pid", "--fail-on", "high"], 0),
        (&["bad.yaml", "--only", "host-ipc"], 0),
        (&["bad.yaml", "broken.yaml"], 1),
        (&["bad.yaml", "broken.yaml", "--fail-on", "none"], 3),
        (&["bad.yaml", "broken.yaml", "--fail-on", "none", "--accept-gap", "syntax"], 0),
        (&["broken.yaml"], 3),
        (&["broken.yaml", "--accept-gap", "syntax"], 0),
        (&["broken.yaml", "--accept-gap", "encoding"], 3),
        (&["broken.yaml", "gone", "--accept-gap", "syntax"], 3),
        (&["broken.yaml", "gone", "--accept-gap", "syntax,unreadable"], 0),
        (&["empty"], 3),
        (&["empty", "--accept-gap", "empty"], 0),
        (&["gone"], 3),
        (&["clean.yaml", "--manifests", "bad.yaml"], 1),
        (&["--manifests", "clean.yaml"], 0),
    ];
    for (arguments, expected) in cases {
        for format in ["terminal", "json", "sarif"] {
            let arguments = [&["scan", "--format", format][..], arguments].concat();
            let (code, out, error) = bollwerk(folder.path(), &arguments, "");
            assert_eq!(code, *expected, "{arguments:?}\n{out}\n{error}");
            assert!(error.is_empty(), "{arguments:?}: {error}");
        }
    }
}

#[test]
fn wrong_use_is_code_2_with_a_hint() {
    let folder = folder();
    let cases: &[(&[&str], &str)] = &[
        (&[], "Usage"),
        (&["scna"], "scan"),
        (&["scan"], "PATH"),
        (&["scan", "bad.yaml", "--fial-on", "high"], "--fail-on"),
        (&["scan", "bad.yaml", "--fail-on", "hihg"], "critical, high, medium, low, info"),
        (&["scan", "bad.yaml", "--show", "all"], "critical, high, medium, low, info"),
        (&["scan", "bad.yaml", "--format", "xml"], "terminal, json, sarif"),
        (&["scan", "bad.yaml", "--only", "host-pip"], "host-pid"),
        (&["scan", "bad.yaml", "--accept-gap", "synatx"], "syntax"),
        (&["scan", "bad.yaml", "--pod-security", "strict"], "restricted"),
        (&["scan", "bad.yaml", "--kubernetes-version", "2.0"], "1.30"),
        (&["scan", "bad.yaml", "--now", "today"], "--now"),
        (&["scan", "bad.yaml", "--threads", "0"], "--threads"),
        (&["scan", "-", "-"], "`-` once"),
        (&["scan", "bad.yaml", "--config", "gone.yaml"], "gone.yaml"),
        (&["scan", "bad.yaml", "--config", "a", "--no-config"], "cannot be used with"),
        (&["scan", "bad.yaml", "--output", "gone/report"], "cannot write the report"),
        (&["explain", "host-pip"], "host-pid"),
        (&["explain", "host-pip"], "edges have pages too"),
    ];
    for (arguments, hint) in cases {
        let (code, out, error) = bollwerk(folder.path(), arguments, "");
        assert_eq!(code, 2, "{arguments:?}\n{out}\n{error}");
        assert!(error.contains(hint), "{arguments:?} should say {hint:?}: {error}");
        assert!(out.is_empty(), "{arguments:?} printed {out}");
    }
}

#[test]
fn standard_input_is_a_file_called_minus() {
    let folder = folder();
    let (code, out, _) = bollwerk(folder.path(), &["scan", "-", "--format", "json"], BAD);
    assert_eq!(code, 1);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["findings"][0]["location"]["file"], "-");
    assert_eq!(report["coverage"]["objects"], 1);
}

#[test]
fn a_report_goes_to_a_file() {
    let folder = folder();
    for format in ["terminal", "json", "sarif"] {
        let arguments = ["scan", "bad.yaml", "--format", format, "--output", "report"];
        let (code, out, _) = bollwerk(folder.path(), &arguments, "");
        assert_eq!((code, out.as_str()), (1, ""));
        let report = std::fs::read_to_string(folder.path().join("report")).unwrap();
        assert!(report.contains("host-pid") && !report.contains('\u{1b}'), "{report}");
    }
}

#[test]
fn no_colours_where_nobody_sees_them() {
    let folder = folder();
    let (_, out, _) = bollwerk(folder.path(), &["scan", "bad.yaml"], "");
    assert!(out.contains("host-pid") && !out.contains('\u{1b}'), "{out}");
    let run = |variables: &[(&str, &str)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_bollwerk"))
            .args(["scan", "bad.yaml"])
            .current_dir(folder.path())
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run(&[("CLICOLOR_FORCE", "1")]).contains('\u{1b}'));
    assert!(!run(&[("NO_COLOR", "1")]).contains('\u{1b}'));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let shop = examples();
    let mut child = Command::new(env!("CARGO_BIN_EXE_bollwerk"))
        .args(["scan", "--format", "json", "--no-config"])
        // More than a pipe holds.
        .args([&shop; 3])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 16]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn threads_change_nothing() {
    let folder = folder();
    let shop = examples();
    for format in ["terminal", "json", "sarif"] {
        let outputs = ["1", "2", "8"].map(|threads| {
            let arguments = ["scan", shop.to_str().unwrap(), ".", "--threads", threads];
            let more = ["--format", format, "--now", "2026-01-02T03:04:05Z", "--no-config"];
            bollwerk(folder.path(), &[&arguments[..], &more].concat(), "")
        });
        assert_eq!(outputs[0].0, 1);
        assert!(outputs[0] == outputs[1] && outputs[0] == outputs[2], "{format} differs");
    }
}

#[test]
fn the_configuration_is_checked_and_overridden() {
    let folder = folder();
    for (text, place) in [
        ("version: 1\nreprot: {}\n", "bollwerk.yaml:2:1: unknown key `reprot`"),
        ("version: 1\nreport:\n  failOn: hihg\n", "bollwerk.yaml:3:11: `hihg` is no severity"),
        ("version: 1\njudge: {skip: [host-pip]}\n", "bollwerk.yaml:2:16: "),
        ("version: 2\n", "bollwerk.yaml:1:10: version 2 is not known"),
        ("report: {}\n", "bollwerk.yaml:1:1: the file needs `version: 1`"),
        ("version: 1\nreport: [\n", "bollwerk.yaml:"),
    ] {
        folder.write("bollwerk.yaml", text);
        let (code, _, error) = bollwerk(folder.path(), &["scan", "clean.yaml"], "");
        assert_eq!(code, 2, "{text}: {error}");
        assert!(error.contains(place), "{text} should say {place}: {error}");
        let (code, _, _) = bollwerk(folder.path(), &["scan", "clean.yaml", "--no-config"], "");
        assert_eq!(code, 0, "{text}");
    }
    folder.write("bollwerk.yaml", "version: 1\nreport: {failOn: none, acceptGaps: [syntax]}\n");
    let code = |arguments: &[&str]| bollwerk(folder.path(), arguments, "").0;
    assert_eq!(code(&["scan", "bad.yaml"]), 0);
    assert_eq!(code(&["scan", "bad.yaml", "--fail-on", "high"]), 1);
    assert_eq!(code(&["scan", "bad.yaml", "--no-config"]), 1);
    assert_eq!(code(&["scan", "broken.yaml"]), 0);
    assert_eq!(code(&["scan", "broken.yaml", "--accept-gap", "limit"]), 3);
    // The file is found from folders below it.
    assert_eq!(bollwerk(&folder.path().join("others"), &["scan", "../bad.yaml"], "").0, 0);
}
