//! All pairs at once, by class and never by pod.

use std::collections::HashMap;

use super::Network;

/// How many ordered pairs of different pods reach each other. By policies alone: that a node
/// reaches its own pods is not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Pairs where every port is open.
    pub open: u64,
    /// Pairs where some ports are certainly open and others certainly are not.
    pub partial: u64,
    /// Pairs where no port is open.
    pub closed: u64,
    /// Pairs where some port is not known.
    pub unknown: u64,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Open,
    Partial,
    Closed,
    Unknown,
}

/// Pairs of each kind; an exception takes some away before it adds them elsewhere.
#[derive(Default)]
struct Counts([i128; 4]);

impl Counts {
    fn add(&mut self, kind: Kind, pairs: i128) {
        self.0[kind as usize] += pairs;
    }
}

/// For one source at a time: how many pods there are behind each outcome of ingress.
struct Behind {
    /// The outcome of each group.
    of_group: Vec<u32>,
    pods: Vec<u64>,
    /// Outcomes with pods behind them, and the place of each among them.
    active: Vec<u32>,
    places: Vec<u32>,
}

impl Behind {
    fn change(&mut self, outcome: u32, pods: u64, is_added: bool) {
        let (at, known) = (outcome as usize, self.pods[outcome as usize]);
        if is_added {
            if known == 0 && pods > 0 {
                self.places[at] = self.active.len() as u32;
                self.active.push(outcome);
            }
            self.pods[at] = known + pods;
            return;
        }
        self.pods[at] = known - pods;
        if known == pods && pods > 0 {
            let place = self.places[at] as usize;
            self.active.swap_remove(place);
            if let Some(moved) = self.active.get(place) {
                self.places[*moved as usize] = place as u32;
            }
        }
    }
}

/// What outcomes at both ends make of a pair: most are asked often.
struct Kinds<'a> {
    network: &'a Network,
    /// By outcome of egress, then of ingress; none where it was not asked yet. Empty for an
    /// outcome of egress that was not met.
    known: Vec<Vec<Option<Kind>>>,
}

impl Kinds<'_> {
    fn of(&mut self, egress: u32, ingress: u32) -> Kind {
        let of_egress = &mut self.known[egress as usize];
        if of_egress.is_empty() {
            of_egress.resize(self.network.outcomes.len(), None);
        }
        *of_egress[ingress as usize].get_or_insert_with(|| self.network.kind(egress, ingress))
    }
}

impl Network {
    /// Counts all pairs, in one family of addresses (that of IPv4, unless `is_v6`).
    ///
    /// Goes over the sources in their order and keeps, for each outcome of ingress, the pods
    /// behind it. So a source costs as much as there are outcomes, and as many look-ups as there
    /// are targets that its own policies single out.
    pub fn summary(&self, is_v6: bool) -> Summary {
        let family = usize::from(is_v6);
        let mut counts = Counts::default();
        let mut kinds = Kinds { network: self, known: vec![Vec::new(); self.outcomes.len()] };
        let mut before = vec![0_u64];
        for class in &self.classes {
            before.push(before[before.len() - 1] + u64::from(class.members));
        }
        let (mut behind, starts) = self.behind(family);
        for (source, class) in (0_u32..).zip(&self.classes) {
            if source > 0 {
                for (outcome, group, pods) in &starts[source as usize] {
                    let was = std::mem::replace(&mut behind.of_group[*group as usize], *outcome);
                    behind.change(was, *pods, false);
                    behind.change(*outcome, *pods, true);
                }
            }
            let row = self.groups[1][class.groups[1] as usize].row(family);
            let end = |at: usize| row.get(at + 1).map_or(self.classes.len() as u32, |next| next.0);
            let members = i128::from(class.members);
            let common = self.common(row);
            if self.is_closed(common) {
                let all = before[before.len() - 1];
                counts.add(Kind::Closed, members * i128::from(all));
            } else {
                for ingress in &behind.active {
                    let pods = i128::from(behind.pods[*ingress as usize]);
                    counts.add(kinds.of(common, *ingress), members * pods);
                }
            }
            let exceptions = row.iter().enumerate().filter(|(_, (_, egress))| *egress != common);
            for (at, (first, egress)) in exceptions {
                for target in *first..end(at) {
                    let target = &self.classes[target as usize];
                    let ingress = behind.of_group[target.groups[0] as usize];
                    let pairs = members * i128::from(target.members);
                    counts.add(kinds.of(common, ingress), -pairs);
                    counts.add(kinds.of(*egress, ingress), pairs);
                }
            }
            // A pod is no pair with itself.
            let own = self.groups[1][class.groups[1] as usize].outcome(family, source);
            let back = behind.of_group[class.groups[0] as usize];
            counts.add(kinds.of(own, back), -members);
        }
        let [open, partial, closed, unknown] =
            counts.0.map(|pairs| u64::try_from(pairs).unwrap_or(0));
        Summary { open, partial, closed, unknown }
    }

    /// The pods behind each outcome for the first source, and what changes at each later one: the
    /// outcome that starts there, of which group, and the pods behind.
    #[expect(clippy::type_complexity, reason = "told in the line above")]
    fn behind(&self, family: usize) -> (Behind, Vec<Vec<(u32, u32, u64)>>) {
        let mut pods = vec![0_u64; self.groups[0].len()];
        for class in &self.classes {
            pods[class.groups[0] as usize] += u64::from(class.members);
        }
        let outcomes = self.outcomes.len();
        let mut behind = Behind {
            of_group: self.groups[0].iter().map(|group| group.row(family)[0].1).collect(),
            pods: vec![0; outcomes],
            active: Vec::new(),
            places: vec![0; outcomes],
        };
        let mut starts = vec![Vec::new(); self.classes.len()];
        for ((number, group), pods) in (0_u32..).zip(&self.groups[0]).zip(pods) {
            let row = group.row(family);
            behind.change(row[0].1, pods, true);
            for (first, outcome) in &row[1..] {
                starts[*first as usize].push((*outcome, number, pods));
            }
        }
        (behind, starts)
    }

    /// The outcome of a row that holds for most classes.
    fn common(&self, row: &[(u32, u32)]) -> u32 {
        let mut classes: HashMap<u32, u32> = HashMap::new();
        for (at, (first, outcome)) in row.iter().enumerate() {
            let end = row.get(at + 1).map_or(self.classes.len() as u32, |next| next.0);
            *classes.entry(*outcome).or_default() += end - first;
        }
        let most = classes.into_iter().max_by_key(|(outcome, classes)| (*classes, *outcome));
        most.map_or(0, |(outcome, _)| outcome)
    }

    fn is_closed(&self, outcome: u32) -> bool {
        self.outcomes[outcome as usize].possible.is_empty()
    }

    fn kind(&self, egress: u32, ingress: u32) -> Kind {
        let both = self.outcomes[egress as usize].both(&self.outcomes[ingress as usize]);
        match () {
            () if both.certain != both.possible => Kind::Unknown,
            () if both.possible.is_empty() => Kind::Closed,
            () if both.certain.is_all() => Kind::Open,
            () => Kind::Partial,
        }
    }
}
