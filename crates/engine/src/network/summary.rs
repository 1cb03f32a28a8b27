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

#[derive(Clone, Copy)]
enum Kind {
    Open,
    Partial,
    Closed,
    Unknown,
}

impl Network {
    /// Counts all pairs, in one family of addresses (that of IPv4, unless `is_v6`).
    pub fn summary(&self, is_v6: bool) -> Summary {
        let family = usize::from(is_v6);
        let mut summary = Summary::default();
        let mut known: HashMap<(u32, u32), Kind> = HashMap::new();
        let closed = |number: u32| self.outcomes[number as usize].possible.is_empty();
        // How many pods stand before each class.
        let mut before = vec![0_u64];
        for class in &self.classes {
            before.push(before[before.len() - 1] + u64::from(class.members));
        }
        let all = before[before.len() - 1];
        for (source, class) in (0_u32..).zip(&self.classes) {
            let row = self.groups[1][class.groups[1] as usize].row(family);
            let members = u64::from(class.members);
            for (at, (first, egress)) in row.iter().enumerate() {
                let end = row.get(at + 1).map_or(self.classes.len() as u32, |next| next.0);
                if closed(*egress) {
                    let pods = before[end as usize] - before[*first as usize];
                    summary.closed += members * pods;
                    continue;
                }
                for target in *first..end {
                    let group = self.classes[target as usize].groups[0] as usize;
                    let ingress = self.groups[0][group].outcome(family, source);
                    let pairs = members * u64::from(self.classes[target as usize].members);
                    let kind = *known
                        .entry((*egress, ingress))
                        .or_insert_with(|| self.kind(*egress, ingress));
                    match kind {
                        Kind::Open => summary.open += pairs,
                        Kind::Partial => summary.partial += pairs,
                        Kind::Closed => summary.closed += pairs,
                        Kind::Unknown => summary.unknown += pairs,
                    }
                }
            }
            // A pod is no pair with itself.
            let own = self.groups[1][class.groups[1] as usize].outcome(family, source);
            let back = self.groups[0][class.groups[0] as usize].outcome(family, source);
            match self.kind(own, back) {
                Kind::Open => summary.open -= members,
                Kind::Partial => summary.partial -= members,
                Kind::Closed => summary.closed -= members,
                Kind::Unknown => summary.unknown -= members,
            }
        }
        debug_assert_eq!(
            summary.open + summary.partial + summary.closed + summary.unknown,
            all * all - all
        );
        summary
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
