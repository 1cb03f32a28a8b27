//! Exceptions and baselines, as the program shows them.

mod program;

use program::{Folder, bollwerk};

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: agent
  namespace: ops
  labels: {app: agent}
  annotations:
    allow.bollwerk.io/host-pid: until=2030-01-01 owner=platform it watches the node
spec:
  hostPID: true
  hostNetwork: true
  containers:
  - name: agent
    image: registry.example/agent:1
    securityContext: {privileged: true}
";

fn config(exceptions: &str) -> String {
    format!("version: 1\nexceptions:\n{exceptions}")
}

/// Runs a scan of the pod with these exceptions: exit code, standard output, standard error.
fn scan(exceptions: &str, flags: &[&str]) -> (i32, String, String) {
    let folder = Folder::new(&[("pod.yaml", POD), ("bollwerk.yaml", &config(exceptions))]);
    let only = "--only=host-pid,host-network,privileged-container,exception-expired,\
                exception-unused,exception-too-wide";
    let base = ["scan", "pod.yaml", "--config=bollwerk.yaml", "--show=info", only];
    bollwerk(folder.path(), &[&base, ["--now=2026-11-24T00:00:00Z"].as_slice(), flags].concat(), "")
}

#[test]
fn an_exception_hides_what_it_covers_and_the_report_says_so() {
    let exceptions = "- control: privileged-container\n  kind: Pod\n  namespace: ops\n  name: ag*\n  \
                      container: agent\n  labels: {app: agent}\n  path: '*.yaml'\n  reason: driver\n\
                      - control: BW-POD-009\n  name: agent\n  reason: it serves the node\n";
    let (code, out, _) = scan(exceptions, &[]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("hidden        3  by exceptions: host-network 1, host-pid 1, "), "{out}");
    let (_, out, _) = scan(exceptions, &["--format=json"]);
    assert!(out.contains("\"reason\": \"it watches the node\""), "{out}");
    assert!(out.contains("\"where\": \"bollwerk.yaml:3:3\""), "{out}");
    let (_, out, _) = scan(exceptions, &["--format=sarif"]);
    assert!(out.contains("\"justification\": \"driver\""), "{out}");
}

#[test]
fn annotations_count_only_where_they_are_trusted() {
    let (code, out, _) = scan("  []\n", &["--ignore-embedded-exceptions"]);
    assert_eq!(code, 1);
    assert!(out.contains("high[host-pid]"), "{out}");
    let (_, out, _) = scan("  []\n", &[]);
    assert!(!out.contains("high[host-pid]"), "{out}");
}

#[test]
fn expired_unused_and_too_wide_exceptions_are_told() {
    let check = |exceptions: &str, expected: &str| {
        let (code, out, _) = scan(exceptions, &[]);
        assert_eq!(code, 1, "{out}");
        assert!(out.contains(expected), "{out}");
    };
    check(
        "- control: host-network\n  name: agent\n  reason: migration\n  until: 2026-11-23\n",
        "low[exception-expired] exception has expired: `host-network` (migration, until \
         2026-11-23)\n  --> bollwerk.yaml:3:3",
    );
    check(
        "- control: host-network\n  name: other\n  reason: leftover\n",
        "low[exception-unused] exception hides nothing: `host-network` (leftover)\n  \
         --> bollwerk.yaml:3:3",
    );
    check(
        "- control: host-network\n  name: '*'\n  reason: noise\n",
        "medium[exception-too-wide] exception covers everything: `host-network` (noise)\n  \
         --> bollwerk.yaml:3:3",
    );
}

#[test]
fn what_is_written_wrongly_is_told_with_its_place() {
    let check = |exceptions: &str, expected: &str| {
        let (code, _, error) = scan(exceptions, &[]);
        assert_eq!(code, 2, "{error}");
        assert_eq!(error, format!("error: bollwerk.yaml:{expected}\n"));
    };
    check(
        "- control: host-pit\n  reason: x\n",
        "3:12: `host-pit` is no control; did you mean `host-pid`?",
    );
    check(
        "- control: host-pid\n  reason: x\n  until: soon\n",
        "5:10: `soon` is no date; write it as 2027-03-31",
    );
    check("- control: host-pid\n", "3:3: an exception needs a `reason`");
    check("- reason: x\n", "3:3: an exception needs a `control`");
    check("- control: host-pid\n  reason: [x]\n", "4:11: `reason` takes one text");
    check("  host-pid\n", "3:3: `exceptions` takes a list of maps");
    let (_, _, error) = scan("- control: host-pid\n  reasons: x\n", &[]);
    assert!(error.starts_with("error: bollwerk.yaml:4:3: unknown key `reasons`"), "{error}");
}

#[test]
fn an_annotation_that_is_no_exception_is_a_gap() {
    for (annotation, wrong) in [
        ("host-pit: because", "`host-pit` is no control; did you mean `host-pid`?"),
        ("host-pid: until=soon because", "write `until=2027-03-31 owner=NAME REASON`"),
    ] {
        let old = "host-pid: until=2030-01-01 owner=platform it watches the node";
        let folder = Folder::new(&[("pod.yaml", &POD.replace(old, annotation))]);
        let (_, out, _) = bollwerk(folder.path(), &["scan", "pod.yaml", "--no-config"], "");
        assert!(out.contains("gap[invalid-value] an exception that excepts nothing: "), "{out}");
        assert!(out.contains(wrong) && out.contains("--> pod.yaml:8:"), "{out}");
    }
}

#[test]
fn only_what_the_baseline_does_not_know_fails() {
    let folder = Folder::new(&[("a/pod.yaml", POD)]);
    let save = ["baseline", "save", "a", "--output=known.json"];
    let (code, _, error) = bollwerk(folder.path(), &save, "");
    assert_eq!(code, 0, "{error}");
    // Another name, other lines, another order of keys.
    let moved = POD.replace("apiVersion: v1\n", "# moved\n\napiVersion: v1\n");
    let moved = moved.replace("  hostPID: true\n  hostNetwork: true\n", "  hostNetwork: true\n");
    folder.write("b/renamed.yaml", &moved);
    let scan = ["scan", "b", "--baseline=known.json", "--ignore-embedded-exceptions"];
    let (code, out, _) = bollwerk(folder.path(), &scan, "");
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("  resolved      0  since the baseline"), "{out}");
    folder.write("b/renamed.yaml", &moved.replace("privileged: true", "runAsUser: 0"));
    let (code, out, _) = bollwerk(folder.path(), &scan, "");
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("medium[runs-as-root]"), "{out}");
    assert!(!out.contains("[host-network]"), "{out}");
    assert!(out.contains("  resolved      1  since the baseline"), "{out}");
}

#[test]
fn a_file_that_is_no_baseline_is_refused() {
    let folder = Folder::new(&[("pod.yaml", POD), ("x.json", "{\"schema\": \"y\"}")]);
    let (code, _, error) = bollwerk(folder.path(), &["scan", "pod.yaml", "--baseline=x.json"], "");
    assert_eq!(code, 2);
    assert!(error.starts_with("error: the baseline x.json is no baseline"), "{error}");
}

/// A pod with comments at every kind of place.
const SPOKEN: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: ops}
spec:
  hostPID: true # bollwerk:allow host-pid owner=platform it watches the node
  # bollwerk:allow host-network until=2030-01-01 it serves the node

  # and nothing else
  hostNetwork: true
  containers:
  # bollwerk:allow privileged-container it loads a driver
  - name: agent
    image: registry.example/agent:1
    securityContext: {privileged: true}
  - name: other
    image: registry.example/other:1
    args: ['# bollwerk:allow privileged-container not a comment']
    securityContext: {privileged: true}
";

fn spoken(text: &str, flags: &[&str]) -> (i32, String, String) {
    let folder = Folder::new(&[("pod.yaml", text)]);
    let only = "--only=host-pid,host-network,privileged-container,exception-expired,\
                exception-unused";
    let base = ["scan", "pod.yaml", "--no-config", "--show=info", only];
    bollwerk(folder.path(), &[&base, ["--now=2026-11-24T00:00:00Z"].as_slice(), flags].concat(), "")
}

#[test]
fn a_comment_speaks_of_what_begins_at_it() {
    let (code, out, _) = spoken(SPOKEN, &[]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("hidden        3  by exceptions"), "{out}");
    assert!(out.contains("--> pod.yaml:18:35"), "{out}");
    let (_, out, _) = spoken(SPOKEN, &["--format=json"]);
    assert!(out.contains("\"where\": \"pod.yaml:5:17\""), "{out}");
    let (_, out, _) = spoken(SPOKEN, &["--ignore-embedded-exceptions"]);
    assert!(!out.contains("hidden"), "{out}");
    let head = format!("# bollwerk:allow privileged-container both are drivers\n{SPOKEN}");
    let (code, out, _) = spoken(&head, &[]);
    assert_eq!(code, 0, "{out}");
}

/// In a list it speaks of one item, and on the list's first line of all.
#[test]
fn a_comment_in_a_list_speaks_of_its_item() {
    let list = |head: &str, item: &str| {
        let pod = |name: &str, comment: &str| {
            format!(
                "- apiVersion: v1{comment}\n  kind: Pod\n  metadata: {{name: {name}}}\n  spec: \
                 {{hostPID: true, containers: [{{name: c, image: x}}]}}\n"
            )
        };
        let (one, other) = (pod("a", ""), pod("b", item));
        format!("apiVersion: v1{head}\nkind: List\nitems:\n{one}{other}")
    };
    let hidden = |text: &str| {
        let (_, out, _) = spoken(text, &["--format=json"]);
        let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_default();
        report["summary"]["hidden"].as_u64()
    };
    assert_eq!(hidden(&list("", " # bollwerk:allow host-pid why not")), Some(1));
    assert_eq!(hidden(&list(" # bollwerk:allow host-pid why not", "")), Some(2));
}

#[test]
fn a_comment_that_is_no_exception_is_a_gap() {
    let wrong = |comment: &str, expected: &str| {
        let text = SPOKEN.replace("owner=platform it watches the node", comment);
        let text = text.replace("allow host-pid it", "allow it");
        let (code, out, _) = spoken(&text, &["--fail-on=none"]);
        assert_eq!(code, 3, "{out}");
        assert!(out.contains(expected), "{out}");
    };
    wrong(
        "",
        "write `until=2027-03-31 owner=NAME REASON`; a reason is needed\n  --> pod.yaml:5:17",
    );
    wrong("until=2026-13-01 x", "write `until=2027-03-31 owner=NAME REASON`");
    let misspelt = SPOKEN.replace("allow host-pid", "allow host-pit");
    let (_, out, _) = spoken(&misspelt, &[]);
    assert!(out.contains("`host-pit` is no control; did you mean `host-pid`?"), "{out}");
    let lost = format!("{SPOKEN}# bollwerk:allow host-pid too late\n");
    let (_, out, _) = spoken(&lost, &[]);
    assert!(out.contains("stands at nothing it could be about\n  --> pod.yaml:19:1"), "{out}");
}

#[test]
fn exceptions_of_objects_that_hide_nothing_are_told() {
    let gone = SPOKEN.replace("hostPID: true", "hostPID: false");
    let (_, out, _) = spoken(&gone, &[]);
    let told = "low[exception-unused] exception hides nothing: `host-pid` (it watches the node)\n  \
                --> pod.yaml:5:18";
    assert!(out.contains(told), "{out}");
    let old = SPOKEN.replace("2030-01-01", "2026-11-23");
    let (_, out, _) = spoken(&old, &[]);
    assert!(out.contains("low[exception-expired] exception has expired: `host-network`"), "{out}");
    assert!(out.contains("high[host-network]"), "{out}");
    let (_, out, _) = spoken(&old, &["--skip=host-pid"]);
    assert!(!out.contains("exception hides nothing"), "{out}");
    let annotated = POD.replace("hostPID: true", "hostPID: false");
    let (_, out, _) = spoken(&annotated, &[]);
    let told = "low[exception-unused] exception hides nothing: `host-pid` (it watches the node, \
                until 2030-01-01)\n  --> pod.yaml:8:";
    assert!(out.contains(told), "{out}");
}

/// What a snapshot keeps says the same.
#[test]
fn comments_are_kept_in_a_snapshot() {
    let folder = Folder::new(&[("pod.yaml", SPOKEN)]);
    let save = ["snapshot", "save", "pod.yaml", "--output=saved"];
    assert_eq!(bollwerk(folder.path(), &save, "").0, 0);
    let scan = ["scan", "--snapshot=saved", "--only=host-pid,host-network,privileged-container"];
    let (_, out, _) = bollwerk(folder.path(), &scan, "");
    assert!(out.contains("hidden        3  by exceptions"), "{out}");
}
