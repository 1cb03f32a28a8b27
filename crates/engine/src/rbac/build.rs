//! Builds an authorizer: numbers for texts, rules once each, grants in the order of questions.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use model::{Gap, GapKind, KubernetesVersion};

use super::aggregation::Members;
use super::authorizer::{
    BindingRecord, Content, GrantRecord, RoleRecord, SubjectKey, SubjectRecord,
};
use super::identity::service_account_username;
use super::index::{Rule, RuleSets};
use super::symbol::{Symbol, Symbols};
use super::{
    Assumptions, Authorizer, Binding, BindingId, Bootstrap, Policy, Role, RoleId, Rules, Subject,
    SubjectKind, aggregation, bootstrap,
};

/// Stands for a role that was not seen.
const NO_ROLE: RoleId = RoleId(u32::MAX);

pub(super) fn build(
    mut policy: Policy,
    version: KubernetesVersion,
    assumptions: Assumptions,
) -> Authorizer {
    if assumptions.bootstrap == Bootstrap::Implied {
        bootstrap::add_missing(&mut policy);
    }
    policy.service_accounts.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    let mut authorizer = Authorizer {
        assumptions,
        version,
        symbols: Symbols::new(),
        rule_sets: RuleSets::default(),
        roles: Vec::new(),
        contents: vec![Content::NotSeen, Content::Unreadable],
        unions_of_set: Vec::new(),
        content_of_set: HashMap::new(),
        bindings: Vec::new(),
        subjects: Vec::new(),
        grants: Vec::new(),
        grants_of_subject: HashMap::new(),
        by_content: Vec::new(),
        service_accounts: std::mem::take(&mut policy.service_accounts),
        gaps: Vec::new(),
        nodes: None,
        versions_of_binding: HashMap::new(),
        by_name: Vec::new(),
    };
    authorizer.add_roles(&policy.roles);
    authorizer.add_bindings(&policy.bindings);
    authorizer.finish();
    authorizer
}

impl Authorizer {
    fn add_roles(&mut self, roles: &[Role]) {
        for role in roles {
            let content = match &role.rules {
                Rules::Unreadable(_) => Content::UNREADABLE,
                Rules::Known(rules) => {
                    let rules = rules.iter().map(|it| Rule::new(it, &mut self.symbols)).collect();
                    let set = self.rule_sets.insert(rules);
                    self.content_with(set)
                }
            };
            let namespace = self.symbols.intern(role.namespace.as_deref().unwrap_or_default());
            let name = self.symbols.intern(&role.name);
            let source = role.source;
            self.by_name.push((namespace, name, RoleId(self.roles.len() as u32)));
            self.roles.push(RoleRecord { namespace, name, own: content, content, source });
        }
        self.by_name.sort_unstable();
        let mut numbers: HashMap<Vec<RoleId>, u32> = HashMap::new();
        for (role, members) in aggregation::resolve(roles, self.assumptions.seen) {
            let Members::Roles(members) = members else {
                self.roles[role.0 as usize].content = Content::UNREADABLE;
                self.gaps.push(too_many(&roles[role.0 as usize]));
                continue;
            };
            let next = self.contents.len() as u32;
            let content = *numbers.entry(members).or_insert_with_key(|members| {
                self.contents.push(Content::Union(members.as_slice().into()));
                next
            });
            self.roles[role.0 as usize].content = content;
        }
        self.index_unions();
    }

    fn content_with(&mut self, set: u32) -> u32 {
        let contents = &mut self.contents;
        *self.content_of_set.entry(set).or_insert_with(|| {
            contents.push(Content::Own(set));
            contents.len() as u32 - 1
        })
    }

    /// Notes which unions take over each set of rules; those with an unreadable member under
    /// `u32::MAX`.
    fn index_unions(&mut self) {
        for (number, content) in self.contents.iter().enumerate() {
            let Content::Union(members) = content else { continue };
            for member in members {
                let own = self.roles[member.0 as usize].own;
                match &self.contents[own as usize] {
                    Content::Own(set) => self.unions_of_set.push((*set, number as u32)),
                    Content::Unreadable => self.unions_of_set.push((u32::MAX, number as u32)),
                    Content::NotSeen | Content::Union(_) => {}
                }
            }
        }
        self.unions_of_set.sort_unstable();
        self.unions_of_set.dedup();
    }

    fn add_bindings(&mut self, bindings: &[Binding]) {
        for binding in bindings {
            let number = BindingId(self.bindings.len() as u32);
            let record = BindingRecord {
                namespace: self.symbols.intern(binding.namespace.as_deref().unwrap_or_default()),
                name: self.symbols.intern(&binding.name),
                role_kind: self.symbols.intern(&binding.role_ref.kind),
                role_name: self.symbols.intern(&binding.role_ref.name),
                first_subject: self.subjects.len() as u32,
                source: binding.source,
            };
            let granted = self.granted(binding, &record);
            for (index, subject) in (0..).zip(&binding.subjects) {
                let name = self.symbols.intern(&subject.name);
                let namespace = self.symbols.intern(&subject.namespace);
                self.subjects.push(SubjectRecord { kind: subject.kind, name, namespace });
                let Some(key) = self.key(binding, subject, name) else { continue };
                for (role, content) in &granted {
                    self.grants.push(GrantRecord {
                        key,
                        scope: record.namespace,
                        content: *content,
                        binding: number,
                        subject: index,
                        role: *role,
                        is_ambiguous: granted.len() > 1,
                    });
                }
            }
            self.bindings.push(record);
        }
        self.mark_ambiguous_bindings();
    }

    /// The roles a binding refers to: one, or all that share its name but differ in their rules.
    ///
    /// Source: `GetRoleReferenceRules` in `pkg/registry/rbac/validation/rule.go`.
    fn granted(&self, binding: &Binding, record: &BindingRecord) -> Vec<(RoleId, u32)> {
        let namespace = match binding.role_ref.kind.as_str() {
            "ClusterRole" => Symbol::EMPTY,
            "Role" if binding.namespace.is_some() => record.namespace,
            // The API server refuses such a binding, and its resolver grants nothing by it.
            _ => return Vec::new(),
        };
        let key = (namespace, record.role_name);
        let found = self.roles_at(key);
        let mut granted: Vec<(RoleId, u32)> =
            found.map(|role| (role, self.roles[role.0 as usize].content)).collect();
        granted.sort_by_key(|(_, content)| *content);
        granted.dedup_by_key(|(_, content)| *content);
        if granted.is_empty() {
            granted.push((NO_ROLE, Content::NOT_SEEN));
        }
        granted
    }

    /// Source: `appliesToUser` in `pkg/registry/rbac/validation/rule.go`.
    fn key(&mut self, binding: &Binding, subject: &Subject, name: Symbol) -> Option<SubjectKey> {
        match subject.kind {
            SubjectKind::User => Some(SubjectKey::user(name)),
            SubjectKind::Group => Some(SubjectKey::group(name)),
            SubjectKind::ServiceAccount => {
                let of_binding = binding.namespace.as_deref().unwrap_or_default();
                let namespace =
                    if subject.namespace.is_empty() { of_binding } else { &subject.namespace };
                if namespace.is_empty() {
                    return None;
                }
                let username = service_account_username(namespace, &subject.name);
                Some(SubjectKey::user(self.symbols.intern(&username)))
            }
            SubjectKind::Other => None,
        }
    }

    /// Where bindings share a name, what only some of them grant is not certain.
    fn mark_ambiguous_bindings(&mut self) {
        let mut versions: HashMap<(Symbol, Symbol), Vec<BindingId>> = HashMap::new();
        for (number, binding) in (0..).zip(&self.bindings) {
            let key = (binding.namespace, binding.name);
            versions.entry(key).or_default().push(BindingId(number));
        }
        versions.retain(|_, bindings| bindings.len() > 1);
        if versions.is_empty() {
            return;
        }
        for binding in &self.bindings {
            let Some(bindings) = versions.get(&(binding.namespace, binding.name)) else { continue };
            if !self.versions_of_binding.contains_key(&bindings[0]) {
                let all: Arc<[BindingId]> = bindings.as_slice().into();
                let each = bindings.iter().map(|binding| (*binding, Arc::clone(&all)));
                self.versions_of_binding.extend(each);
            }
        }
        let mut granting: BTreeMap<_, HashSet<BindingId>> = BTreeMap::new();
        let identity = |grant: &GrantRecord| {
            let binding = &self.bindings[grant.binding.0 as usize];
            (binding.namespace, binding.name)
        };
        for grant in self.grants.iter().filter(|it| versions.contains_key(&identity(it))) {
            let key = (identity(grant), grant.key, grant.content);
            granting.entry(key).or_default().insert(grant.binding);
        }
        for number in 0..self.grants.len() {
            let grant = &self.grants[number];
            let identity = identity(grant);
            let Some(bindings) = versions.get(&identity) else { continue };
            let by = granting.get(&(identity, grant.key, grant.content)).map_or(0, HashSet::len);
            self.grants[number].is_ambiguous |= by < bindings.len();
        }
    }

    fn finish(&mut self) {
        self.rule_sets.finish();
        self.grants.sort_unstable();
        self.grants.shrink_to_fit();
        let mut start = 0;
        while let Some(first) = self.grants.get(start) {
            let key = first.key;
            let same = self.grants[start..].partition_point(|grant| grant.key <= key);
            self.grants_of_subject.insert(key, start as u32..(start + same) as u32);
            start += same;
        }
        self.by_content = (0..self.grants.len() as u32).collect();
        self.by_content.sort_unstable_by_key(|number| {
            let grant = &self.grants[*number as usize];
            (grant.content, grant.scope, *number)
        });
    }
}

fn too_many(role: &Role) -> Gap {
    Gap {
        kind: GapKind::Limit,
        subject: format!("ClusterRole {}", role.name),
        location: None,
        reason: "the ClusterRoles it aggregates are too many to be followed".to_owned(),
    }
}
