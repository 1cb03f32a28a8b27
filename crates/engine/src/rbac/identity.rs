//! Who asks: a user name and its groups.

use std::collections::BTreeMap;

/// The group whose members may do everything, whatever RBAC says.
pub(super) const MASTERS: &str = "system:masters";
/// The group of everybody who proved who they are.
pub(super) const AUTHENTICATED: &str = "system:authenticated";
pub(super) const UNAUTHENTICATED: &str = "system:unauthenticated";
pub(super) const ANONYMOUS: &str = "system:anonymous";
pub(super) const NODES: &str = "system:nodes";
const NODE_PREFIX: &str = "system:node:";
pub(super) const SERVICE_ACCOUNTS: &str = "system:serviceaccounts";
const SERVICE_ACCOUNT_PREFIX: &str = "system:serviceaccount:";

/// Who asks, as the API server sees it after authentication.
///
/// Source: `user.Info` in `k8s.io/apiserver/pkg/authentication/user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user name.
    pub name: String,
    /// The groups, as far as they are known.
    pub groups: Groups,
    /// The uid, which only impersonation looks at.
    pub uid: String,
    /// Further claims, such as the node a service account's pod runs on.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// The groups of an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Groups {
    /// All of them.
    Known(Vec<String>),
    /// These at least: who issues the certificate or the token decides about more.
    Unknown(Vec<String>),
}

impl Groups {
    /// The groups that are certain.
    pub fn certain(&self) -> &[String] {
        match self {
            Self::Known(groups) | Self::Unknown(groups) => groups,
        }
    }

    fn certain_mut(&mut self) -> &mut Vec<String> {
        match self {
            Self::Known(groups) | Self::Unknown(groups) => groups,
        }
    }
}

impl Identity {
    /// Exactly this name and these groups, nothing implied.
    pub fn exactly(name: impl Into<String>, groups: Groups) -> Self {
        Self { name: name.into(), groups, uid: String::new(), extra: BTreeMap::new() }
    }

    /// A user who proved who they are: `system:authenticated` is implied. The names of service
    /// accounts and nodes imply their groups too; `system:anonymous` its own.
    ///
    /// Source: `k8s.io/apiserver/pkg/authentication/group`, `authenticated_group_adder.go`.
    pub fn user(name: impl Into<String>, groups: Groups) -> Self {
        let mut identity = Self::exactly(name, groups);
        if identity.name == ANONYMOUS {
            identity.add_group(UNAUTHENTICATED);
            return identity;
        }
        if let Some((namespace, _)) = split_service_account(&identity.name) {
            let group = format!("{SERVICE_ACCOUNTS}:{namespace}");
            identity.add_group(SERVICE_ACCOUNTS);
            identity.add_group(&group);
        }
        if !identity.groups.certain().iter().any(|group| group == UNAUTHENTICATED) {
            identity.add_group(AUTHENTICATED);
        }
        identity
    }

    /// A service account with the groups it always has.
    ///
    /// Source: `MakeUsername`, `MakeGroupNames` in
    /// `k8s.io/apiserver/pkg/authentication/serviceaccount/util.go`.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        let groups = vec![
            SERVICE_ACCOUNTS.to_owned(),
            format!("{SERVICE_ACCOUNTS}:{namespace}"),
            AUTHENTICATED.to_owned(),
        ];
        Self::exactly(service_account_username(namespace, name), Groups::Known(groups))
    }

    /// A kubelet with the groups its certificate has.
    pub fn node(name: &str) -> Self {
        let groups = vec![NODES.to_owned(), AUTHENTICATED.to_owned()];
        Self::exactly(format!("{NODE_PREFIX}{name}"), Groups::Known(groups))
    }

    /// Who does not prove who they are.
    pub fn anonymous() -> Self {
        Self::exactly(ANONYMOUS, Groups::Known(vec![UNAUTHENTICATED.to_owned()]))
    }

    /// Any member of a group, whose name no binding speaks of.
    pub fn member_of(group: &str) -> Self {
        Self::user(String::new(), Groups::Known(vec![group.to_owned()]))
    }

    /// Namespace and name, if this is a service account's user name.
    ///
    /// Source: `SplitUsername` in `k8s.io/apiserver/pkg/authentication/serviceaccount/util.go`.
    pub fn as_service_account(&self) -> Option<(&str, &str)> {
        split_service_account(&self.name)
    }

    /// The node's name, if this is a kubelet: by its user name and by the group `system:nodes`.
    ///
    /// Source: `k8s.io/kubernetes/pkg/auth/nodeidentifier/default.go`.
    pub fn as_node(&self) -> Option<&str> {
        let node = self.name.strip_prefix(NODE_PREFIX)?;
        self.groups.certain().iter().any(|group| group == NODES).then_some(node)
    }

    /// Whether it is certain to be in `system:masters`, whose members may do everything.
    pub fn is_master(&self) -> bool {
        self.groups.certain().iter().any(|group| group == MASTERS)
    }

    fn add_group(&mut self, group: &str) {
        let groups = self.groups.certain_mut();
        if !groups.iter().any(|known| known == group) {
            groups.push(group.to_owned());
        }
    }
}

/// The user name of a service account.
pub(super) fn service_account_username(namespace: &str, name: &str) -> String {
    format!("{SERVICE_ACCOUNT_PREFIX}{namespace}:{name}")
}

/// Namespace and name in the user name of a service account.
pub(super) fn split_service_account(username: &str) -> Option<(&str, &str)> {
    let (namespace, name) = username.strip_prefix(SERVICE_ACCOUNT_PREFIX)?.split_once(':')?;
    (is_dns_label(namespace) && is_dns_subdomain(name)).then_some((namespace, name))
}

/// The node's name in the user name of a kubelet, if it can be one.
///
/// Source: `isNodeUsername` in `k8s.io/apiserver/pkg/endpoints/filters/impersonation/mode.go`.
pub(super) fn node_of_username(username: &str) -> Option<&str> {
    username.strip_prefix(NODE_PREFIX).filter(|name| is_dns_subdomain(name))
}

/// Source: `IsDNS1123Label` in `k8s.io/apimachinery/pkg/util/validation`.
pub(super) fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    text.len() <= 63
        && bytes.first().copied().is_some_and(inner)
        && bytes.last().copied().is_some_and(inner)
        && bytes.iter().all(|byte| inner(*byte) || *byte == b'-')
}

/// Source: `IsDNS1123Subdomain` in `k8s.io/apimachinery/pkg/util/validation`.
pub(super) fn is_dns_subdomain(text: &str) -> bool {
    let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 253
        && text.split('.').all(|part| {
            let bytes = part.as_bytes();
            bytes.first().is_some_and(inner)
                && bytes.last().is_some_and(inner)
                && bytes.iter().all(|byte| inner(byte) || *byte == b'-')
        })
}
