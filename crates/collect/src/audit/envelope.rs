//! The forms an event comes in. Fields nobody asks for are skipped without being kept.

use std::borrow::Cow;

use serde::Deserialize;

use super::text::Text;

/// An event (`k8s.io/apiserver/pkg/apis/audit/v1/types.go`, `Event`), or what events are wrapped
/// in.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event<'t> {
    #[serde(borrow, default)]
    stage: Text<'t>,
    #[serde(borrow, default)]
    pub(super) verb: Text<'t>,
    #[serde(borrow, default)]
    user: Option<User<'t>>,
    #[serde(borrow, default)]
    impersonated_user: Option<User<'t>>,
    #[serde(borrow, default)]
    pub(super) object_ref: Option<ObjectRef<'t>>,
    #[serde(borrow, default, rename = "requestURI")]
    pub(super) request_uri: Text<'t>,
    #[serde(default)]
    response_status: Option<Status>,
    #[serde(borrow, default)]
    annotations: Option<Annotations<'t>>,
    #[serde(borrow, default)]
    request_received_timestamp: Text<'t>,
    /// Of an `EventList`.
    #[serde(borrow, default)]
    pub(super) items: Option<Vec<Self>>,
    /// Of what Azure writes to a storage account.
    #[serde(borrow, default)]
    pub(super) records: Option<Vec<Self>>,
    /// Of AKS.
    #[serde(borrow, default)]
    pub(super) properties: Option<Properties<'t>>,
    /// Of GKE.
    #[serde(borrow, default)]
    pub(super) proto_payload: Option<super::gke::Payload<'t>>,
    #[serde(borrow, default)]
    pub(super) timestamp: Text<'t>,
}

#[derive(Deserialize)]
pub(super) struct User<'t> {
    #[serde(borrow, default)]
    pub(super) username: Text<'t>,
    #[serde(borrow, default)]
    groups: Option<Vec<Cow<'t, str>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ObjectRef<'t> {
    #[serde(borrow, default)]
    pub(super) resource: Text<'t>,
    #[serde(borrow, default)]
    pub(super) namespace: Text<'t>,
    #[serde(borrow, default)]
    pub(super) name: Text<'t>,
    #[serde(borrow, default)]
    pub(super) api_group: Text<'t>,
    #[serde(borrow, default)]
    pub(super) subresource: Text<'t>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    code: Option<i64>,
}

#[derive(Deserialize)]
struct Annotations<'t> {
    #[serde(borrow, default, rename = "authorization.k8s.io/decision")]
    decision: Text<'t>,
}

#[derive(Deserialize)]
pub(super) struct Properties<'t> {
    #[serde(borrow, default)]
    pub(super) log: Text<'t>,
}

/// How far the request was when the event was written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It has come in: nothing is decided.
    Received,
    /// It goes on, as a watch does: the same request is told again when it ends.
    Started,
    /// It has ended.
    Ended,
}

impl<'t> Event<'t> {
    /// Whose rights decided: the impersonated user's, where there is one.
    pub(super) fn user(&self) -> Option<&User<'t>> {
        self.impersonated_user.as_ref().or(self.user.as_ref())
    }

    pub(super) fn stage(&self) -> Stage {
        match self.stage.as_deref() {
            Some("RequestReceived") => Stage::Received,
            Some("ResponseStarted") => Stage::Started,
            _ => Stage::Ended,
        }
    }

    /// Whether the request was authorized: by what the authorizer wrote, else by the answer.
    pub(super) fn is_allowed(&self) -> bool {
        if let Some(annotations) = &self.annotations
            && let Some(decision) = annotations.decision.as_deref()
        {
            return decision == "allow";
        }
        let code = self.response_status.as_ref().and_then(|status| status.code);
        !matches!(code, Some(401 | 403))
    }

    pub(super) fn time(&self) -> Option<&str> {
        self.request_received_timestamp.as_deref().or(self.timestamp.as_deref())
    }
}

impl User<'_> {
    pub(super) fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flatten().map(Cow::as_ref)
    }
}
