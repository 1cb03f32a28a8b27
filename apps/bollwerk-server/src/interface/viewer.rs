//! Who asks: by a token, by a session, or anybody where that was chosen (`demo`).

use std::sync::Arc;

use aws_lc_rs::digest;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use collect::cluster::Authenticated;

use super::app::App;
use super::form::{Form, Problem};
use crate::digests::{hash, hex};
use crate::users::Known;

/// Name of the cookie of a session. The prefix makes browsers hold it to this host, this path
/// and TLS (RFC 6265bis, section 4.1.3.2).
pub(crate) const COOKIE: &str = "__Host-bollwerk";

/// The same where there is no TLS: on this machine alone.
pub(crate) const COOKIE_PLAIN: &str = "bollwerk";

/// Header by which a program names the cluster whose API server vouches for its token; the
/// server's own where it names none. No filter does that: a token would go where it must not.
pub(crate) const CLUSTER: &str = "bollwerk-cluster";

/// Somebody who asks.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    pub(crate) user: Authenticated,
    /// The only cluster in which the viewer is somebody; none: in all.
    pub(crate) of: Option<String>,
    /// What a form of this viewer must hold to be taken; none where no browser is.
    pub(crate) form_key: Option<String>,
    /// The digest of the session, if it is one.
    pub(crate) session: Option<[u8; 32]>,
}

impl FromRequestParts<Arc<App>> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let found = Self::find(&parts.headers, app).await;
        let checked = found.and_then(|viewer| {
            if app.limits.take(&viewer.limited_as()) { Ok(viewer) } else { Err(Problem::TooMany) }
        });
        let place = parts.uri.path_and_query().map_or("/", |it| it.as_str());
        checked.map_err(|problem| problem.answer(Form::of(parts), place))
    }
}

impl Viewer {
    async fn find(headers: &HeaderMap, app: &Arc<App>) -> Result<Self, Problem> {
        if let Some(token) = bearer(headers) {
            let cluster = headers.get(CLUSTER).map(|it| it.to_str().unwrap_or_default());
            let known = app.users.of_token(token, cluster).await?.ok_or(Problem::Anonymous)?;
            return Ok(Self { user: known.user, of: known.of, form_key: None, session: None });
        }
        if let Some(secret) = cookie(headers, app.cookie_name()) {
            let hash = hash(secret.as_bytes());
            let found = app.ask(move |store| store.session(&hash, jiff::Timestamp::now())).await?;
            // A session of a cluster that is not shown is nobody's here.
            let is_shown = |of: &String| app.clusters.iter().any(|it| it.name == *of);
            let found = found.filter(|it| it.cluster.as_ref().is_none_or(is_shown));
            if let Some(session) = found {
                let user = Authenticated { name: session.user, groups: session.groups };
                let form_key = Some(form_key(secret.as_bytes()));
                let of = session.cluster;
                return Ok(Self { user, of, form_key, session: Some(hash) });
            }
        }
        let open = app.users.open_to_all().ok_or(Problem::Anonymous)?;
        let form_key = Some(form_key(&app.secret));
        let Known { user, of } = open.clone();
        Ok(Self { user, of, form_key, session: None })
    }

    /// The name under which requests are counted: that of another cluster is somebody else's.
    fn limited_as(&self) -> String {
        format!("{}\n{}", self.user.name, self.of.as_deref().unwrap_or_default())
    }

    /// Whether a change that a browser sent was meant by the viewer: it comes from a page of ours
    /// and holds the key that only our pages hold.
    pub(crate) fn meant(&self, headers: &HeaderMap, key: Option<&str>) -> Result<(), Problem> {
        let refused = |why: &str| Err(Problem::Forbidden(why.to_owned()));
        let Some(wanted) = &self.form_key else { return Ok(()) };
        let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
        if !matches!(text("sec-fetch-site"), None | Some("same-origin" | "none")) {
            return refused("The change was sent by a page of another site.");
        }
        if let (Some(origin), Some(host)) = (text("origin"), text("host"))
            && origin.split_once("://").is_none_or(|(_, it)| it != host)
        {
            return refused("The change was sent by a page of another site.");
        }
        let given = key.unwrap_or_default().as_bytes();
        match aws_lc_rs::constant_time::verify_slices_are_equal(given, wanted.as_bytes()) {
            Ok(()) => Ok(()),
            Err(_) => refused("The form is too old, or was not ours. Load the page again."),
        }
    }
}

/// The token of a request, if it sends one.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The value of a cookie.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    let mut pairs = all.flat_map(|text| text.split(';')).filter_map(|it| it.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// What forms hold: it follows from the secret, and the secret does not follow from it.
fn form_key(secret: &[u8]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"bollwerk form ");
    context.update(secret);
    hex(context.finish().as_ref())
}
