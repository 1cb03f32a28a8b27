//! Roles, bindings and service accounts as plain values.

use super::Source;

/// All that RBAC decides from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Roles and, without a namespace, ClusterRoles.
    pub roles: Vec<Role>,
    /// RoleBindings and, without a namespace, ClusterRoleBindings.
    pub bindings: Vec<Binding>,
    /// The ServiceAccounts that exist.
    pub service_accounts: Vec<ServiceAccount>,
}

/// A Role or, without a namespace, a ClusterRole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its namespace; none for a ClusterRole.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its labels, by which ClusterRoles are aggregated.
    pub labels: Vec<(String, String)>,
    /// What it allows, as written.
    pub rules: Rules,
    /// Selectors of the ClusterRoles whose rules it takes over; none if it is not aggregated.
    pub aggregates: Option<Vec<LabelSelector>>,
    /// Where it was read.
    pub source: Source,
}

/// The rules of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rules {
    /// As written.
    Known(Vec<PolicyRule>),
    /// The object has a field of another type than the API: the API server refuses it, so what
    /// the cluster holds under this name is not known. Names the first such field.
    Unreadable(model::Path),
}

impl Default for Rules {
    fn default() -> Self {
        Self::Known(Vec::new())
    }
}

/// One rule: any of the verbs on any of the resources, or on any of the paths.
///
/// Source: `PolicyRule` in `k8s.io/api/rbac/v1/types.go`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyRule {
    /// Verbs; `*` is any.
    pub verbs: Vec<String>,
    /// API groups; the empty text is core, `*` is any. An empty list matches nothing.
    pub api_groups: Vec<String>,
    /// Resources and subresources: `pods`, `pods/exec`, `*/scale`, `*`.
    pub resources: Vec<String>,
    /// Names the rule is limited to; empty is any.
    pub resource_names: Vec<String>,
    /// Paths that are no resources; `*` is any, a trailing `*` stands for any ending.
    pub non_resource_urls: Vec<String>,
}

/// A label selector of an aggregated ClusterRole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelSelector {
    /// What has to hold, all of it. An empty selector selects everything.
    pub requirements: Vec<Requirement>,
}

/// A condition on one label.
///
/// Source: `LabelSelectorAsSelector` in `k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Requirement {
    /// The label is there and has one of these values.
    In(String, Vec<String>),
    /// The label is missing or has another value than these.
    NotIn(String, Vec<String>),
    /// The label is there.
    Exists(String),
    /// The label is missing.
    DoesNotExist(String),
    /// An operator the API does not know, or one with the wrong number of values: the controller
    /// fails, so nothing is aggregated.
    Invalid,
}

/// A RoleBinding or, without a namespace, a ClusterRoleBinding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Its namespace; none for a ClusterRoleBinding.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// The role it grants.
    pub role_ref: RoleRef,
    /// Whom it grants it to.
    pub subjects: Vec<Subject>,
    /// Where it was read.
    pub source: Source,
}

/// Names a role.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleRef {
    /// `Role` or `ClusterRole`; anything else grants nothing.
    pub kind: String,
    /// The role's name.
    pub name: String,
}

/// Names whom a binding grants its role to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// What it names.
    pub kind: SubjectKind,
    /// The name.
    pub name: String,
    /// The namespace of a service account; where it is empty, that of the binding holds.
    pub namespace: String,
}

/// What a subject names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SubjectKind {
    /// A user by its name.
    User,
    /// All members of a group.
    Group,
    /// A service account.
    ServiceAccount,
    /// A kind RBAC does not know: nobody.
    Other,
}

impl SubjectKind {
    /// From the `kind` of a subject, which is compared exactly.
    pub fn of(kind: &str) -> Self {
        match kind {
            "User" => Self::User,
            "Group" => Self::Group,
            "ServiceAccount" => Self::ServiceAccount,
            _ => Self::Other,
        }
    }

    /// The `kind` as Kubernetes writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::ServiceAccount => "ServiceAccount",
            Self::Other => "Other",
        }
    }
}

/// A ServiceAccount that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Where it was read.
    pub source: Source,
}
