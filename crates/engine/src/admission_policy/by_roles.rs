//! What `authorizer` answers where the cluster's roles are known.

use cel::Error;

use super::review::Authorize;
use crate::rbac::{
    Answer, Authorizer, Groups, Identity, NonResourceRequest, Proof, Request, ResourceRequest,
    SubjectKind,
};

/// Why there is no answer where roles do not say all.
const NOT_KNOWN: &str = "who may do this is not known here";

/// Answers from the roles and bindings of a cluster.
pub struct ByRoles<'a> {
    authorizer: &'a Authorizer,
    requester: Identity,
}

impl<'a> ByRoles<'a> {
    /// For a requester, as the API server sees it: all of its groups are known.
    pub fn new(authorizer: &'a Authorizer, requester: &super::Requester) -> Self {
        let groups = Groups::Known(requester.groups.clone());
        Self { authorizer, requester: Identity::exactly(&*requester.name, groups) }
    }

    /// The reason as RBAC words it (`plugin/pkg/auth/authorizer/rbac/rbac.go`,
    /// `pkg/registry/rbac/validation/rule.go`).
    fn reason(&self, proof: Proof) -> String {
        let Proof::Grant(grant) = proof else { return String::new() };
        let binding = self.authorizer.binding(grant.binding);
        let subject = self.authorizer.subjects(grant.binding).nth(grant.subject as usize);
        let Some(subject) = subject else { return String::new() };
        let (kind, place) = match binding.namespace {
            Some(namespace) => ("RoleBinding", format!("{}/{namespace}", binding.name)),
            None => ("ClusterRoleBinding", binding.name.to_owned()),
        };
        let to = match (subject.kind, &*subject.namespace) {
            (SubjectKind::ServiceAccount, "") => {
                format!("{}/{}", subject.name, binding.namespace.unwrap_or_default())
            }
            (SubjectKind::ServiceAccount, namespace) => format!("{}/{namespace}", subject.name),
            _ => subject.name.clone(),
        };
        format!(
            "RBAC: allowed by {kind} {place:?} of {} {:?} to {} {to:?}",
            binding.role_kind,
            binding.role_name,
            subject.kind.name(),
        )
    }
}

impl Authorize for ByRoles<'_> {
    fn decide(&self, verb: &str, question: cel::Question<'_>) -> Result<cel::Decision, Error> {
        let (identity, request) = match question {
            cel::Question::Path { identity, path } => {
                (identity, Request::NonResource(NonResourceRequest { verb, path }))
            }
            cel::Question::Resource(check) => {
                let request = ResourceRequest {
                    verb,
                    api_group: &check.group,
                    resource: &check.resource,
                    subresource: &check.subresource,
                    namespace: &check.namespace,
                    name: &check.name,
                    fields: &[],
                };
                (&check.identity, Request::Resource(request))
            }
        };
        let answer = match identity {
            cel::Identity::Requester => self.authorizer.can(&self.requester, &request),
            cel::Identity::ServiceAccount { namespace, name } => {
                self.authorizer.can(&Identity::service_account(namespace, name), &request)
            }
        };
        let (is_allowed, reason) = match answer {
            Answer::Allowed(proof) => (true, self.reason(proof)),
            Answer::Denied(_) => (false, String::new()),
            Answer::Unknown(_) => return Err(Error::withheld(NOT_KNOWN)),
        };
        Ok(cel::Decision { is_allowed, reason, error: String::new() })
    }
}
