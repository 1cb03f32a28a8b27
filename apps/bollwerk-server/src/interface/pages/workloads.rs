//! What runs, with what is wrong with it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::interface::app::{App, blocking};
use crate::interface::asked::{Asked, CHOICES_MAX};
use crate::interface::chrome::Chrome;
use crate::interface::filters;
use crate::interface::form::{Form, Page, Problem};
use crate::interface::sight::Part;
use crate::interface::viewer::Viewer;
use crate::workloads::Workload;

/// A workload.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkloadRow {
    kind: String,
    namespace: String,
    name: String,
    owner: Option<String>,
    images: Vec<String>,
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    info: u64,
}

impl WorkloadRow {
    /// The severities it has findings of.
    fn counts(&self) -> Vec<(&'static str, u64)> {
        let all = [
            ("critical", self.critical),
            ("high", self.high),
            ("medium", self.medium),
            ("low", self.low),
            ("info", self.info),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// The query of its findings.
    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("namespace", &self.namespace);
        query.append_pair("kind", &self.kind);
        query.append_pair("name", &self.name);
        query.finish()
    }
}

/// What runs, the worst first.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct WorkloadsPage {
    total: u64,
    workloads: Vec<WorkloadRow>,
    /// Where the next page begins: the value of `after`.
    next: Option<String>,
    #[serde(skip)]
    namespaces: Vec<String>,
    #[serde(skip)]
    asked: Asked,
}

#[derive(Template)]
#[template(path = "workloads.html")]
struct WorkloadsHtml<'a> {
    chrome: &'a Chrome,
    page: &'a WorkloadsPage,
}

impl Page for WorkloadsPage {
    const SCHEMA: &'static str = "workloads";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        WorkloadsHtml { chrome, page: self }.render()
    }
}

/// What runs, the worst first.
#[utoipa::path(
    get,
    path = "/api/v1/workloads",
    params(super::ListParameters),
    responses((status = 200, body = WorkloadsPage), (status = 401)),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    asked: Asked,
) -> Result<Response, Response> {
    let chrome = app.chrome(&viewer, "/workloads", "Workloads", ("/workloads", &asked));
    match find(&app, &viewer, asked).await {
        Ok(page) => Ok(form.show(&chrome, &page)),
        Err(problem) => Err(problem.answer_in(form, &chrome, "/workloads")),
    }
}

async fn find(app: &Arc<App>, viewer: &Viewer, asked: Asked) -> Result<WorkloadsPage, Problem> {
    let view = app.view(viewer, &asked).await?;
    view.one()?;
    let limit = asked.limit()?;
    let first = match asked.one("after").map(str::parse::<usize>) {
        None => 0,
        Some(Ok(first)) => first,
        Some(Err(_)) => return Err(Problem::Bad("`after` is no place in this list.".to_owned())),
    };
    blocking(move || {
        let Some(Part { assessed, seen, .. }) = view.parts.first() else {
            return WorkloadsPage::default();
        };
        let shown = |it: &&Workload| seen.allows(&it.group, &it.kind, Some(&it.namespace));
        let all: Vec<&Workload> = assessed.workloads.iter().filter(shown).collect();
        let mut namespaces: Vec<String> = all.iter().map(|it| it.namespace.clone()).collect();
        namespaces.dedup();
        namespaces.truncate(CHOICES_MAX);
        let mut found: Vec<&Workload> = all.into_iter().filter(|it| fits(it, &asked)).collect();
        // By name among those that are as bad: that is the order they come in.
        found.sort_by_key(|it| std::cmp::Reverse(it.counts));
        let total = found.len();
        let workloads = found.into_iter().skip(first).take(limit).map(workload_row).collect();
        let next = (first.saturating_add(limit) < total).then(|| (first + limit).to_string());
        WorkloadsPage { total: total as u64, workloads, next, namespaces, asked }
    })
    .await
}

/// Whether a workload is asked for.
fn fits(workload: &Workload, asked: &Asked) -> bool {
    let is = |key: &str, value: &str| asked.one(key).is_none() || asked.has(key, value);
    let text = asked.text("q").to_lowercase();
    let has = |value: &str| value.to_lowercase().contains(&text);
    is("namespace", &workload.namespace)
        && is("kind", &workload.kind)
        && is("owner", workload.owner.as_deref().unwrap_or_default())
        && (text.is_empty() || has(&workload.name) || workload.images.iter().any(|it| has(it)))
}

fn workload_row(workload: &Workload) -> WorkloadRow {
    let [critical, high, medium, low, info] = workload.counts;
    WorkloadRow {
        kind: workload.kind.clone(),
        namespace: workload.namespace.clone(),
        name: workload.name.clone(),
        owner: workload.owner.clone(),
        images: workload.images.clone(),
        critical,
        high,
        medium,
        low,
        info,
    }
}
