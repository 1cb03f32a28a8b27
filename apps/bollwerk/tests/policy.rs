//! Admission policies on the command line: checked, tested, and asked in a scan.

mod program;

use program::{Folder, bollwerk, fits};
use serde_json::{Value, json};

const POLICY: &str = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replica-limit, annotations: {bollwerk.io/severity: high}}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  variables:
  - {name: most, expression: "int(params.data.limit)"}
  validations:
  - expression: object.spec.replicas <= variables.most
    messageExpression: "'at most ' + params.data.limit + ' replicas'"
"#;

const BINDING: &str = r"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: replica-limit}
spec:
  policyName: replica-limit
  paramRef: {name: limits, namespace: shop, parameterNotFoundAction: Deny}
  validationActions: [Deny]
";

const PARAMETERS: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: limits, namespace: shop}
data: {limit: "5"}
"#;

const TEST: &str = r#"
apiVersion: bollwerk.io/v1
kind: PolicyTest
metadata: {name: replicas}
spec:
  policy: replica-limit
  params: {data: {limit: "5"}}
  cases:
  - name: too many
    object: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 6}}
    expect: deny
    message: at most 5 replicas
  - name: few
    object: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 5}}
    expect: allow
  - name: none written
    object: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {paused: true}}
    expect: error
  - name: a pod
    object: {apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: []}}
    expect: skip
"#;

fn deployment(name: &str, replicas: u32) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}, namespace: shop}},\n \
         spec: {{replicas: {replicas}, selector: {{matchLabels: {{a: b}}}},\n \
         template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: []}}}}}}}}\n"
    )
}

fn run(folder: &Folder, arguments: &[&str]) -> (i32, Value) {
    let (code, out, error) = bollwerk(folder.path(), arguments, "");
    (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{error}")))
}

#[test]
fn tests_say_what_is_not_as_expected() {
    let folder = Folder::new(&[("policy.yaml", POLICY), ("test.yaml", TEST)]);
    let (code, answer) = run(&folder, &["policy", "test", ".", "--format=json"]);
    fits(&answer);
    let found: Vec<&str> = answer["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["found"].as_str().unwrap())
        .collect();
    assert_eq!((code, found), (0, vec!["deny", "allow", "error", "skip"]));
    let wrong = TEST.replace("at most 5", "at most 7").replace("expect: skip", "expect: deny");
    let folder = Folder::new(&[("policy.yaml", POLICY), ("test.yaml", &wrong)]);
    let (code, answer) = run(&folder, &["policy", "test", ".", "--format=json"]);
    let wrong = |index: usize| answer["cases"][index]["wrong"].as_str();
    assert_eq!(code, 1);
    assert_eq!(
        wrong(0),
        Some("expected the message `at most 7 replicas`, found `at most 5 replicas`")
    );
    assert_eq!((wrong(1), wrong(3)), (None, Some("expected deny, found skip")));
}

#[test]
fn what_does_not_compile_is_told_with_its_place() {
    let broken = POLICY.replace("object.spec.replicas <=", "object.spec.replicas + 'a' - 1 <=");
    let folder = Folder::new(&[("policy.yaml", &broken)]);
    let (code, answer) = run(&folder, &["policy", "check", ".", "--format=json"]);
    fits(&answer);
    assert_eq!(code, 1);
    let problem = &answer["policies"][0]["problems"][0];
    assert_eq!(problem["path"], "spec.validations[0].expression");
    assert_eq!((&problem["line"], &problem["column"]), (&json!(1), &json!(28)));
    assert_eq!(
        problem["reason"],
        "found no matching overload for '_-_' applied to '(string, int)'"
    );
    let folder = Folder::new(&[("policy.yaml", POLICY)]);
    assert_eq!(run(&folder, &["policy", "check", ".", "--format=json"]).0, 0);
}

#[test]
fn a_scan_asks_the_policies_that_are_bound() {
    let (web, api) = (deployment("web", 6), deployment("api", 5));
    let files = [
        ("policy.yaml", POLICY),
        ("binding.yaml", BINDING),
        ("parameters.yaml", PARAMETERS),
        ("web.yaml", &web),
        ("api.yaml", &api),
    ];
    let scan = ["scan", ".", "--only=admission-policy-violated", "--format=json"];
    let (code, report) = run(&Folder::new(&files), &scan);
    let findings = report["findings"].as_array().unwrap();
    assert_eq!((code, findings.len()), (1, 1), "{report:#}");
    assert_eq!(findings[0]["severity"], "high");
    assert_eq!(
        findings[0]["message"],
        "admission policy `replica-limit` refuses Deployment shop/web: at most 5 replicas"
    );
    // Without the parameters nobody can say; unbound, nobody asks.
    let unknown: Vec<_> = files.iter().filter(|it| it.0 != "parameters.yaml").copied().collect();
    let (code, report) = run(&Folder::new(&unknown), &scan);
    assert_eq!(code, 3, "{report:#}");
    assert_eq!(report["gaps"][0]["kind"], "not-evaluated");
    // Nor whether somebody may do something: the input does not say who asks.
    let asks = POLICY.replace(
        "object.spec.replicas <= variables.most",
        "authorizer.group('apps').resource('deployments').check('scale').allowed()",
    );
    let asking: Vec<_> = files
        .iter()
        .map(
            |(name, text)| {
                if *name == "policy.yaml" { (*name, asks.as_str()) } else { (*name, *text) }
            },
        )
        .collect();
    let (code, report) = run(&Folder::new(&asking), &scan);
    assert_eq!((code, &report["findings"]), (3, &json!([])), "{report:#}");
    let unbound: Vec<_> = files.iter().filter(|it| it.0 != "binding.yaml").copied().collect();
    assert_eq!(run(&Folder::new(&unbound), &scan).0, 0);
}
