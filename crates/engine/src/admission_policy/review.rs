//! A request, as policies see it.

use std::rc::Rc;

use cel::{Check, Identity, Opaque, Question, Value};
use model::Node;

use super::object::Part;

/// What is done to the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is deleted.
    Delete,
    /// A connection to it is opened.
    Connect,
}

impl Operation {
    /// Its name in rules and in `request.operation`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}

/// A kind of objects in a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind<'a> {
    /// The API group; empty for core.
    pub group: &'a str,
    /// The version.
    pub version: &'a str,
    /// The kind: `Pod`.
    pub name: &'a str,
}

/// What the request is about, as its URL names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource<'a> {
    /// The API group; empty for core.
    pub group: &'a str,
    /// The version.
    pub version: &'a str,
    /// The resource in the plural: `pods`.
    pub name: &'a str,
    /// The subresource; empty for the object itself.
    pub part: &'a str,
    /// The kind of what is sent, which is another one for `deployments/scale`.
    pub kind: Kind<'a>,
}

impl<'a> Resource<'a> {
    /// The resource of objects with this `apiVersion` and kind.
    pub fn of(api_version: &'a str, kind: &'a str, name: &'a str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group, version, name, part: "", kind: Kind { group, version, name: kind } }
    }

    pub(crate) fn is(&self, group: &str, name: &str) -> bool {
        self.group == group && self.name == name
    }
}

/// Who makes the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requester {
    /// The user's name.
    pub name: String,
    /// The user's id.
    pub uid: String,
    /// Groups.
    pub groups: Vec<String>,
    /// What else is known of the user.
    pub extra: Vec<(String, Vec<String>)>,
}

/// Answers what expressions ask of `authorizer`.
pub trait Authorize {
    /// Whether a verb is allowed; an error, [`cel::Error::withheld`], where that is not known.
    fn decide(&self, verb: &str, question: Question<'_>) -> Result<cel::Decision, cel::Error>;
}

/// A request to be judged.
#[derive(Clone, Copy)]
pub struct Review<'a> {
    /// The object as it would be; none when it is deleted.
    pub object: Option<Node<'a>>,
    /// The object as it is; none when it is made.
    pub old_object: Option<Node<'a>>,
    /// Its Namespace, if it is in one and that is known.
    pub namespace_object: Option<Node<'a>>,
    /// What is done.
    pub operation: Operation,
    /// What it is done to.
    pub resource: Resource<'a>,
    /// The object's name.
    pub name: &'a str,
    /// The object's namespace, of a Namespace its own name; empty when it has none.
    pub namespace: &'a str,
    /// Whether the objects stand as they are written in files: the API server sets fields and
    /// leaves others out before policies see them. What it sets has no answer then, but for what
    /// it always sets alike.
    pub is_as_written: bool,
    /// Who does it; without that, what asks has no answer.
    pub requester: Option<&'a Requester>,
    /// Whether nothing is kept of it.
    pub is_dry_run: bool,
    /// `CreateOptions`, `UpdateOptions` or `DeleteOptions`; without them, what asks has no answer.
    pub options: Option<Node<'a>>,
    /// Who answers for permissions; without one, what asks has no answer.
    pub authorizer: Option<&'a dyn Authorize>,
}

impl<'a> Review<'a> {
    /// A request to create an object, of which no more is known.
    pub fn create(
        object: Node<'a>,
        resource: Resource<'a>,
        name: &'a str,
        namespace: &'a str,
    ) -> Self {
        Self {
            object: Some(object),
            old_object: None,
            namespace_object: None,
            operation: Operation::Create,
            resource,
            name,
            // As `k8s.io/apiserver/pkg/endpoints/handlers/create.go` has it.
            namespace: if resource.is("", "namespaces") { name } else { namespace },
            is_as_written: false,
            requester: None,
            is_dry_run: false,
            options: None,
            authorizer: None,
        }
    }

    pub(crate) fn resource_check(&self) -> Value<'a, Part<'a>> {
        let mut check = Check::new(Identity::Requester, self.resource.group, self.resource.name);
        check.subresource = self.resource.part.into();
        check.namespace = self.namespace.into();
        check.name = self.name.into();
        Value::Opaque(Rc::new(Opaque::resource(check)))
    }
}
