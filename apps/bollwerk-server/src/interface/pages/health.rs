//! What bollwerk could not see, and how it is itself.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use store::{ActionFilter, PageRequest};
use utoipa::ToSchema;

use crate::follow_up;
use crate::interface::app::App;
use crate::interface::asked::Asked;
use crate::interface::chrome::Chrome;
use crate::interface::filters;
use crate::interface::form::{Form, Page, Problem};
use crate::interface::viewer::Viewer;

/// Gaps shown at the most.
const GAPS_MAX: usize = 500;

/// Actions shown.
const ACTIONS: usize = 25;

/// What is not known, and how bollwerk is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Health {
    version: &'static str,
    kubernetes_version: String,
    /// When the cluster was judged last; none before the first time.
    #[schema(value_type = Option<String>, format = DateTime)]
    assessed_at: Option<Timestamp>,
    objects: u64,
    /// How many gaps there are.
    gap_count: usize,
    gaps: Vec<GapRow>,
    /// Whether gaps are left out that the viewer may not see.
    is_part: bool,
    /// What was done with bollwerk itself, the newest first; none for those who may not see all.
    actions: Vec<ActionRow>,
}

/// Something that is not known.
#[derive(Serialize, ToSchema)]
pub(crate) struct GapRow {
    kind: &'static str,
    subject: String,
    reason: String,
}

/// Something somebody did.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActionRow {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    user: String,
    verb: String,
    target: String,
    outcome: String,
}

#[derive(Template)]
#[template(path = "health.html")]
struct HealthHtml<'a> {
    chrome: &'a Chrome,
    page: &'a Health,
}

impl Page for Health {
    const SCHEMA: &'static str = "health";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        HealthHtml { chrome, page: self }.render()
    }
}

/// What is not known, and how bollwerk is.
#[utoipa::path(
    get,
    path = "/api/v1/health",
    responses((status = 200, body = Health), (status = 401)),
)]
pub(crate) async fn health(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    asked: Asked,
) -> Result<Response, Response> {
    let chrome = app.chrome(&viewer, "/health", "Health", ("/health", &asked));
    match find(&app, &viewer).await {
        Ok(page) => Ok(form.show(&chrome, &page)),
        Err(problem) => Err(problem.answer(form, "/health")),
    }
}

async fn find(app: &Arc<App>, viewer: &Viewer) -> Result<Health, Problem> {
    let (seen, assessed) = (app.seen(viewer).await?, app.assessed());
    let actions = if seen.is_all {
        let page = PageRequest::first(ACTIONS);
        app.ask(move |store| store.actions(&ActionFilter::default(), &page)).await?.rows
    } else {
        Vec::new()
    };
    let images = follow_up::missed(&app.missed);
    let images = images.into_iter().filter(|_| seen.is_all);
    let images = images.map(|(kind, subject, reason)| GapRow { kind, subject, reason });
    let gap_count = assessed.gaps.len() + follow_up::missed(&app.missed).len();
    // A gap names objects and files in its own words: only who sees all sees them.
    let shown = assessed.gaps.iter().filter(|_| seen.is_all).take(GAPS_MAX);
    Ok(Health {
        version: env!("CARGO_PKG_VERSION"),
        kubernetes_version: assessed.snapshot.version.to_string(),
        assessed_at: (assessed.number > 0).then_some(assessed.snapshot.taken_at),
        objects: assessed.snapshot.len() as u64,
        gap_count,
        gaps: shown
            .map(|gap| GapRow {
                kind: gap.kind.name(),
                subject: gap.subject.clone(),
                reason: gap.reason.clone(),
            })
            .chain(images)
            .take(GAPS_MAX)
            .collect(),
        is_part: !seen.is_all && gap_count > 0,
        actions: actions
            .into_iter()
            .map(|it| ActionRow {
                at: it.at,
                user: it.user,
                verb: it.verb,
                target: it.target,
                outcome: it.outcome,
            })
            .collect(),
    })
}
