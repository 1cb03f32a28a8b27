//! Repairs in the text: what changes, what stays, what is left.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use program::{Folder, bollwerk};

const DEPLOYMENT: &str = "\
# The web.
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      hostPID: yes   # to look around
      containers:
      - name: web
        image: registry.example/web@sha256:00
        securityContext:
          privileged: true # for now

          capabilities: {add: [SYS_ADMIN, NET_BIND_SERVICE, SYS_PTRACE]}
      - image: \"registry.example/side@sha256:00\"   # the name comes last
        name: 'side'
";

fn fixed(text: &str, flags: &[&str]) -> String {
    let folder = Folder::new(&[("web.yaml", text)]);
    let arguments = [["fix", "web.yaml"].as_slice(), flags].concat();
    bollwerk(folder.path(), &arguments, "");
    std::fs::read_to_string(folder.path().join("web.yaml")).unwrap()
}

#[test]
fn only_named_fields_change() {
    let only = "--only=host-pid,privileged-container,dangerous-capability-added";
    let expected = DEPLOYMENT
        .replace("hostPID: yes", "hostPID: false")
        .replace("privileged: true", "privileged: false")
        .replace("[SYS_ADMIN, NET_BIND_SERVICE, SYS_PTRACE]", "[NET_BIND_SERVICE]");
    assert_eq!(fixed(DEPLOYMENT, &["--unsafe", only]), expected);
}

#[test]
fn line_breaks_and_json_stay_as_they_are() {
    let crlf = DEPLOYMENT.replace('\n', "\r\n");
    let repaired = fixed(&crlf, &["--unsafe", "--only=host-pid,seccomp-not-set"]);
    assert!(repaired.contains("hostPID: false   # to look around\r\n"), "{repaired}");
    assert_eq!(repaired.matches('\n').count(), repaired.matches("\r\n").count());
    let json = "{\n  \"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\"},\n  \
                \"spec\": {\n    \"containers\": [{\"name\": \"a\", \"image\": \"b:1\"}]\n  }\n}\n";
    let repaired = fixed(json, &["--unsafe", "--only=root-not-excluded"]);
    let expected = json
        .replace("\"b:1\"}]\n", "\"b:1\"}],\n    \"securityContext\": {\"runAsNonRoot\": true}\n");
    assert_eq!(repaired, expected);
}

#[test]
fn risky_fixes_want_a_word() {
    assert_eq!(fixed(DEPLOYMENT, &["--only=host-pid"]), DEPLOYMENT);
    assert_eq!(fixed(DEPLOYMENT, &["--unsafe", "--diff", "--only=host-pid"]), DEPLOYMENT);
    let folder = Folder::new(&[("web.yaml", DEPLOYMENT)]);
    let arguments = ["fix", "web.yaml", "--diff", "--unsafe", "--only=host-pid"];
    let (code, out, error) = bollwerk(folder.path(), &arguments, "");
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("-      hostPID: yes   # to look around\n"), "{out}");
    assert!(out.contains("+      hostPID: false   # to look around\n"), "{out}");
    assert!(error.contains("would repair 1 findings in 1 files; 0 findings are left"), "{error}");
}

#[test]
fn the_current_folder_is_repaired_too() {
    let folder = Folder::new(&[("web.yaml", DEPLOYMENT)]);
    let arguments = ["fix", ".", "--unsafe", "--only=host-pid"];
    let (code, _, error) = bollwerk(folder.path(), &arguments, "");
    assert_eq!(code, 0, "{error}");
    let text = std::fs::read_to_string(folder.path().join("web.yaml")).unwrap();
    assert_eq!(text, DEPLOYMENT.replace("hostPID: yes", "hostPID: false"));
}

#[test]
fn what_others_share_is_left_and_told() {
    let text = "\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - name: a
    image: b:1
    securityContext: &shared
      privileged: true
  - name: b
    image: b:1
    securityContext: *shared
";
    let folder = Folder::new(&[("pod.yaml", text)]);
    let arguments = ["fix", "pod.yaml", "--unsafe", "--only=privileged-container"];
    let (code, _, error) = bollwerk(folder.path(), &arguments, "");
    assert_eq!(code, 1);
    assert_eq!(std::fs::read_to_string(folder.path().join("pod.yaml")).unwrap(), text);
    assert!(error.contains("it stands in an anchored node that is used elsewhere"), "{error}");
}

#[test]
fn the_shop_is_clean_but_for_what_needs_a_person() {
    let folder = Folder::new(&[]);
    copy(&root().join("examples/shop"), &folder.path().join("shop"));
    bollwerk(folder.path(), &["fix", "shop", "--unsafe"], "");
    let (_, out, error) = bollwerk(folder.path(), &["fix", "shop", "--unsafe", "--diff"], "");
    assert_eq!(out, "", "a second run finds nothing more to do");
    assert!(!error.contains("cannot be edited"), "{error}");
    assert!(!error.contains("still there"), "{error}");
    let left: BTreeSet<&str> =
        error.lines().filter_map(|line| line.strip_prefix("left ")?.split(':').next()).collect();
    let person = ["privileged-container", "host-pid", "seccomp-not-set", "root-not-excluded"];
    assert!(person.iter().all(|control| !left.contains(control)), "{left:?}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// A pod's text with one container, and what `fix` makes of it.
fn check_fix(flags: &[&str], text: &str, expected: &str) {
    assert_eq!(fixed(text, flags), expected);
    assert_eq!(fixed(expected, flags), expected, "a second run changes nothing");
}

#[test]
fn unusual_texts_keep_what_is_not_named() {
    const HEAD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";
    let seccomp = |text: &str, expected: &str| {
        let [text, expected] = [text, expected].map(|it| it.replace('$', HEAD));
        check_fix(&["--only=seccomp-not-set"], &text, &expected);
    };
    let block = "  securityContext:\n    seccompProfile:\n      type: RuntimeDefault";
    // No line break at the end, and a byte order mark at the start.
    let pod = "$spec:\n  containers:\n  - {name: a, image: b}";
    seccomp(pod, &format!("{pod}\n{block}"));
    seccomp(&format!("\u{feff}{pod}\n"), &format!("\u{feff}{pod}\n{block}\n"));
    // Documents with comments at their markers, and comments behind tabs.
    let two =
        "# top\n--- # one\n$spec:\n  containers:\n  - {name: a, image: b}\t#\tc\n--- # two\na: 1\n";
    let after = two.replace("#\tc\n", &format!("#\tc\n{block}\n"));
    seccomp(two, &after);
    // Empty, null and flow-style places.
    for (place, filled) in [
        ("{} # none", "{seccompProfile: {type: RuntimeDefault}} # none"),
        ("{ }", "{seccompProfile: {type: RuntimeDefault}}"),
        ("# none", "\n    seccompProfile:\n      type: RuntimeDefault # none"),
        ("{runAsUser: 1,}", "{runAsUser: 1, seccompProfile: {type: RuntimeDefault}}"),
    ] {
        let pod = |place: &str| {
            let pod = format!(
                "$spec:\n  securityContext: {place}\n  containers: [{{name: a, image: b}}]\n"
            );
            pod.replace(": \n", ":\n")
        };
        seccomp(&pod(place), &pod(filled));
    }
    // Block scalars and plain text over several lines stand last.
    let last = "$spec:\n  containers:\n  - name: a\n    image: b\n    args:\n    - |\n      x\n\n    \
                - some\n      more\n";
    seccomp(last, &format!("{last}{block}\n"));
    // JSON with tabs.
    let json = "{\n\t\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\"},\n\t\
                \"spec\": {\n\t\t\"containers\": [{\"name\": \"a\", \"image\": \"b\"}]\n\t}\n}";
    let added =
        "}],\n\t\t\"securityContext\": {\"seccompProfile\": {\"type\": \"RuntimeDefault\"}}\n";
    seccomp(json, &json.replace("}]\n", added));
}

#[test]
fn a_profile_moves_from_its_annotation_as_a_whole_or_stays() {
    const KEY: &str = "container.apparmor.security.beta.kubernetes.io";
    let pod = |annotations: &str, container: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n{annotations}spec:\n  containers:\n  - \
             name: a\n    image: b\n{container}"
        )
    };
    let only = ["--only=apparmor-by-annotation"];
    let annotated = format!("  annotations:\n    {KEY}/a: localhost/p\n    x: y\n");
    check_fix(
        &only,
        &pod(&annotated, ""),
        &pod(
            "  annotations:\n    x: y\n",
            "    securityContext:\n      appArmorProfile:\n        type: Localhost\n        \
             localhostProfile: p\n",
        ),
    );
    // The field cannot be set here, so the annotation must not go.
    let shared = "    securityContext: &s {runAsUser: 1}\n  - name: c\n    image: b\n    \
                  securityContext: *s\n";
    let text = pod(&annotated, shared);
    check_fix(&only, &text, &text);
    // Nobody's profile, and one that says nothing Kubernetes knows.
    for value in ["nobody: runtime/default", "a: unknown"] {
        let text = pod(&format!("  annotations:\n    {KEY}/{value}\n"), "");
        check_fix(&only, &text, &text);
    }
}

#[test]
fn the_reason_of_a_risk_is_told() {
    let folder = Folder::new(&[("web.yaml", DEPLOYMENT)]);
    let (_, _, error) = bollwerk(folder.path(), &["fix", "web.yaml", "--only=host-pid"], "");
    let reason =
        "left host-pid: with `--unsafe`, since the program may watch processes of the node";
    assert!(error.contains(reason), "{error}");
    let arguments = ["scan", "web.yaml", "--format=json", "--only=host-pid"];
    let (_, out, _) = bollwerk(folder.path(), &arguments, "");
    assert!(out.contains("\"risk\": \"the program may watch processes of the node\""), "{out}");
}
