//! Attacks that edges promise, played on a real API server: they succeed with the rights the edge
//! needs, and are refused without any one of them.

mod attacks_played;
mod control_plane;

use std::collections::BTreeSet;

use attacks_played::{ATTACKS, Attack, Stage};
use control_plane::ControlPlane;
use engine::paths::{EDGES, Edge, Need};

/// Edges that have to be shown at least.
const EDGES_MIN: usize = 15;

#[test]
fn attacks_succeed_with_their_rights_and_fail_without_any_one() {
    let Some(mut plane) = ControlPlane::start() else { return };
    let mut played = BTreeSet::new();
    for (number, attack) in ATTACKS.iter().enumerate() {
        let stage = Stage::new(&mut plane, attack, number, None);
        let answer = (attack.play)(&mut { stage });
        assert!(answer.is_ok(), "{}: {:?}", attack.edge, answer.err());
        for without in 0..attack.rights.len() {
            let stage = Stage::new(&mut plane, attack, number, Some(without));
            let refused = (attack.play)(&mut { stage }).err();
            let status = refused.as_ref().map(|answer| answer.status);
            let right = attack.rights[without];
            assert_eq!(status, Some(403), "{} without {right:?}: {refused:?}", attack.edge);
        }
        played.insert(attack.edge);
    }
    assert!(played.len() >= EDGES_MIN, "{}", played.len());
}

/// The rights of each attack are those that the table of edges names: no fewer, and no more but
/// for making pods.
#[test]
fn attacks_have_the_rights_of_their_edge() {
    for attack in ATTACKS {
        let edges = || EDGES.iter().flat_map(|edges| edges.iter());
        let edge = edges().find(|edge| edge.id == attack.edge);
        let edge = edge.unwrap_or_else(|| panic!("no edge {}", attack.edge));
        let needed = edge.needs.iter().filter(|need| matches!(need, Need::Right(..))).count();
        let pods = edge.needs.iter().filter(|need| matches!(need, Need::NewPods)).count();
        assert_eq!(attack.rights.len(), needed + pods, "{}", attack.edge);
        for need in edge.needs {
            assert!(is_covered(need, attack, edge), "{}: {need:?}", attack.edge);
        }
    }
}

fn is_covered(need: &Need, attack: &Attack, edge: &Edge) -> bool {
    let has = |atom: &(&str, &str)| {
        attack.rights.iter().any(|(_, verb, resource, _)| (*verb, *resource) == *atom)
    };
    match need {
        Need::Right(right, ..) => right.any_of.iter().any(has),
        Need::NewPods => has(&("create", "pods")),
        // By what the stage is set up with.
        Need::ImpersonatedMay | Need::HeldRole | Need::MissingRole | Need::PrivilegedPods => {
            !edge.id.is_empty()
        }
        _ => false,
    }
}
