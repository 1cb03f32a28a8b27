//! Our engine beside cel-go with the API server's libraries: values, errors and costs.

mod data;
mod generate;
mod oracle;

use cel::{Environment, Program, Type};
use serde_json::{Value as Json, json};

use data::{Variables, encode};
use oracle::Oracle;

/// Every function with its edges, an expression a line.
const FUNCTIONS: &str = include_str!("functions.txt");
/// Random expressions in CI; `BOLLWERK_TRIALS` changes it.
const TRIALS: usize = 20_000;
/// Expressions one question holds.
const BATCH: usize = 500;

/// What expressions are evaluated on: an object like those of a cluster.
fn variables() -> Json {
    json!({
        "object": {
            "metadata": {"name": "web", "labels": {"app": "web", "tier": "front end", "x-ä": "ö"}},
            "spec": {
                "replicas": 3, "paused": false, "ratio": 0.5, "note": "", "none": null,
                "containers": [
                    {"name": "a", "image": "registry.example/a:1.2.3", "ports": [80, 443],
                     "cpu": "250m", "memory": "64Mi"},
                    {"name": "b", "image": "docker.io/b@sha256:00", "ports": [], "cpu": "1"}
                ],
                "big": 9_223_372_036_854_775_807_i64,
            },
        },
        "x": 7,
        "s": "héllo",
        "l": [1, 2, 2.5, "three", null, [4], {"five": 5}],
        "m": {"a": 1, "b": "two", "c": {"d": true}},
    })
}

/// What one expression gives: refused, an error or a value, with the cost.
#[derive(Debug, PartialEq)]
enum Outcome {
    Refused,
    Error(String),
    Value(Json),
}

fn ours(source: &str, environment: &Environment, data: &[&Json]) -> (Outcome, u64, String) {
    match Program::compile(environment, source) {
        Err(problems) => (Outcome::Refused, 0, problems[0].to_string()),
        Ok(program) => {
            let variables = Variables(data.to_vec());
            let (value, cost) = program.evaluate(&variables);
            match value {
                Ok(value) => (Outcome::Value(encode(&value)), cost, String::new()),
                Err(error) => (Outcome::Error(error.to_string()), cost, String::new()),
            }
        }
    }
}

fn theirs(answer: &Json) -> (Outcome, u64, String) {
    let text = |name: &str| answer[name].as_str().map(str::to_owned);
    let cost = answer["cost"].as_u64().unwrap_or_default();
    if let Some(reason) = text("refused") {
        return (Outcome::Refused, 0, reason);
    }
    match text("error") {
        Some(error) => (Outcome::Error(error), cost, String::new()),
        None => (Outcome::Value(answer["value"].clone()), cost, String::new()),
    }
}

/// Where we may differ: a refusal, never another answer.
fn is_listed(ours: &(Outcome, u64, String), theirs: &(Outcome, u64, String)) -> bool {
    match (&ours.0, &theirs.0) {
        (Outcome::Refused, _) => {
            let limits = ["expression recursion limit exceeded", "reference to 'google.protobuf."];
            limits.iter().any(|listed| ours.2.contains(listed))
        }
        // A list or map as the key of a map: Go compares pointers.
        (Outcome::Error(ours), Outcome::Value(_)) => ours.starts_with("unsupported key type"),
        // Go's name of a type in a message.
        (Outcome::Error(ours), Outcome::Error(theirs)) => {
            let start = "invalid qualifier type";
            ours.starts_with(start) && theirs.starts_with(start)
        }
        // Upstream's compiler panics on a dynamic value where an optional has to be.
        (Outcome::Error(_), Outcome::Refused) => theirs.2.starts_with("panic:"),
        _ => false,
    }
}

struct Tally {
    expressions: usize,
    values: usize,
    errors: usize,
    refused: usize,
    differences: Vec<String>,
}

fn compare(oracle: &mut Oracle, expressions: &[String]) -> Tally {
    let variables = variables();
    let mut environment = Environment::new();
    let mut data = Vec::new();
    for (name, value) in variables.as_object().expect("a map") {
        environment.variable(name, Type::Dyn);
        data.push(value);
    }
    let mut tally =
        Tally { expressions: 0, values: 0, errors: 0, refused: 0, differences: Vec::new() };
    for batch in expressions.chunks(BATCH) {
        let answer =
            oracle.ask(&json!({"verb": "cel", "variables": variables, "expressions": batch}));
        let answers = answer["answers"].as_array().unwrap_or_else(|| panic!("{answer}"));
        for (source, answer) in batch.iter().zip(answers) {
            let theirs = theirs(answer);
            let ours = ours(source, &environment, &data);
            tally.expressions += 1;
            match &theirs.0 {
                Outcome::Refused => tally.refused += 1,
                Outcome::Error(_) => tally.errors += 1,
                Outcome::Value(_) => tally.values += 1,
            }
            let is_same = (&ours.0, ours.1) == (&theirs.0, theirs.1);
            if !is_same && !is_listed(&ours, &theirs) && !again(oracle, &variables, source, &ours) {
                tally.differences.push(format!("{source}\n  ours   {ours:?}\n  theirs {theirs:?}"));
            }
        }
    }
    tally
}

/// Go goes through maps in random order: whether upstream gives our answer when asked again.
fn again(oracle: &mut Oracle, data: &Json, source: &str, ours: &(Outcome, u64, String)) -> bool {
    let expressions = vec![source; 200];
    let answer = oracle.ask(&json!({"verb": "cel", "variables": data, "expressions": expressions}));
    let answers: Vec<_> =
        answer["answers"].as_array().expect("answers").iter().map(theirs).collect();
    let is_random = answers.windows(2).any(|pair| pair[0] != pair[1]);
    is_random && answers.iter().any(|theirs| (&ours.0, ours.1) == (&theirs.0, theirs.1))
}

fn report(tally: &Tally) {
    let shown: Vec<&String> = tally.differences.iter().take(40).collect();
    assert!(
        tally.differences.is_empty(),
        "{} of {} differ:\n{}",
        tally.differences.len(),
        tally.expressions,
        shown.iter().map(|text| text.as_str()).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn every_function_gives_what_upstream_gives() {
    let Some(mut oracle) = Oracle::start() else { return };
    let lines = FUNCTIONS.lines().map(str::trim);
    let expressions: Vec<String> = lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .map(str::to_owned)
        .collect();
    let tally = compare(&mut oracle, &expressions);
    println!(
        "{} expressions: {} values, {} errors, {} refused",
        tally.expressions, tally.values, tally.errors, tally.refused
    );
    report(&tally);
}

#[test]
fn random_expressions_give_what_upstream_gives() {
    let Some(mut oracle) = Oracle::start() else { return };
    let trials = std::env::var("BOLLWERK_TRIALS").ok().and_then(|text| text.parse().ok());
    let expressions = generate::expressions(trials.unwrap_or(TRIALS));
    let tally = compare(&mut oracle, &expressions);
    println!(
        "{} expressions: {} values, {} errors, {} refused",
        tally.expressions, tally.values, tally.errors, tally.refused
    );
    assert!(tally.values * 3 > tally.expressions, "too few expressions have a value");
    report(&tally);
}
