//! Whether a grant is one that every API server makes for itself, also where it was read from a
//! dump. Names and labels alone do not tell: anybody may give them to an object.

use std::collections::{HashMap, HashSet};

use engine::rbac::{Authorizer, Binding, Grant, Policy, PolicyRule, Rules, Source};

type Name = (Option<String>, String);

/// What every API server makes when it starts.
pub struct BuiltIn {
    bindings: HashMap<Name, Binding>,
    rules: HashMap<Name, HashSet<PolicyRule>>,
}

impl Default for BuiltIn {
    fn default() -> Self {
        Self::new()
    }
}

impl BuiltIn {
    /// Those of the newest version.
    pub fn new() -> Self {
        let Policy { roles, bindings, .. } = Policy::bootstrap();
        let rules = roles.into_iter().filter_map(|role| match role.rules {
            Rules::Known(rules) => Some(((role.namespace, role.name), rules.into_iter().collect())),
            Rules::Unreadable(_) => None,
        });
        let bindings = bindings.into_iter();
        Self {
            bindings: bindings.map(|it| ((it.namespace.clone(), it.name.clone()), it)).collect(),
            rules: rules.collect(),
        }
    }

    /// Whether the binding gives this subject this role, and the role has this rule, in every
    /// cluster.
    pub fn has(&self, authorizer: &Authorizer, grant: &Grant) -> bool {
        self.has_binding(authorizer, grant) && self.has_rule(authorizer, grant)
    }

    fn has_binding(&self, authorizer: &Authorizer, grant: &Grant) -> bool {
        let binding = authorizer.binding(grant.binding);
        if binding.source == Source::Bootstrap {
            return true;
        }
        let name = (binding.namespace.map(str::to_owned), binding.name.to_owned());
        let subject = authorizer.subjects(grant.binding).nth(grant.subject as usize);
        self.bindings.get(&name).is_some_and(|built_in| {
            built_in.role_ref.kind == binding.role_kind
                && built_in.role_ref.name == binding.role_name
                && subject.is_some_and(|subject| built_in.subjects.contains(&subject))
        })
    }

    fn has_rule(&self, authorizer: &Authorizer, grant: &Grant) -> bool {
        let role = authorizer.role(grant.origin);
        if role.source == Source::Bootstrap {
            return true;
        }
        let name = (role.namespace.map(str::to_owned), role.name.to_owned());
        let held = authorizer.rule(grant.origin, grant.rule);
        held.is_some_and(|held| self.rules.get(&name).is_some_and(|rules| rules.contains(&held)))
    }
}
