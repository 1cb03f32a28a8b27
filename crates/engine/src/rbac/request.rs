//! What is asked for.

use std::fmt;

/// A request, as authorizers see it.
///
/// Source: `authorizer.Attributes` in `k8s.io/apiserver/pkg/authorization/authorizer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// On an object or a collection of objects.
    Resource(ResourceRequest<'a>),
    /// On a path that is no resource, such as `/metrics`.
    NonResource(NonResourceRequest<'a>),
}

/// A request on objects. What is not there is empty, as in the API server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceRequest<'a> {
    /// The verb. The set is open: `impersonate`, `escalate`, `impersonate-on:user-info:list`.
    pub verb: &'a str,
    /// The API group; empty for core.
    pub api_group: &'a str,
    /// The resource in the plural.
    pub resource: &'a str,
    /// The subresource, such as `exec`.
    pub subresource: &'a str,
    /// The namespace; empty for the whole cluster.
    pub namespace: &'a str,
    /// The name; empty where none is known before the object is, as for most `create`.
    pub name: &'a str,
    /// The requirements of its field selector. Only the Node authorizer looks at them.
    pub fields: &'a [FieldRequirement<'a>],
}

/// `field=value` of a field selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldRequirement<'a> {
    /// The field's path, such as `spec.nodeName`.
    pub field: &'a str,
    /// The value it has to have.
    pub value: &'a str,
}

/// A request on a path that is no resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NonResourceRequest<'a> {
    /// The HTTP method in lower case.
    pub verb: &'a str,
    /// The path.
    pub path: &'a str,
}

impl<'a> Request<'a> {
    /// A request on a resource in a namespace (empty: the whole cluster), written `pods`,
    /// `pods/exec`, `deployments.apps` or `deployments.apps/scale`.
    pub fn resource(verb: &'a str, resource: &'a str, namespace: &'a str) -> Self {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let (resource, api_group) = resource.split_once('.').unwrap_or((resource, ""));
        Self::Resource(ResourceRequest {
            verb,
            api_group,
            resource,
            subresource,
            namespace,
            ..ResourceRequest::default()
        })
    }

    /// A request on a path that is no resource.
    pub fn path(verb: &'a str, path: &'a str) -> Self {
        Self::NonResource(NonResourceRequest { verb, path })
    }

    /// The same for the object of this name.
    #[must_use]
    pub fn named(self, name: &'a str) -> Self {
        match self {
            Self::Resource(request) => Self::Resource(ResourceRequest { name, ..request }),
            Self::NonResource(_) => self,
        }
    }

    /// The same with the requirements of a field selector. `metadata.name=X` counts as the name of
    /// `list`, `watch` and `deletecollection`, so a role limited to names can hold for them.
    ///
    /// Source: `NewRequestInfo` in `k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`.
    #[must_use]
    pub fn selecting(self, fields: &'a [FieldRequirement<'a>]) -> Self {
        let Self::Resource(mut request) = self else { return self };
        request.fields = fields;
        let name = fields.iter().find(|required| required.field == "metadata.name");
        let is_collection = matches!(request.verb, "list" | "watch" | "deletecollection");
        if let Some(name) = name.filter(|_| is_collection && request.name.is_empty())
            && is_path_segment(name.value)
        {
            request.name = name.value;
        }
        Self::Resource(request)
    }

    /// The verb.
    pub fn verb(&self) -> &'a str {
        match self {
            Self::Resource(request) => request.verb,
            Self::NonResource(request) => request.verb,
        }
    }
}

/// Source: `IsPathSegmentName` in `k8s.io/apimachinery/pkg/api/validation/path/name.go`.
fn is_path_segment(name: &str) -> bool {
    !matches!(name, "." | "..") && !name.contains(['/', '%'])
}

impl fmt::Display for Request<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = match self {
            Self::NonResource(request) => {
                return write!(formatter, "{} {}", request.verb, request.path);
            }
            Self::Resource(request) => request,
        };
        write!(formatter, "{} {}", request.verb, request.resource)?;
        if !request.api_group.is_empty() {
            write!(formatter, ".{}", request.api_group)?;
        }
        if !request.subresource.is_empty() {
            write!(formatter, "/{}", request.subresource)?;
        }
        if !request.name.is_empty() {
            write!(formatter, " {}", request.name)?;
        }
        if request.namespace.is_empty() {
            return Ok(());
        }
        write!(formatter, " in {}", request.namespace)
    }
}
