//! `authorizer`: what an expression asks about permissions, and the trait that answers.

/// On whose behalf is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Who makes the request.
    Requester,
    /// A service account.
    ServiceAccount {
        /// Its namespace.
        namespace: Box<str>,
        /// Its name.
        name: Box<str>,
    },
}

/// A resource as asked about; empty texts are not restricted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Who asks.
    pub identity: Identity,
    /// The API group.
    pub group: Box<str>,
    /// The resource, as in a URL.
    pub resource: Box<str>,
    /// The part of it.
    pub subresource: Box<str>,
    /// The namespace.
    pub namespace: Box<str>,
    /// The name.
    pub name: Box<str>,
    /// A field selector, as written.
    pub field_selector: Box<str>,
    /// A label selector, as written.
    pub label_selector: Box<str>,
}

impl Check {
    /// A check of all objects of a resource.
    pub fn new(identity: Identity, group: &str, resource: &str) -> Self {
        let none = Box::<str>::default;
        Self {
            identity,
            group: group.into(),
            resource: resource.into(),
            subresource: none(),
            namespace: none(),
            name: none(),
            field_selector: none(),
            label_selector: none(),
        }
    }
}

/// What is asked of the authorizer.
#[derive(Clone, Copy, Debug)]
pub enum Question<'q> {
    /// A path that is no resource.
    Path {
        /// Who asks.
        identity: &'q Identity,
        /// The path.
        path: &'q str,
    },
    /// A resource.
    Resource(&'q Check),
}

/// The authorizer's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub is_allowed: bool,
    /// Why.
    pub reason: String,
    /// What went wrong while deciding; empty when nothing did.
    pub error: String,
}
