//! What a review costs: 16 policies on restricted pods, ours and upstream's validator in one run.
//!
//! ```sh
//! BOLLWERK_ORACLE=$(cargo xtask oracle) \
//!     cargo run --release -p engine --example admission_policy_speed
//! ```

mod sixteen;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use engine::admission_policy::{Policy, Requester, Resource, Review};
use model::{KubernetesVersion, Node, Object, Redactions};
use serde_json::{Value, json};
use sixteen::policies;

/// Objects, and how often each is reviewed.
const PODS: usize = 200;
const ROUNDS: usize = 50;

fn pod(number: usize) -> Value {
    let container = |name: &str| {
        json!({
            "name": name, "image": format!("registry.example/{name}:1.{number}"),
            "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "PORT", "value": "8080"}],
            "ports": [{"containerPort": 8080, "protocol": "TCP"}],
            "resources": {"limits": {"cpu": "500m", "memory": "128Mi"},
                "requests": {"cpu": "100m", "memory": "64Mi"}},
            "securityContext": {"allowPrivilegeEscalation": false, "runAsNonRoot": true,
                "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]},
                "seccompProfile": {"type": "RuntimeDefault"}},
        })
    };
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("web-{number}"), "namespace": "team",
            "labels": {"app": "web", "team": "blue"}, "annotations": {"example.com/owner": "blue"}},
        "spec": {"containers": [container("web"), container("proxy")],
            "initContainers": [container("setup")],
            "securityContext": {"runAsNonRoot": true},
            "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "config",
                "configMap": {"name": "web"}}]},
    })
}

/// CPU nanoseconds of this thread.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|field| field.parse().ok()).unwrap_or(0)
}

fn with_node<T>(json: &Value, then: impl FnOnce(Node<'_>) -> T) -> T {
    let text = json.to_string();
    let stream = yaml::Stream::json(&text, &yaml::Limits::default());
    let document = stream.documents().next().expect("one document").expect("readable");
    then(Node::tree(document.root(), &Redactions::default()))
}

fn ours(policies: &[Value], pods: &[Value]) -> (u64, usize) {
    let read = |json: &Value| {
        with_node(json, |node| {
            let object = Object::new(node, None, KubernetesVersion::NEWEST).expect("an object");
            Policy::read(&object).expect("a policy")
        })
    };
    let policies: Vec<Policy> = policies.iter().map(read).collect();
    let requester = Requester { name: "alice".to_owned(), ..Requester::default() };
    let (mut spent, mut denied) = (0, 0);
    for pod in pods {
        with_node(pod, |node| {
            let name = node.field("metadata.name").and_then(Node::as_str).unwrap_or_default();
            let start = cpu();
            for _ in 0..ROUNDS {
                let resource = Resource::of("v1", "Pod", "pods");
                let mut review = Review::create(node, resource, name, "team");
                review.requester = Some(&requester);
                for policy in &policies {
                    let outcome = policy.evaluate(&review, None);
                    denied += outcome.decisions.iter().filter(|it| it.is_denied).count();
                }
            }
            spent += cpu() - start;
        });
    }
    (spent, denied)
}

#[expect(clippy::print_stdout, reason = "the figures are this program's result")]
#[expect(clippy::cast_precision_loss, reason = "figures are for people")]
fn main() {
    let policies = policies();
    let pods: Vec<Value> = (0..PODS).map(pod).collect();
    let reviews = (PODS * ROUNDS) as f64;
    let (spent, denied) = ours(&policies, &pods);
    let ours = spent as f64 / reviews / 1000.0;
    println!("ours      {ours:8.1} µs CPU a review, {denied} denied");
    let Some(oracle) = std::env::var_os("BOLLWERK_ORACLE") else { return };
    let mut process = Command::new(oracle)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the oracle starts");
    let cases: Vec<Value> = pods
        .iter()
        .map(|pod| json!({"object": pod, "operation": "CREATE", "user": {"name": "alice"}}))
        .collect();
    let question =
        json!({"verb": "vap-time", "policies": policies, "cases": cases, "rounds": ROUNDS});
    let mut pipe = process.stdin.take().expect("stdin is piped");
    writeln!(pipe, "{question}").expect("the oracle reads");
    drop(pipe);
    let mut line = String::new();
    let mut answers = BufReader::new(process.stdout.take().expect("stdout is piped"));
    answers.read_line(&mut line).expect("the oracle answers");
    drop(process.wait());
    let answer: Value = serde_json::from_str(&line).expect("an answer is JSON");
    let theirs = answer["nanoseconds"].as_f64().unwrap_or_default() / reviews / 1000.0;
    println!("upstream  {theirs:8.1} µs CPU a review, {} denied", answer["denied"]);
    println!("ratio     {:8.2}", theirs / ours);
}
