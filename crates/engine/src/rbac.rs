//! Authorization, exactly as Kubernetes 1.37 answers it: who can do what, and by which rule.
//!
//! An [`Authorizer`] is built once from the roles and bindings of a world and then answers with
//! proof: [`Authorizer::can`] for one identity and one request, [`Authorizer::who_can`] for
//! everybody a request is granted to, [`Authorizer::permissions_of`] for everything an identity
//! holds, [`Authorizer::why_not`] for the rules that come closest. [`covers`] compares rules as
//! the guard against escalation does ([`Authorizer::may_write_role`], [`Authorizer::may_bind`]);
//! [`Authorizer::can_impersonate`] answers for acting as somebody else. Nodes are judged by the
//! [`NodeAuthorizer`] first. What cannot be known (groups that live outside of Kubernetes, roles
//! that were not seen, objects that cannot be read) is an [`Unknown`], never a yes or a no.
//!
//! Sources: `plugin/pkg/auth/authorizer/rbac` and `pkg/registry/rbac/validation` of
//! `k8s.io/kubernetes`, `auth/rbac/validation` of `k8s.io/component-helpers`.
#![expect(clippy::similar_names, reason = "roles have rules: both words are Kubernetes' own")]

mod aggregation;
mod answer;
mod assumptions;
mod authorizer;
mod bootstrap;
mod build;
mod covers;
mod escalation;
mod identity;
mod impersonation;
mod index;
mod node;
mod policy;
mod read;
mod request;
mod symbol;
mod versions;
mod views;
mod why_not;

pub use answer::{Answer, Denial, Grant, Proof, Unknown};
pub use assumptions::{Assumptions, Bootstrap, Seen, Switch};
pub use authorizer::{Authorizer, BindingId, RoleId};
pub use covers::{Coverage, covers};
pub use escalation::{Escalation, Write};
pub use identity::{Groups, Identity};
pub(crate) use impersonation::NODE_NAME;
pub use impersonation::{CONSTRAINED_SINCE, Failed, Impersonated, Impersonation, Mode, Way};
pub use node::{NodeAnswer, NodeAuthorizer, NodeGrant, NodeReason, Nodes};
pub use policy::{
    Binding, LabelSelector, Policy, PolicyRule, Requirement, Role, RoleRef, Rules, ServiceAccount,
    Subject, SubjectKind,
};
pub use request::{FieldRequirement, NonResourceRequest, Request, ResourceRequest};
pub use versions::{
    FINE_GRAINED_KUBELET_SINCE, Transport, WEBSOCKET_CREATE_SINCE, connect_verbs,
    kubelet_subresources,
};
pub use views::{BindingView, Holder, Permission, Permissions, RoleView, Source, WhoCan};
pub use why_not::{NearMiss, Part, WhyNot};
