//! Rights as sets of atoms, one verb on one resource or path each, that are compared exactly.
//!
//! One right covers another by the same rules as the API server's guard against escalation
//! ([`engine::rbac::covers`]; a test holds this against it), found by hashing instead of by
//! comparing each with each: an atom has at most 24 others that cover it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use engine::rbac::{Authorizer, Grant, Identity, PolicyRule, Unknown};

/// Atoms of one set, at the most.
const ATOMS_MAX: usize = 1_000_000;

/// A right: one verb on one resource or path. A star stands for everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Right {
    /// On objects.
    Resource {
        /// The API group; empty for core.
        api_group: Rc<str>,
        /// The resource, with its subresource.
        resource: Rc<str>,
        /// The only object it holds for; none for all.
        name: Option<Rc<str>>,
        /// The verb.
        verb: Rc<str>,
    },
    /// On a path that is no resource.
    Path {
        /// The path; a star at its end stands for any ending.
        path: Rc<str>,
        /// The verb.
        verb: Rc<str>,
    },
}

impl Right {
    /// The verb.
    pub fn verb(&self) -> &str {
        match self {
            Self::Resource { verb, .. } | Self::Path { verb, .. } => verb,
        }
    }

    /// What it is on: `deployments.apps/scale`, `secrets`, `/metrics`.
    pub fn target(&self) -> String {
        match self {
            Self::Path { path, .. } => path.to_string(),
            Self::Resource { api_group, resource, .. } => {
                let (resource, subresource) = match resource.split_once('/') {
                    Some((resource, subresource)) => (resource, format!("/{subresource}")),
                    None => (&**resource, String::new()),
                };
                let dot = if api_group.is_empty() { "" } else { "." };
                format!("{resource}{dot}{api_group}{subresource}")
            }
        }
    }

    /// The only object it holds for.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Resource { name, .. } => name.as_deref(),
            Self::Path { .. } => None,
        }
    }
}

/// A set of rights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    all: HashSet<Right>,
    /// Whether there were more than are kept.
    pub is_cut: bool,
}

impl Rights {
    /// All that some rules grant.
    pub fn of<'a>(rules: impl IntoIterator<Item = &'a PolicyRule>) -> Self {
        let mut rights = Self::default();
        for rule in rules {
            rights.add(rule);
        }
        rights
    }

    fn add(&mut self, rule: &PolicyRule) {
        let shared = |list: &[String]| list.iter().map(|it| Rc::from(&**it)).collect::<Vec<_>>();
        let (verbs, groups) = (shared(&rule.verbs), shared(&rule.api_groups));
        let resources = shared(&rule.resources);
        let mut names: Vec<Option<Rc<str>>> =
            shared(&rule.resource_names).into_iter().map(Some).collect();
        if names.is_empty() {
            names.push(None);
        }
        for verb in &verbs {
            for path in &rule.non_resource_urls {
                // Trailing stars are one; a star inside is literal.
                let stem = path.trim_end_matches('*');
                let star = if stem.len() < path.len() { "*" } else { "" };
                let path = Rc::from(format!("{stem}{star}"));
                self.insert(Right::Path { path, verb: Rc::clone(verb) });
            }
            for api_group in &groups {
                for resource in &resources {
                    for name in &names {
                        if self.is_cut {
                            return;
                        }
                        self.insert(Right::Resource {
                            api_group: Rc::clone(api_group),
                            resource: Rc::clone(resource),
                            name: name.clone(),
                            verb: Rc::clone(verb),
                        });
                    }
                }
            }
        }
    }

    fn insert(&mut self, right: Right) {
        if self.all.len() >= ATOMS_MAX {
            self.is_cut = true;
        } else {
            self.all.insert(right);
        }
    }

    /// Whether one of them covers a right.
    pub fn covers(&self, right: &Right) -> bool {
        self.is_covered(right, true)
    }

    fn is_covered(&self, right: &Right, by_itself: bool) -> bool {
        let has = |it: &Right| (by_itself || it != right) && self.all.contains(it);
        let star: Rc<str> = Rc::from("*");
        let or_star = |text: &Rc<str>| [Rc::clone(text), Rc::clone(&star)];
        match right {
            Right::Path { path, verb } => or_star(verb).into_iter().any(|verb| {
                let prefixes = path.char_indices().map(|(at, _)| &path[..at]);
                let stars = prefixes.chain([&**path]).map(|stem| Rc::from(format!("{stem}*")));
                std::iter::once(Rc::clone(path))
                    .chain(stars)
                    .any(|path| has(&Right::Path { path, verb: Rc::clone(&verb) }))
            }),
            Right::Resource { api_group, resource, name, verb } => {
                let mut resources = or_star(resource).to_vec();
                if let Some((_, subresource)) = resource.split_once('/') {
                    resources.push(Rc::from(format!("*/{subresource}")));
                }
                let mut names = vec![None];
                names.extend(name.clone().map(Some));
                or_star(verb).into_iter().any(|verb| {
                    or_star(api_group).into_iter().any(|api_group| {
                        resources.iter().any(|resource| {
                            names.iter().any(|name| {
                                has(&Right::Resource {
                                    api_group: Rc::clone(&api_group),
                                    resource: Rc::clone(resource),
                                    name: name.clone(),
                                    verb: Rc::clone(&verb),
                                })
                            })
                        })
                    })
                })
            }
        }
    }

    /// Those that neither another of them nor one of `others` covers, sorted.
    pub fn beyond(&self, others: &[&Self]) -> BTreeSet<&Right> {
        let is_new = |right: &&Right| {
            !self.is_covered(right, false) && !others.iter().any(|other| other.covers(right))
        };
        self.all.iter().filter(is_new).collect()
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Right> {
        self.all.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// Where rights hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everywhere.
    Cluster,
    /// In one namespace.
    Namespace(String),
}

/// All that an identity holds, by scope.
#[derive(Debug, Default)]
pub struct Holdings {
    /// Whether it is in `system:masters`.
    pub is_master: bool,
    /// The rights of each scope; scopes with equal rules share them.
    pub scopes: BTreeMap<Scope, Rc<Rights>>,
    /// What may grant more.
    pub unknown: Vec<Unknown>,
}

impl Holdings {
    /// What an identity holds by the grants that count.
    pub fn of(
        authorizer: &Authorizer,
        identity: &Identity,
        counts: impl Fn(&Grant) -> bool,
    ) -> Self {
        let held = authorizer.permissions_of(identity);
        let mut rules: BTreeMap<Scope, BTreeSet<_>> = BTreeMap::new();
        let grants = held.permissions.iter().map(|permission| permission.grant);
        for grant in grants.filter(counts) {
            let namespace = authorizer.binding(grant.binding).namespace;
            let scope = namespace.map_or(Scope::Cluster, |name| Scope::Namespace(name.to_owned()));
            rules.entry(scope).or_default().insert((grant.origin, grant.rule));
        }
        let mut shared: BTreeMap<BTreeSet<_>, Rc<Rights>> = BTreeMap::new();
        let mut scopes = BTreeMap::new();
        for (scope, rules) in rules {
            let rights = shared.entry(rules).or_insert_with_key(|rules| {
                let rules = rules.iter().filter_map(|(role, rule)| authorizer.rule(*role, *rule));
                Rc::new(Rights::of(&rules.collect::<Vec<_>>()))
            });
            scopes.insert(scope, Rc::clone(rights));
        }
        Self { is_master: held.is_master, scopes, unknown: held.unknown }
    }

    /// The rights of a scope that are covered neither there nor everywhere in `others`.
    pub fn beyond(&self, others: &Self) -> BTreeMap<Scope, BTreeSet<Right>> {
        let mut found = BTreeMap::new();
        if others.is_master {
            return found;
        }
        let of = |holdings: &Self, scope: &Scope| holdings.scopes.get(scope).cloned();
        let everywhere = of(others, &Scope::Cluster);
        let own_everywhere = of(self, &Scope::Cluster);
        for (scope, rights) in &self.scopes {
            let there = of(others, scope);
            let mut compared: Vec<&Rights> = Vec::new();
            compared.extend(everywhere.as_deref());
            compared.extend(there.as_deref());
            if *scope != Scope::Cluster {
                compared.extend(own_everywhere.as_deref());
            }
            let beyond = rights.beyond(&compared);
            if !beyond.is_empty() {
                found.insert(scope.clone(), beyond.into_iter().cloned().collect());
            }
        }
        found
    }

    /// The rights of each scope without those covered by others: equal if and only if the
    /// holders may do the same.
    pub fn essence(&self) -> BTreeMap<Scope, BTreeSet<Right>> {
        self.beyond(&Self::default())
    }

    /// Whether some rights were too many to be kept.
    pub fn is_cut(&self) -> bool {
        self.scopes.values().any(|rights| rights.is_cut)
    }
}

#[cfg(test)]
mod tests {
    use engine::rbac::{Coverage, covers};

    use super::*;

    /// A small generator: the same sequence in every run.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: u64) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((self.0 >> 33) % sides) as usize
        }

        fn some(&mut self, from: &[&str], least: usize) -> Vec<String> {
            let number = least + self.roll(2);
            (0..number).map(|_| from[self.roll(from.len() as u64)].to_owned()).collect()
        }

        fn rules(&mut self) -> Vec<PolicyRule> {
            let number = 1 + self.roll(3);
            (0..number).map(|_| self.rule()).collect()
        }

        fn rule(&mut self) -> PolicyRule {
            let verbs = self.some(&["get", "list", "*", "create"], 1);
            if self.roll(4) == 0 {
                let urls = ["/a", "/a/*", "*", "/a*", "/a/b", "/a**", "/*"];
                let non_resource_urls = self.some(&urls, 1);
                return PolicyRule { verbs, non_resource_urls, ..PolicyRule::default() };
            }
            let resources = ["pods", "pods/exec", "*", "*/exec", "secrets", "pods/*", "*/*"];
            PolicyRule {
                verbs,
                api_groups: self.some(&["", "apps", "*"], 1),
                resources: self.some(&resources, 1),
                resource_names: self.some(&["a", "b"], 0),
                non_resource_urls: Vec::new(),
            }
        }
    }

    #[test]
    fn coverage_is_that_of_the_engine() {
        let mut dice = Dice(7);
        let (mut covered, mut missing) = (0, 0);
        for _ in 0..20_000 {
            let (owner, asked) = (dice.rules(), dice.rules());
            let ours = Rights::of(&asked).beyond(&[&Rights::of(&owner)]).is_empty();
            let theirs = covers(&owner, &asked) == Coverage::Covered;
            assert_eq!(ours, theirs, "{owner:#?} {asked:#?}");
            if theirs { covered += 1 } else { missing += 1 }
        }
        assert!(covered > 500 && missing > 500, "{covered} {missing}");
    }

    #[test]
    fn too_many_atoms_are_told() {
        let many = |prefix: &str| (0..1100).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>();
        let rule = PolicyRule {
            verbs: many("v"),
            api_groups: many("g"),
            resources: many("r"),
            ..PolicyRule::default()
        };
        assert!(Rights::of([&rule]).is_cut);
    }
}
