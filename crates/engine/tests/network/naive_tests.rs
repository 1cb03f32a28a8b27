//! The naive evaluator and the generator by themselves: the order in which objects are read does
//! not matter, and about half of the answers are no.

use crate::generator::{Place, Question, Random, Scenario, question, scenario};
use crate::naive::{Cluster, End, Outcome, allows};

const CLUSTERS: usize = 300;
const QUESTIONS: usize = 100;

/// What the naive evaluator says.
pub(crate) fn naive(cluster: &Cluster, question: &Question) -> Outcome {
    let ends = |place| match place {
        Place::Pod(number) => cluster.pods[number].ends(),
        Place::Outside(address) => vec![End { pod: None, address }],
    };
    allows(cluster, &ends(question.from), &ends(question.to), question.protocol, question.port)
}

#[test]
fn about_half_of_the_answers_are_no() {
    let mut random = Random::new(0x4e7);
    let (mut yes, mut no, mut open) = (0, 0, 0);
    for _ in 0..CLUSTERS {
        let scenario = scenario(&mut random);
        let cluster = Cluster::of(&scenario.objects);
        if cluster.pods.is_empty() {
            continue;
        }
        for _ in 0..QUESTIONS {
            let asked = question(&mut random, &scenario, cluster.pods.len());
            match naive(&cluster, &asked) {
                Outcome { can_pass: true, can_fail: true } => open += 1,
                Outcome { can_pass: true, .. } => yes += 1,
                Outcome { .. } => no += 1,
            }
        }
    }
    println!("{yes} yes, {no} no, {open} open");
    assert!(no * 10 > (yes + no) * 4 && no * 10 < (yes + no) * 6, "{yes} yes, {no} no");
    assert!(open > 0 && open * 20 < yes + no, "{open} open");
}

#[test]
fn order_of_objects_does_not_matter() {
    let mut random = Random::new(0x0dd);
    for _ in 0..CLUSTERS {
        let Scenario { objects, outside } = scenario(&mut random);
        let before = Cluster::of(&objects);
        if before.pods.is_empty() {
            continue;
        }
        let mut permuted = objects.clone();
        random.shuffle(&mut permuted);
        let after = Cluster::of(&permuted);
        let scenario = Scenario { objects, outside };
        for _ in 0..QUESTIONS {
            let asked = question(&mut random, &scenario, before.pods.len());
            let moved = Question {
                from: moved(asked.from, &before, &after),
                to: moved(asked.to, &before, &after),
                ..asked
            };
            assert_eq!(naive(&before, &asked), naive(&after, &moved), "{asked:?}");
        }
    }
}

/// The same place in a cluster whose pods stand in another order.
pub(crate) fn moved(place: Place, before: &Cluster, after: &Cluster) -> Place {
    let Place::Pod(number) = place else { return place };
    let name = &before.pods[number].name;
    Place::Pod(after.pods.iter().position(|pod| pod.name == *name).expect("the same pods"))
}
