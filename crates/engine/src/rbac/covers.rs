//! Whether some rules cover others, as the check against escalation asks.

use std::collections::HashSet;

use super::PolicyRule;
use super::index::url_covers;

/// Comparisons of an atomic part with a rule of the owner, at the most.
const COMPARISONS_MAX: usize = 20_000_000;

/// Whether the owner's rules cover the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Each atomic part is covered by one of the owner's rules.
    Covered,
    /// These atomic rules, of one verb and one resource or path each, are not.
    Missing(Vec<PolicyRule>),
    /// The rules have more atomic parts than are compared: 20,000,000 comparisons are the limit.
    TooLarge,
}

/// Whether each atomic part of `rules` is covered by one rule of `owner`. A star is covered by a
/// star alone.
///
/// Source: `Covers` in `auth/rbac/validation/policy_comparator.go` of
/// `k8s.io/component-helpers`.
pub fn covers(owner: &[PolicyRule], rules: &[PolicyRule]) -> Coverage {
    let mut missing = Vec::new();
    let mut atoms = 0_usize;
    let owner: Vec<OwnerRule<'_>> = owner.iter().map(OwnerRule::new).collect();
    for rule in rules {
        atoms = atoms.saturating_add(number_of_atoms(rule));
        if atoms.saturating_mul(owner.len().max(1)) > COMPARISONS_MAX {
            return Coverage::TooLarge;
        }
        for_each_atom(rule, &mut |atom| {
            if !owner.iter().any(|owner| owner.covers(&atom)) {
                missing.push(atom.to_rule());
            }
        });
    }
    if missing.is_empty() { Coverage::Covered } else { Coverage::Missing(missing) }
}

/// A rule of one verb and one resource or path.
enum Atom<'a> {
    Resource { group: &'a str, resource: &'a str, verb: &'a str, name: Option<&'a str> },
    Url { url: &'a str, verb: &'a str },
}

impl Atom<'_> {
    fn to_rule(&self) -> PolicyRule {
        let one = |text: &str| vec![text.to_owned()];
        match *self {
            Self::Resource { group, resource, verb, name } => PolicyRule {
                verbs: one(verb),
                api_groups: one(group),
                resources: one(resource),
                resource_names: name.map(one).unwrap_or_default(),
                non_resource_urls: Vec::new(),
            },
            Self::Url { url, verb } => PolicyRule {
                verbs: one(verb),
                non_resource_urls: one(url),
                ..PolicyRule::default()
            },
        }
    }
}

fn number_of_atoms(rule: &PolicyRule) -> usize {
    let resources = rule
        .api_groups
        .len()
        .saturating_mul(rule.resources.len())
        .saturating_mul(rule.resource_names.len().max(1));
    resources.saturating_add(rule.non_resource_urls.len()).saturating_mul(rule.verbs.len())
}

/// Source: `BreakdownRule`.
fn for_each_atom<'a>(rule: &'a PolicyRule, each: &mut impl FnMut(Atom<'a>)) {
    for group in &rule.api_groups {
        for resource in &rule.resources {
            for verb in &rule.verbs {
                if rule.resource_names.is_empty() {
                    each(Atom::Resource { group, resource, verb, name: None });
                }
                for name in &rule.resource_names {
                    each(Atom::Resource { group, resource, verb, name: Some(name) });
                }
            }
        }
    }
    for url in &rule.non_resource_urls {
        for verb in &rule.verbs {
            each(Atom::Url { url, verb });
        }
    }
}

/// An owner's rule, its lists ready to be asked.
struct OwnerRule<'a> {
    verbs: HashSet<&'a str>,
    groups: HashSet<&'a str>,
    resources: HashSet<&'a str>,
    names: HashSet<&'a str>,
    urls: &'a [String],
}

impl<'a> OwnerRule<'a> {
    fn new(rule: &'a PolicyRule) -> Self {
        let set = |list: &'a [String]| list.iter().map(String::as_str).collect();
        Self {
            verbs: set(&rule.verbs),
            groups: set(&rule.api_groups),
            resources: set(&rule.resources),
            names: set(&rule.resource_names),
            urls: &rule.non_resource_urls,
        }
    }

    /// Source: `ruleCovers`. A rule limited to names covers no path either, since a path has no
    /// name.
    fn covers(&self, atom: &Atom<'_>) -> bool {
        match *atom {
            Atom::Resource { group, resource, verb, name } => {
                self.has_verb(verb)
                    && (self.groups.contains("*") || self.groups.contains(group))
                    && self.has_resource(resource)
                    && (self.names.is_empty() || name.is_some_and(|it| self.names.contains(it)))
            }
            Atom::Url { url, verb } => {
                self.has_verb(verb)
                    && self.names.is_empty()
                    && self.urls.iter().any(|owner| url_covers(owner, url))
            }
        }
    }

    fn has_verb(&self, verb: &str) -> bool {
        self.verbs.contains("*") || self.verbs.contains(verb)
    }

    /// Source: `resourceCoversAll`.
    fn has_resource(&self, resource: &str) -> bool {
        self.resources.contains("*")
            || self.resources.contains(resource)
            || resource.split_once('/').is_some_and(|(_, subresource)| {
                self.resources.contains(format!("*/{subresource}").as_str())
            })
    }
}
