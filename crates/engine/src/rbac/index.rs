//! Rules as numbers, and which of them a request matches.

use std::collections::HashMap;

use super::symbol::{Symbol, Symbols};
use super::{Part, PolicyRule, Request};

/// Rules up to this number are looked at one by one; above it by their resources.
const LINEAR_MAX: usize = 16;

/// A [`PolicyRule`] as numbers, in the order written.
#[derive(Debug, PartialEq, Eq, Hash, Clone)]
pub(super) struct Rule {
    pub(super) verbs: Box<[Symbol]>,
    pub(super) groups: Box<[Symbol]>,
    pub(super) resources: Box<[Symbol]>,
    pub(super) names: Box<[Symbol]>,
    pub(super) urls: Box<[Symbol]>,
}

/// A request as numbers of an authorizer's symbols.
pub(super) enum Resolved<'a> {
    Resource {
        verb: Symbol,
        group: Symbol,
        /// `resource`, or `resource/subresource`.
        resource: Symbol,
        /// `*/subresource`.
        any_with_subresource: Symbol,
        name: Symbol,
        namespace: Symbol,
    },
    NonResource {
        verb: Symbol,
        path: &'a str,
    },
}

impl<'a> Resolved<'a> {
    pub(super) fn new(request: &Request<'a>, symbols: &Symbols) -> Self {
        let request = match request {
            Request::NonResource(request) => {
                return Self::NonResource { verb: symbols.find(request.verb), path: request.path };
            }
            Request::Resource(request) => request,
        };
        let (resource, any_with_subresource) = if request.subresource.is_empty() {
            (symbols.find(request.resource), Symbol::ABSENT)
        } else {
            let mut text = String::with_capacity(64);
            text.extend([request.resource, "/", request.subresource]);
            let combined = symbols.find(&text);
            text.clear();
            text.extend(["*/", request.subresource]);
            (combined, symbols.find(&text))
        };
        Self::Resource {
            verb: symbols.find(request.verb),
            group: symbols.find(request.api_group),
            resource,
            any_with_subresource,
            name: symbols.find(request.name),
            namespace: symbols.find(request.namespace),
        }
    }

    /// The namespace whose RoleBindings hold too.
    pub(super) fn namespace(&self) -> Option<Symbol> {
        match self {
            Self::Resource { namespace, .. } if *namespace != Symbol::EMPTY => Some(*namespace),
            _ => None,
        }
    }

    /// The resources of rules that can match, if it is a request on a resource.
    pub(super) fn resources(&self) -> Option<[Symbol; 3]> {
        match self {
            Self::Resource { resource, any_with_subresource, .. } => {
                Some([Symbol::STAR, *resource, *any_with_subresource])
            }
            Self::NonResource { .. } => None,
        }
    }
}

/// Whether the list has the symbol or a star.
fn has(list: &[Symbol], symbol: Symbol) -> bool {
    list.iter().any(|one| *one == symbol || *one == Symbol::STAR)
}

impl Rule {
    pub(super) fn new(rule: &PolicyRule, symbols: &mut Symbols) -> Self {
        let mut list = |texts: &[String]| texts.iter().map(|text| symbols.intern(text)).collect();
        Self {
            verbs: list(&rule.verbs),
            groups: list(&rule.api_groups),
            resources: list(&rule.resources),
            names: list(&rule.resource_names),
            urls: list(&rule.non_resource_urls),
        }
    }

    pub(super) fn to_policy_rule(&self, symbols: &Symbols) -> PolicyRule {
        let list =
            |list: &[Symbol]| list.iter().map(|symbol| symbols.text(*symbol).to_owned()).collect();
        PolicyRule {
            verbs: list(&self.verbs),
            api_groups: list(&self.groups),
            resources: list(&self.resources),
            resource_names: list(&self.names),
            non_resource_urls: list(&self.urls),
        }
    }

    /// Whether this one rule allows the request.
    ///
    /// Source: `RuleAllows` in `plugin/pkg/auth/authorizer/rbac/rbac.go` and the `…Matches` of
    /// `pkg/apis/rbac/v1/evaluation_helpers.go`.
    pub(super) fn matches(&self, request: &Resolved<'_>, symbols: &Symbols) -> bool {
        match request {
            Resolved::Resource { verb, group, resource, any_with_subresource, name, .. } => {
                has(&self.verbs, *verb)
                    && has(&self.groups, *group)
                    && (has(&self.resources, *resource)
                        || self.resources.contains(any_with_subresource))
                    && (self.names.is_empty() || self.names.contains(name))
            }
            Resolved::NonResource { verb, path } => {
                has(&self.verbs, *verb)
                    && self.urls.iter().any(|url| url_covers(symbols.text(*url), path))
            }
        }
    }

    /// The parts that do not match the request; none if the rule allows it.
    pub(super) fn mismatches(&self, request: &Resolved<'_>, symbols: &Symbols) -> Vec<Part> {
        let parts = match request {
            Resolved::Resource { verb, group, resource, any_with_subresource, name, .. } => vec![
                (Part::Verb, has(&self.verbs, *verb)),
                (Part::ApiGroup, has(&self.groups, *group)),
                (
                    Part::Resource,
                    has(&self.resources, *resource)
                        || self.resources.contains(any_with_subresource),
                ),
                (Part::ResourceName, self.names.is_empty() || self.names.contains(name)),
            ],
            Resolved::NonResource { verb, path } => vec![
                (Part::Verb, has(&self.verbs, *verb)),
                (Part::Path, self.urls.iter().any(|url| url_covers(symbols.text(*url), path))),
            ],
        };
        parts.into_iter().filter(|(_, matches)| !matches).map(|(part, _)| part).collect()
    }

    fn bytes(&self) -> usize {
        let lists = [&self.verbs, &self.groups, &self.resources, &self.names, &self.urls];
        size_of::<Self>() + lists.iter().map(|list| size_of_val::<[Symbol]>(&**list)).sum::<usize>()
    }
}

/// Whether a rule's path stands for this one: the same, or the same up to its trailing stars.
///
/// Source: `NonResourceURLMatches` in `pkg/apis/rbac/v1/evaluation_helpers.go`.
pub(super) fn url_covers(rule: &str, path: &str) -> bool {
    rule == path || (rule.ends_with('*') && path.starts_with(rule.trim_end_matches('*')))
}

/// The rules of one or of many equal roles.
#[derive(Debug)]
pub(super) struct RuleSet {
    pub(super) rules: Box<[Rule]>,
    /// Resource and rule, sorted; only above [`LINEAR_MAX`] rules.
    by_resource: Box<[(Symbol, u32)]>,
}

impl RuleSet {
    fn new(rules: Box<[Rule]>) -> Self {
        let mut by_resource = Vec::new();
        if rules.len() > LINEAR_MAX {
            for (number, rule) in rules.iter().enumerate() {
                by_resource.extend(rule.resources.iter().map(|it| (*it, number as u32)));
            }
            by_resource.sort_unstable();
            by_resource.dedup();
        }
        Self { rules, by_resource: by_resource.into() }
    }

    /// The first rule that allows the request.
    pub(super) fn find(&self, request: &Resolved<'_>, symbols: &Symbols) -> Option<u32> {
        let matches = |number: &u32| self.rules[*number as usize].matches(request, symbols);
        match request.resources() {
            Some(resources) if self.rules.len() > LINEAR_MAX => {
                resources.iter().filter_map(|it| self.of_resource(*it).find(&matches)).min()
            }
            _ => (0..self.rules.len() as u32).find(matches),
        }
    }

    fn of_resource(&self, resource: Symbol) -> impl Iterator<Item = u32> {
        let start = self.by_resource.partition_point(|(it, _)| *it < resource);
        let rest = self.by_resource.get(start..).unwrap_or_default();
        rest.iter().take_while(move |(it, _)| *it == resource).map(|(_, number)| *number)
    }

    fn bytes(&self) -> usize {
        self.rules.iter().map(Rule::bytes).sum::<usize>() + size_of_val(&*self.by_resource)
    }
}

/// All sets of rules, each once, and which of them have a rule for a resource.
#[derive(Debug, Default)]
pub(super) struct RuleSets {
    pub(super) sets: Vec<RuleSet>,
    numbers: HashMap<Box<[Rule]>, u32>,
    /// Resource, set and rule, sorted.
    by_resource: Vec<(Symbol, u32, u32)>,
    /// Set and rule of those that have paths.
    with_urls: Vec<(u32, u32)>,
}

impl RuleSets {
    pub(super) fn insert(&mut self, rules: Vec<Rule>) -> u32 {
        let rules = rules.into_boxed_slice();
        if let Some(number) = self.numbers.get(&rules) {
            return *number;
        }
        let number = self.sets.len() as u32;
        self.sets.push(RuleSet::new(rules.clone()));
        self.numbers.insert(rules, number);
        number
    }

    /// Builds the index over all sets, after the last was inserted.
    pub(super) fn finish(&mut self) {
        self.numbers = HashMap::new();
        for (set, rules) in self.sets.iter().enumerate() {
            for (number, rule) in rules.rules.iter().enumerate() {
                let (set, number) = (set as u32, number as u32);
                self.by_resource.extend(rule.resources.iter().map(|it| (*it, set, number)));
                if !rule.urls.is_empty() {
                    self.with_urls.push((set, number));
                }
            }
        }
        self.by_resource.sort_unstable();
        self.by_resource.dedup();
    }

    /// Each set with a rule that allows the request, and the first such rule; sorted.
    pub(super) fn matching(&self, request: &Resolved<'_>, symbols: &Symbols) -> Vec<(u32, u32)> {
        let mut found: Vec<(u32, u32)> = Vec::new();
        let mut look = |set: u32, rule: u32| {
            if self.sets[set as usize].rules[rule as usize].matches(request, symbols) {
                found.push((set, rule));
            }
        };
        match request.resources() {
            Some(resources) => {
                for resource in resources {
                    let start = self.by_resource.partition_point(|(it, ..)| *it < resource);
                    let rest = self.by_resource.get(start..).unwrap_or_default();
                    for (_, set, rule) in rest.iter().take_while(|(it, ..)| *it == resource) {
                        look(*set, *rule);
                    }
                }
            }
            None => self.with_urls.iter().for_each(|(set, rule)| look(*set, *rule)),
        }
        found.sort_unstable();
        found.dedup_by_key(|(set, _)| *set);
        found
    }

    pub(super) fn bytes(&self) -> usize {
        self.sets.iter().map(RuleSet::bytes).sum::<usize>()
            + self.by_resource.capacity() * size_of::<(Symbol, u32, u32)>()
            + self.with_urls.capacity() * size_of::<(u32, u32)>()
    }
}
