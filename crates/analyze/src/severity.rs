//! How bad a fault is: from what an attacker holds afterwards, and from what must be true first.
//!
//! Each control states both; [`severity`] is the one table that turns them into a severity, so
//! that two controls of the same kind cannot differ by taste. `docs/generated/severity.md`
//! explains it.

use model::Severity::{self, Critical, High, Info, Low, Medium};

/// What an attacker holds when the fault has been used, in the worst ordinary case. The worst
/// stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Impact {
    /// The control plane: every object, every Secret, every node.
    Cluster,
    /// Root of a node, and so every pod on it.
    Node,
    /// Data, traffic or identities of other workloads, tenants or systems.
    Neighbours,
    /// Nothing; a node or the cluster stops serving.
    Outage,
    /// The workload itself: its code, its data, its credentials.
    Workload,
    /// No data yet: one more way in, one barrier less, a longer stay.
    Foothold,
    /// Nothing; a workload starves or stops.
    Availability,
    /// Nothing; what happened, or what is in force, can no longer be told.
    Evidence,
}

/// What must be true before the fault can be used. What is easiest stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Nothing: whoever sends a request, or sits on the way of one.
    Outside,
    /// Somebody may read: objects, a repository, a log.
    Reader,
    /// Code of an attacker runs in the container.
    Container,
    /// Somebody may write: objects of a namespace, an image, a script that is fetched.
    Writer,
    /// A second fault: a flaw of the kernel, a broken neighbour, a guard that is away.
    SecondFault,
    /// Nobody attacks: a slip, a bad day.
    Mistake,
}

impl Impact {
    /// Every impact, the worst first.
    pub const ALL: [Self; 8] = [
        Self::Cluster,
        Self::Node,
        Self::Neighbours,
        Self::Outage,
        Self::Workload,
        Self::Foothold,
        Self::Availability,
        Self::Evidence,
    ];

    /// The name in output and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Node => "node",
            Self::Neighbours => "neighbours",
            Self::Workload => "workload",
            Self::Foothold => "foothold",
            Self::Outage => "outage",
            Self::Availability => "availability",
            Self::Evidence => "evidence",
        }
    }

    /// What follows, as the end of a sentence whose subject is one person.
    fn consequence(self) -> &'static str {
        match self {
            Self::Cluster => "holds the whole cluster",
            Self::Node => "becomes root of a node and holds every pod on it",
            Self::Neighbours => "reaches data or identities of other workloads",
            Self::Workload => "holds this workload: its code, its data, its credentials",
            Self::Foothold => "finds one more way in, or one barrier less",
            Self::Outage => "stops a node or the cluster",
            Self::Availability => "lets workloads starve or stop",
            Self::Evidence => "acts where nobody can tell afterwards",
        }
    }
}

impl Reach {
    /// Every reach, the easiest first.
    pub const ALL: [Self; 6] = [
        Self::Outside,
        Self::Reader,
        Self::Container,
        Self::Writer,
        Self::SecondFault,
        Self::Mistake,
    ];

    /// The name in output and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Reader => "reader",
            Self::Container => "container",
            Self::Writer => "writer",
            Self::SecondFault => "second-fault",
            Self::Mistake => "mistake",
        }
    }

    /// Who it takes, as the subject of a sentence.
    fn who(self) -> &'static str {
        match self {
            Self::Outside => "Whoever reaches it over the network",
            Self::Reader => "Whoever may read the object or its repository",
            Self::Container => "Whoever runs code in the container",
            Self::Writer => "Whoever may write objects of a namespace, or what is fetched",
            Self::SecondFault => "Whoever also finds a second fault",
            Self::Mistake => "Somebody who makes a mistake",
        }
    }
}

/// The severity of a fault. A row is an impact, a column a reach, in the order of the enums; no
/// value is worse than the one above it or left of it.
pub const fn severity(impact: Impact, reach: Reach) -> Severity {
    TABLE[impact as usize][reach as usize]
}

const TABLE: [[Severity; Reach::ALL.len()]; Impact::ALL.len()] = [
    // outside, reader, container, writer, second fault, mistake
    [Critical, Critical, Critical, High, Medium, Medium], // cluster
    [Critical, Critical, Critical, High, Medium, Medium], // node
    [Critical, High, High, Medium, Medium, Low],          // neighbours
    [High, Medium, Medium, Medium, Medium, Low],          // outage
    [High, Medium, Medium, Medium, Low, Low],             // workload
    [Medium, Medium, Medium, Low, Low, Info],             // foothold
    [Medium, Medium, Low, Low, Low, Info],                // availability
    [Low, Low, Low, Low, Info, Info],                     // evidence
];

/// Why a fault is as bad as it is, in one sentence.
pub fn rationale(impact: Impact, reach: Reach) -> String {
    let (who, consequence) = (reach.who(), impact.consequence());
    format!("{who} {consequence}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worse_impact_or_an_easier_reach_is_never_less_severe() {
        for (row, impact) in Impact::ALL.into_iter().enumerate() {
            assert_eq!(impact as usize, row);
            for (column, reach) in Reach::ALL.into_iter().enumerate() {
                assert_eq!(reach as usize, column);
                let here = severity(impact, reach);
                let above = row.checked_sub(1).map(|row| TABLE[row][column]);
                let left = column.checked_sub(1).map(|column| TABLE[row][column]);
                let is_bounded =
                    above.is_none_or(|it| it >= here) && left.is_none_or(|it| it >= here);
                assert!(is_bounded, "{impact:?} {reach:?}: {here}");
            }
        }
    }

    #[test]
    fn a_rationale_is_one_sentence() {
        assert_eq!(
            rationale(Impact::Node, Reach::Container),
            "Whoever runs code in the container becomes root of a node and holds every pod on it."
        );
    }
}
