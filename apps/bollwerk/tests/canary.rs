//! No credential of a manifest is in any output: every format, source line, snapshot, diff and
//! error is searched for each of them.

mod program;

use program::{Folder, bollwerk};

/// Credentials that are nobody's. Each stands in one place of [`MANIFESTS`], which it names.
const CANARIES: &[&str] = &[
    "canary-data-Zm9vYmFy",
    "Y2FuYXJ5LWRhdGEtWm05dlltRnk",
    "canary-string-data-8Hs2k",
    "4815162342",
    "canary-block-line-one",
    "canary-block-line-two",
    "canary-folded-line",
    "canary-applied-3kd92Qz",
    "canary-env-q8Zt71LmVx",
    "canary-args-W3nR5tYu7",
    "canary-flag-b9Lk2Vq0P",
    "canary-config-x7Tz4Qm1",
    "canary-note-h6Jw8Rc3N",
    "ghp_canaryA1B2C3D4E5F6G7H8J9K0L1M2N3O4P5",
    "ghp_canaryZ9Y8X7W6V5U4T3S2R1Q0P9O8N7M6L5",
    "ghp_canaryQ1W2E3R4T5Y6U7I8O9P0A1S2D3F4G5",
    "ghp_canaryM1N2B3V4C5X6Z7L8K9J0H1G2F3D4S5",
    "canary-alias-t5Gb9Ko2",
    "canary-list-item-c4Vf6Td8",
    "canary-typed-list-e2Wd8Hm",
    "canary-json-file-p0Ol9Ik",
    "canary-duplicate-y6Uj7Mn",
    "canary-wrong-type-r4Fv5Tg",
    "canary-broken-z2Xc3Vb4",
    "canary-quoted-key-n8Hy2Wx",
    "canary-one-line-k3Jd9Sx",
];

const SECRETS: &str = r#"# the token was ghp_canaryQ1W2E3R4T5Y6U7I8O9P0A1S2D3F4G5
apiVersion: v1
kind: Secret
metadata:
  name: db
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"data":{"password":"canary-applied-3kd92Qz"}}
data:
  # password: canary-data-Zm9vYmFy
  password: Y2FuYXJ5LWRhdGEtWm05dlltRnk=
stringData:
  plain: canary-string-data-8Hs2k
  pin: 4815162342
  block: |
    canary-block-line-one
    canary-block-line-two
  folded: >-
    canary-folded-line
  "quoted": 'canary-quoted-key-n8Hy2Wx'
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: neighbour}
spec: {template: {spec: {hostPID: true, containers: [{name: a, image: nginx}]}}}
"#;

const ONE_LINE: &str = "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\
    {\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"one\"},\
    \"stringData\": {\"plain\": \"canary-one-line-k3Jd9Sx\"}},\
    {\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"two\"}, \
    \"spec\": {\"hostPID\": true, \"containers\": []}}]}";

const WORKLOADS: &str = r"apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    example.com/password: canary-note-h6Jw8Rc3N
spec:
  hostPID: true # was DB_PASSWORD=canary-note-h6Jw8Rc3N
  containers:
  - name: web
    image: nginx # ghp_canaryZ9Y8X7W6V5U4T3S2R1Q0P9O8N7M6L5
    args: [--password=canary-args-W3nR5tYu7, --token, canary-flag-b9Lk2Vq0P]
    env:
    - {name: DB_PASSWORD, value: &secret canary-alias-t5Gb9Ko2}
    - name: API_TOKEN
      value: canary-env-q8Zt71LmVx
    - name: OTHER_PASSWORD
      value: *secret
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  db-password: canary-config-x7Tz4Qm1
---
apiVersion: example.com/v1
kind: Database
metadata: {name: custom}
spec:
  login: ghp_canaryA1B2C3D4E5F6G7H8J9K0L1M2N3O4P5
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: databases.example.com
  annotations: {example.com/note: ghp_canaryM1N2B3V4C5X6Z7L8K9J0H1G2F3D4S5}
spec: {versions: [{name: v1, schema: {openAPIV3Schema: {}}}]}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: listed}
  stringData: {password: canary-list-item-c4Vf6Td8}
---
apiVersion: v1
kind: SecretList
items:
- metadata: {name: typed}
  stringData: {value: canary-typed-list-e2Wd8Hm}
";

const JSON: &str = r#"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "json"},
 "stringData": {"password": "canary-json-file-p0Ol9Ik"}}"#;

const FAULTY: &str = r#"apiVersion: v1
kind: Secret
metadata: {name: twice}
stringData:
  password: canary-duplicate-y6Uj7Mn
  password: canary-duplicate-y6Uj7Mn
---
apiVersion: v1
kind: Secret
metadata: {name: wrong}
stringData: [canary-wrong-type-r4Fv5Tg]
---
apiVersion: v1
kind: Secret
metadata: {name: broken}
stringData: {password: "canary-broken-z2Xc3Vb4
"#;

fn folder() -> Folder {
    Folder::new(&[
        ("secrets.yaml", SECRETS),
        ("workloads.yaml", WORKLOADS),
        ("secret.json", JSON),
        ("line.json", ONE_LINE),
        ("faulty.yaml", FAULTY),
    ])
}

fn assert_silent(output: &str, of: &str) {
    for canary in CANARIES {
        let line = output.lines().find(|line| line.contains(canary));
        assert!(line.is_none(), "{of} shows {canary}: {}", line.unwrap_or_default());
    }
}

#[test]
fn every_canary_is_in_the_manifests() {
    for canary in CANARIES {
        assert!(
            [SECRETS, WORKLOADS, JSON, FAULTY, ONE_LINE].iter().any(|text| text.contains(canary))
        );
    }
}

#[test]
fn no_output_shows_a_credential() {
    let folder = folder();
    let runs: &[&[&str]] = &[
        &["scan", ".", "--show", "info"],
        &["scan", ".", "--format", "json"],
        &["scan", ".", "--format", "sarif"],
        &["scan", ".", "--format", "html"],
        &["scan", ".", "--format", "junit"],
        &["scan", ".", "--format", "markdown"],
        &["scan", ".", "--format", "csv"],
        &["scan", ".", "--format", "gitlab"],
        &["scan", ".", "--format", "oscal"],
        &["scan", ".", "--format", "open-reports"],
        &["scan", ".", "--show", "info", "--pod-security", "restricted"],
        &["snapshot", "save", "."],
        &["baseline", "save", "."],
        &["fix", ".", "--diff", "--unsafe"],
        &["scan", "--config", "secrets.yaml", "workloads.yaml"],
        &["scan", "--config", "faulty.yaml", "workloads.yaml"],
        &["scan", "--snapshot", "secrets.yaml"],
        &["scan", "--snapshot", "secret.json"],
        &["scan", "--baseline", "secret.json", "workloads.yaml"],
    ];
    for arguments in runs {
        let (_, out, error) = bollwerk(folder.path(), arguments, "");
        assert!(!out.is_empty() || !error.is_empty(), "{arguments:?} said nothing");
        assert_silent(&out, &format!("{arguments:?}"));
        assert_silent(&error, &format!("{arguments:?}"));
    }
    // The run saw what it was to keep silent about.
    let (_, out, _) = bollwerk(folder.path(), &["scan", ".", "--show", "info"], "");
    for seen in ["credential-in-env", "secret-data-committed", "duplicate-key", "wrong-type"] {
        assert!(out.contains(seen), "{seen} is missing:\n{out}");
    }
}
