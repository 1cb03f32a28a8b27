//! Logging in and out.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use collect::cluster::Authenticated;
use jiff::{SignedDuration, Timestamp};
use store::Session;

use super::exceptions::see;
use crate::digests::hash;
use crate::interface::app::App;
use crate::interface::asked::Asked;
use crate::interface::form::{Form, Problem, html};
use crate::interface::viewer::{Viewer, cookie};
use crate::users::{Known, secret};

/// How long a session lasts: a working day.
const SESSION: SignedDuration = SignedDuration::from_hours(10);

/// How long somebody may take at the identity provider, in seconds.
const LOGIN_SECONDS: u32 = 600;

/// Name under which tries to log in are counted together.
const LOGIN_LIMIT: &str = "\0login";

#[derive(Template)]
#[template(path = "login.html")]
struct LoginHtml<'a> {
    error: Option<&'a str>,
    next: &'a str,
    has_provider: bool,
    provider: &'a str,
    has_tokens: bool,
    /// The clusters whose tokens let somebody in, where there are several.
    clusters: Vec<&'a str>,
    hint: &'a str,
}

/// The page on which people log in.
pub(crate) async fn page(State(app): State<Arc<App>>, asked: Asked) -> Response {
    show(&app, local(asked.text("next")), None, StatusCode::OK)
}

fn show(app: &App, next: &str, error: Option<&str>, status: StatusCode) -> Response {
    let provider = app.users.provider();
    let page = LoginHtml {
        error,
        next,
        has_provider: provider.is_some(),
        provider: provider.map_or("", |it| it.name()),
        has_tokens: app.users.has_tokens(),
        clusters: Some(app.users.vouching()).filter(|it| it.len() > 1).unwrap_or_default(),
        hint: app.users.hint(),
    };
    match page.render() {
        Ok(text) => html(status, text),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// An address of ours that somebody wanted; the overview for any other.
fn local(next: &str) -> &str {
    let is_ours = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    if is_ours && !next.contains(char::is_control) { next } else { "/" }
}

/// Logs in with a token.
pub(crate) async fn enter(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (mut token, mut next, mut cluster) = (String::new(), String::new(), String::new());
    for (name, value) in form_urlencoded::parse(&body) {
        match &*name {
            "token" => token = value.trim().to_owned(),
            "next" => next = value.into_owned(),
            "cluster" => cluster = value.into_owned(),
            _ => {}
        }
    }
    let next = local(&next).to_owned();
    if !app.limits.take(LOGIN_LIMIT) {
        return Problem::TooMany.answer(Form::Page, "/login");
    }
    if let Err(problem) = of_our_pages(&headers) {
        return problem.answer(Form::Page, "/login");
    }
    let cluster = Some(cluster.as_str()).filter(|it| !it.is_empty());
    // A token is shown to one API server, and to none that nobody chose.
    if cluster.is_none() && app.users.vouching().len() > 1 {
        let text = "Choose the cluster that the token is of.";
        return show(&app, &next, Some(text), StatusCode::BAD_REQUEST);
    }
    match app.users.of_token(&token, cluster).await {
        Ok(Some(known)) => begin(&app, known, &next, &[]).await,
        Ok(None) => {
            let noted = app.note("", "", "login", "token", "refused").await;
            let text = "Nobody knows this token. It may have ended.";
            noted.map_or_else(
                |problem| problem.answer(Form::Page, "/login"),
                |()| show(&app, &next, Some(text), StatusCode::UNAUTHORIZED),
            )
        }
        Err(problem) => problem.answer(Form::Page, "/login"),
    }
}

/// Whether a login was sent by our own page: nobody shall be logged in as somebody else.
fn of_our_pages(headers: &HeaderMap) -> Result<(), Problem> {
    let (user, form_key) = (Authenticated::default(), Some(String::new()));
    let nobody = Viewer { user, of: None, form_key, session: None };
    nobody.meant(headers, Some(""))
}

/// Begins a session under a secret that nobody had before, and goes on to a page.
async fn begin(app: &App, known: Known, next: &str, cookies: &[String]) -> Response {
    let made = make(app, known).await;
    let secret = match made {
        Ok(secret) => secret,
        Err(problem) => return problem.answer(Form::Page, "/login"),
    };
    let mut answer = see(next);
    let own = cookie_line(app, app.cookie_name(), &secret, SESSION.as_secs());
    for line in std::iter::once(&own).chain(cookies) {
        if let Ok(value) = line.parse() {
            answer.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    answer
}

async fn make(app: &App, Known { user, of }: Known) -> Result<String, Problem> {
    let secret = secret()?;
    let (digest, made_at) = (hash(secret.as_bytes()), Timestamp::now());
    let session = Session {
        user: user.name.clone(),
        groups: user.groups,
        cluster: of.clone(),
        made_at,
        until: made_at + SESSION,
    };
    app.ask(move |store| store.create_session(&digest, &session)).await?;
    app.note(of.as_deref().unwrap_or_default(), &user.name, "login", "session", "done").await?;
    Ok(secret)
}

fn cookie_line(app: &App, name: &str, value: &str, seconds: i64) -> String {
    let secure = if app.is_tls { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// Ends the session.
pub(crate) async fn leave(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut fields = form_urlencoded::parse(&body);
    let key = fields.find(|(name, _)| name == "key").map(|(_, value)| value.into_owned());
    if let Err(problem) = viewer.meant(&headers, key.as_deref()) {
        return problem.answer(Form::Page, "/");
    }
    if let Some(digest) = viewer.session {
        let ended = app.ask(move |store| store.end_session(&digest)).await;
        if let Err(problem) = ended {
            return problem.answer(Form::Page, "/");
        }
        if let Err(problem) = app
            .note(
                viewer.of.as_deref().unwrap_or_default(),
                &viewer.user.name,
                "logout",
                "session",
                "done",
            )
            .await
        {
            return problem.answer(Form::Page, "/");
        }
    }
    let mut answer = see("/login");
    if let Ok(value) = cookie_line(&app, app.cookie_name(), "", 0).parse() {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
    answer
}

/// The cookie that a browser keeps while its user is at the identity provider.
fn login_cookie(app: &App) -> &'static str {
    if app.is_tls { "__Host-bollwerk-login" } else { "bollwerk-login" }
}

/// Sends the browser to the identity provider.
pub(crate) async fn start(State(app): State<Arc<App>>, asked: Asked) -> Response {
    let Some(provider) = app.users.provider() else {
        return Problem::NotFound.answer(Form::Page, "/login");
    };
    let Ok(started) = provider.start() else {
        let text = "The system has no random numbers.".to_owned();
        return Problem::Unavailable(text).answer(Form::Page, "/login");
    };
    let next: String =
        form_urlencoded::byte_serialize(local(asked.text("next")).as_bytes()).collect();
    let value = format!("{}.{next}", started.cookie);
    let line = cookie_line(&app, login_cookie(&app), &value, LOGIN_SECONDS.into());
    let mut answer = see(&started.address);
    if let Ok(value) = line.parse() {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
    answer
}

/// The browser comes back from the identity provider.
pub(crate) async fn callback(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(provider) = app.users.provider() else {
        return Problem::NotFound.answer(Form::Page, "/login");
    };
    if !app.limits.take(LOGIN_LIMIT) {
        return Problem::TooMany.answer(Form::Page, "/login");
    }
    let query = query.unwrap_or_default();
    let value = |wanted: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let (state, code) = (value("state").unwrap_or_default(), value("code").unwrap_or_default());
    let kept = cookie(&headers, login_cookie(&app)).unwrap_or_default();
    let mut parts = kept.splitn(4, '.');
    let kept: Vec<&str> = parts.by_ref().take(3).collect();
    let next = format!("next={}", parts.next().unwrap_or_default());
    let mut next = form_urlencoded::parse(next.as_bytes());
    let next = next.next().map(|(_, value)| value.into_owned()).unwrap_or_default();
    match provider.finish(&state, &code, &kept.join(".")).await {
        Ok(user) => {
            let gone = cookie_line(&app, login_cookie(&app), "", 0);
            begin(&app, Known { user, of: None }, local(&next), &[gone]).await
        }
        Err(error) => {
            tracing::info!(error = format!("{error:#}"), "a login was refused");
            let noted = app.note("", "", "login", "provider", "refused").await;
            let text = "The login was not taken. Try again; the log of the server says why.";
            noted.map_or_else(
                |problem| problem.answer(Form::Page, "/login"),
                |()| show(&app, local(&next), Some(text), StatusCode::UNAUTHORIZED),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn nobody_is_sent_elsewhere() {
        assert_eq!(local("/findings?q=a"), "/findings?q=a");
        for next in ["", "//evil", "https://evil", "/\\evil", "/a\r\nSet-Cookie: x=y", "evil"] {
            assert_eq!(local(next), "/", "{next}");
        }
    }
}
