//! Suites of Gatekeeper's `gator verify`, for templates with the engine `K8sNativeValidation`.
//!
//! Source of the form: `pkg/gator/verify/suite.go` and `read_constraints.go` of Gatekeeper; of what
//! a template's expressions name: `pkg/drivers/k8scel/schema` there.

use std::path::Path;

use regex::Regex;
use serde_json::{Value, json};

use super::files::{self, Request, text, texts};
use super::test::{Found, Tried};
use analyze::admission_policy::plural;

/// Bytes of a regular expression when compiled, at the most.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Runs a document of kind `Suite`; what came of each of its cases.
pub(super) fn run(folder: &Path, suite: &Value, tried: &mut Vec<Tried>) {
    let own = text(suite, "/metadata/name");
    let tests = suite["tests"].as_array().map(Vec::as_slice).unwrap_or_default();
    if tests.is_empty() {
        tried.push(Tried::gap(own, "all", "the suite has no `tests`".to_owned()));
    }
    for test in tests {
        let name = text(test, "/name");
        if test["skip"] == true || suite["skip"] == true {
            tried.push(Tried::gap(name, "all", "the suite says to skip it".to_owned()));
            continue;
        }
        let template = match Template::read(folder, test) {
            Ok(template) => template,
            Err(reason) => {
                tried.push(Tried::gap(name, "all", reason));
                continue;
            }
        };
        for case in test["cases"].as_array().into_iter().flatten() {
            tried.push(template.try_case(folder, name, case));
        }
    }
}

/// A template with its constraint.
struct Template {
    policy: engine::admission_policy::Policy,
    constraint: Value,
}

impl Template {
    fn read(folder: &Path, test: &Value) -> Result<Self, String> {
        let one = |key: &str| {
            let mut found = files::documents(folder, text(test, key))?.into_iter();
            found.next().ok_or_else(|| format!("`{}` is empty", text(test, key)))
        };
        let (template, constraint) = (one("/template")?, one("/constraint")?);
        let name = text(&template, "/metadata/name");
        let targets = template["spec"]["targets"].as_array().into_iter().flatten();
        let mut code = targets.flat_map(|it| it["code"].as_array().into_iter().flatten());
        let source = code.find(|it| text(it, "/engine") == "K8sNativeValidation");
        let source = source.map(|it| &it["source"]).ok_or_else(|| {
            format!("template `{name}` is in Rego alone, which is not evaluated here")
        })?;
        let (kind, expected) =
            (text(&constraint, "/kind"), text(&template, "/spec/crd/spec/names/kind"));
        if kind != expected {
            return Err(format!("the constraint is of kind {kind}, the template of {expected}"));
        }
        if !source["matchCondition"].is_null() || test["expectInvalid"] == true {
            return Err(
                "the test is about invalid constraints, which are not judged here".to_owned()
            );
        }
        let policy = files::policy(name, &spec(source, &constraint))
            .ok_or_else(|| format!("template `{name}` has no source"))?;
        if let Some(fault) = policy.faults().first() {
            return Err(format!("template `{name}`: {}: {}", fault.path, fault.problem));
        }
        Ok(Self { policy, constraint })
    }

    fn try_case(&self, folder: &Path, test: &str, case: &Value) -> Tried {
        let name = text(case, "/name").to_owned();
        let expected = case["assertions"].as_array().cloned();
        // Without assertions a case expects a violation.
        let expected = expected.unwrap_or_else(|| vec![json!({"violations": "yes"})]);
        if case["skip"] == true {
            return Tried::gap(test, &name, "the suite says to skip it".to_owned());
        }
        let found = match self.ask(folder, case) {
            Ok(found) => found,
            Err(reason) => return Tried::gap(test, &name, reason),
        };
        let wrong = match &found.gap {
            Some(_) => None,
            None => expected.iter().find_map(|assertion| wrong(assertion, &found)),
        };
        let expected = Value::Array(expected).to_string();
        Tried { test: test.to_owned(), case: name, expected, found, wrong }
    }

    fn ask(&self, folder: &Path, case: &Value) -> Result<Found, String> {
        let object = files::documents(folder, text(case, "/object"))?.into_iter().next();
        let object = object.ok_or("the case's object is empty")?;
        let inventory = texts(case, "inventory");
        let mut beside = Vec::new();
        for file in inventory {
            beside.append(&mut files::documents(folder, file)?);
        }
        let mut request = Request { object, ..Request::default() };
        if text(&request.object, "/kind") == "AdmissionReview" {
            let review = request.object["request"].take();
            request.object = review["object"].clone();
            request.old_object = review["oldObject"].clone();
            text(&review, "/operation").clone_into(&mut request.operation);
        }
        let seen = if request.object.is_object() { &request.object } else { &request.old_object };
        let place = text(seen, "/metadata/namespace");
        let is_it =
            |it: &&Value| text(it, "/kind") == "Namespace" && text(it, "/metadata/name") == place;
        request.namespace = beside.iter().find(is_it).cloned().unwrap_or_default();
        if !self.is_about(seen) {
            return Ok(Found::of("skip"));
        }
        request.params = self.constraint.clone();
        Ok(files::ask(&self.policy, &request))
    }

    /// Whether names and namespaces of the constraint's `match` fit; its kinds and labels stand in
    /// the policy.
    fn is_about(&self, object: &Value) -> bool {
        let wanted = &self.constraint["spec"]["match"];
        let (name, kind) = (text(object, "/metadata/name"), text(object, "/kind"));
        let namespace =
            if kind == "Namespace" { name } else { text(object, "/metadata/namespace") };
        let any = |key: &str| {
            let patterns = texts(wanted, key);
            (!patterns.is_empty()).then(|| patterns.iter().any(|it| is_like(it, namespace)))
        };
        let is_named = wanted["name"].as_str().is_none_or(|pattern| is_like(pattern, name));
        let is_inside = namespace.is_empty() || any("namespaces") != Some(false);
        let is_outside = namespace.is_empty() || any("excludedNamespaces") != Some(true);
        is_named && is_inside && is_outside
    }
}

/// The template's source as the `spec` of an admission policy, with what Gatekeeper lets its
/// expressions name.
fn spec(source: &Value, constraint: &Value) -> Value {
    let wanted = &constraint["spec"]["match"];
    let kinds = wanted["kinds"].as_array().map(Vec::as_slice).unwrap_or_default();
    let scope = wanted["scope"].as_str().unwrap_or("*");
    let rule = |groups: Vec<&str>, resources: Vec<String>| {
        json!({"apiGroups": groups, "apiVersions": ["*"], "operations": ["*"],
            "resources": resources, "scope": scope})
    };
    let resource = |kind: &str| if kind == "*" { "*".to_owned() } else { plural(kind) };
    let mut rules: Vec<Value> = kinds
        .iter()
        .map(|entry| {
            let resources = texts(entry, "kinds").into_iter().map(resource).collect();
            rule(texts(entry, "apiGroups"), resources)
        })
        .collect();
    if rules.is_empty() {
        rules.push(rule(vec!["*"], vec!["*".to_owned()]));
    }
    let mut variables = vec![
        json!({"name": "anyObject", "expression":
            "has(request.operation) && request.operation == \"DELETE\" && object == null ? \
             oldObject : object"}),
        json!({"name": "params", "expression":
            "!has(params.spec) ? null : !has(params.spec.parameters) ? null : \
             params.spec.parameters"}),
    ];
    variables.extend(source["variables"].as_array().into_iter().flatten().cloned());
    let mut spec = json!({
        "failurePolicy": source["failurePolicy"],
        "paramKind": {"apiVersion": constraint["apiVersion"], "kind": constraint["kind"]},
        "matchConstraints": {"resourceRules": rules},
        "matchConditions": source["matchConditions"],
        "variables": variables,
        "validations": source["validations"],
    });
    for (key, named) in
        [("namespaceSelector", "namespaceSelector"), ("objectSelector", "labelSelector")]
    {
        if wanted[named].is_object() {
            spec["matchConstraints"][key] = wanted[named].clone();
        }
    }
    spec
}

/// Whether a name is like a pattern with `*` at its ends.
fn is_like(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => name.contains(pattern.trim_matches('*')),
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    }
}

fn wrong(assertion: &Value, found: &Found) -> Option<String> {
    let pattern = match assertion["message"].as_str() {
        None => None,
        Some(pattern) => {
            let built = regex::RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build();
            match built {
                Ok(pattern) => Some(pattern),
                Err(_) => return Some(format!("`message: {pattern}` is no regular expression")),
            }
        }
    };
    let is_meant =
        |message: &&String| pattern.as_ref().is_none_or(|it: &Regex| it.is_match(message));
    let count = found.messages.iter().filter(is_meant).count();
    let wanted = &assertion["violations"];
    let is_as_expected = match wanted {
        Value::Null => count > 0,
        Value::Bool(any) => (count > 0) == *any,
        Value::String(text) => match &**text {
            "yes" => count > 0,
            "no" => count == 0,
            _ => return Some(format!("`violations: {text}` is neither yes, no nor a number")),
        },
        number => number.as_u64() == Some(count as u64),
    };
    (!is_as_expected).then(|| {
        let messages = found.messages.join("; ");
        format!("expected violations {wanted}, found {count}: {messages}")
    })
}
