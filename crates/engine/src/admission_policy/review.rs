//! A request, as policies see it.

use std::cell::OnceCell;
use std::rc::Rc;

use cel::{Check, Entries, Identity, Map, Opaque, Question, Text, Value};
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
    /// The object's kind.
    pub kind: &'a str,
}

impl Resource<'_> {
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
    /// Whether a verb is allowed.
    fn decide(&self, verb: &str, question: Question<'_>) -> cel::Decision;
}

/// A request to be judged.
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
    /// The object's namespace; empty when it has none.
    pub namespace: &'a str,
    /// Who does it.
    pub requester: &'a Requester,
    /// Whether nothing is kept of it.
    pub is_dry_run: bool,
    /// Who answers for permissions; without one, what asks has no answer.
    pub authorizer: Option<&'a dyn Authorize>,
    request: OnceCell<Value<'a, Part<'a>>>,
}

impl<'a> Review<'a> {
    /// A request to create an object, by nobody in particular.
    pub fn create(
        object: Node<'a>,
        resource: Resource<'a>,
        name: &'a str,
        namespace: &'a str,
        requester: &'a Requester,
    ) -> Self {
        Self {
            object: Some(object),
            old_object: None,
            namespace_object: None,
            operation: Operation::Create,
            resource,
            name,
            namespace,
            requester,
            is_dry_run: false,
            authorizer: None,
            request: OnceCell::new(),
        }
    }

    /// The `request` of expressions, made once for all policies.
    pub(crate) fn request(&self) -> Value<'a, Part<'a>> {
        self.request.get_or_init(|| self.request_value()).clone()
    }

    fn request_value(&self) -> Value<'a, Part<'a>> {
        let Resource { group, version, name, part, kind } = self.resource;
        let kind = map([("group", text(group)), ("version", text(version)), ("kind", text(kind))]);
        let resource =
            map([("group", text(group)), ("version", text(version)), ("resource", text(name))]);
        let mut fields = vec![
            ("kind", kind.clone()),
            ("resource", resource.clone()),
            ("requestKind", kind),
            ("requestResource", resource),
            ("operation", text(self.operation.name())),
            ("userInfo", self.user()),
            ("dryRun", Value::Bool(self.is_dry_run)),
            ("options", Value::Null),
        ];
        let optional = [
            ("subResource", part),
            ("requestSubResource", part),
            ("name", self.name),
            ("namespace", self.namespace),
        ];
        let set = optional.into_iter().filter(|(_, value)| !value.is_empty());
        fields.extend(set.map(|(key, value)| (key, text(value))));
        map(fields)
    }

    fn user(&self) -> Value<'a, Part<'a>> {
        let Requester { name, uid, groups, extra } = self.requester;
        let mut fields = Vec::new();
        if !name.is_empty() {
            fields.push(("username", text(name)));
        }
        if !uid.is_empty() {
            fields.push(("uid", text(uid)));
        }
        if !groups.is_empty() {
            fields.push(("groups", texts(groups)));
        }
        if !extra.is_empty() {
            let extra = extra.iter().map(|(key, values)| (key.as_str(), texts(values)));
            fields.push(("extra", map(extra)));
        }
        map(fields)
    }

    pub(crate) fn resource_check(&self) -> Value<'a, Part<'a>> {
        let mut check = Check::new(Identity::Requester, self.resource.group, self.resource.name);
        check.subresource = self.resource.part.into();
        check.namespace = self.namespace.into();
        check.name = self.name.into();
        Value::Opaque(Rc::new(Opaque::resource(check)))
    }
}

fn text(text: &str) -> Value<'_, Part<'_>> {
    Value::String(Text::Borrowed(text))
}

fn texts(texts: &[String]) -> Value<'_, Part<'_>> {
    Value::list(texts.iter().map(|it| text(it)).collect())
}

fn map<'a>(
    fields: impl IntoIterator<Item = (&'a str, Value<'a, Part<'a>>)>,
) -> Value<'a, Part<'a>> {
    let mut entries = Entries::default();
    for (key, value) in fields {
        // Texts are always keys.
        let _ = entries.insert(text(key), value);
    }
    Value::Map(Map::Built(Rc::new(entries)))
}
