//! Who somebody is, and what they may do, asked of the API server.

use http::{Request, header};
use kube::client::Body;
use serde::Deserialize;
use serde_json::{Value, json};

use super::connection::{ANSWER_WAIT, Connection, ConnectionError, causes, next};

/// Bytes of an answer, at the most.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Somebody who proved who they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
pub struct Authenticated {
    /// The user name.
    #[serde(default, rename = "username")]
    pub name: String,
    /// The groups.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// What somebody wants to do to an object, or to all of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// The verb.
    pub verb: &'a str,
    /// The API group; empty for core.
    pub group: &'a str,
    /// The resource in the plural.
    pub resource: &'a str,
    /// The namespace; empty for the whole cluster.
    pub namespace: &'a str,
}

impl Connection {
    /// Whose token this is; none if the API server does not know it. It must be meant for the API
    /// server, or for one of the `audiences`, if there are any.
    ///
    /// Source: `TokenReview` of `authentication.k8s.io/v1`.
    pub async fn review_token(
        &self,
        token: &str,
        audiences: &[String],
    ) -> Result<Option<Authenticated>, ConnectionError> {
        let review = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": audiences},
        });
        let answer = self.post("/apis/authentication.k8s.io/v1/tokenreviews", &review).await?;
        if answer["status"]["authenticated"].as_bool() != Some(true) {
            return Ok(None);
        }
        let user = serde_json::from_value::<Authenticated>(answer["status"]["user"].clone());
        let user = user.map_err(|error| self.error(&format!("tells no user: {error}")))?;
        // Only an empty name would be a user without one, whom no role can mean.
        Ok((!user.name.is_empty()).then_some(user))
    }

    /// Whether somebody may do something, as the API server's authorizers say.
    ///
    /// Source: `SubjectAccessReview` of `authorization.k8s.io/v1`.
    pub async fn review_access(
        &self,
        user: &Authenticated,
        access: &Access<'_>,
    ) -> Result<bool, ConnectionError> {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": user.name,
                "groups": user.groups,
                "resourceAttributes": {
                    "verb": access.verb, "group": access.group, "resource": access.resource,
                    "namespace": access.namespace,
                },
            },
        });
        let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
        let answer = self.post(path, &review).await?;
        Ok(answer["status"]["allowed"].as_bool() == Some(true))
    }

    /// What the server makes of an object that it answers at once. The text sent is in no error.
    async fn post(&self, path: &str, object: &Value) -> Result<Value, ConnectionError> {
        let (status, answer) = self.ask("POST", path, Some(object)).await?;
        if (200..300).contains(&status) { Ok(answer) } else { Err(self.refused(status, &answer)) }
    }

    /// Sends a request with a small answer; its status, and the answer as JSON.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        object: Option<&Value>,
    ) -> Result<(u16, Value), ConnectionError> {
        let body = object.map_or_else(Body::empty, |it| Body::from(it.to_string().into_bytes()));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(body)
            .map_err(|error| self.error(&error.to_string()))?;
        let answer = tokio::time::timeout(ANSWER_WAIT, self.client().send(request)).await;
        let answer = answer.map_err(|_| self.error("does not answer in time"))?;
        let answer = answer.map_err(|error| self.error(&causes(&error)))?;
        let status = answer.status().as_u16();
        let mut body = answer.into_body();
        let mut text = Vec::new();
        loop {
            let frame = next(&mut body, ANSWER_WAIT).await;
            match frame.map_err(|refusal| self.error(&refusal.to_string()))? {
                Some(frame) => text.extend_from_slice(&frame),
                None => break,
            }
            if text.len() > ANSWER_BYTES_MAX {
                return Err(self.error("answers with more than 1 MiB"));
            }
        }
        Ok((status, serde_json::from_slice(&text).unwrap_or_default()))
    }

    /// An answer that is a refusal, as an error.
    pub fn refused(&self, status: u16, answer: &Value) -> ConnectionError {
        let message = answer["message"].as_str().unwrap_or_default();
        self.error(&format!("answers with status {status}: {message}"))
    }
}
