//! What GKE writes of a request to Cloud Logging (`google.cloud.audit.AuditLog`).

use std::borrow::Cow;

use serde::Deserialize;

use super::text::Text;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payload<'t> {
    #[serde(borrow, default)]
    authentication_info: Option<Authentication<'t>>,
    /// `io.k8s.core.v1.pods.list`
    #[serde(borrow, default)]
    method_name: Text<'t>,
    /// `core/v1/namespaces/shop/pods/web/log`
    #[serde(borrow, default)]
    resource_name: Text<'t>,
    #[serde(borrow, default)]
    authorization_info: Option<Vec<Authorization<'t>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication<'t> {
    #[serde(borrow, default)]
    principal_email: Text<'t>,
}

#[derive(Deserialize)]
struct Authorization<'t> {
    #[serde(default)]
    granted: Option<bool>,
    #[serde(borrow, default)]
    #[expect(dead_code, reason = "it keeps the lifetime of the line")]
    permission: Text<'t>,
}

/// A request, as the payload tells it.
pub(super) struct Request<'p> {
    pub(super) user: &'p str,
    pub(super) is_allowed: bool,
    pub(super) verb: &'p str,
    pub(super) api_group: &'p str,
    pub(super) namespace: &'p str,
    pub(super) resource: Cow<'p, str>,
    pub(super) name: &'p str,
}

/// The request of a payload; none if it is about no resource of Kubernetes.
pub(super) fn request<'p>(payload: &'p Payload<'_>) -> Option<Request<'p>> {
    let user = payload.authentication_info.as_ref()?.principal_email.as_deref()?;
    let method = payload.method_name.as_deref()?.strip_prefix("io.k8s.")?;
    let (_, verb) = method.rsplit_once('.')?;
    let mut parts = payload.resource_name.as_deref()?.split('/');
    let api_group = parts.next().map(|group| if group == "core" { "" } else { group })?;
    let _version = parts.next()?;
    let mut next = parts.next()?;
    let mut namespace = "";
    let rest: Vec<&str> = parts.collect();
    let mut rest = rest.as_slice();
    // `namespaces/⟨name⟩` alone is the namespace itself.
    if next == "namespaces" && rest.len() >= 2 {
        (namespace, next, rest) = (rest[0], rest[1], &rest[2..]);
    }
    let (name, subresource) = match rest {
        [] => ("", ""),
        [name] => (*name, ""),
        [name, subresource, ..] => (*name, *subresource),
    };
    let resource = match subresource {
        "" => Cow::Borrowed(next),
        subresource => Cow::Owned(format!("{next}/{subresource}")),
    };
    let mut decisions = payload.authorization_info.iter().flatten();
    let is_allowed = decisions.all(|decision| decision.granted == Some(true));
    Some(Request { user, is_allowed, verb, api_group, namespace, resource, name })
}
