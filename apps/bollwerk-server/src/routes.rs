//! What is answered.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use admission::{BadReview, REVIEW_BYTES_MAX, Text, Unavailable, webhook};
use analyze::Control;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use model::DigestKey;
use tokio::sync::Semaphore;

use crate::causes::Causes;
use crate::decided::{self, Teller};
use crate::images::KnownImages;
use crate::live::{Live, WORLD};
use crate::metrics::Now;
use crate::policies::Policies;
use crate::settings::Settings;
use crate::telemetry::Telemetry;

/// Longest wait for the rest of a review. The API server gives up after
/// [`webhook::TIMEOUT_SECONDS`].
const BODY_WAIT: Duration = Duration::from_secs(3);

/// Reviews that are read or judged at one time; beyond it the API server is told at once to do as
/// its configuration says.
pub(crate) const REVIEWS_MAX: usize = 512;

/// All that an answer needs.
pub(crate) struct Server {
    pub(crate) live: Live,
    pub(crate) settings: Arc<Settings>,
    pub(crate) controls: Vec<&'static Control>,
    pub(crate) key: DigestKey,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) places: Semaphore,
    pub(crate) causes: Arc<Causes>,
    /// Where decisions are stored, if anywhere.
    pub(crate) decided: Option<Teller>,
    /// Admission policies that the cluster does not run itself.
    pub(crate) policies: Option<Policies>,
    /// What is known of images; nothing without a store.
    pub(crate) known: Arc<KnownImages>,
}

/// What the API server asks.
pub(crate) fn webhooks(server: Arc<Server>) -> Router {
    Router::new()
        .route(webhook::OPEN_PATH, post(open))
        .route(webhook::CLOSED_PATH, post(closed))
        .with_state(server)
}

/// A server that may not know the cluster yet.
type Begun = Arc<OnceLock<Arc<Server>>>;

/// What the kubelet and Prometheus ask.
pub(crate) fn health(server: Begun) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(server)
}

async fn ready(State(server): State<Begun>) -> Response {
    let Some(server) = server.get() else {
        let text = "the API server was not reached yet\n";
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    let state = server.live.read();
    if state.is_ready() {
        return "ok\n".into_response();
    }
    let text = format!("{} resources of the cluster were not read yet\n", state.missing());
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}

async fn metrics(State(server): State<Begun>) -> Response {
    let Some(server) = server.get() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let spans_dropped = server.telemetry.tracer.dropped();
    let now = {
        let state = server.live.read();
        let (objects, gaps) = (state.snapshot.len(), state.gaps().count());
        Now { objects, missing: state.missing(), gaps, spans_dropped }
    };
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], server.telemetry.metrics.text(&now)).into_response()
}

async fn open(State(server): State<Arc<Server>>, body: Body) -> Response {
    review(&server, body, Unavailable::Allow).await
}

async fn closed(State(server): State<Arc<Server>>, body: Body) -> Response {
    review(&server, body, Unavailable::Deny).await
}

/// Answers a review; or says that there is no answer, upon which the API server does what the
/// webhook's failure policy says.
async fn review(server: &Server, body: Body, gate: Unavailable) -> Response {
    let shed = |reason: &'static str, status: StatusCode, text: String| {
        server.telemetry.metrics.shed(reason);
        // What was not read of the review stays on the connection: nobody may use it again.
        (status, [(header::CONNECTION, "close")], text).into_response()
    };
    let Ok(_place) = server.places.try_acquire() else {
        let text = "bollwerk is asked more than it can answer".to_owned();
        return shed("overload", StatusCode::SERVICE_UNAVAILABLE, text);
    };
    let bytes = match tokio::time::timeout(BODY_WAIT, to_bytes(body, REVIEW_BYTES_MAX)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => {
            let text = "the review is too large, or did not come to its end".to_owned();
            return shed("body", StatusCode::PAYLOAD_TOO_LARGE, text);
        }
        Err(_) => {
            let text = "the review did not come in time".to_owned();
            return shed("slow", StatusCode::REQUEST_TIMEOUT, text);
        }
    };
    let began = Instant::now();
    let judged = judge(server, &bytes, gate, began);
    let name = webhook_name(gate);
    match judged {
        Ok(Some(answer)) => {
            let said = if answer.is_allowed { "allowed" } else { "refused" };
            server.telemetry.metrics.reviewed(name, said, began.elapsed());
            ([(header::CONTENT_TYPE, "application/json")], answer.json).into_response()
        }
        Ok(None) => {
            let text = "bollwerk does not know the cluster yet".to_owned();
            shed("not-ready", StatusCode::SERVICE_UNAVAILABLE, text)
        }
        Err(error) => shed("malformed", StatusCode::BAD_REQUEST, format!("{error}\n")),
    }
}

fn webhook_name(gate: Unavailable) -> &'static str {
    match gate {
        Unavailable::Allow => "open",
        Unavailable::Deny => "closed",
    }
}

fn judge(
    server: &Server,
    bytes: &[u8],
    gate: Unavailable,
    began: Instant,
) -> Result<Option<admission::Answer>, BadReview> {
    let text = Text::read(bytes, &server.settings.collect.limits)?;
    let review = text.review()?;
    let state = server.live.read();
    if !state.is_ready() {
        return Ok(None);
    }
    let known = server.known.now();
    let known = |image: &str| known.verdict(image);
    let today = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date();
    let judged = admission::Judged {
        snapshot: &state.snapshot,
        world: WORLD,
        worlds: &state.worlds,
        options: &server.settings.judge,
        controls: &server.controls,
        policy: &server.settings.admission,
        exceptions: &server.settings.exceptions,
        today,
        key: &server.key,
        policies: server.policies.as_ref().map(|it| it.with(&state.snapshot, &state.parameters)),
        known_images: Some(&known),
    };
    let decision = admission::decide(&judged, &review, gate);
    drop(state);
    let metrics = &server.telemetry.metrics;
    metrics.found("enforce", decision.refused.len());
    metrics.found("warn", decision.warned.len());
    metrics.found("audit", decision.audited.len());
    if decision.is_allowed() && !review.is_dry_run && review.subresource.is_empty() {
        server.causes.admitted(&review);
    }
    if let Some(teller) = &server.decided {
        decided::tell(teller, &review, &decision, webhook_name(gate));
    }
    server.telemetry.judged(&review, &decision, webhook_name(gate), began.elapsed());
    if !decision.is_allowed() {
        let (object, user) = (decision.subject.as_str(), review.user);
        let controls: Vec<&str> = decision.refused.iter().map(|it| it.finding.control).collect();
        let controls = controls.join(" ");
        tracing::info!(object, user, controls, dry_run = review.is_dry_run, "refused");
    }
    Ok(Some(admission::answer(review.uid, &decision)))
}
