//! The engine beside the naive evaluator: random clusters with policies of all generations,
//! questions at their borders, no difference.

use engine::network::address::AddressSet;
use engine::network::ports::Protocol;
use engine::network::{Answer, Endpoint, HostNetwork, Network, Profile};
use model::WorldId;

use crate::generator::{Place, Question, Random, Scenario, question, scenario};
use crate::naive::{Cluster, Outcome};
use crate::naive_tests::naive;

/// Questions in all, and of each cluster.
const QUESTIONS: usize = 100_000;
const PROVEN_QUESTIONS: usize = 1_000_000;
const QUESTIONS_EACH: usize = 200;

/// What the naive evaluator takes: matching by address, pods on the host's network are the node.
const PROFILE: Profile = Profile { host_network: HostNetwork::Node, ..Profile::UPSTREAM };

#[test]
fn every_answer_agrees() {
    let is_proof = std::env::var_os("BOLLWERK_PROVE").is_some();
    let wanted = if is_proof { PROVEN_QUESTIONS } else { QUESTIONS };
    let mut random = Random::new(0x00be_51de);
    let (mut yes, mut no, mut open) = (0, 0, 0);
    let mut differences = Vec::new();
    while yes + no + open < wanted {
        let scenario = scenario(&mut random);
        let cluster = Cluster::of(&scenario.objects);
        if cluster.pods.is_empty() {
            continue;
        }
        let snapshot = crate::snapshot(&text(&scenario));
        let network = Network::build(&snapshot, WorldId(0), PROFILE);
        assert!(network.gaps().is_empty(), "{:?}\n{}", network.gaps(), text(&scenario));
        for _ in 0..QUESTIONS_EACH {
            let asked = question(&mut random, &scenario, cluster.pods.len());
            let theirs = naive(&cluster, &asked);
            let ours = ours(&network, &cluster, &asked);
            match theirs {
                Outcome { can_pass: true, can_fail: true } => open += 1,
                Outcome { can_pass: true, .. } => yes += 1,
                Outcome { .. } => no += 1,
            }
            let agrees = match &ours {
                Answer::Allowed(_) => theirs == Outcome { can_pass: true, can_fail: false },
                Answer::Denied(_) => theirs == Outcome { can_pass: false, can_fail: true },
                Answer::Unknown(_) => theirs == Outcome { can_pass: true, can_fail: true },
            };
            if !agrees {
                differences.push((asked, theirs, ours, text(&scenario)));
            }
        }
        if differences.len() > 20 {
            break;
        }
    }
    println!("{yes} yes, {no} no, {open} open");
    differences.sort_by_key(|(.., text)| text.len());
    if let Some((asked, theirs, ours, text)) = differences.first() {
        panic!(
            "{} differences: {asked:?}: naive {theirs:?}, ours {ours:?}\n{text}",
            differences.len()
        );
    }
}

fn text(scenario: &Scenario) -> String {
    let documents: Vec<String> = scenario.objects.iter().map(ToString::to_string).collect();
    documents.join("\n---\n")
}

fn ours(network: &Network, cluster: &Cluster, asked: &Question) -> Answer {
    let end = |place| match place {
        Place::Outside(address) => Endpoint::Addresses(AddressSet::one(address)),
        Place::Pod(number) => {
            let pod = &cluster.pods[number];
            Endpoint::Workload(network.find_pod(&pod.namespace, &pod.name).expect("the same pods"))
        }
    };
    let protocol = Protocol::of(asked.protocol).expect("a protocol");
    network.allows(&end(asked.from), &end(asked.to), protocol, asked.port)
}
