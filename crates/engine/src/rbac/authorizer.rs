//! The authorizer: what it holds, and the questions it answers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use model::{Gap, KubernetesVersion, Snapshot, WorldId};

use super::index::{Resolved, RuleSets};
use super::symbol::{Symbol, Symbols};
use super::{
    Answer, Assumptions, BindingView, Denial, Grant, Groups, Holder, Identity, NodeAnswer,
    NodeAuthorizer, NodeReason, Nodes, Permission, Permissions, Policy, PolicyRule, Proof, Request,
    RoleView, Seen, ServiceAccount, Source, SubjectKind, Switch, Unknown, WhoCan, build, read,
};

/// Entries of one [`Answer::Unknown`], at the most; the last then says how many more there are.
const UNKNOWN_MAX: usize = 32;

/// Number of a binding in its authorizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BindingId(pub u32);

/// Number of a role in its authorizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleId(pub u32);

/// All roles and bindings of a world, ready to be asked. Building it is the expensive part.
#[derive(Debug)]
pub struct Authorizer {
    pub(super) assumptions: Assumptions,
    pub(super) version: KubernetesVersion,
    pub(super) symbols: Symbols,
    pub(super) rule_sets: RuleSets,
    pub(super) roles: Vec<RoleRecord>,
    pub(super) contents: Vec<Content>,
    /// Aggregated contents that take over each set of rules, sorted: set, content.
    pub(super) unions_of_set: Vec<(u32, u32)>,
    pub(super) content_of_set: HashMap<u32, u32>,
    pub(super) bindings: Vec<BindingRecord>,
    pub(super) subjects: Vec<SubjectRecord>,
    /// Sorted by subject, scope, content and binding.
    pub(super) grants: Vec<GrantRecord>,
    pub(super) grants_of_subject: HashMap<SubjectKey, Range<u32>>,
    /// Numbers of grants, sorted by content, scope and number.
    pub(super) by_content: Vec<u32>,
    pub(super) service_accounts: Vec<ServiceAccount>,
    pub(super) gaps: Vec<Gap>,
    pub(super) nodes: Option<NodeAuthorizer>,
    /// For a binding that shares its name with others, all of that name.
    pub(super) versions_of_binding: HashMap<BindingId, Arc<[BindingId]>>,
    /// Namespace, name and number of each role, sorted.
    pub(super) by_name: Vec<(Symbol, Symbol, RoleId)>,
}

#[derive(Debug)]
pub(super) struct RoleRecord {
    /// [`Symbol::EMPTY`] for a ClusterRole.
    pub(super) namespace: Symbol,
    pub(super) name: Symbol,
    /// Its own rules as written.
    pub(super) own: u32,
    /// What it grants in the end: another than `own` if it is aggregated.
    pub(super) content: u32,
    pub(super) source: Source,
}

/// What a role grants. Roles with equal rules share it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Content {
    /// The role was not seen.
    NotSeen,
    /// Its rules cannot be read.
    Unreadable,
    /// Its own rules: the number of a set.
    Own(u32),
    /// Those of other roles.
    Union(Box<[RoleId]>),
}

impl Content {
    pub(super) const NOT_SEEN: u32 = 0;
    pub(super) const UNREADABLE: u32 = 1;
}

#[derive(Debug)]
pub(super) struct BindingRecord {
    /// [`Symbol::EMPTY`] for a ClusterRoleBinding.
    pub(super) namespace: Symbol,
    pub(super) name: Symbol,
    pub(super) role_kind: Symbol,
    pub(super) role_name: Symbol,
    pub(super) first_subject: u32,
    pub(super) source: Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SubjectRecord {
    pub(super) kind: SubjectKind,
    pub(super) name: Symbol,
    pub(super) namespace: Symbol,
}

/// A user name or a group, as one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SubjectKey(u32);

impl SubjectKey {
    pub(super) fn user(name: Symbol) -> Self {
        Self(name.0 << 1)
    }

    pub(super) fn group(name: Symbol) -> Self {
        Self(name.0 << 1 | 1)
    }

    fn as_group(self) -> Option<Symbol> {
        (self.0 & 1 == 1).then_some(Symbol(self.0 >> 1))
    }

    fn name(self) -> Symbol {
        Symbol(self.0 >> 1)
    }
}

/// That a binding gives a subject the content of a role in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GrantRecord {
    pub(super) key: SubjectKey,
    /// The namespace; [`Symbol::EMPTY`] for the whole cluster.
    pub(super) scope: Symbol,
    pub(super) content: u32,
    pub(super) binding: BindingId,
    pub(super) subject: u32,
    pub(super) role: RoleId,
    /// Whether another object of the same name says otherwise.
    pub(super) is_ambiguous: bool,
}

/// How a request fares with the content of a role.
pub(super) enum Match {
    No,
    Rule(RoleId, u32),
    NotSeen,
    Unreadable(RoleId),
}

impl Authorizer {
    /// Reads the roles, bindings and service accounts of a world.
    pub fn of(snapshot: &Snapshot, world: WorldId, assumptions: Assumptions) -> Self {
        let (policy, gaps) = read::policy(snapshot, world);
        let mut authorizer = Self::new(policy, snapshot.version_of(world), assumptions);
        authorizer.gaps.extend(gaps);
        if assumptions.node_authorizer == Switch::On {
            authorizer.nodes = Some(NodeAuthorizer::of(snapshot, world));
        }
        authorizer
    }

    /// Builds it from plain values, which say nothing of nodes: the Node authorizer is left out.
    pub fn new(policy: Policy, version: KubernetesVersion, assumptions: Assumptions) -> Self {
        build::build(policy, version, assumptions)
    }

    /// What could not be read: each object with its place.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// The version answers are given for.
    pub fn version(&self) -> KubernetesVersion {
        self.version
    }

    /// What is taken for granted.
    pub fn assumptions(&self) -> Assumptions {
        self.assumptions
    }

    /// Whether the identity may do this, and by what.
    ///
    /// Source: `Authorize` in `plugin/pkg/auth/authorizer/rbac/rbac.go`, behind the privileged
    /// group of `authorizerfactory`.
    pub fn can(&self, identity: &Identity, request: &Request<'_>) -> Answer {
        if identity.is_master() {
            return Answer::Allowed(Proof::Masters);
        }
        let resolved = Resolved::new(request, &self.symbols);
        let mut unknown = Vec::new();
        let mut bindings = 0;
        match self.nodes.as_ref().map(|nodes| nodes.can(identity, request)) {
            Some(NodeAnswer::Allowed(grant)) => return Answer::Allowed(Proof::Node(grant)),
            Some(NodeAnswer::NoOpinion(NodeReason::NotRelated)) => {
                if self.assumptions.seen == Seen::Part {
                    unknown.push(Unknown::NodeRelation);
                }
            }
            Some(NodeAnswer::NoOpinion(_)) | None => {}
        }
        for grants in self.grants_of(identity, resolved.namespace()) {
            bindings += grants.len();
            if let Some(grant) = self.first_match(grants, &resolved, &mut unknown) {
                return Answer::Allowed(Proof::Grant(grant));
            }
        }
        if let Some(grant) = self.settled(&unknown) {
            return Answer::Allowed(Proof::Grant(grant));
        }
        if let Groups::Unknown(known) = &identity.groups {
            self.other_groups(&resolved, known, &mut unknown);
        }
        if unknown.is_empty() {
            return Answer::Denied(Denial { bindings });
        }
        shorten(&mut unknown);
        Answer::Unknown(unknown)
    }

    /// The first grant that certainly allows the request. What may allow it is noted.
    fn first_match(
        &self,
        grants: &[GrantRecord],
        request: &Resolved<'_>,
        unknown: &mut Vec<Unknown>,
    ) -> Option<Grant> {
        let mut rest = grants;
        while let Some(first) = rest.first() {
            let same = rest.partition_point(|grant| grant.content <= first.content);
            let (group, others) = rest.split_at(same);
            rest = others;
            let matched = self.match_content(first.content, first.role, request);
            if matches!(matched, Match::No) {
                continue;
            }
            for grant in group {
                match self.judge(grant, &matched) {
                    Ok(grant) => return Some(grant),
                    Err(reason) => unknown.push(reason),
                }
            }
        }
        None
    }

    /// A grant that holds whichever of the objects with the same name does: every version of its
    /// binding grants it, by every version of that one's role.
    fn settled(&self, unknown: &[Unknown]) -> Option<Grant> {
        let mut matched: BTreeMap<BindingId, BTreeSet<u32>> = BTreeMap::new();
        let ambiguous = || {
            unknown.iter().filter_map(|reason| match reason {
                Unknown::Ambiguous(grant) => Some(*grant),
                _ => None,
            })
        };
        for grant in ambiguous() {
            let content = self.roles[grant.role.0 as usize].content;
            matched.entry(grant.binding).or_default().insert(content);
        }
        let is_whole = |binding: &BindingId| {
            let record = &self.bindings[binding.0 as usize];
            let is_role = self.symbols.text(record.role_kind) == "Role";
            let namespace = if is_role { record.namespace } else { Symbol::EMPTY };
            let versions = self.roles_at((namespace, record.role_name));
            matched.get(binding).is_some_and(|matched| {
                let contents = versions.map(|role| self.roles[role.0 as usize].content);
                contents.into_iter().all(|content| matched.contains(&content))
            })
        };
        ambiguous().find(|grant| {
            let alone = [grant.binding];
            let versions = self.versions_of_binding.get(&grant.binding);
            versions.map_or(&alone[..], |versions| versions).iter().all(is_whole)
        })
    }

    /// What a grant whose content matches says: allowed, or why that is not certain.
    fn judge(&self, record: &GrantRecord, matched: &Match) -> Result<Grant, Unknown> {
        let GrantRecord { binding, subject, role, .. } = *record;
        match *matched {
            Match::No | Match::NotSeen => Err(Unknown::RoleNotSeen { binding, subject }),
            Match::Unreadable(member) => {
                let own = matches!(self.content(record.content), Content::Unreadable);
                let role = if own { role } else { member };
                Err(Unknown::RoleUnreadable { binding, subject, role })
            }
            Match::Rule(origin, rule) => {
                // Equal roles share their content: the rule is the bound role's own.
                let own = matches!(self.content(record.content), Content::Own(_));
                let origin = if own { role } else { origin };
                let grant = Grant { binding, subject, role, origin, rule };
                if record.is_ambiguous { Err(Unknown::Ambiguous(grant)) } else { Ok(grant) }
            }
        }
    }

    pub(super) fn content(&self, number: u32) -> &Content {
        &self.contents[number as usize]
    }

    pub(super) fn match_content(
        &self,
        content: u32,
        role: RoleId,
        request: &Resolved<'_>,
    ) -> Match {
        match self.content(content) {
            Content::NotSeen => match self.assumptions.seen {
                Seen::Everything => Match::No,
                Seen::Part => Match::NotSeen,
            },
            Content::Unreadable => Match::Unreadable(role),
            Content::Own(set) => {
                let rule = self.rule_sets.sets[*set as usize].find(request, &self.symbols);
                rule.map_or(Match::No, |rule| Match::Rule(role, rule))
            }
            Content::Union(members) => {
                let mut unreadable = Match::No;
                for member in members {
                    let own = self.roles[member.0 as usize].own;
                    match self.content(own) {
                        Content::Own(set) => {
                            let set = &self.rule_sets.sets[*set as usize];
                            if let Some(rule) = set.find(request, &self.symbols) {
                                return Match::Rule(*member, rule);
                            }
                        }
                        Content::Unreadable => unreadable = Match::Unreadable(*member),
                        Content::NotSeen | Content::Union(_) => {}
                    }
                }
                unreadable
            }
        }
    }

    /// The grants of an identity, by its name and by each certain group: those of the whole
    /// cluster, then those of the namespace.
    pub(super) fn grants_of(
        &self,
        identity: &Identity,
        namespace: Option<Symbol>,
    ) -> impl Iterator<Item = &[GrantRecord]> {
        let user = SubjectKey::user(self.symbols.find(&identity.name));
        let groups = identity.groups.certain().iter();
        let groups = groups.map(|group| SubjectKey::group(self.symbols.find(group)));
        let scopes = [Some(Symbol::EMPTY), namespace];
        std::iter::once(user).chain(groups).flat_map(move |key| {
            let all = self.grants_of_key(key);
            scopes.into_iter().flatten().map(move |scope| {
                let start = all.partition_point(|grant| grant.scope < scope);
                let end = all.partition_point(|grant| grant.scope <= scope);
                &all[start..end]
            })
        })
    }

    pub(super) fn grants_of_key(&self, key: SubjectKey) -> &[GrantRecord] {
        let range = self.grants_of_subject.get(&key).cloned().unwrap_or_default();
        &self.grants[range.start as usize..range.end as usize]
    }

    /// The groups beyond the known ones whose members are allowed.
    fn other_groups(&self, request: &Resolved<'_>, known: &[String], unknown: &mut Vec<Unknown>) {
        for (record, matched) in self.matching_grants(request) {
            let Some(group) = record.key.as_group() else { continue };
            let group = self.symbols.text(group);
            if group == "system:unauthenticated" || known.iter().any(|it| it == group) {
                continue;
            }
            unknown.push(match self.judge(record, &matched) {
                Ok(grant) => Unknown::Group { group: group.to_owned(), grant },
                Err(reason) => reason,
            });
        }
    }

    /// Everybody a request is granted to. `system:masters` may do everything and is not listed.
    ///
    /// Source: `AllowedSubjects` in `plugin/pkg/auth/authorizer/rbac/subject_locator.go`.
    pub fn who_can(&self, request: &Request<'_>) -> WhoCan<'_> {
        let resolved = Resolved::new(request, &self.symbols);
        let nodes = self.nodes.as_ref().map(|nodes| nodes.who_can(request));
        let nodes = nodes.unwrap_or(Nodes::Some(Vec::new()));
        let mut found = WhoCan { holders: Vec::new(), nodes, unknown: Vec::new() };
        for (record, matched) in self.matching_grants(&resolved) {
            match self.judge(record, &matched) {
                Ok(grant) => found.holders.push((self.holder(record.key), grant)),
                Err(reason) => found.unknown.push(reason),
            }
        }
        found.holders.sort_unstable();
        shorten(&mut found.unknown);
        found
    }

    fn holder(&self, key: SubjectKey) -> Holder<'_> {
        let name = self.symbols.text(key.name());
        match key.as_group() {
            Some(_) => Holder::Group(name),
            None => match super::identity::split_service_account(name) {
                Some((namespace, name)) => Holder::ServiceAccount { namespace, name },
                None => Holder::User(name),
            },
        }
    }

    /// Grants, in the request's scope, of contents that allow it or may.
    fn matching_grants(
        &self,
        request: &Resolved<'_>,
    ) -> impl Iterator<Item = (&GrantRecord, Match)> {
        let mut contents = vec![Content::UNREADABLE];
        if self.assumptions.seen == Seen::Part {
            contents.push(Content::NOT_SEEN);
        }
        for (set, _) in self.rule_sets.matching(request, &self.symbols) {
            contents.extend(self.content_of_set.get(&set));
            let start = self.unions_of_set.partition_point(|(it, _)| *it < set);
            let unions = self.unions_of_set[start..].iter().take_while(|(it, _)| *it == set);
            contents.extend(unions.map(|(_, content)| content));
        }
        contents.extend(self.unions_with_unreadable());
        contents.sort_unstable();
        contents.dedup();
        let mut found = Vec::new();
        for content in contents {
            for scope in [Some(Symbol::EMPTY), request.namespace()].into_iter().flatten() {
                for grant in self.grants_with(content, scope) {
                    match self.match_content(content, grant.role, request) {
                        Match::No => break,
                        matched => found.push((grant, matched)),
                    }
                }
            }
        }
        found.into_iter()
    }

    fn unions_with_unreadable(&self) -> impl Iterator<Item = u32> {
        let start = self.unions_of_set.partition_point(|(set, _)| *set < u32::MAX);
        self.unions_of_set[start..].iter().map(|(_, content)| *content)
    }

    fn grants_with(&self, content: u32, scope: Symbol) -> impl Iterator<Item = &GrantRecord> {
        let grant = |number: &u32| &self.grants[*number as usize];
        let place = |grant: &GrantRecord| (grant.content, grant.scope);
        let start =
            self.by_content.partition_point(|number| place(grant(number)) < (content, scope));
        let rest = self.by_content.get(start..).unwrap_or_default().iter().map(grant);
        rest.take_while(move |grant| place(grant) == (content, scope))
    }

    /// Everything an identity holds: each rule with where it holds and by what.
    pub fn permissions_of(&self, identity: &Identity) -> Permissions {
        let mut found = Permissions {
            is_master: identity.is_master(),
            permissions: Vec::new(),
            unknown: Vec::new(),
        };
        let user = SubjectKey::user(self.symbols.find(&identity.name));
        let groups = identity.groups.certain().iter();
        let groups = groups.map(|group| SubjectKey::group(self.symbols.find(group)));
        for key in std::iter::once(user).chain(groups) {
            for record in self.grants_of_key(key) {
                self.expand(record, &mut found);
            }
        }
        found
    }

    fn expand(&self, record: &GrantRecord, found: &mut Permissions) {
        let GrantRecord { binding, subject, role, .. } = *record;
        let own = [role];
        let members: &[RoleId] = match self.content(record.content) {
            Content::Union(members) => members,
            Content::NotSeen if self.assumptions.seen == Seen::Everything => return,
            Content::NotSeen => {
                return found.unknown.push(Unknown::RoleNotSeen { binding, subject });
            }
            Content::Own(_) | Content::Unreadable => &own,
        };
        for origin in members {
            match self.content(self.roles[origin.0 as usize].own) {
                Content::Own(set) => {
                    for rule in 0..self.rule_sets.sets[*set as usize].rules.len() as u32 {
                        let grant = Grant { binding, subject, role, origin: *origin, rule };
                        if record.is_ambiguous {
                            found.unknown.push(Unknown::Ambiguous(grant));
                        } else {
                            found.permissions.push(Permission { grant });
                        }
                    }
                }
                Content::Unreadable => {
                    let role = *origin;
                    found.unknown.push(Unknown::RoleUnreadable { binding, subject, role });
                }
                Content::NotSeen | Content::Union(_) => {}
            }
        }
    }

    /// A role by its number.
    pub fn role(&self, id: RoleId) -> RoleView<'_> {
        let record = &self.roles[id.0 as usize];
        RoleView {
            id,
            namespace: self.optional(record.namespace),
            name: self.symbols.text(record.name),
            source: record.source,
        }
    }

    /// A binding by its number.
    pub fn binding(&self, id: BindingId) -> BindingView<'_> {
        let record = &self.bindings[id.0 as usize];
        BindingView {
            id,
            namespace: self.optional(record.namespace),
            name: self.symbols.text(record.name),
            role_kind: self.symbols.text(record.role_kind),
            role_name: self.symbols.text(record.role_name),
            source: record.source,
        }
    }

    fn optional(&self, namespace: Symbol) -> Option<&str> {
        (namespace != Symbol::EMPTY).then(|| self.symbols.text(namespace))
    }

    /// A rule of a role; none if the role has no such rule of its own.
    pub fn rule(&self, role: RoleId, rule: u32) -> Option<PolicyRule> {
        let Content::Own(set) = self.content(self.roles.get(role.0 as usize)?.own) else {
            return None;
        };
        let rule = self.rule_sets.sets[*set as usize].rules.get(rule as usize)?;
        Some(rule.to_policy_rule(&self.symbols))
    }

    /// The Roles of a namespace, or the ClusterRoles, of this name: as many as the input has.
    pub fn roles_named(
        &self,
        namespace: Option<&str>,
        name: &str,
    ) -> impl Iterator<Item = RoleView<'_>> {
        let namespace = self.symbols.find(namespace.unwrap_or_default());
        self.roles_at((namespace, self.symbols.find(name))).map(|id| self.role(id))
    }

    /// The roles of this namespace and name.
    pub(super) fn roles_at(&self, key: (Symbol, Symbol)) -> impl Iterator<Item = RoleId> {
        let start = self.by_name.partition_point(|(namespace, name, _)| (*namespace, *name) < key);
        let found = self.by_name[start..].iter();
        let found = found.take_while(move |(namespace, name, _)| (*namespace, *name) == key);
        found.map(|(_, _, id)| *id)
    }

    /// All rules a role grants, those it takes over from others among them; none if they cannot
    /// be read.
    pub fn rules_of(&self, role: RoleId) -> Option<Vec<PolicyRule>> {
        let record = self.roles.get(role.0 as usize)?;
        let own = [role];
        let members: &[RoleId] = match self.content(record.content) {
            Content::Union(members) => members,
            Content::Own(_) => &own,
            Content::NotSeen | Content::Unreadable => return None,
        };
        let mut rules = Vec::new();
        for member in members {
            let Content::Own(set) = self.content(self.roles[member.0 as usize].own) else {
                return None;
            };
            let set = &self.rule_sets.sets[*set as usize];
            rules.extend(set.rules.iter().map(|rule| rule.to_policy_rule(&self.symbols)));
        }
        Some(rules)
    }

    /// The subjects of a binding, in the order written.
    pub fn subjects(&self, id: BindingId) -> impl Iterator<Item = super::Subject> {
        let first = self.bindings[id.0 as usize].first_subject as usize;
        let next = self.bindings.get(id.0 as usize + 1);
        let end = next.map_or(self.subjects.len(), |next| next.first_subject as usize);
        self.subjects[first..end].iter().map(|record| super::Subject {
            kind: record.kind,
            name: self.symbols.text(record.name).to_owned(),
            namespace: self.symbols.text(record.namespace).to_owned(),
        })
    }

    /// All roles.
    pub fn roles(&self) -> impl Iterator<Item = RoleView<'_>> {
        (0..self.roles.len() as u32).map(|number| self.role(RoleId(number)))
    }

    /// All bindings.
    pub fn bindings(&self) -> impl Iterator<Item = BindingView<'_>> {
        (0..self.bindings.len() as u32).map(|number| self.binding(BindingId(number)))
    }

    /// Bytes it takes, estimated from its parts.
    pub fn bytes(&self) -> usize {
        self.symbols.bytes()
            + self.rule_sets.bytes()
            + self.roles.capacity() * size_of::<RoleRecord>()
            + self.bindings.capacity() * size_of::<BindingRecord>()
            + self.subjects.capacity() * size_of::<SubjectRecord>()
            + self.grants.capacity() * size_of::<GrantRecord>()
            + self.grants_of_subject.capacity() * size_of::<(SubjectKey, Range<u32>)>()
            + self.by_content.capacity() * size_of::<u32>()
            + self.by_name.capacity() * size_of::<(Symbol, Symbol, RoleId)>()
            + self.nodes.as_ref().map_or(0, NodeAuthorizer::bytes)
    }

    /// The ServiceAccounts that exist, by namespace and name.
    pub fn service_accounts(&self) -> &[ServiceAccount] {
        &self.service_accounts
    }
}

/// Keeps the first entries and says how many more there were.
fn shorten(unknown: &mut Vec<Unknown>) {
    if unknown.len() > UNKNOWN_MAX {
        let more = unknown.len() - UNKNOWN_MAX;
        unknown.truncate(UNKNOWN_MAX);
        unknown.push(Unknown::More(more));
    }
}
