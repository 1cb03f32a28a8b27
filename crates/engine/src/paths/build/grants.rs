//! From bindings to roles, and from roles to rights.

use std::collections::BTreeSet;

use super::{ALL, Builder, HELD_MAX, Rule, Text};
use model::{Gap, GapKind};

use crate::paths::edge::{Name, Need, Target};
use crate::paths::fact::{Fact, Names};
use crate::paths::graph::{Cause, Doubt};
use crate::paths::rights::EVERYTHING;
use crate::rbac::{
    BindingId, Grant, Groups, Identity, PolicyRule, RoleId, Seen, SubjectKind, Unknown,
};

impl Builder<'_> {
    /// Every subject of a binding: which roles it holds where.
    pub(super) fn grants(&mut self) {
        let authorizer = self.authorizer;
        let mut users = BTreeSet::new();
        let mut groups = BTreeSet::new();
        for binding in authorizer.bindings() {
            for subject in authorizer.subjects(binding.id) {
                match subject.kind {
                    SubjectKind::User => drop(users.insert(subject.name)),
                    SubjectKind::Group => drop(groups.insert(subject.name)),
                    SubjectKind::ServiceAccount => {
                        let own = binding.namespace.unwrap_or_default();
                        let namespace =
                            if subject.namespace.is_empty() { own } else { &subject.namespace };
                        users.insert(format!("system:serviceaccount:{namespace}:{}", subject.name));
                    }
                    SubjectKind::Other => {}
                }
            }
        }
        self.missing_roles();
        for name in users {
            let identity = Identity::exactly(name, Groups::Known(Vec::new()));
            let fact = user(&mut self.names, &identity.name);
            self.subject(fact, &identity);
        }
        for name in groups {
            let fact = Fact::Group(self.names.intern(&name));
            // No binding can name this user.
            self.subject(fact, &Identity::exactly("\0", Groups::Known(vec![name])));
        }
    }

    /// Subjects of bindings whose role is not there, where all there is was seen: whoever makes
    /// the role decides what they hold.
    fn missing_roles(&mut self) {
        let authorizer = self.authorizer;
        if authorizer.assumptions().seen != Seen::Everything {
            return;
        }
        for binding in authorizer.bindings() {
            let is_cluster_role = binding.role_kind == "ClusterRole";
            let place = if is_cluster_role { None } else { binding.namespace };
            let is_there = authorizer.roles_named(place, binding.role_name).next().is_some();
            if is_there || (!is_cluster_role && place.is_none()) {
                continue;
            }
            let scope = self.scope(binding.id);
            let role =
                Fact::MissingRole(is_cluster_role, self.names.intern(binding.role_name), scope);
            for (number, subject) in authorizer.subjects(binding.id).enumerate() {
                let own = binding.namespace.unwrap_or_default();
                let namespace = if subject.namespace.is_empty() { own } else { &subject.namespace };
                let fact = match subject.kind {
                    SubjectKind::User => user(&mut self.names, &subject.name),
                    SubjectKind::Group => Fact::Group(self.names.intern(&subject.name)),
                    SubjectKind::ServiceAccount => Fact::Account(
                        self.names.intern(namespace),
                        self.names.intern(&subject.name),
                    ),
                    SubjectKind::Other => continue,
                };
                self.clause(&[fact], role, Cause::Binding(binding.id, number as u32));
            }
        }
    }

    fn subject(&mut self, fact: Fact, identity: &Identity) {
        self.fact(fact);
        let permissions = self.authorizer.permissions_of(identity);
        let mut last = None;
        let mut is_new = false;
        for permission in permissions.permissions {
            let Grant { binding, subject, role, .. } = permission.grant;
            let scope = self.scope(binding);
            if last != Some((binding, subject, role)) {
                last = Some((binding, subject, role));
                self.clause(&[fact], Fact::Role(role, scope), Cause::Binding(binding, subject));
                is_new = self.held.insert((role, scope));
            }
            if is_new {
                self.grant(permission.grant, scope);
            }
        }
        for unknown in permissions.unknown {
            self.unknown(fact, &unknown);
        }
    }

    fn scope(&mut self, binding: BindingId) -> Text {
        let namespace = self.authorizer.binding(binding).namespace;
        namespace.map_or(ALL, |namespace| self.names.intern(namespace))
    }

    fn unknown(&mut self, fact: Fact, unknown: &Unknown) {
        let (binding, doubt) = match *unknown {
            Unknown::RoleNotSeen { binding, subject } => {
                (binding, Doubt::RoleNotSeen(binding, subject))
            }
            Unknown::RoleUnreadable { binding, subject, role } => {
                (binding, Doubt::RoleUnreadable(binding, subject, role))
            }
            Unknown::Ambiguous(grant) => {
                let Grant { binding, subject, role, .. } = grant;
                let scope = self.scope(binding);
                let doubt = Cause::Uncertain(Doubt::Ambiguous(binding, subject));
                self.clause(&[fact], Fact::Role(role, scope), doubt);
                // A role may come here rule by rule: each is granted as it comes.
                self.grant(grant, scope);
                self.held.insert((role, scope));
                return;
            }
            _ => return,
        };
        let everything = match self.scope(binding) {
            ALL => Fact::ClusterAdmin,
            namespace => Fact::NamespaceAdmin(namespace),
        };
        self.clause(&[fact], everything, Cause::Uncertain(doubt));
    }

    /// The rights a rule gives.
    fn grant(&mut self, grant: Grant, scope: Text) {
        let Grant { role, origin, rule, .. } = grant;
        let key = (origin, rule);
        if !self.rules.contains_key(&key) {
            let found = self.authorizer.rule(origin, rule);
            let matched = found.map_or_else(Rule::default, |rule| self.matches(&rule));
            self.rules.insert(key, matched);
        }
        let matched = self.rules[&key].clone();
        self.give(role, scope, &matched, Cause::Rule { role, origin, rule });
    }

    fn give(&mut self, role: RoleId, scope: Text, rule: &Rule, cause: Cause) {
        let is_narrow = !rule.rights.contains(&self.right_number(&EVERYTHING));
        for right in rule.rights.iter().copied() {
            if is_narrow && rule.names.contains(&ALL) {
                self.narrow.insert((right, scope));
            }
            for name in rule.names.iter().copied() {
                self.limited.entry((right, scope)).or_default().insert(name);
                let held = Fact::Role(role, scope);
                self.clause(&[held], Fact::Right(right, scope, name), cause);
            }
        }
    }

    /// Which rights a rule gives, by the rules of matching of the authorizer: a star stands for
    /// everything, `*/sub` for that subresource of everything, `pods` for no subresource.
    fn matches(&mut self, rule: &PolicyRule) -> Rule {
        let has = |list: &[String], text: &str| list.iter().any(|it| it == text || it == "*");
        let mut rights = BTreeSet::new();
        let is_star =
            rule.resources.iter().any(|resource| resource == "*" || resource.starts_with("*/"));
        let keys: Vec<&str> =
            rule.resources.iter().map(|it| it.split('/').next().unwrap_or_default()).collect();
        let lists = self.atoms.iter().filter(|(key, _)| is_star || keys.contains(*key));
        for (right, (verb, group, resource)) in lists.flat_map(|(_, atoms)| atoms) {
            let any = resource.split_once('/').map(|(_, subresource)| format!("*/{subresource}"));
            let is_resource = has(&rule.resources, resource)
                || any.is_some_and(|any| rule.resources.contains(&any));
            if is_resource && has(&rule.verbs, verb) && has(&rule.api_groups, group) {
                rights.insert(*right);
            }
        }
        let mut names: Vec<Text> =
            rule.resource_names.iter().map(|name| self.names.intern(name)).collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            names.push(ALL);
        }
        Rule { rights: rights.into_iter().collect(), names: names.into() }
    }

    /// Roles that somebody may come to hold by the verb `bind`: their rights, and those of the
    /// roles that these let bind.
    pub(super) fn expand_bound_roles(&mut self) {
        loop {
            let wanted: Vec<(RoleId, Text)> = self.bindable().into_iter().collect();
            let mut is_new = false;
            for (role, scope) in wanted {
                if self.held.len() >= HELD_MAX {
                    let gap = Gap {
                        kind: GapKind::Limit,
                        subject: self.authorizer.role(role).name.to_owned(),
                        location: None,
                        reason: "more roles may be bound in more namespaces than are followed"
                            .to_owned(),
                    };
                    return self.inventory.gaps.push(gap);
                }
                if self.held.insert((role, scope)) {
                    is_new = true;
                    self.expand(role, scope);
                }
            }
            if !is_new {
                return;
            }
        }
    }

    fn expand(&mut self, role: RoleId, scope: Text) {
        let mut number = 0;
        while self.authorizer.rule(role, number).is_some() {
            self.grant(
                Grant { binding: BindingId(0), subject: 0, role, origin: role, rule: number },
                scope,
            );
            number += 1;
        }
        if number == 0 {
            for rule in self.authorizer.rules_of(role).unwrap_or_default() {
                let matched = self.matches(&rule);
                let cause = Cause::Rule { role, origin: role, rule: u32::MAX };
                self.give(role, scope, &matched, cause);
            }
        }
    }

    /// Each role that a rule lets bind by its name, and where.
    fn bindable(&self) -> BTreeSet<(RoleId, Text)> {
        let mut found = BTreeSet::new();
        for edge in &self.edges {
            for need in edge.needs {
                let Need::Right(right, _, Name::Target) = need else { continue };
                if !right.id.starts_with("bind-") {
                    continue;
                }
                let right = self.right_number(right);
                for ((_, scope), names) in self.limited.range((right, 0)..=(right, u32::MAX)) {
                    for (role, scope) in self.bound(edge.target, *scope, names) {
                        found.insert((role, scope));
                    }
                }
            }
        }
        found
    }

    /// The roles of these names that a binding in this scope, or in each namespace, can name.
    fn bound(&self, target: Target, scope: Text, names: &BTreeSet<Text>) -> Vec<(RoleId, Text)> {
        let mut found = Vec::new();
        for name in names.iter().copied().filter(|name| *name != ALL) {
            let text = self.names.text(name);
            match target {
                Target::ClusterRoleEverywhere if scope == ALL => {
                    let roles = self.authorizer.roles_named(None, text);
                    found.extend(roles.map(|role| (role.id, ALL)));
                }
                Target::ClusterRole => {
                    for role in self.authorizer.roles_named(None, text) {
                        if scope == ALL {
                            // Bound in the whole cluster where that is allowed, else nowhere:
                            // each namespace has a holding of its own.
                            found.extend(self.namespaces.iter().map(|at| (role.id, *at)));
                        } else {
                            found.push((role.id, scope));
                        }
                    }
                }
                Target::Role => {
                    let own = [scope];
                    let scopes = if scope == ALL { &self.namespaces[..] } else { &own };
                    for at in scopes {
                        let namespace = self.names.text(*at);
                        let roles = self.authorizer.roles_named(Some(namespace), text);
                        found.extend(roles.map(|role| (role.id, *at)));
                    }
                }
                _ => {}
            }
        }
        if target == Target::Role && names.contains(&ALL) {
            for role in self.authorizer.roles() {
                let at = role.namespace.and_then(|namespace| self.names.find(namespace));
                found.extend(at.filter(|at| scope == ALL || *at == scope).map(|at| (role.id, at)));
            }
        }
        found
    }
}

/// The user, or the service account whose user name it is.
fn user(names: &mut Names, name: &str) -> Fact {
    let identity = Identity::exactly(name, Groups::Known(Vec::new()));
    match identity.as_service_account() {
        Some((namespace, name)) => Fact::Account(names.intern(namespace), names.intern(name)),
        None => Fact::User(names.intern(name)),
    }
}
