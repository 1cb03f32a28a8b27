//! Aggregated ClusterRoles: roles that take over the rules of others by label.

use std::collections::{BTreeSet, HashMap};

use super::{LabelSelector, Requirement, Role, RoleId, Rules, Seen};

/// Steps that resolving all aggregated roles may take together. Real clusters need some hundreds.
const STEPS_MAX: usize = 5_000_000;

/// The roles whose own rules an aggregated ClusterRole ends up with.
pub(super) enum Members {
    /// These, sorted.
    Roles(Vec<RoleId>),
    /// Too many to be found within [`STEPS_MAX`].
    TooMany,
}

/// The aggregated ClusterRoles, each with the roles whose own rules it ends up with.
///
/// The controller copies the rules of whatever a role selects, again and again, until nothing
/// changes: what remains is the rules of every role that can be reached and is not aggregated
/// itself. Rules written in an aggregated role are overwritten. In a part of a cluster they stay,
/// since the roles they came from may be among those that were not seen; and among roles that
/// select each other, where they go round.
///
/// Source: `syncClusterRole` in
/// `pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go`.
pub(super) fn resolve(roles: &[Role], seen: Seen) -> Vec<(RoleId, Members)> {
    let aggregated: Vec<u32> = (0..)
        .zip(roles)
        .filter(|(_, role)| is_aggregated(role))
        .map(|(number, _)| number)
        .collect();
    if aggregated.is_empty() {
        return Vec::new();
    }
    let mut steps = 0;
    let labels = Labels::new(roles);
    let mut selected = Selected::new();
    for number in &aggregated {
        let selectors = selectors(&roles[*number as usize]);
        selected.entry(selectors).or_insert_with(|| labels.selected(selectors, &mut steps));
    }
    if steps > STEPS_MAX {
        return aggregated.into_iter().map(|it| (RoleId(it), Members::TooMany)).collect();
    }
    let reached = reached_by(&aggregated, roles, &selected, &mut steps);
    let circular: BTreeSet<u32> = (aggregated.iter().copied())
        .filter(|number| has_rules(&roles[*number as usize]))
        .filter(|number| is_circular(*number, roles, &selected, &reached))
        .collect();
    let aggregated = aggregated.into_iter().filter(|number| {
        let role = &roles[*number as usize];
        !keeps_its_rules(*number, role, &selected)
    });
    aggregated
        .map(|number| {
            let role = &roles[number as usize];
            let Some(Some(reached)) = reached.get(selectors(role)) else {
                return (RoleId(number), Members::TooMany);
            };
            steps += reached.leaves.len();
            if steps > STEPS_MAX {
                return (RoleId(number), Members::TooMany);
            }
            let mut members = reached.leaves.clone();
            members.extend(reached.through.intersection(&circular));
            if seen == Seen::Part && has_rules(role) {
                members.insert(number);
            }
            (RoleId(number), Members::Roles(members.into_iter().map(RoleId).collect()))
        })
        .collect()
}

/// What can be reached through a list of selectors.
#[derive(Default)]
struct Reached {
    /// Roles whose own rules count.
    leaves: BTreeSet<u32>,
    /// Aggregated roles on the way.
    through: BTreeSet<u32>,
}

type ReachedBy<'r> = HashMap<&'r [LabelSelector], Option<Reached>>;

fn reached_by<'r>(
    aggregated: &[u32],
    roles: &'r [Role],
    selected: &Selected<'r>,
    steps: &mut usize,
) -> ReachedBy<'r> {
    let mut found = ReachedBy::new();
    for number in aggregated {
        let selectors = selectors(&roles[*number as usize]);
        if !found.contains_key(selectors) {
            let reached = reach(selectors, roles, selected, steps);
            found.insert(selectors, reached);
        }
    }
    found
}

/// Whether an aggregated role selects, at last, itself through another one.
fn is_circular<'r>(
    number: u32,
    roles: &'r [Role],
    selected: &Selected<'r>,
    reached: &ReachedBy<'r>,
) -> bool {
    let direct = selected.get(selectors(&roles[number as usize])).into_iter().flatten();
    let mut others = direct.filter(|it| **it != number && is_aggregated(&roles[**it as usize]));
    others.any(|other| {
        let reached = reached.get(selectors(&roles[*other as usize]));
        reached.and_then(Option::as_ref).is_some_and(|it| it.through.contains(&number))
    })
}

/// Where a selector cannot be understood, the controller leaves the role as it is.
fn is_aggregated(role: &Role) -> bool {
    let mut requirements = selectors(role).iter().flat_map(|selector| &selector.requirements);
    role.namespace.is_none()
        && role.aggregates.is_some()
        && !requirements.any(|requirement| *requirement == Requirement::Invalid)
}

fn selectors(role: &Role) -> &[LabelSelector] {
    role.aggregates.as_deref().unwrap_or_default()
}

/// Whether the role is not aggregated, or selects nothing but itself: the controller then applies
/// no rules, which leaves those that somebody else wrote.
fn keeps_its_rules(number: u32, role: &Role, selected: &Selected<'_>) -> bool {
    let found = selected.get(selectors(role)).map(Vec::as_slice);
    !is_aggregated(role) || found.unwrap_or_default().iter().all(|it| *it == number)
}

/// The ClusterRoles that each list of selectors matches.
type Selected<'r> = HashMap<&'r [LabelSelector], Vec<u32>>;

fn has_rules(role: &Role) -> bool {
    !matches!(&role.rules, Rules::Known(rules) if rules.is_empty())
}

/// The roles without aggregation that can be reached through these selectors; none after too many
/// steps.
fn reach<'r>(
    selectors: &'r [LabelSelector],
    roles: &'r [Role],
    selected: &Selected<'r>,
    steps: &mut usize,
) -> Option<Reached> {
    let mut found = Reached::default();
    let mut seen = BTreeSet::from([selectors]);
    let mut open = vec![selectors];
    while let Some(selectors) = open.pop() {
        for number in selected.get(selectors).into_iter().flatten() {
            *steps += 1;
            if *steps > STEPS_MAX {
                return None;
            }
            let role = &roles[*number as usize];
            if keeps_its_rules(*number, role, selected) {
                found.leaves.insert(*number);
                continue;
            }
            found.through.insert(*number);
            if seen.insert(self::selectors(role)) {
                open.push(self::selectors(role));
            }
        }
    }
    Some(found)
}

/// The ClusterRoles by their labels.
struct Labels<'r> {
    roles: &'r [Role],
    all: Vec<u32>,
    by_label: HashMap<(&'r str, &'r str), Vec<u32>>,
}

impl<'r> Labels<'r> {
    fn new(roles: &'r [Role]) -> Self {
        let mut labels = Self { roles, all: Vec::new(), by_label: HashMap::new() };
        for (number, role) in (0..).zip(roles).filter(|(_, role)| role.namespace.is_none()) {
            labels.all.push(number);
            for (key, value) in &role.labels {
                labels.by_label.entry((key, value)).or_default().push(number);
            }
        }
        labels
    }

    /// The ClusterRoles that match any of the selectors, sorted.
    fn selected(&self, selectors: &[LabelSelector], steps: &mut usize) -> Vec<u32> {
        let mut found = BTreeSet::new();
        for selector in selectors {
            let candidates: Vec<&[u32]> = match self.narrowest(selector) {
                Some((key, values)) => values
                    .iter()
                    .filter_map(|value| self.by_label.get(&(key, value)).map(Vec::as_slice))
                    .collect(),
                None => vec![&self.all],
            };
            for number in candidates.into_iter().flatten() {
                *steps += 1;
                if *steps > STEPS_MAX {
                    return Vec::new();
                }
                if matches(selector, &self.roles[*number as usize].labels) {
                    found.insert(*number);
                }
            }
        }
        found.into_iter().collect()
    }

    fn narrowest<'s>(&self, selector: &'s LabelSelector) -> Option<(&'s str, &'s [String])> {
        let count = |key: &str, values: &[String]| {
            let count = |value: &String| self.by_label.get(&(key, value)).map_or(0, Vec::len);
            values.iter().map(count).sum::<usize>()
        };
        let required = selector.requirements.iter().filter_map(|requirement| match requirement {
            Requirement::In(key, values) => Some((key.as_str(), values.as_slice())),
            _ => None,
        });
        required.min_by_key(|(key, values)| count(key, values))
    }
}

/// Source: `Requirement.Matches` in `k8s.io/apimachinery/pkg/labels/selector.go`.
fn matches(selector: &LabelSelector, labels: &[(String, String)]) -> bool {
    let label = |key: &String| labels.iter().find(|(it, _)| it == key).map(|(_, value)| value);
    selector.requirements.iter().all(|requirement| match requirement {
        Requirement::In(key, values) => label(key).is_some_and(|it| values.contains(it)),
        Requirement::NotIn(key, values) => label(key).is_none_or(|it| !values.contains(it)),
        Requirement::Exists(key) => label(key).is_some(),
        Requirement::DoesNotExist(key) => label(key).is_none(),
        Requirement::Invalid => false,
    })
}
