//! Vulnerabilities in what runs, and where each is.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use model::Severity;
use serde::Serialize;
use store::{PageRequest, Sight, Store, StoreError, VulnerabilityFilter};
use utoipa::ToSchema;

use super::images::{InImage, RunningRow, in_image, running_row};
use crate::interface::app::App;
use crate::interface::asked::{Asked, UNRATED};
use crate::interface::chrome::Chrome;
use crate::interface::filters;
use crate::interface::form::{Form, Page, Problem};
use crate::interface::viewer::Viewer;

/// A vulnerability in a list, each once however many images have it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VulnerabilityRow {
    pub(crate) vulnerability: String,
    severity: &'static str,
    known_exploited: bool,
    /// How likely it is to be used within 30 days, 0 to 1.
    epss: Option<f64>,
    title: String,
    images: u64,
    pub(crate) workloads: u64,
    pub(crate) exposed: u64,
    fixable: bool,
}

impl VulnerabilityRow {
    fn likelihood(&self) -> String {
        self.epss.map_or_else(String::new, |it| format!("{:.1} %", it * 100.0))
    }
}

fn vulnerability_row(row: &store::Vulnerability) -> VulnerabilityRow {
    VulnerabilityRow {
        vulnerability: row.name.clone(),
        severity: row.severity.map_or(UNRATED, Severity::name),
        known_exploited: row.known_exploited,
        epss: row.epss_millionths.map(|it| f64::from(it) / 1e6),
        title: row.title.clone(),
        images: row.images,
        workloads: row.workloads,
        exposed: row.exposed,
        fixable: row.fixable > 0,
    }
}

/// Vulnerabilities in what runs, the worst first.
#[derive(Serialize, ToSchema)]
pub(crate) struct VulnerabilitiesPage {
    total: u64,
    vulnerabilities: Vec<VulnerabilityRow>,
    next: Option<String>,
    #[serde(skip)]
    asked: Asked,
}

#[derive(Template)]
#[template(path = "vulnerabilities.html")]
struct VulnerabilitiesHtml<'a> {
    chrome: &'a Chrome,
    page: &'a VulnerabilitiesPage,
}

impl Page for VulnerabilitiesPage {
    const SCHEMA: &'static str = "vulnerabilities";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        VulnerabilitiesHtml { chrome, page: self }.render()
    }
}

/// Vulnerabilities in what runs, the worst first.
#[utoipa::path(
    get,
    path = "/api/v1/vulnerabilities",
    params(super::ListParameters),
    responses((status = 200, body = VulnerabilitiesPage), (status = 401)),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    asked: Asked,
) -> Result<Response, Response> {
    let place = ("/vulnerabilities", &asked);
    let chrome = app.chrome(&viewer, "/vulnerabilities", "CVEs", place);
    match find_all(&app, &viewer, asked).await {
        Ok(page) => Ok(form.show(&chrome, &page)),
        Err(problem) => Err(problem.answer(form, "/vulnerabilities")),
    }
}

async fn find_all(
    app: &Arc<App>,
    viewer: &Viewer,
    asked: Asked,
) -> Result<VulnerabilitiesPage, Problem> {
    let (view, place) = (app.view(viewer, &asked).await?, asked.place()?);
    let (severities, unrated) = asked.ratings()?;
    let filter = VulnerabilityFilter {
        text: asked.one("q").map(str::to_owned),
        severities,
        unrated,
        running: true,
        exposed: asked.has("exposed", "yes"),
        ..VulnerabilityFilter::default()
    };
    let page = app.ask(move |store| store.vulnerabilities(&view.sight, &filter, &place)).await?;
    Ok(VulnerabilitiesPage {
        total: page.total,
        vulnerabilities: page.rows.iter().map(vulnerability_row).collect(),
        next: page.next.map(|it| it.to_string()),
        asked,
    })
}

/// Vulnerabilities that attackers are known to use, in what runs.
pub(crate) fn exploited(
    store: &Store,
    sight: &Sight,
    rows: usize,
) -> Result<Vec<VulnerabilityRow>, StoreError> {
    let filter = VulnerabilityFilter {
        known_exploited: true,
        running: true,
        ..VulnerabilityFilter::default()
    };
    let page = store.vulnerabilities(sight, &filter, &PageRequest::first(rows))?;
    Ok(page.rows.iter().map(vulnerability_row).collect())
}

/// Where a vulnerability runs.
#[derive(Serialize, ToSchema)]
pub(crate) struct WhereIs {
    vulnerability: String,
    total: u64,
    places: Vec<PlaceRow>,
    next: Option<String>,
    #[serde(skip)]
    asked: Asked,
}

/// One place, with the package that has it.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlaceRow {
    running: RunningRow,
    finding: InImage,
}

#[derive(Template)]
#[template(path = "vulnerability.html")]
struct WhereIsHtml<'a> {
    chrome: &'a Chrome,
    page: &'a WhereIs,
}

impl Page for WhereIs {
    const SCHEMA: &'static str = "vulnerability";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        WhereIsHtml { chrome, page: self }.render()
    }
}

/// Where a vulnerability runs, exposed or not, since when, whose it is.
#[utoipa::path(
    get,
    path = "/api/v1/vulnerabilities/{name}",
    params(("name" = String, Path, description = "`CVE-2026-1234`"), super::ListParameters),
    responses((status = 200, body = WhereIs), (status = 401), (status = 404)),
)]
pub(crate) async fn where_is(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Response> {
    let path = format!("/vulnerabilities/{name}");
    let page = find_places(&app, &viewer, &name, asked).await;
    let page = page.map_err(|problem| problem.answer(form, &path))?;
    let chrome = app.chrome(&viewer, "/vulnerabilities", name, (&path, &page.asked));
    Ok(form.show(&chrome, &page))
}

async fn find_places(
    app: &Arc<App>,
    viewer: &Viewer,
    name: &str,
    asked: Asked,
) -> Result<WhereIs, Problem> {
    let (view, place) = (app.view(viewer, &asked).await?, asked.place()?);
    let wanted = name.to_owned();
    let page = app.ask(move |store| store.where_is(&view.sight, &wanted, &place)).await?;
    if page.total == 0 {
        return Err(Problem::NotFound);
    }
    let row = |it: &store::Place| PlaceRow {
        running: running_row(&it.cluster, &it.running, it.since),
        finding: in_image(&it.finding),
    };
    Ok(WhereIs {
        vulnerability: name.to_owned(),
        total: page.total,
        places: page.rows.iter().map(row).collect(),
        next: page.next.map(|it| it.to_string()),
        asked,
    })
}
