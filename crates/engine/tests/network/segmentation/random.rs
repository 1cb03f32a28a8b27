//! Small clusters that are adversarial about labels, addresses and tiers: whatever was let
//! through stays so.

use engine::network::address::AddressSet;
use engine::network::segmentation::{Existing, Knobs};
use model::flow::{Flow, FlowEnd};

use super::{learn, passes, snapshot, with_learned};
use crate::generator::{Place, Random, question, scenario};
use crate::naive::Cluster;
use crate::naive_tests::naive;

const CLUSTERS: usize = 400;
const PROVEN_CLUSTERS: usize = 8_000;
const QUESTIONS: usize = 40;

#[test]
fn what_was_seen_stays_allowed() {
    let is_proof = std::env::var_os("BOLLWERK_PROVE").is_some();
    let wanted = if is_proof { PROVEN_CLUSTERS } else { CLUSTERS };
    let mut random = Random::new(0x01ea_24e7);
    let (mut asked, mut policies) = (0, 0);
    for number in 0..wanted {
        let scenario = scenario(&mut random);
        let cluster = Cluster::of(&scenario.objects);
        if cluster.pods.is_empty() {
            continue;
        }
        let mut flows = Vec::new();
        for _ in 0..random.below(QUESTIONS) {
            let asked = question(&mut random, &scenario, cluster.pods.len());
            let outcome = naive(&cluster, &asked);
            if outcome.can_fail {
                continue;
            }
            let mut end = |place| match place {
                Place::Outside(address) => FlowEnd::Address(address),
                Place::Pod(number) => {
                    let pod = &cluster.pods[number];
                    // Pods on the host's network have one address together.
                    if pod.is_on_host_network || random.chance(50) {
                        let (namespace, name) = (pod.namespace.clone(), pod.name.clone());
                        FlowEnd::Named { namespace, name }
                    } else {
                        FlowEnd::Address(random.pick(&pod.addresses))
                    }
                }
            };
            let (from, to) = (end(asked.from), end(asked.to));
            flows.push(Flow { from, to, protocol: asked.protocol, port: asked.port });
        }
        let knobs = Knobs {
            lift_percent: random.chance(30).then_some(50),
            prefixes: random.pick(&[[32, 128], [24, 64], [8, 32]]),
            guarded: AddressSet::empty(),
        };
        let snapshot = snapshot(&scenario.objects);
        let lesson = learn(&snapshot, &flows, &knobs);
        for existing in [Existing::Replaced, Existing::Kept] {
            let refused = lesson.refused(&snapshot, existing);
            assert_eq!(refused, 0, "cluster {number}, {existing:?}: {:#?}", lesson.learned);
        }
        // By the naive evaluator too, but for those that nothing was written for.
        let after = Cluster::of(&with_learned(&scenario.objects, &lesson.learned));
        let missing: Vec<&Flow> =
            lesson.observed.missing.values().flat_map(|it| &it.examples).collect();
        let is_whole =
            lesson.observed.missing.values().all(|it| it.connections <= it.examples.len());
        for flow in flows.iter().filter(|it| is_whole && !missing.contains(it)) {
            assert!(passes(&after, flow), "cluster {number}: {flow:?}\n{:#?}", lesson.learned);
            asked += 1;
        }
        policies += lesson.learned.policies.len();
    }
    println!("{asked} connections, {policies} policies");
    assert!(asked > wanted && policies > wanted / 2, "{asked} connections, {policies} policies");
}
