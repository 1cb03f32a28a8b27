//! `kyverno-test.yaml`: the tests of Kyverno's command line, for its policies in CEL.
//!
//! Source of the form: `cmd/cli/kubectl-kyverno/apis/v1alpha1/test.go` of Kyverno, and its
//! `commands/test/output.go` for what counts as passed: a resource the policy is not about passes.

use std::path::Path;

use engine::admission_policy::{Policy, Requester};
use serde_json::{Value, json};

use super::files::{self, Request, text, texts};
use super::test::{Found, Tried};

/// Fields of a test that would change what comes of it and are not read.
const NOT_READ: &[&str] =
    &["checks", "context", "exceptions", "targetResources", "clusterResources"];
/// Kinds for which Kyverno writes rules of its own from a rule about pods.
const POD_CONTROLLERS: &[&str] =
    &["CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"];

/// What a test names.
struct Suite {
    name: String,
    policies: Vec<Value>,
    resources: Vec<Value>,
    old_resources: Vec<Value>,
    values: Value,
    user: Option<Requester>,
}

/// Runs a document of kind `Test`; what came of each of its results.
pub(super) fn run(folder: &Path, test: &Value, tried: &mut Vec<Tried>) {
    let name = text(test, "/metadata/name").to_owned();
    let suite = match read(folder, name.clone(), test) {
        Ok(suite) => suite,
        Err(reason) => return tried.push(Tried::gap(&name, "all", reason)),
    };
    if let Some(field) = NOT_READ.iter().find(|field| !test[**field].is_null()) {
        let reason = format!("`{field}` of a Kyverno test is not read here");
        return tried.push(Tried::gap(&name, "all", reason));
    }
    let results = test["results"].as_array().map(Vec::as_slice).unwrap_or_default();
    if results.is_empty() {
        tried.push(Tried::gap(&name, "all", "the test has no `results`".to_owned()));
    }
    for result in results {
        let mut named = texts(result, "resources");
        named.extend(result["resource"].as_str());
        if named.is_empty() {
            let reason = "the result names no `resources`".to_owned();
            tried.push(Tried::gap(&name, text(result, "/policy"), reason));
        }
        for resource in named {
            tried.push(suite.result(result, resource));
        }
    }
}

fn read(folder: &Path, name: String, test: &Value) -> Result<Suite, String> {
    let all = |key: &str| {
        let mut found = Vec::new();
        for file in texts(test, key) {
            found.append(&mut files::documents(folder, file)?);
        }
        Ok::<_, String>(found)
    };
    let one = |key: &str| match test[key].as_str() {
        Some(file) => Ok::<_, String>(files::documents(folder, file)?.into_iter().next()),
        None => Ok(None),
    };
    let user = one("userinfo")?.map(|info| {
        let info = &info["userInfo"];
        let groups = texts(info, "groups").into_iter().map(str::to_owned).collect();
        let name = text(info, "/username").to_owned();
        Requester { name, groups, ..Requester::default() }
    });
    let values = one("variables")?.unwrap_or_else(|| test["values"].clone());
    Ok(Suite {
        name,
        policies: all("policies")?,
        resources: all("resources")?,
        old_resources: all("oldResources")?,
        values,
        user,
    })
}

impl Suite {
    fn result(&self, result: &Value, resource: &str) -> Tried {
        let (policy, kind) = (text(result, "/policy"), text(result, "/kind"));
        let case = format!("{policy} on {kind} {resource}");
        let expected = text(result, "/result").to_owned();
        let (found, wrong) = match self.ask(result, (policy, kind, resource)) {
            Ok(found) => {
                let wrong = wrong(&expected, &found);
                (found, wrong)
            }
            Err(Trouble::Gap(reason)) => (Found::unknown(reason), None),
            Err(Trouble::Wrong(reason)) => (Found::of("error"), Some(reason)),
        };
        Tried { test: self.name.clone(), case, expected, found, wrong }
    }

    fn ask(
        &self,
        result: &Value,
        (name, kind, resource): (&str, &str, &str),
    ) -> Result<Found, Trouble> {
        // `namespace/name` for policies that stand in namespaces.
        let bare = name.rsplit('/').next().unwrap_or(name);
        let document = self.policies.iter().find(|it| text(it, "/metadata/name") == bare);
        let document =
            document.ok_or_else(|| Trouble::Wrong(format!("there is no policy `{name}`")))?;
        let object = find(&self.resources, kind, resource);
        let object =
            object.ok_or_else(|| Trouble::Wrong(format!("there is no {kind} `{resource}`")))?;
        let policy = Self::policy(bare, document, object)?;
        let old_object = find(&self.old_resources, kind, resource).cloned().unwrap_or_default();
        let operation = self.operation(result, &old_object);
        let mut request = Request {
            object: object.clone(),
            old_object,
            namespace: self.namespace(text(object, "/metadata/namespace")),
            params: self.params(document)?,
            operation,
            user: self.user.clone(),
        };
        if request.operation == "DELETE" {
            request.old_object = std::mem::take(&mut request.object);
        }
        Ok(files::ask(&policy, &request))
    }

    /// The policy, if it is one in CEL that means here what it means to Kyverno.
    fn policy(name: &str, document: &Value, object: &Value) -> Result<Policy, Trouble> {
        let (version, kind) = (text(document, "/apiVersion"), text(document, "/kind"));
        let group = version.split('/').next().unwrap_or_default();
        let spec = &document["spec"];
        match (group, kind) {
            ("policies.kyverno.io", "ValidatingPolicy" | "NamespacedValidatingPolicy")
            | ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => {}
            _ => {
                return Err(Trouble::Gap(format!(
                    "policies of kind {kind} are not evaluated here"
                )));
            }
        }
        let mode = text(spec, "/evaluation/mode");
        if !matches!(mode, "" | "Kubernetes") {
            return Err(Trouble::Gap(format!("policies of mode {mode} are not evaluated here")));
        }
        let is_controller = POD_CONTROLLERS.contains(&text(object, "/kind"));
        if group == "policies.kyverno.io" && is_controller && is_about_pods_alone(spec) {
            let reason = "what Kyverno makes of a policy about pods for their controllers is not \
                          evaluated here";
            return Err(Trouble::Gap(reason.to_owned()));
        }
        let policy = files::policy(name, spec);
        let policy = policy.ok_or_else(|| Trouble::Wrong(format!("`{name}` has no `spec`")))?;
        if let Some(fault) = policy.faults().first() {
            return Err(Trouble::Gap(format!("{}: {}", fault.path, fault.problem)));
        }
        Ok(policy)
    }

    /// The parameters that a binding beside the policy names.
    fn params(&self, document: &Value) -> Result<Value, Trouble> {
        let kind = text(document, "/spec/paramKind/kind");
        if kind.is_empty() {
            return Ok(Value::Null);
        }
        let name = text(document, "/metadata/name");
        let all = || self.policies.iter().chain(&self.resources);
        let binding = all().find(|it| {
            text(it, "/kind") == "ValidatingAdmissionPolicyBinding"
                && text(it, "/spec/policyName") == name
        });
        let named = binding.map(|it| text(it, "/spec/paramRef/name")).unwrap_or_default();
        let found =
            all().find(|it| text(it, "/kind") == kind && text(it, "/metadata/name") == named);
        found.cloned().ok_or_else(|| {
            Trouble::Gap(format!("the parameters of `{name}`, of kind {kind}, are not in the test"))
        })
    }

    fn operation(&self, result: &Value, old_object: &Value) -> String {
        let by_result = result["resourceOperation"].as_str();
        let by_values = || self.values["globalValues"]["request.operation"].as_str();
        let by_object = if old_object.is_null() { "CREATE" } else { "UPDATE" };
        by_result.or_else(by_values).unwrap_or(by_object).to_owned()
    }

    /// The Namespace of a name, if the test says how it is labelled.
    fn namespace(&self, name: &str) -> Value {
        if let Some(found) = find(&self.resources, "Namespace", name) {
            return found.clone();
        }
        let listed = self.values["namespaceSelector"].as_array().into_iter().flatten();
        let found = listed.into_iter().find(|it| text(it, "/name") == name);
        let labels = found.map(|it| {
            let mut labels = it["labels"].clone();
            labels["kubernetes.io/metadata.name"] = name.into();
            labels
        });
        labels.map_or(Value::Null, |labels| {
            json!({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": name, "labels": labels}})
        })
    }
}

/// Why there is no verdict.
enum Trouble {
    /// It is not known.
    Gap(String),
    /// The test cannot hold.
    Wrong(String),
}

fn is_about_pods_alone(spec: &Value) -> bool {
    let rules = spec["matchConstraints"]["resourceRules"].as_array().into_iter().flatten();
    let mut resources = rules.flat_map(|rule| texts(rule, "resources")).peekable();
    resources.peek().is_some() && resources.all(|it| it == "pods" || it.starts_with("pods/"))
}

/// The object of a kind that a result names, by its name or `namespace/name`.
fn find<'v>(objects: &'v [Value], kind: &str, named: &str) -> Option<&'v Value> {
    let (namespace, name) =
        named.rsplit_once('/').map_or((None, named), |(at, name)| (Some(at), name));
    objects.iter().find(|it| {
        (kind.is_empty() || text(it, "/kind") == kind)
            && text(it, "/metadata/name") == name
            && namespace.is_none_or(|wanted| text(it, "/metadata/namespace") == wanted)
    })
}

fn wrong(expected: &str, found: &Found) -> Option<String> {
    let is_as_expected = match (expected, found.verdict) {
        // A policy whose failure policy is to fail refuses at an error.
        ("pass", "allow" | "skip")
        | ("skip", "skip")
        | ("fail" | "warn", "deny")
        | ("error" | "fail", "error") => true,
        ("pass" | "fail" | "skip" | "error" | "warn", _) => false,
        _ => return Some(format!("`result: {expected}` is none of pass, fail, skip, warn, error")),
    };
    let because = found.messages.join("; ");
    let unknown = found.gap.is_some();
    (!is_as_expected && !unknown)
        .then(|| format!("expected {expected}, found {}: {because}", found.verdict))
}
