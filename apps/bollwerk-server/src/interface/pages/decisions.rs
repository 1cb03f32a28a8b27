//! What the webhook refused, and what it warned of.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use store::DecisionFilter;
use utoipa::ToSchema;

use crate::interface::app::App;
use crate::interface::asked::Asked;
use crate::interface::chrome::Chrome;
use crate::interface::filters;
use crate::interface::form::{Form, Page, Problem};
use crate::interface::viewer::Viewer;

/// An answer of the webhook.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DecisionRow {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Whether the object was let in.
    allowed: bool,
    /// Whether it was only tried.
    dry_run: bool,
    kind: String,
    namespace: Option<String>,
    name: String,
    /// Who asked.
    user: String,
    /// The controls that refused it, or warned.
    controls: Vec<String>,
}

impl DecisionRow {
    fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }
}

/// Answers of the webhook, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct DecisionsPage {
    total: u64,
    decisions: Vec<DecisionRow>,
    /// Where the next page begins: the value of `after`.
    next: Option<String>,
    /// For how many days they are kept.
    days: u32,
    #[serde(skip)]
    asked: Asked,
}

#[derive(Template)]
#[template(path = "decisions.html")]
struct DecisionsHtml<'a> {
    chrome: &'a Chrome,
    page: &'a DecisionsPage,
}

impl Page for DecisionsPage {
    const SCHEMA: &'static str = "decisions";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        DecisionsHtml { chrome, page: self }.render()
    }
}

/// What the webhook refused or warned of, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/decisions",
    params(super::ListParameters),
    responses((status = 200, body = DecisionsPage), (status = 401)),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    asked: Asked,
) -> Result<Response, Response> {
    let chrome = app.chrome(&viewer, "/decisions", "Admission", ("/decisions", &asked));
    match find(&app, &viewer, asked).await {
        Ok(page) => Ok(form.show(&chrome, &page)),
        Err(problem) => Err(problem.answer(form, "/decisions")),
    }
}

async fn find(app: &Arc<App>, viewer: &Viewer, asked: Asked) -> Result<DecisionsPage, Problem> {
    let (view, place) = (app.view(viewer, &asked).await?, asked.place()?);
    let filter = DecisionFilter {
        namespace: asked.one("namespace").map(str::to_owned),
        control: asked.one("control").map(str::to_owned),
        allowed: asked.flag("allowed")?,
        ..DecisionFilter::default()
    };
    let page = app.ask(move |store| store.decisions(&view.sight, &filter, &place)).await?;
    let row = |it: store::Decision| DecisionRow {
        at: it.at,
        allowed: it.allowed,
        dry_run: it.dry_run,
        kind: it.kind,
        namespace: it.namespace,
        name: it.name,
        user: it.user,
        controls: it.controls,
    };
    Ok(DecisionsPage {
        total: page.total,
        decisions: page.rows.into_iter().map(row).collect(),
        next: page.next.map(|it| it.to_string()),
        days: app.settings.retention.decision_days,
        asked,
    })
}
