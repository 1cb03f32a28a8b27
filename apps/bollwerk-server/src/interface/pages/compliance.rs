//! Frameworks, item by item.

use std::sync::{Arc, PoisonError};

use analyze::compliance::{self, Run};
use analyze::frameworks;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use model::Finding;
use model::compliance::{Answer, Status};
use serde::Serialize;
use utoipa::ToSchema;

use crate::assess::{Assessed, parts};
use crate::interface::app::{App, blocking};
use crate::interface::asked::Asked;
use crate::interface::chrome::Chrome;
use crate::interface::filters;
use crate::interface::form::{Form, Page, Problem};
use crate::interface::sight::Seen;
use crate::interface::viewer::Viewer;

/// All frameworks, with how many items fare how.
#[derive(Serialize, ToSchema)]
pub(crate) struct Frameworks {
    frameworks: Vec<FrameworkRow>,
    /// Whether all of the cluster is in it; else what the viewer may see.
    complete: bool,
}

/// A framework.
#[derive(Serialize, ToSchema)]
pub(crate) struct FrameworkRow {
    name: &'static str,
    title: &'static str,
    counts: Vec<StatusCount>,
    items: usize,
}

/// Items that fare so.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatusCount {
    status: &'static str,
    count: usize,
}

impl StatusCount {
    fn class(&self) -> String {
        self.status.replace(' ', "-")
    }
}

#[derive(Template)]
#[template(path = "frameworks.html")]
struct FrameworksHtml<'a> {
    chrome: &'a Chrome,
    page: &'a Frameworks,
}

impl Page for Frameworks {
    const SCHEMA: &'static str = "frameworks";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        FrameworksHtml { chrome, page: self }.render()
    }
}

/// All frameworks, with how many items fare how.
#[utoipa::path(
    get,
    path = "/api/v1/compliance",
    params(super::ClusterParameter),
    responses((status = 200, body = Frameworks), (status = 401)),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    asked: Asked,
) -> Result<Response, Response> {
    let path = "/compliance";
    let chrome = app.chrome(&viewer, "/compliance", "Compliance", (path, &asked));
    let part = part(&app, &viewer, &asked).await;
    let (assessed, seen) = part.map_err(|problem| problem.answer_in(form, &chrome, path))?;
    let this = Arc::clone(&app);
    let page = blocking(move || {
        let complete = seen.is_all;
        let row = |framework| {
            let found = known(&this, &assessed, &seen, framework);
            FrameworkRow {
                name: found.name,
                title: found.title,
                counts: counts(&found),
                items: found.answers.len(),
            }
        };
        Frameworks { frameworks: frameworks::all().iter().map(|it| row(it)).collect(), complete }
    });
    let page = page.await.map_err(|problem| problem.answer(form, path))?;
    Ok(form.show(&chrome, &page))
}

/// One framework.
#[derive(Serialize, ToSchema)]
pub(crate) struct Compliance {
    name: &'static str,
    title: &'static str,
    source: &'static str,
    /// How many items fare how, whichever are asked for.
    counts: Vec<StatusCount>,
    items: Vec<ItemRow>,
    complete: bool,
    #[serde(skip)]
    asked: Asked,
}

impl Compliance {
    /// The items of each section, in the framework's order.
    fn sections(&self) -> Vec<(&str, &[ItemRow])> {
        self.items.chunk_by(|a, b| a.section == b.section).map(|it| (&*it[0].section, it)).collect()
    }
}

/// An item of a framework.
#[derive(Serialize, ToSchema)]
pub(crate) struct ItemRow {
    section: String,
    id: &'static str,
    title: &'static str,
    status: &'static str,
    reason: String,
    controls: Vec<&'static str>,
    findings: usize,
    places: Vec<String>,
}

impl ItemRow {
    fn class(&self) -> String {
        self.status.replace(' ', "-")
    }
}

#[derive(Template)]
#[template(path = "compliance.html")]
struct ComplianceHtml<'a> {
    chrome: &'a Chrome,
    page: &'a Compliance,
}

impl Page for Compliance {
    const SCHEMA: &'static str = "compliance";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        ComplianceHtml { chrome, page: self }.render()
    }
}

/// One framework, item by item.
#[utoipa::path(
    get,
    path = "/api/v1/compliance/{name}",
    params(
        ("name" = String, Path, description = "The framework's short name"),
        ("state" = Option<String>, Query, description = "Items that fare so: `fail`, `pass` …"),
        super::ClusterParameter,
    ),
    responses((status = 200, body = Compliance), (status = 401), (status = 404)),
)]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Response> {
    let path = format!("/compliance/{name}");
    let page = find(&app, &viewer, &name, asked.clone()).await.map_err(|problem| {
        let chrome = app.chrome(&viewer, "/compliance", "Compliance", (&path, &asked));
        problem.answer_in(form, &chrome, &path)
    })?;
    let chrome = app.chrome(&viewer, "/compliance", page.title, (&path, &page.asked));
    Ok(form.show(&chrome, &page))
}

async fn find(
    app: &Arc<App>,
    viewer: &Viewer,
    name: &str,
    asked: Asked,
) -> Result<Compliance, Problem> {
    let framework = frameworks::all().iter().find(|it| it.name == name);
    let framework = framework.ok_or(Problem::NotFound)?;
    let (assessed, seen) = part(app, viewer, &asked).await?;
    let this = Arc::clone(app);
    blocking(move || {
        let found = known(&this, &assessed, &seen, framework);
        let is_asked = |it: &ItemRow| asked.one("state").is_none() || asked.has("state", it.status);
        Compliance {
            name: found.name,
            title: found.title,
            source: found.source,
            counts: counts(&found),
            items: found.answers.iter().map(item).filter(is_asked).collect(),
            complete: seen.is_all,
            asked,
        }
    })
    .await
}

/// The cluster that is asked for.
async fn part(
    app: &Arc<App>,
    viewer: &Viewer,
    asked: &Asked,
) -> Result<(Arc<Assessed>, Arc<Seen>), Problem> {
    let view = app.view(viewer, asked).await?;
    let part = view.one()?;
    Ok((Arc::clone(&part.assessed), Arc::clone(&part.seen)))
}

fn counts(found: &model::compliance::Compliance) -> Vec<StatusCount> {
    let count =
        |status: &Status| StatusCount { status: status.name(), count: found.count(*status) };
    Status::ALL.iter().map(count).collect()
}

fn item(answer: &Answer) -> ItemRow {
    let (number, title) = answer.section;
    ItemRow {
        section: format!("{number} {title}"),
        id: answer.id,
        title: answer.title,
        status: answer.status.name(),
        reason: answer.reason.clone(),
        controls: answer.controls.clone(),
        findings: answer.findings,
        places: answer.places.clone(),
    }
}

/// What is said of a framework, kept for as long as what it is made from.
fn known(
    app: &App,
    assessed: &Assessed,
    seen: &Seen,
    framework: &'static analyze::framework::Framework,
) -> Arc<model::compliance::Compliance> {
    // From whom nothing is hidden, all see the same.
    let kept = if seen.is_all { &assessed.compliance } else { &seen.compliance };
    let lock = || kept.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = lock().get(framework.name) {
        return Arc::clone(found);
    }
    let found = Arc::new(assess(app, assessed, seen, framework));
    lock().insert(framework.name, Arc::clone(&found));
    found
}

/// What is said of a framework, from what may be seen.
fn assess(
    app: &App,
    assessed: &Assessed,
    seen: &Seen,
    framework: &'static analyze::framework::Framework,
) -> model::compliance::Compliance {
    let shown = |finding: &&Finding| {
        let (group, kind, namespace, _) = parts(&finding.subject);
        seen.allows(group, kind, namespace)
    };
    let findings: Vec<&Finding> = assessed.findings.iter().filter(shown).collect();
    let hidden: Vec<&Finding> = assessed.hidden.iter().filter(shown).collect();
    compliance::assess(
        framework,
        &Run {
            snapshot: &assessed.snapshot,
            workloads: assessed.workloads.len() as u64,
            options: &app.settings.judge,
            findings: &findings,
            hidden: &hidden,
            gaps: assessed.gaps.len(),
        },
    )
}
