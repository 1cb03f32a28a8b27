//! Why a request is denied: the rules that come closest, and what in them does not match.

use super::authorizer::Content;
use super::index::{Resolved, Rule};
use super::{Authorizer, Grant, Identity, Request, RoleId};

/// Rules looked at for one answer, at the most.
const RULES_MAX: usize = 100_000;
/// Near misses of one answer, at the most.
const MISSES_MAX: usize = 8;

/// A part of a rule that does not match a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Its verbs.
    Verb,
    /// Its API groups.
    ApiGroup,
    /// Its resources.
    Resource,
    /// Its names.
    ResourceName,
    /// Its paths.
    Path,
    /// The namespace of the binding.
    Namespace,
}

/// A rule that would nearly allow a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NearMiss {
    /// What does not match, never empty.
    pub parts: Vec<Part>,
    /// What grants the rule.
    pub grant: Grant,
}

/// The rules that come closest to allowing a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyNot {
    /// The nearest ones, those with fewest parts that do not match first; empty if the identity
    /// holds nothing at all, or if it may do it.
    pub nearest: Vec<NearMiss>,
    /// Rules the identity holds.
    pub rules: usize,
    /// Rules beyond the first 100,000, which were not looked at.
    pub not_compared: usize,
}

impl Authorizer {
    /// Which of the rules an identity holds come closest to a request, and what in each does not
    /// match. A rule limited to names says so where the request has none, as `create` and `list`.
    pub fn why_not(&self, identity: &Identity, request: &Request<'_>) -> WhyNot {
        let resolved = Resolved::new(request, &self.symbols);
        let held = self.permissions_of(identity);
        let mut nearest: Vec<NearMiss> = Vec::new();
        for permission in held.permissions.iter().take(RULES_MAX) {
            let grant = permission.grant;
            let Some(rule) = self.rule_of(grant.origin, grant.rule) else { continue };
            let mut parts = rule.mismatches(&resolved, &self.symbols);
            let scope = self.binding(grant.binding).namespace;
            let asked = match request {
                Request::Resource(request) => request.namespace,
                Request::NonResource(_) => "",
            };
            if scope.is_some_and(|scope| scope != asked) {
                parts.push(Part::Namespace);
            }
            if parts.is_empty() {
                return WhyNot {
                    nearest: Vec::new(),
                    rules: held.permissions.len(),
                    not_compared: 0,
                };
            }
            nearest.push(NearMiss { parts, grant });
        }
        nearest.sort_by(|a, b| (a.parts.len(), a).cmp(&(b.parts.len(), b)));
        nearest.truncate(MISSES_MAX);
        let rules = held.permissions.len();
        WhyNot { nearest, rules, not_compared: rules.saturating_sub(RULES_MAX) }
    }

    fn rule_of(&self, role: RoleId, rule: u32) -> Option<&Rule> {
        let Content::Own(set) = self.content(self.roles.get(role.0 as usize)?.own) else {
            return None;
        };
        self.rule_sets.sets[*set as usize].rules.get(rule as usize)
    }
}
