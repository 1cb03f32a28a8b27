//! Probes on which other tools fail: each gives exactly its expected findings, gaps and exit code.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use program::{Folder, bollwerk};
use serde_json::Value;

/// What a probe must say: findings as `control line:column path`, gaps as `kind line`, the code.
struct Expected<'e> {
    findings: &'e [&'e str],
    gaps: &'e [&'e str],
    code: i32,
}

/// Scans files for privileged containers alone.
fn probe(files: &[(&str, &str)], flags: &[&str], expected: &Expected<'_>) {
    let folder = Folder::new(files);
    check(&folder, flags, expected);
}

fn check(folder: &Folder, flags: &[&str], expected: &Expected<'_>) {
    let base = ["scan", ".", "--format=json", "--only=privileged-container"];
    let (code, out, error) = bollwerk(folder.path(), &[&base, flags].concat(), "");
    assert_eq!(error, "");
    let report: Value = serde_json::from_str(&out).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let (name, path) = (text(&finding["control"]), text(&finding["path"]));
            let place = &finding["location"];
            format!("{name} {}:{} {path}", place["line"], place["column"])
        })
        .collect();
    let gaps: Vec<String> = report["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| format!("{} {}", text(&gap["kind"]), gap["location"]["line"]))
        .collect();
    assert_eq!(findings, expected.findings, "{out}");
    assert_eq!(gaps, expected.gaps, "{out}");
    assert_eq!(code, expected.code, "{out}");
}

fn found(text: &str, findings: &[&str]) {
    probe(&[("probe.yaml", text)], &[], &Expected { findings, gaps: &[], code: 1 });
}

#[test]
fn a_list_as_kubectl_writes_it() {
    found(
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n  \
         spec:\n    containers:\n    - {name: x, image: i, securityContext: {privileged: true}}\n",
        &["privileged-container 9:57 spec.containers[0].securityContext.privileged"],
    );
}

#[test]
fn a_pod_list_whose_items_carry_no_kind() {
    found(
        "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n  spec:\n    containers:\n    \
         - name: x\n      image: i\n      securityContext:\n        privileged: true\n",
        &["privileged-container 10:21 spec.containers[0].securityContext.privileged"],
    );
}

/// A template at `path` of a kind.
fn owner(api_version: &str, kind: &str, path: &str, column: usize) {
    let mut text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n");
    let mut indentation = 0;
    for key in path.split('.') {
        let key = key.strip_suffix("[0]").map_or_else(
            || format!("{key}:"),
            |key| format!("{key}:\n{}-", " ".repeat(indentation + 2)),
        );
        text.push_str(&format!("{}{key}\n", " ".repeat(indentation)));
        indentation += if key.ends_with('-') { 4 } else { 2 };
    }
    let spaces = " ".repeat(indentation);
    text.push_str(&format!(
        "{spaces}spec:\n{spaces}  containers:\n{spaces}  - name: x\n{spaces}    image: i\n{spaces}    \
         securityContext:\n{spaces}      privileged: true\n"
    ));
    let line = text.lines().count();
    let expected = format!(
        "privileged-container {line}:{column} {path}.spec.containers[0].securityContext.privileged"
    );
    found(&text, &[expected.trim_start()]);
}

#[test]
fn every_owner_of_pods() {
    owner("apps/v1", "ReplicaSet", "spec.template", 23);
    owner("v1", "PodTemplate", "template", 21);
    owner("batch/v1", "CronJob", "spec.jobTemplate.spec.template", 27);
    owner("argoproj.io/v1alpha1", "Rollout", "spec.template", 23);
    owner("apps.kruise.io/v1alpha1", "CloneSet", "spec.template", 23);
    owner("serving.knative.dev/v1", "Service", "spec.template", 23);
    owner("keda.sh/v1alpha1", "ScaledJob", "spec.jobTargetRef.template", 25);
    owner("kubeflow.org/v1", "PyTorchJob", "spec.pytorchReplicaSpecs.Master.template", 27);
    owner("ray.io/v1", "RayCluster", "spec.headGroupSpec.template", 25);
    owner("ray.io/v1", "RayCluster", "spec.workerGroupSpecs[0].template", 27);
    owner(
        "jobset.x-k8s.io/v1alpha2",
        "JobSet",
        "spec.replicatedJobs[0].template.spec.template",
        31,
    );
    owner(
        "leaderworkerset.x-k8s.io/v1",
        "LeaderWorkerSet",
        "spec.leaderWorkerTemplate.workerTemplate",
        25,
    );
    owner("example.com/v1", "NobodyHeardOfIt", "spec.deep.down.below", 27);
}

#[test]
fn an_ephemeral_container() {
    found(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: x, image: i}\n  \
         ephemeralContainers:\n  - name: debug\n    image: z\n    securityContext: {privileged: true}\n",
        &["privileged-container 10:35 spec.ephemeralContainers[0].securityContext.privileged"],
    );
}

#[test]
fn a_json_manifest() {
    let text = "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\"},\n \
                \"spec\": {\"containers\": [{\"name\": \"x\", \"image\": \"i\",\n  \
                \"securityContext\": {\"privileged\": true}}]}}\n";
    let findings = ["privileged-container 3:37 spec.containers[0].securityContext.privileged"];
    let expected = Expected { findings: &findings, gaps: &[], code: 1 };
    probe(&[("probe.json", text)], &[], &expected);
    probe(&[("probe.yaml", text)], &[], &expected);
}

fn pod(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers:\n  - name: x\n    \
         image: i\n    securityContext: {{privileged: yes}}\n"
    )
}

#[test]
fn a_broken_document_between_two_good_ones() {
    let text = format!("{}---\nfoo: [\n---\n{}", pod("a"), pod("b"));
    let findings = [
        "privileged-container 8:35 spec.containers[0].securityContext.privileged",
        "privileged-container 19:35 spec.containers[0].securityContext.privileged",
    ];
    // Reading stops where the next document begins.
    let gaps = ["syntax 11"];
    let folder = Folder::new(&[("probe.yaml", &text)]);
    check(&folder, &[], &Expected { findings: &findings, gaps: &gaps, code: 1 });
    check(&folder, &["--fail-on=none"], &Expected { findings: &findings, gaps: &gaps, code: 3 });
    let accepted = ["--fail-on=none", "--accept-gap=syntax"];
    check(&folder, &accepted, &Expected { findings: &findings, gaps: &gaps, code: 0 });
}

#[test]
fn a_container_that_comes_in_by_a_merge_key() {
    found(
        "base: &base\n  securityContext: {privileged: true}\napiVersion: v1\nkind: Pod\n\
         metadata: {name: a}\nspec:\n  containers:\n  - name: x\n    image: i\n    <<: *base\n",
        &["privileged-container 10:5 spec.containers[0].securityContext.privileged"],
    );
    found(
        "base: &base {name: x, image: i, securityContext: {privileged: true}}\napiVersion: v1\n\
         kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - *base\n",
        &["privileged-container 7:5 spec.containers[0].securityContext.privileged"],
    );
}

#[test]
fn byte_order_mark_line_breaks_and_encodings() {
    let findings = ["privileged-container 8:35 spec.containers[0].securityContext.privileged"];
    let expected = Expected { findings: &findings, gaps: &[], code: 1 };
    let text = pod("a").replace('\n', "\r\n");
    probe(&[("probe.yaml", &format!("\u{feff}{text}"))], &[], &expected);
    let folder = Folder::new(&[]);
    let bytes: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    std::fs::write(folder.path().join("probe.yaml"), bytes).unwrap();
    check(&folder, &[], &expected);
}

#[test]
fn what_cannot_be_read_is_a_gap() {
    let nothing = |gaps: &[&str], files: &[(&str, &str)]| {
        probe(files, &[], &Expected { findings: &[], gaps, code: 3 });
    };
    nothing(&["empty null"], &[("notes.txt", "kind: Pod\n")]);
    nothing(
        &["chart-not-rendered null"],
        &[
            ("chart/Chart.yaml", "apiVersion: v2\nname: a\n"),
            ("chart/templates/pod.yaml", "kind: {{ .Values.kind }}\n"),
            ("chart/charts/inner/Chart.yaml", "apiVersion: v2\nname: b\n"),
        ],
    );
    nothing(
        &["kustomization-not-rendered null"],
        &[
            ("kustomization.yaml", "resources: [a.yaml]\npatches:\n- path: patch.yaml\n"),
            ("a.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"),
            ("patch.yaml", &pod("patched")),
        ],
    );
    nothing(
        &["duplicate-key 4"],
        &[("twice.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nkind: Service\n")],
    );
    nothing(
        &["wrong-type 6"],
        &[(
            "type.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  \
         - {name: x, image: i, securityContext: {privileged: \"true\"}}\n",
        )],
    );
    nothing(
        &["syntax 4"],
        &[("rest.yaml", "  apiVersion: v1\n  kind: Service\n  metadata: {name: a}\nspec: {}\n")],
    );
    let folder = Folder::new(&[("a.yaml", "apiVersion: v1\nkind: Service\n")]);
    std::fs::write(folder.path().join("binary.yaml"), [0x00, 0xff, 0x01]).unwrap();
    std::fs::write(folder.path().join("latin.yaml"), b"a: \xe9\n").unwrap();
    let gaps = ["encoding null", "encoding null"];
    check(&folder, &[], &Expected { findings: &[], gaps: &gaps, code: 3 });
}

#[test]
fn what_is_somebody_elses_leaves_the_code_alone() {
    let files =
        [("values.yaml", "replicas: 2\n"), ("ci.yaml", "on: push\n"), ("package.json", "{}\n")];
    probe(&files, &[], &Expected { findings: &[], gaps: &[], code: 0 });
}

#[cfg(unix)]
#[test]
fn links_are_followed_nowhere_without_a_word() {
    use std::os::unix::fs::symlink;
    let outside = Folder::new(&[("pod.yaml", &pod("outside"))]);
    let folder = Folder::new(&[("a/pod.yaml", &pod("a"))]);
    symlink(folder.path(), folder.path().join("a/loop")).unwrap();
    symlink(outside.path(), folder.path().join("out")).unwrap();
    symlink(folder.path().join("gone"), folder.path().join("dangling.yaml")).unwrap();
    symlink(folder.path().join("a/pod.yaml"), folder.path().join("same.yaml")).unwrap();
    let findings = ["privileged-container 8:35 spec.containers[0].securityContext.privileged"];
    let gaps = ["link null", "link null", "link null"];
    check(&folder, &[], &Expected { findings: &findings, gaps: &gaps, code: 1 });
}

#[test]
fn ignore_files_are_obeyed_unless_they_are_not_trusted() {
    let (hidden, other) = (pod("hidden"), pod("other"));
    let files = [
        (".bollwerkignore", "hidden.yaml\n"),
        (".gitignore", "/build\n"),
        ("hidden.yaml", hidden.as_str()),
        ("build/other.yaml", other.as_str()),
        ("service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"),
    ];
    probe(&files, &[], &Expected { findings: &[], gaps: &[], code: 0 });
    let path = "privileged-container 8:35 spec.containers[0].securityContext.privileged";
    let expected = Expected { findings: &[path, path], gaps: &[], code: 1 };
    probe(&files, &["--no-ignore"], &expected);
}
