//! Groups that bindings to single subjects could become: who may do the same, and who nearly does.

use std::collections::{BTreeMap, BTreeSet};

use engine::rbac::{Authorizer, BindingId, Source};

use super::rights::{Holdings, Right, Scope};
use super::subject::Subject;

/// Sets of equals that are compared with each other, at the most: the largest ones.
const COMPARED_MAX: usize = 200;
/// Share of the rights of two sets that has to be common for them to be similar, in percent.
const SIMILAR_PERCENT: usize = 60;
/// Similar pairs told, at the most.
const SIMILAR_MAX: usize = 50;

/// Rights by scope.
pub type ByScope = BTreeMap<Scope, BTreeSet<Right>>;

/// What could become of bindings to single subjects.
#[derive(Debug, Default)]
pub struct Proposals {
    /// Bindings that name users one by one, with the users.
    pub to_users: Vec<(BindingId, Vec<String>)>,
    /// Subjects that may do exactly the same by bindings to themselves; those of one member too.
    pub equals: Vec<Equals>,
    /// Pairs of `equals` that differ in little.
    pub similar: Vec<Similar>,
    /// Sets of equals beyond those that were compared.
    pub not_compared: usize,
    /// Subjects whose rights are not all known, and so are left out.
    pub left_out: Vec<Subject>,
}

/// Subjects that may do the same.
#[derive(Debug)]
pub struct Equals {
    /// The subjects, sorted.
    pub members: Vec<Subject>,
    /// What each of them may do.
    pub rights: ByScope,
}

/// Two sets of equals that differ in little.
#[derive(Debug)]
pub struct Similar {
    /// Their numbers in [`Proposals::equals`].
    pub sets: [usize; 2],
    /// What the first would gain in a group for both that has the rights of both, and what the
    /// second would.
    pub gains: [ByScope; 2],
    /// Share of the rights that is common, in percent.
    pub percent: usize,
}

/// Finds them. Kubernetes' own subjects (`system:`) are left alone.
pub fn of(authorizer: &Authorizer) -> Proposals {
    let mut proposals = Proposals::default();
    let mut subjects = BTreeSet::new();
    for binding in authorizer.bindings().filter(|it| it.source != Source::Bootstrap) {
        let mut users = Vec::new();
        for subject in authorizer.subjects(binding.id) {
            let Some(subject) = Subject::of_binding(&subject, binding.namespace) else { continue };
            match &subject {
                Subject::Group(_) => continue,
                subject if subject.is_of_system() => continue,
                Subject::User(name) => users.push(name.clone()),
                Subject::ServiceAccount { .. } => {}
            }
            subjects.insert(subject);
        }
        if !users.is_empty() {
            proposals.to_users.push((binding.id, users));
        }
    }
    proposals.group(authorizer, subjects);
    proposals.compare();
    proposals
}

impl Proposals {
    fn group(&mut self, authorizer: &Authorizer, subjects: BTreeSet<Subject>) {
        let mut sets: BTreeMap<(bool, ByScope), Vec<Subject>> = BTreeMap::new();
        for subject in subjects {
            let holdings = Holdings::of(authorizer, &subject.alone(), |_| true);
            if !holdings.unknown.is_empty() || holdings.is_cut() {
                self.left_out.push(subject);
                continue;
            }
            let is_user = matches!(subject, Subject::User(_));
            let rights = holdings.essence();
            if !rights.is_empty() {
                sets.entry((is_user, rights)).or_default().push(subject);
            }
        }
        self.equals =
            sets.into_iter().map(|((_, rights), members)| Equals { members, rights }).collect();
        self.equals
            .sort_by(|a, b| (b.members.len(), &a.members).cmp(&(a.members.len(), &b.members)));
    }

    fn compare(&mut self) {
        self.not_compared = self.equals.len().saturating_sub(COMPARED_MAX);
        let compared = &self.equals[..self.equals.len().min(COMPARED_MAX)];
        let kind = |equals: &Equals| equals.members.first().map(Subject::kind);
        for (first, a) in compared.iter().enumerate() {
            for (second, b) in compared.iter().enumerate().skip(first + 1) {
                if kind(a) != kind(b) {
                    continue;
                }
                let (gain_a, gain_b) =
                    (without(&b.rights, &a.rights), without(&a.rights, &b.rights));
                let common = count(&a.rights) - count(&gain_b);
                let percent = 100 * common / (common + count(&gain_a) + count(&gain_b)).max(1);
                if percent >= SIMILAR_PERCENT {
                    let similar =
                        Similar { sets: [first, second], gains: [gain_a, gain_b], percent };
                    self.similar.push(similar);
                }
            }
        }
        self.similar.sort_by_key(|similar| (std::cmp::Reverse(similar.percent), similar.sets));
        self.similar.truncate(SIMILAR_MAX);
    }
}

fn count(rights: &ByScope) -> usize {
    rights.values().map(BTreeSet::len).sum()
}

/// The rights of `a` that `b` does not list.
fn without(a: &ByScope, b: &ByScope) -> ByScope {
    let none = BTreeSet::new();
    let rest = a.iter().map(|(scope, rights)| {
        let others = b.get(scope).unwrap_or(&none);
        (scope.clone(), rights.difference(others).cloned().collect::<BTreeSet<_>>())
    });
    rest.filter(|(_, rights)| !rights.is_empty()).collect()
}
