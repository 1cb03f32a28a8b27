//! Our decisions on admission policies beside those of the API server's validator: verdict,
//! message and reason of every validation, and the annotations of the audit log.

#[path = "../oracle/mod.rs"]
mod oracle;
mod policies;

use engine::admission_policy::{
    Annotation, Authorize, Outcome, Policy, Requester, Resource, Review, Verdict,
};
use model::{KubernetesVersion, Node, Object, Redactions};
use oracle::Oracle;
use serde_json::{Value, json};

/// How many policies are made and tried on every object.
const POLICIES: u64 = 200;

/// Answers as the rules given to the oracle do: only `alice` may do anything, and only `get pods`
/// in `team`.
struct Rules<'a>(&'a Requester);

impl Authorize for Rules<'_> {
    fn decide(&self, verb: &str, question: cel::Question<'_>) -> Result<cel::Decision, cel::Error> {
        let is_allowed = match question {
            cel::Question::Resource(check) => {
                check.identity == cel::Identity::Requester
                    && self.0.name == "alice"
                    && verb == "get"
                    && &*check.resource == "pods"
                    && check.group.is_empty()
                    && &*check.namespace == "team"
            }
            cel::Question::Path { .. } => false,
        };
        Ok(cel::Decision { is_allowed, reason: String::new(), error: String::new() })
    }
}

fn rules() -> (Value, Value) {
    let role = json!({"metadata": {"name": "reader", "namespace": "team"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]});
    let binding = json!({"metadata": {"name": "reader", "namespace": "team"},
        "subjects": [{"kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"}],
        "roleRef": {"kind": "Role", "name": "reader", "apiGroup": "rbac.authorization.k8s.io"}});
    (json!([role]), json!([binding]))
}

/// Calls `then` with JSON as a node of a file's tree.
fn with_node<T>(json: &Value, then: impl FnOnce(Node<'_>) -> T) -> T {
    let text = json.to_string();
    let stream = yaml::Stream::json(&text, &yaml::Limits::default());
    let document = stream.documents().next().expect("one document").expect("readable");
    let redactions = Redactions::default();
    then(Node::tree(document.root(), &redactions))
}

fn encode(outcome: &Outcome) -> Value {
    let decisions: Vec<Value> = outcome
        .decisions
        .iter()
        .map(|decision| {
            let evaluation = match decision.verdict {
                Verdict::Admit => "admit",
                Verdict::Deny => "deny",
                Verdict::Error => "error",
            };
            json!({
                "action": if decision.is_denied { "deny" } else { "admit" },
                "evaluation": evaluation,
                "message": decision.message,
                "reason": decision.reason,
            })
        })
        .collect();
    let annotations: Vec<Value> = outcome
        .annotations
        .iter()
        .map(|annotation| match annotation {
            Annotation::Value(key, value) => json!([key, "publish", value]),
            Annotation::Error(key, error) => json!([key, "error", error]),
        })
        .collect();
    json!({"decisions": decisions, "annotations": annotations})
}

fn theirs(result: &Value) -> Value {
    let annotations = result["auditAnnotations"].as_array().into_iter().flatten();
    let annotations: Vec<Value> = annotations
        .filter(|it| it["action"] != "exclude")
        .map(|it| {
            let text = if it["action"] == "publish" { &it["value"] } else { &it["error"] };
            json!([it["key"], it["action"], text])
        })
        .collect();
    json!({"decisions": result["decisions"], "annotations": annotations})
}

fn ours(policy: &Policy, case: &Value, object: &Value) -> Value {
    let requester = Requester {
        name: case["user"]["name"].as_str().unwrap_or_default().to_owned(),
        groups: vec!["devs".to_owned()],
        ..Requester::default()
    };
    let authorizer = Rules(&requester);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (name, namespace) =
        (text(&object["metadata"]["name"]), text(&object["metadata"]["namespace"]));
    let kind = text(&object["kind"]);
    let resource = format!("{}s", kind.to_lowercase());
    let api_version = text(&object["apiVersion"]);
    with_node(object, |node| {
        with_node(&case["params"], |params| {
            with_node(&case["namespace"], |namespace_object| {
                let resource = Resource::of(&api_version, &kind, &resource);
                let mut review = Review::create(node, resource, &name, &namespace);
                review.requester = Some(&requester);
                review.namespace_object = Some(namespace_object).filter(|it| it.is_map());
                review.authorizer = Some(&authorizer);
                encode(&policy.evaluate(&review, Some(params).filter(|it| it.is_map())))
            })
        })
    })
}

/// The listed difference: what a syntax error expects, upstream's parser generator says in words
/// of its own. Its place is compared.
fn alike(outcome: &Value) -> String {
    let text = outcome.to_string();
    let mut parts = text.split("Syntax error:");
    let mut alike = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        alike.push_str("Syntax error");
        alike.push_str(part.find("\\n |").map_or(part, |at| &part[at..]));
    }
    alike
}

#[test]
fn policies_decide_as_upstreams_validator() {
    let Some(mut oracle) = Oracle::start() else { return };
    let (roles, bindings) = rules();
    let cases = policies::cases();
    let made: Vec<Value> = (0..POLICIES).map(policies::policy).collect();
    let questions: Vec<Value> = made
        .iter()
        .map(|policy| {
            json!({"verb": "vap", "policy": policy, "cases": cases, "roles": roles,
                "roleBindings": bindings})
        })
        .collect();
    let answers = oracle.ask(&questions);
    let (mut decided, mut denied, mut errors) = (0, 0, 0);
    let mut differences = Vec::new();
    for (json, answer) in made.iter().zip(&answers) {
        let policy = with_node(json, |node| {
            let object = Object::new(node, None, KubernetesVersion::NEWEST).expect("an object");
            Policy::read(&object).expect("a policy")
        });
        let results = answer["results"].as_array().unwrap_or_else(|| panic!("{answer}"));
        for (case, result) in cases.iter().zip(results) {
            let (ours, theirs) = (ours(&policy, case, &result["object"]), theirs(result));
            for decision in theirs["decisions"].as_array().into_iter().flatten() {
                decided += 1;
                denied += usize::from(decision["evaluation"] == "deny");
                errors += usize::from(decision["evaluation"] == "error");
            }
            if alike(&ours) != alike(&theirs) {
                let name = &json["metadata"]["name"];
                let object = &case["object"]["metadata"]["name"];
                differences.push(format!("{name} on {object}\n  ours   {ours}\n  theirs {theirs}"));
            }
        }
    }
    println!(
        "{} policies on {} objects: {decided} decisions, {denied} denied, {errors} errors",
        made.len(),
        cases.len()
    );
    assert!(denied > 500 && errors > 100, "the policies say too little");
    let shown = differences.iter().take(6).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} differ:\n{shown}", differences.len());
}
