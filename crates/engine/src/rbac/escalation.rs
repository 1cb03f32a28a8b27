//! The guard against escalation: nobody may grant what they do not hold themselves.
//!
//! Source: `pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased` and
//! `pkg/registry/rbac/escalation_check.go` of `k8s.io/kubernetes`.

use super::{
    Answer, Authorizer, Coverage, Identity, PolicyRule, Proof, Request, ResourceRequest, Role,
    RoleRef, Rules, Seen, Unknown, covers,
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Whether the guard lets somebody write a role or a binding. That they may `create` or `update`
/// it at all is another question, for [`Authorizer::can`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Escalation {
    /// By membership of `system:masters` or by a rule with the verb `escalate` or `bind`.
    Permitted(Proof),
    /// By holding all of the rules themselves.
    Held,
    /// These atomic rules would be granted and are not held.
    Refused(Vec<PolicyRule>),
    /// The binding names a role that is not there: the API server cannot tell what it would grant.
    NoRole,
    /// It depends on what is not known.
    Unknown(Vec<Unknown>),
    /// The rules have more parts than are compared.
    TooLarge,
}

/// How a role is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// Created: its name is not part of the request yet.
    Create,
    /// Changed, or created by its name.
    Update,
}

impl Authorizer {
    /// Whether the guard lets the identity write this role. One that aggregates others takes the
    /// right to everything, since it may come to hold anything.
    ///
    /// An update of an aggregated role into one that is not takes it as well: then ask for the old
    /// role, too.
    pub fn may_write_role(&self, identity: &Identity, write: Write, role: &Role) -> Escalation {
        let namespace = role.namespace.as_deref().unwrap_or_default();
        let resource = if role.namespace.is_some() { "roles" } else { "clusterroles" };
        let name = match write {
            Write::Create => "",
            Write::Update => &role.name,
        };
        let Rules::Known(rules) = &role.rules else { return Escalation::NoRole };
        let unknown = match self.permitted(identity, "escalate", resource, namespace, name) {
            Ok(permitted) => return permitted,
            Err(unknown) => unknown,
        };
        let is_aggregated = role.aggregates.as_ref().is_some_and(|it| !it.is_empty());
        if is_aggregated && role.namespace.is_none() {
            let rules: Vec<PolicyRule> = rules.iter().cloned().chain(everything()).collect();
            return self.held(identity, namespace, &rules, unknown);
        }
        self.held(identity, namespace, rules, unknown)
    }

    /// Whether the guard lets the identity bind this role, in a namespace or, if it is empty, in
    /// the whole cluster.
    pub fn may_bind(&self, identity: &Identity, namespace: &str, role_ref: &RoleRef) -> Escalation {
        let resource = match role_ref.kind.as_str() {
            "ClusterRole" => "clusterroles",
            "Role" => "roles",
            _ if identity.is_master() => return Escalation::Permitted(Proof::Masters),
            _ => return Escalation::NoRole,
        };
        let permitted = self.permitted(identity, "bind", resource, namespace, &role_ref.name);
        let mut unknown = match permitted {
            Ok(permitted) => return permitted,
            Err(unknown) => unknown,
        };
        match self.named(namespace, role_ref) {
            Ok(Some(rules)) => return self.held(identity, namespace, &rules, unknown),
            Ok(None) => {}
            Err(reason) => unknown.push(reason),
        }
        if unknown.is_empty() { Escalation::NoRole } else { Escalation::Unknown(unknown) }
    }

    /// The rules of the role a binding would name; none if there is no such role. Of several
    /// roles with that name, all the rules.
    fn named(
        &self,
        namespace: &str,
        role_ref: &RoleRef,
    ) -> Result<Option<Vec<PolicyRule>>, Unknown> {
        let is_role = role_ref.kind == "Role";
        if is_role && namespace.is_empty() {
            return Ok(None);
        }
        let mut rules = None;
        for role in self.roles_named(is_role.then_some(namespace), &role_ref.name) {
            let of_role = self.rules_of(role.id).ok_or(Unknown::NamedRoleUnreadable(role.id))?;
            rules.get_or_insert_with(Vec::new).extend(of_role);
        }
        if rules.is_none() && self.assumptions().seen == Seen::Part {
            return Err(Unknown::NamedRoleNotSeen(role_ref.clone()));
        }
        Ok(rules)
    }

    /// Whether a verb permits it, or what is not known about that.
    fn permitted(
        &self,
        identity: &Identity,
        verb: &str,
        resource: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Escalation, Vec<Unknown>> {
        let request = Request::Resource(ResourceRequest {
            verb,
            api_group: GROUP,
            resource,
            namespace,
            name,
            ..ResourceRequest::default()
        });
        match self.can(identity, &request) {
            Answer::Allowed(proof) => Ok(Escalation::Permitted(proof)),
            Answer::Denied(_) => Err(Vec::new()),
            Answer::Unknown(unknown) => Err(unknown),
        }
    }

    /// Source: `ConfirmNoEscalation` in `pkg/registry/rbac/validation/rule.go`.
    fn held(
        &self,
        identity: &Identity,
        namespace: &str,
        rules: &[PolicyRule],
        mut unknown: Vec<Unknown>,
    ) -> Escalation {
        let held = self.permissions_of(identity);
        let mut owner = Vec::new();
        for permission in &held.permissions {
            let scope = self.binding(permission.grant.binding).namespace;
            if scope.is_none_or(|scope| scope == namespace) {
                owner.extend(self.rule(permission.grant.origin, permission.grant.rule));
            }
        }
        owner.sort_unstable();
        owner.dedup();
        match covers(&owner, rules) {
            Coverage::Covered => Escalation::Held,
            Coverage::TooLarge => Escalation::TooLarge,
            Coverage::Missing(missing) => {
                unknown.extend(held.unknown);
                if unknown.is_empty() {
                    Escalation::Refused(missing)
                } else {
                    Escalation::Unknown(unknown)
                }
            }
        }
    }
}

/// The right to everything.
///
/// Source: `fullAuthority` in `pkg/registry/rbac/clusterrole/policybased/storage.go`.
fn everything() -> [PolicyRule; 2] {
    let star = || vec!["*".to_owned()];
    [
        PolicyRule {
            verbs: star(),
            api_groups: star(),
            resources: star(),
            ..PolicyRule::default()
        },
        PolicyRule { verbs: star(), non_resource_urls: star(), ..PolicyRule::default() },
    ]
}
