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

/// A Kyverno test: what passes there passes here, what is not known is told.
const KYVERNO: &[(&str, &str)] = &[
    (
        "policy.yaml",
        r#"
apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata: {name: teams}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods, services]}
  matchConditions:
  - {name: named, expression: "!object.metadata.name.startsWith('spared')"}
  validations:
  - {expression: "has(object.metadata.labels) && 'team' in object.metadata.labels", message: no team}
  - {expression: "namespaceObject == null || namespaceObject.metadata.labels.env == 'prod'"}
---
apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata: {name: kept}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: [pods]}
  validations:
  - {expression: "object.metadata.labels == oldObject.metadata.labels", message: labels stay}
---
apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata: {name: asks}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
  validations:
  - {expression: "resource.Get('v1', 'configmaps', 'shop', 'limits').data.x == '1'"}
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: patterns}
spec: {rules: []}
"#,
    ),
    (
        "pods.yaml",
        "
{apiVersion: v1, kind: Pod, metadata: {name: good, namespace: shop, labels: {team: a}}, spec: {}}
---
{apiVersion: v1, kind: Pod, metadata: {name: bad, namespace: shop}, spec: {}}
---
{apiVersion: v1, kind: Pod, metadata: {name: spared-one, namespace: shop}, spec: {}}
---
{apiVersion: v1, kind: Pod, metadata: {name: lost, namespace: elsewhere, labels: {team: a}}, spec: {}}
",
    ),
    (
        "old.yaml",
        "{apiVersion: v1, kind: Pod, metadata: {name: good, namespace: shop, labels: {team: b}}}",
    ),
    (
        "values.yaml",
        "apiVersion: cli.kyverno.io/v1alpha1
kind: Values
namespaceSelector:
- {name: shop, labels: {env: prod}}
",
    ),
];

fn kyverno(results: &str, more: &str) -> Folder {
    let test = format!(
        "apiVersion: cli.kyverno.io/v1alpha1
kind: Test
metadata: {{name: teams}}
policies: [policy.yaml]
resources: [pods.yaml]
variables: values.yaml
{more}results:
{results}"
    );
    let mut files = KYVERNO.to_vec();
    files.push(("kyverno-test.yaml", &test));
    Folder::new(&files)
}

#[test]
fn kyvernos_tests_of_policies_in_cel_run() {
    let result = |policy: &str, resource: &str, result: &str| {
        format!(
            "- {{policy: {policy}, kind: Pod, resources: [{resource}], result: {result}, \
             isValidatingPolicy: true}}\n"
        )
    };
    let right = [
        result("teams", "good", "pass"),
        result("teams", "bad", "fail"),
        result("teams", "spared-one", "skip"),
    ];
    let (code, answer) =
        run(&kyverno(&right.concat(), ""), &["policy", "test", ".", "--format=json"]);
    fits(&answer);
    assert_eq!(code, 0, "{answer:#}");
    assert_eq!(answer["cases"].as_array().unwrap().len(), 3);
    let changed = result("kept", "good", "fail");
    let (code, answer) = run(
        &kyverno(&changed, "oldResources: [old.yaml]\n"),
        &["policy", "test", ".", "--format=json"],
    );
    assert_eq!((code, &answer["cases"][0]["found"]), (0, &json!("deny")), "{answer:#}");
    for wrong in [
        result("teams", "bad", "pass"),
        result("teams", "good", "fail"),
        result("teams", "nobody", "pass"),
        result("nothing", "good", "pass"),
        result("teams", "good", "maybe"),
    ] {
        let (code, answer) = run(&kyverno(&wrong, ""), &["policy", "test", ".", "--format=json"]);
        assert_eq!(code, 1, "{wrong}: {answer:#}");
    }
    // Kyverno's own functions and patterns, a Namespace nobody labels, what is not read.
    for (unknown, more, reason) in [
        (result("asks", "good", "pass"), "", "undeclared reference"),
        (result("patterns", "good", "pass"), "", "kind ClusterPolicy are not evaluated"),
        (result("teams", "lost", "pass"), "", "Namespace is not known"),
        (result("teams", "good", "pass"), "exceptions: [e.yaml]\n", "`exceptions`"),
    ] {
        let folder = kyverno(&unknown, more);
        let (code, answer) = run(&folder, &["policy", "test", ".", "--format=json"]);
        let gap = answer["cases"][0]["gap"].as_str().unwrap_or_default();
        assert!(code == 3 && gap.contains(reason), "{reason}: {answer:#}");
    }
}

const TEMPLATE: &str = r#"
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: teams}
spec:
  crd: {spec: {names: {kind: Teams}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
    - engine: K8sNativeValidation
      source:
        validations:
        - expression: "variables.params.keys.all(k, k in variables.anyObject.metadata.labels)"
          messageExpression: "'needs ' + variables.params.keys.join(', ')"
        - {expression: "!variables.anyObject.metadata.name.startsWith('x')", message: no x}
"#;

const CONSTRAINT: &str = "
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Teams
metadata: {name: teams}
spec:
  match:
    kinds: [{apiGroups: [''], kinds: [Pod]}]
    excludedNamespaces: ['kube-*']
  parameters: {keys: [team]}
";

#[test]
fn gatekeepers_suites_of_templates_in_cel_run() {
    let pod = |name: &str, namespace: &str, labels: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: {namespace}, \
             labels: {{{labels}}}}}, spec: {{}}}}"
        )
    };
    let suite = |cases: &str| {
        format!(
            "kind: Suite\napiVersion: test.gatekeeper.sh/v1alpha1\nmetadata: {{name: teams}}\n\
             tests:\n- name: teams\n  template: template.yaml\n  constraint: constraint.yaml\n  \
             cases:\n{cases}"
        )
    };
    let case = |object: &str, assertions: &str| {
        format!("  - {{name: {object}, object: {object}.yaml, assertions: [{assertions}]}}\n")
    };
    let (good, bad) = (pod("good", "shop", "team: a"), pod("xbad", "shop", ""));
    let spared = pod("bad", "kube-system", "");
    let deleted = format!(
        "{{kind: AdmissionReview, apiVersion: admission.k8s.io/v1, request: {{operation: DELETE, \
         oldObject: {bad}}}}}"
    );
    let service = bad.replace("kind: Pod", "kind: Service");
    let asked = |template: &str, suite: &str| {
        let folder = Folder::new(&[
            ("suite.yaml", suite),
            ("template.yaml", template),
            ("constraint.yaml", CONSTRAINT),
            ("good.yaml", &good),
            ("bad.yaml", &bad),
            ("spared.yaml", &spared),
            ("deleted.yaml", &deleted),
            ("service.yaml", &service),
        ]);
        run(&folder, &["policy", "test", ".", "--format=json"])
    };
    let right = [
        case("good", "{violations: no}"),
        case("bad", "{violations: yes}, {violations: 2}, {violations: 1, message: '^needs team$'}"),
        case("spared", "{violations: no}"),
        case("service", "{violations: 0}"),
        case("deleted", "{violations: yes, message: no x}"),
    ];
    let (code, answer) = asked(TEMPLATE, &suite(&right.concat()));
    fits(&answer);
    assert_eq!(code, 0, "{answer:#}");
    assert_eq!(answer["cases"].as_array().unwrap().len(), 5);
    for wrong in [
        case("good", "{violations: yes}"),
        case("bad", "{violations: no}"),
        case("bad", "{violations: 1}"),
        case("bad", "{message: nobody says this}"),
        case("bad", "{message: '('}"),
    ] {
        let (code, answer) = asked(TEMPLATE, &suite(&wrong));
        assert_eq!(code, 1, "{wrong}: {answer:#}");
    }
    let rego = TEMPLATE.replace("K8sNativeValidation", "Rego");
    let (code, answer) = asked(&rego, &suite(&case("good", "{violations: no}")));
    let gap = answer["cases"][0]["gap"].as_str().unwrap_or_default();
    assert!(code == 3 && gap.contains("in Rego alone"), "{answer:#}");
    let (code, answer) = asked(TEMPLATE, &suite(&case("../../etc/nothing", "{violations: no}")));
    assert_eq!(code, 3, "{answer:#}");
}

#[test]
fn policies_may_lie_outside_of_what_is_scanned() {
    let web = deployment("web", 6);
    let folder = Folder::new(&[
        ("app/web.yaml", &web),
        ("rules/policy.yaml", POLICY),
        ("rules/binding.yaml", BINDING),
        ("rules/parameters.yaml", PARAMETERS),
    ]);
    let only = "--only=admission-policy-violated";
    let scan = |more: &[&str]| {
        let arguments: Vec<&str> =
            ["scan", "app", only, "--format=json"].iter().chain(more).copied().collect();
        run(&folder, &arguments)
    };
    assert_eq!(scan(&[]).0, 0);
    let (code, report) = scan(&["--policies=rules"]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(report["findings"][0]["object"]["name"], "web");
    let (code, _, error) = bollwerk(folder.path(), &["scan", "app", "--policies=nowhere"], "");
    assert!(code == 2 && error.contains("there is no nowhere"), "{error}");
    let (code, _, error) = bollwerk(folder.path(), &["scan", "app", "--policies=app"], "");
    assert!(code == 2 && error.contains("no ValidatingAdmissionPolicy"), "{error}");
}

#[test]
fn who_asks_and_another_version_are_not_known() {
    let web = deployment("web", 6);
    let with = |expression: &str, versions: &str| {
        let policy = POLICY.replace("object.spec.replicas <= variables.most", expression);
        let policy = policy.replace("apiVersions: [v1]", &format!("apiVersions: [{versions}]"));
        let folder = Folder::new(&[
            ("policy.yaml", &policy),
            ("binding.yaml", BINDING),
            ("parameters.yaml", PARAMETERS),
            ("web.yaml", &web),
        ]);
        run(&folder, &["scan", ".", "--only=admission-policy-violated", "--format=json"])
    };
    for expression in [
        "!has(request.userInfo.username)",
        "request.userInfo.?groups.orValue([]).size() == 0",
        "request.options == null",
        "namespaceObject == null",
    ] {
        let (code, report) = with(expression, "v1");
        assert_eq!((code, &report["findings"]), (3, &json!([])), "{expression}: {report:#}");
    }
    // A version that no API server of this release has is one that nothing is converted to.
    assert_eq!(with("1 == 2", "v9").0, 0);
    assert_eq!(with("1 == 2", "v1beta1").0, 3);
}
