//! Admission policies that the webhook asks: what refuses, what warns, what is not known.

mod judged;

use admission::{Policy, answer};
use analyze::admission_policy::{Bound, worlds};
use judged::{cluster, decided, object, policy, review, told};
use serde_json::Value;

const CLUSTER: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {env: prod}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: limits, namespace: shop}
data: {most: '5'}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: scaler}
rules: [{apiGroups: [apps], resources: [deployments], verbs: [scale]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: scaler}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: scaler}
subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: devs}]
";

/// A policy on Deployments with one expression, and its binding.
fn bound(expression: &str, actions: &str, more: &str) -> Bound {
    let text = format!(
        "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: limit}}
spec:
  paramKind: {{apiVersion: v1, kind: ConfigMap}}
  matchConstraints:
    resourceRules:
    - {{apiGroups: [apps], apiVersions: ['*'], operations: ['*'], resources: [deployments]}}
  validations:
  - {{expression: \"{expression}\", message: too many}}
{more}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: limit-all}}
spec:
  policyName: limit
  paramRef: {{name: limits, parameterNotFoundAction: Deny}}
  validationActions: [{actions}]
"
    );
    let snapshot = cluster(&text);
    Bound::read(&snapshot, &worlds(&snapshot)).0
}

fn deployment(namespace: &str, replicas: u32) -> Value {
    object(&format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web, namespace: {namespace}}}, \
         spec: {{replicas: {replicas}}}}}"
    ))
}

const LIMIT: &str = "object.spec.replicas <= int(params.data.most)";

#[test]
fn bindings_say_what_follows() {
    let snapshot = cluster(CLUSTER);
    let asked = review("deployments", &deployment("shop", 6), &Value::Null);
    for (actions, counts) in [("Deny", (1, 0, 0)), ("Warn, Audit", (0, 1, 0)), ("Audit", (0, 0, 1))]
    {
        let bound = bound(LIMIT, actions, "");
        let decision = decided(&snapshot, &Policy::default(), Some(&bound), None, &asked);
        let found = (decision.refused.len(), decision.warned.len(), decision.audited.len());
        assert_eq!(found, counts, "{actions}");
    }
    let bound = bound(LIMIT, "Deny", "");
    let decision = decided(&snapshot, &Policy::default(), Some(&bound), None, &asked);
    let json: Value = serde_json::from_str(&answer("1", &decision).json).unwrap();
    let message = json["response"]["status"]["message"].as_str().unwrap();
    for part in ["`limit`", "`limit-all`", LIMIT, "too many", "Deployment shop/web"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let few = review("deployments", &deployment("shop", 5), &Value::Null);
    assert!(decided(&snapshot, &Policy::default(), Some(&bound), None, &few).is_allowed());
    // As the API server asks: of each update, not of what it adds.
    let update = review("deployments", &deployment("shop", 6), &deployment("shop", 6));
    assert!(!decided(&snapshot, &Policy::default(), Some(&bound), None, &update).is_allowed());
    // Exempt namespaces are warned, a rule that names the findings goes before the binding.
    for text in [
        "exemptNamespaces: [shop]",
        "rules: [{controls: [admission-policy-violated], action: warn}]",
    ] {
        let decision = decided(&snapshot, &policy(text), Some(&bound), None, &asked);
        assert_eq!((decision.refused.len(), decision.warned.len()), (0, 1), "{text}");
    }
}

#[test]
fn what_is_not_known_is_refused_unless_the_policy_lets_errors_pass() {
    let snapshot = cluster(CLUSTER);
    let asked = review("deployments", &deployment("elsewhere", 6), &Value::Null);
    for (more, refused, undecided) in [("", 1, 0), ("  failurePolicy: Ignore", 0, 1)] {
        // Neither the Namespace nor the parameters of `elsewhere` were read.
        let bound = bound("namespaceObject.metadata.labels.env == 'prod'", "Deny", more);
        let decision = decided(&snapshot, &Policy::default(), Some(&bound), None, &asked);
        let found = (decision.refused.len(), decision.undecided.len());
        assert_eq!(found, (refused, undecided), "{more}");
        let (messages, _, gaps) = told(&decision);
        let said = messages.iter().chain(&gaps).next().unwrap();
        assert!(said.contains("has no answer"), "{said}");
    }
    // An error of the expression itself follows the failure policy, as in the API server.
    let asked = review("deployments", &deployment("shop", 6), &Value::Null);
    for (more, refused) in [("", 1), ("  failurePolicy: Ignore", 0)] {
        let bound = bound("object.spec.nothing == 1", "Deny", more);
        let decision = decided(&snapshot, &Policy::default(), Some(&bound), None, &asked);
        assert_eq!(decision.refused.len(), refused, "{more}");
    }
}

#[test]
fn who_asks_and_what_they_may_do_is_known() {
    let snapshot = cluster(CLUSTER);
    let asked = review("deployments", &deployment("shop", 1), &Value::Null);
    for (expression, is_allowed) in [
        ("request.userInfo.username == 'alice' && 'devs' in request.userInfo.groups", true),
        ("request.options.kind == 'CreateOptions'", true),
        ("namespaceObject.metadata.labels.env == 'prod'", true),
        ("authorizer.group('apps').resource('deployments').check('scale').allowed()", true),
        ("authorizer.group('apps').resource('deployments').check('get').allowed()", false),
        ("request.resource.resource == 'deployments' && request.kind.kind == 'Deployment'", true),
    ] {
        let bound = bound(expression, "Deny", "");
        let decision = decided(&snapshot, &Policy::default(), Some(&bound), None, &asked);
        assert_eq!(decision.is_allowed(), is_allowed, "{expression}: {:?}", told(&decision));
    }
}

#[test]
fn deletions_are_asked_about() {
    let snapshot = cluster(CLUSTER);
    let bound = bound("request.operation != 'DELETE' || oldObject.spec.replicas == 0", "Deny", "");
    let gone = |replicas| review("deployments", &Value::Null, &deployment("shop", replicas));
    assert!(!decided(&snapshot, &Policy::default(), Some(&bound), None, &gone(3)).is_allowed());
    assert!(decided(&snapshot, &Policy::default(), Some(&bound), None, &gone(0)).is_allowed());
}
