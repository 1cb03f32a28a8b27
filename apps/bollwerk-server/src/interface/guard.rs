//! What holds for every answer: headers that bind browsers, and an end to waiting.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_lc_rs::digest;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::app::App;
use super::form::{Form, Problem};

/// Longest time for a request to come to its end and be answered.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// Nothing but what is ours, and no script or style inside of a page, but the styles of our
/// pictures (Content Security Policy Level 3).
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let styles = bollwerk::PICTURE_STYLES.iter().map(|style| {
        let digest = digest::digest(&digest::SHA256, style.as_bytes());
        format!(" 'sha256-{}'", BASE64_STANDARD.encode(digest.as_ref()))
    });
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'{}; img-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        styles.collect::<String>()
    )
});

/// Adds the headers, and turns away what comes under another name than ours.
pub(super) async fn guarded(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let form = form(request.uri(), &request);
    let is_kept = request.uri().path().starts_with("/assets/");
    let mut answer = if app.users.open_to_all().is_some() && !is_loopback(&request) {
        // A page of elsewhere can give its own name this machine's address.
        let text = "The demonstration is open to this machine alone: ask for localhost.".to_owned();
        Problem::Forbidden(text).answer(form, "/")
    } else {
        next.run(request).await
    };
    let headers = answer.headers_mut();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_SECURITY_POLICY, &POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if app.is_tls {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if !is_kept {
        set(header::CACHE_CONTROL, "no-store");
        set(header::VARY, "accept, authorization, cookie");
    }
    answer
}

fn form(uri: &Uri, request: &Request) -> Form {
    let accept = request.headers().get(header::ACCEPT).and_then(|it| it.to_str().ok());
    Form::wanted(uri.path(), accept.unwrap_or_default())
}

/// Whether the address that was asked for is this machine's own.
fn is_loopback(request: &Request) -> bool {
    let host = request.headers().get(header::HOST).and_then(|it| it.to_str().ok());
    let host = host.or_else(|| request.uri().authority().map(axum::http::uri::Authority::as_str));
    let Some(host) = host else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Ends a request that does not come to its end, or whose answer does not.
pub(super) async fn in_time(request: Request, next: Next) -> Response {
    let form = form(request.uri(), &request);
    if let Ok(answer) = tokio::time::timeout(ANSWER_WAIT, next.run(request)).await {
        return answer;
    }
    let text = format!("No answer within {} seconds.", ANSWER_WAIT.as_secs());
    Problem::Unavailable(text).answer(form, "/")
}

/// Answers for all other addresses.
pub(super) async fn nothing(form: Form) -> Response {
    Problem::NotFound.answer(form, "/")
}
