//! Subjects as people write them: `User:alice`, `Group:devs`, `ServiceAccount:shop:cart`.

use std::fmt;
use std::str::FromStr;

use engine::rbac::{self, Groups, Holder, Identity, SubjectKind};

use super::memberships::Memberships;

/// Whom a question is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A user by its name.
    User(String),
    /// Any member of a group.
    Group(String),
    /// A service account.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl Subject {
    /// Who the API server sees, with the groups that are known of it. Of a user whom the
    /// memberships do not name the groups are not known: there may be more.
    pub fn identity(&self, memberships: Option<&Memberships>) -> Identity {
        match self {
            Self::User(name) => {
                let known = memberships.and_then(|it| it.groups_of(name));
                let groups = known
                    .map_or(Groups::Unknown(Vec::new()), |groups| Groups::Known(groups.to_vec()));
                Identity::user(name.as_str(), groups)
            }
            Self::Group(name) if name == "system:unauthenticated" => Identity::anonymous(),
            Self::Group(name) => Identity::member_of(name),
            Self::ServiceAccount { namespace, name } => Identity::service_account(namespace, name),
        }
    }

    /// Whom a subject of a binding names; none for a kind RBAC does not know and for a service
    /// account without a namespace. `namespace` is the binding's.
    pub fn of_binding(subject: &rbac::Subject, namespace: Option<&str>) -> Option<Self> {
        let name = subject.name.clone();
        match subject.kind {
            SubjectKind::User => {
                let parsed = name.starts_with("system:serviceaccount:").then(|| name.parse().ok());
                Some(parsed.flatten().unwrap_or(Self::User(name)))
            }
            SubjectKind::Group => Some(Self::Group(name)),
            SubjectKind::ServiceAccount => {
                let own = Some(subject.namespace.as_str()).filter(|it| !it.is_empty());
                let namespace = own.or(namespace)?.to_owned();
                Some(Self::ServiceAccount { namespace, name })
            }
            SubjectKind::Other => None,
        }
    }

    /// The subject alone: by its name, without the groups it is in.
    pub fn alone(&self) -> Identity {
        match self {
            Self::Group(name) => Identity::exactly("", Groups::Known(vec![name.clone()])),
            Self::User(_) | Self::ServiceAccount { .. } => {
                Identity::exactly(self.identity(None).name, Groups::Known(Vec::new()))
            }
        }
    }

    /// Whether Kubernetes itself made it.
    pub fn is_of_system(&self) -> bool {
        match self {
            Self::User(name) | Self::Group(name) => name.starts_with("system:"),
            Self::ServiceAccount { namespace, .. } => namespace == "kube-system",
        }
    }

    /// `User`, `Group` or `ServiceAccount`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "User",
            Self::Group(_) => "Group",
            Self::ServiceAccount { .. } => "ServiceAccount",
        }
    }

    /// The name; of a service account with its namespace before it.
    pub fn name(&self) -> String {
        match self {
            Self::User(name) | Self::Group(name) => name.clone(),
            Self::ServiceAccount { namespace, name } => format!("{namespace}:{name}"),
        }
    }
}

impl From<Holder<'_>> for Subject {
    fn from(holder: Holder<'_>) -> Self {
        match holder {
            Holder::Group(name) => Self::Group(name.to_owned()),
            Holder::User(name) => Self::User(name.to_owned()),
            Holder::ServiceAccount { namespace, name } => {
                Self::ServiceAccount { namespace: namespace.to_owned(), name: name.to_owned() }
            }
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.kind(), self.name())
    }
}

/// How a subject is written.
const FORMS: &str = "write `User:NAME`, `Group:NAME` or `ServiceAccount:NAMESPACE:NAME`";

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = text.split_once(':').unwrap_or(("", text));
        if name.is_empty() {
            return Err(format!("the subject has no name; {FORMS}"));
        }
        match kind {
            "User" => Ok(Self::User(name.to_owned())),
            "Group" => Ok(Self::Group(name.to_owned())),
            "ServiceAccount" => match name.split_once(':') {
                Some((namespace, name))
                    if !namespace.is_empty() && !name.is_empty() && !name.contains(':') =>
                {
                    Ok(Self::ServiceAccount {
                        namespace: namespace.to_owned(),
                        name: name.to_owned(),
                    })
                }
                _ => Err(format!("a service account has a namespace and a name; {FORMS}")),
            },
            // The whole user name of a service account, as tokens and audit logs hold it.
            "system" if name.starts_with("serviceaccount:") => {
                format!("ServiceAccount:{}", &name["serviceaccount:".len()..]).parse()
            }
            _ => Err(format!("does not say what kind of subject it is; {FORMS}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_as_written() {
        for text in ["User:alice", "Group:oidc:devs", "ServiceAccount:shop:cart"] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        let long: Subject = "system:serviceaccount:shop:cart".parse().unwrap();
        assert_eq!(long.to_string(), "ServiceAccount:shop:cart");
        for wrong in ["alice", "User:", "user:alice", "ServiceAccount:cart", "ServiceAccount:a:b:c"]
        {
            assert!(wrong.parse::<Subject>().is_err(), "{wrong}");
        }
    }
}
