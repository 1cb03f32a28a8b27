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
