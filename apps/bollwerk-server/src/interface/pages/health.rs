//! What bollwerk could not see, and how it is itself.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use store::{ActionFilter, Filter, PageRequest};
use utoipa::ToSchema;

use super::clusters::{self, ClusterRow};
use crate::interface::app::App;
use crate::interface::asked::Asked;
use crate::interface::chrome::Chrome;
use crate::interface::filters;
use crate::interface::form::{Form, Page, Problem};
use crate::interface::sight::{Part, View};
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
    /// None before the cluster was judged, and of several clusters.
    kubernetes_version: Option<String>,
    /// When the cluster was judged last; none before the first time.
    #[schema(value_type = Option<String>, format = DateTime)]
    assessed_at: Option<Timestamp>,
    objects: u64,
    /// All clusters, where there are several and none is chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clusters: Vec<ClusterRow>,
    /// Clusters that are not followed yet, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    away: Vec<Away>,
    /// How many gaps there are.
    gap_count: usize,
    gaps: Vec<GapRow>,
    /// Whether gaps are left out that the viewer may not see.
    is_part: bool,
    /// What was done with bollwerk itself, the newest first; none for those who may not see all.
    actions: Vec<ActionRow>,
}

/// A cluster that is not followed yet.
#[derive(Serialize, ToSchema)]
pub(crate) struct Away {
    cluster: String,
    /// Why; none for those who may not see all of the server's own cluster.
    reason: Option<String>,
}

/// Something that is not known.
#[derive(Serialize, ToSchema)]
pub(crate) struct GapRow {
    /// The cluster, where several are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
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
    params(super::ClusterParameter),
    responses((status = 200, body = Health), (status = 401)),
)]
pub(crate) async fn health(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    asked: Asked,
) -> Result<Response, Response> {
    let chrome = app.chrome(&viewer, "/health", "Health", ("/health", &asked));
    match find(&app, &viewer, &asked).await {
        Ok(page) => Ok(form.show(&chrome, &page)),
        Err(problem) => Err(problem.answer(form, "/health")),
    }
}

async fn find(app: &Arc<App>, viewer: &Viewer, asked: &Asked) -> Result<Health, Problem> {
    let view = app.view(viewer, asked).await?;
    let (this, filter) = (Arc::clone(&view), Filter::default());
    let clusters = app.ask(move |store| clusters::rows(store, &this, &filter)).await?;
    let gaps = gaps(&view);
    let images = missed(app, &view);
    let gap_count = view.parts.iter().map(|it| it.assessed.gaps.len()).sum::<usize>()
        + app.follow_up.missed(of_these(app, &view).as_deref()).len();
    let all_assessed = view.parts.iter().all(|it| it.assessed.number > 0);
    let oldest = view.parts.iter().map(|it| it.assessed.snapshot.taken_at).min();
    let version = view.one().ok().filter(|it| it.assessed.number > 0);
    Ok(Health {
        version: env!("CARGO_PKG_VERSION"),
        kubernetes_version: version.map(|it| it.assessed.snapshot.version.to_string()),
        assessed_at: oldest.filter(|_| all_assessed),
        objects: view.parts.iter().map(|it| it.assessed.snapshot.len() as u64).sum(),
        clusters,
        away: away(app, viewer, &view).await?,
        gap_count,
        gaps: gaps.into_iter().chain(images).take(GAPS_MAX).collect(),
        is_part: !view.is_all() && gap_count > 0,
        actions: actions(app, &view).await?,
    })
}

/// What is not known of clusters. A gap names objects and files in its own words: only who sees
/// all of its cluster sees it.
fn gaps(view: &View) -> Vec<GapRow> {
    let is_one = view.one().is_ok();
    let shown = view.parts.iter().filter(|it| it.seen.is_all);
    let rows = shown.flat_map(|Part { shown, assessed, .. }| {
        assessed.gaps.iter().take(GAPS_MAX).map(move |gap| GapRow {
            cluster: (!is_one).then(|| shown.name.clone()),
            kind: gap.kind.name(),
            subject: gap.subject.clone(),
            reason: gap.reason.clone(),
        })
    });
    rows.take(GAPS_MAX).collect()
}

/// The names of the clusters that are shown; none where that is all there are.
fn of_these<'v>(app: &App, view: &'v View) -> Option<Vec<&'v str>> {
    let is_all = view.parts.len() == app.clusters.len();
    (!is_all).then(|| view.parts.iter().map(|it| it.shown.name.as_str()).collect())
}

/// Images that could not be had, of the clusters of which all may be seen.
fn missed(app: &App, view: &View) -> Vec<GapRow> {
    let shown: Vec<&str> =
        view.parts.iter().filter(|it| it.seen.is_all).map(|it| it.shown.name.as_str()).collect();
    let is_all = shown.len() == app.clusters.len();
    let images = app.follow_up.missed((!is_all).then_some(&shown));
    let row = |(kind, subject, reason)| GapRow { cluster: None, kind, subject, reason };
    images.into_iter().map(row).collect()
}

/// Clusters that are not followed yet. Why, and so where they are, is for those who may see all of
/// the server's own: there the files stand that say it.
async fn away(app: &Arc<App>, viewer: &Viewer, view: &View) -> Result<Vec<Away>, Problem> {
    let problems: Vec<(String, String)> = view
        .parts
        .iter()
        .filter_map(|it| Some((it.shown.name.clone(), it.shown.problem()?)))
        .collect();
    if problems.is_empty() {
        return Ok(Vec::new());
    }
    let all = app.view(viewer, &Asked::default()).await?;
    let own = app.clusters.first().and_then(|it| all.part(&it.name));
    let is_told = own.is_some_and(|it| it.seen.is_all);
    let row =
        |(cluster, reason): (String, String)| Away { cluster, reason: is_told.then_some(reason) };
    Ok(problems.into_iter().map(row).collect())
}

/// What was done with bollwerk itself in the clusters of which all may be seen; what is about none
/// of them is told to those who may see all of all.
async fn actions(app: &Arc<App>, view: &View) -> Result<Vec<ActionRow>, Problem> {
    let shown = view.parts.iter().filter(|it| it.seen.is_all);
    let mut clusters: Vec<String> = shown.map(|it| it.shown.name.clone()).collect();
    if clusters.is_empty() {
        return Ok(Vec::new());
    }
    if clusters.len() == app.clusters.len() {
        clusters.push(String::new());
    }
    let filter = ActionFilter { clusters: Some(clusters), ..ActionFilter::default() };
    let page = PageRequest::first(ACTIONS);
    let actions = app.ask(move |store| store.actions(&filter, &page)).await?.rows;
    let row = |it: store::Action| ActionRow {
        at: it.at,
        user: it.user,
        verb: it.verb,
        target: it.target,
        outcome: it.outcome,
    };
    Ok(actions.into_iter().map(row).collect())
}
