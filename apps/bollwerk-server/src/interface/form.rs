//! The two forms of an answer: a page for people, and the same as JSON.

use std::borrow::Cow;
use std::convert::Infallible;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::chrome::{ChoosePage, Chrome};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// HTML.
    Page,
    /// JSON.
    Data,
}

impl<S: Sync> FromRequestParts<S> for Form {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

impl Form {
    /// JSON below `/api/`, and where the client prefers it.
    pub(crate) fn of(parts: &Parts) -> Self {
        let accept = parts.headers.get(header::ACCEPT).and_then(|it| it.to_str().ok());
        Self::wanted(parts.uri.path(), accept.unwrap_or_default())
    }

    /// The form of a path, for a client that takes these media types.
    pub(crate) fn wanted(path: &str, accept: &str) -> Self {
        let at = |kind: &str| accept.find(kind).unwrap_or(usize::MAX);
        let prefers = at("application/json") < at("text/html");
        if path.starts_with("/api/") || prefers { Self::Data } else { Self::Page }
    }

    /// Shows a page in this form.
    pub(crate) fn show<P: Page>(self, chrome: &Chrome, page: &P) -> Response {
        match self {
            Self::Page => match page.html(chrome) {
                Ok(text) => html(StatusCode::OK, text),
                Err(error) => {
                    tracing::error!(%error, page = P::SCHEMA, "a page was not written");
                    StatusCode::INTERNAL_SERVER_ERROR.into_response()
                }
            },
            Self::Data => {
                let mut value = serde_json::to_value(page).unwrap_or_default();
                if let Value::Object(fields) = &mut value {
                    let schema = format!("bollwerk.{}/v1", P::SCHEMA);
                    fields.insert("schema".to_owned(), Value::String(schema));
                }
                data(StatusCode::OK, &value)
            }
        }
    }
}

/// A page: its content as JSON, and its HTML.
pub(crate) trait Page: Serialize {
    /// The name of its schema.
    const SCHEMA: &'static str;

    /// The whole document.
    fn html(&self, chrome: &Chrome) -> askama::Result<String>;
}

/// An answer in HTML.
pub(crate) fn html(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}

/// An answer in JSON.
pub(crate) fn data(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Problem {
    /// Nobody proved who they are.
    Anonymous,
    /// Not allowed, and what it needs.
    Forbidden(String),
    /// There is no such thing, or it may not be seen: the two look the same.
    NotFound,
    /// A question that cannot be.
    Bad(String),
    /// It is about one cluster, and there are several.
    Choose(Vec<String>),
    /// Too many requests.
    TooMany,
    /// The store, or the cluster, does not answer.
    Unavailable(String),
}

impl Problem {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Anonymous => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Bad(_) | Self::Choose(_) => StatusCode::BAD_REQUEST,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Anonymous => "Log in first",
            Self::Forbidden(_) => "Not allowed",
            Self::NotFound => "There is nothing here",
            Self::Bad(_) | Self::Choose(_) => "This cannot be asked",
            Self::TooMany => "Too many requests",
            Self::Unavailable(_) => "No answer at present",
        }
    }

    fn detail(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::Choose(clusters) => {
                let names = clusters.join("`, `");
                return format!("Name one cluster by `cluster=`; there are `{names}`.").into();
            }
            Self::Anonymous => "Send a token as `Authorization: Bearer`, or log in at /login.",
            Self::NotFound => "It may have been fixed and forgotten, or you may not see it.",
            Self::TooMany => "Wait a few seconds.",
            Self::Forbidden(text) | Self::Bad(text) | Self::Unavailable(text) => text,
        })
    }

    /// The answer in a form, within a page's frame where it is a question to the reader.
    pub(crate) fn answer_in(&self, form: Form, chrome: &Chrome, path: &str) -> Response {
        match (self, form) {
            (Self::Choose(_), Form::Page) => match (ChoosePage { chrome }).render() {
                Ok(text) => html(StatusCode::OK, text),
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            },
            _ => self.answer(form, path),
        }
    }

    /// The answer in a form. JSON is that of RFC 9457.
    pub(crate) fn answer(&self, form: Form, path: &str) -> Response {
        let status = self.status();
        let mut answer = match form {
            Form::Data => {
                let (title, detail) = (self.title(), self.detail());
                let value = json!({"title": title, "status": status.as_u16(), "detail": detail});
                let mut answer = data(status, &value);
                let kind = HeaderValue::from_static("application/problem+json");
                answer.headers_mut().insert(header::CONTENT_TYPE, kind);
                answer
            }
            Form::Page if matches!(self, Self::Anonymous) => {
                let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
                let to = format!("/login?next={next}");
                return (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
            }
            Form::Page => {
                let page =
                    super::chrome::ProblemPage { title: self.title(), detail: &self.detail() };
                match page.render() {
                    Ok(text) => html(status, text),
                    Err(_) => status.into_response(),
                }
            }
        };
        if matches!(self, Self::Anonymous) {
            let way = HeaderValue::from_static("Bearer realm=\"bollwerk\"");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, way);
        }
        if matches!(self, Self::TooMany) {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        answer
    }
}

impl From<store::StoreError> for Problem {
    fn from(error: store::StoreError) -> Self {
        tracing::error!(%error, "the store does not answer");
        Self::Unavailable(format!("The store does not answer: {error}."))
    }
}
