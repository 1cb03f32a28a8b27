//! A way as a chain of attacks: what is held after each, and the proof between.

use std::collections::{BTreeSet, HashMap};

use engine::paths::{Because, Place, Way};

use super::{Asked, Found};

/// A way to draw.
pub(super) struct Chain {
    pub(super) heading: String,
    /// Places, the start first and the goal last.
    pub(super) places: Vec<String>,
    /// In the order they are taken: each leads to the place after those it comes from.
    pub(super) arrows: Vec<Arrow>,
}

/// From some places, all of them needed, to one.
pub(super) struct Arrow {
    pub(super) from: BTreeSet<usize>,
    pub(super) to: usize,
    pub(super) label: String,
    pub(super) is_certain: bool,
    /// What shows that it can be done, and where that is written.
    pub(super) proof: Vec<(String, String)>,
}

/// The places a fact was come by from, and the proof on the way.
type Origin = (BTreeSet<usize>, Vec<(String, String)>);

impl Asked<'_> {
    pub(super) fn chains(&self, found: &[Found]) -> Vec<Chain> {
        let ways = found.iter().flat_map(|one| one.ways.iter().map(move |way| (one, way)));
        ways.map(|(one, way)| self.chain(one, way)).collect()
    }

    /// Bindings, rules and parts of wholes become the proof of the attack they allow.
    fn chain(&self, found: &Found, way: &Way) -> Chain {
        let start = self.graph.place(found.start);
        let word = if found.is_certain { "reaches" } else { "may reach" };
        let mut chain = Chain {
            heading: format!("{} {word} {}", self.name(&start), self.name(&self.wanted)),
            places: vec![self.name(&start)],
            arrows: Vec::new(),
        };
        let mut known: HashMap<Place, Origin> = HashMap::new();
        known.insert(start, (BTreeSet::from([0]), Vec::new()));
        for step in &way.steps {
            let (mut from, mut proof) = Origin::default();
            for place in &step.from {
                let Some((origins, more)) = known.get(place) else { continue };
                from.extend(origins);
                proof.extend(
                    more.iter().filter(|one| !proof.contains(one)).cloned().collect::<Vec<_>>(),
                );
            }
            let because = self.because(step);
            let (text, at) = because.split_once("  ").unwrap_or((&because, ""));
            let (text, at) = (text.to_owned(), at.to_owned());
            let origin = match &step.because {
                Because::Part => (from, proof),
                Because::Edge { .. } | Because::Uncertain(_) => {
                    if !at.is_empty() {
                        proof.push((String::new(), at));
                    }
                    let to = self.name(&step.to);
                    let is_certain = matches!(step.because, Because::Edge { .. });
                    (BTreeSet::from([chain.lead(from, to, text, is_certain, proof)]), Vec::new())
                }
                _ => {
                    proof.push((text, at));
                    (from, proof)
                }
            };
            known.insert(step.to.clone(), origin);
        }
        if let Some((from, proof)) = known.remove(&self.wanted).filter(|it| !it.1.is_empty()) {
            chain.lead(from, self.name(&self.wanted), "Granted".to_owned(), true, proof);
        }
        chain
    }
}

impl Chain {
    fn lead(
        &mut self,
        from: BTreeSet<usize>,
        place: String,
        label: String,
        is_certain: bool,
        proof: Vec<(String, String)>,
    ) -> usize {
        self.places.push(place);
        let to = self.places.len() - 1;
        self.arrows.push(Arrow { from, to, label, is_certain, proof });
        to
    }
}
