//! The first screen: what changed, and what needs somebody.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use model::Severity;
use serde::Serialize;
use store::{By, Filter, HistoryFilter, Order, PageRequest, Store, StoreError};
use utoipa::ToSchema;

use super::clusters::{self, Amounts, ClusterRow};
use super::exceptions::ExceptionRow;
use super::findings::{SeverityCount, severities};
use super::rows::{Change, Row, change, row};
use super::trend::{Day, chart};
use super::vulnerabilities::VulnerabilityRow;
use crate::interface::app::App;
use crate::interface::asked::Asked;
use crate::interface::chrome::Chrome;
use crate::interface::filters;
use crate::interface::form::{Form, Page, Problem};
use crate::interface::sight::View;
use crate::interface::viewer::Viewer;

/// Days of the trend.
const DAYS: u32 = 30;
/// Rows of each list.
const ROWS: usize = 8;
/// Days ahead in which exceptions that end are told.
const ENDING: i64 = 14;

/// What changed, and what needs somebody.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Overview {
    /// All clusters, where there are several and none is chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clusters: Vec<ClusterRow>,
    severities: Vec<SeverityCount>,
    /// Open findings at the end of each day, and what appeared and was fixed in it.
    trend: Vec<Day>,
    /// The worst of what is open, the newest first.
    worst: Vec<Row>,
    /// What happened in the last day, the newest first.
    changes: Vec<Change>,
    /// Vulnerabilities that are exploited, in what runs.
    exploited: Vec<VulnerabilityRow>,
    /// Exceptions that end soon.
    ending: Vec<ExceptionRow>,
    /// Open findings by namespace, the most first.
    namespaces: Vec<Place>,
    objects: u64,
    workloads: u64,
    images: u64,
    /// What could not be read or decided.
    gaps: u64,
}

/// Findings of one namespace.
#[derive(Serialize, ToSchema)]
pub(crate) struct Place {
    /// Empty for what is in no namespace.
    namespace: String,
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    info: u64,
}

impl Place {
    fn total(&self) -> u64 {
        self.critical + self.high + self.medium + self.low + self.info
    }

    fn parts(&self) -> [(&'static str, u64); 5] {
        [
            ("critical", self.critical),
            ("high", self.high),
            ("medium", self.medium),
            ("low", self.low),
            ("info", self.info),
        ]
    }
}

/// A part of a bar: in CSS pixels.
struct Part {
    class: &'static str,
    count: u64,
    x: u64,
    width: u64,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewHtml<'a> {
    chrome: &'a Chrome,
    page: &'a Overview,
}

impl Page for Overview {
    const SCHEMA: &'static str = "overview";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        OverviewHtml { chrome, page: self }.render()
    }
}

impl Overview {
    fn chart(&self) -> String {
        chart(&self.trend)
    }

    /// The bar of a namespace, of at most 200 pixels for the one with most.
    fn bar(&self, place: &Place) -> Vec<Part> {
        let most = self.namespaces.iter().map(Place::total).max().unwrap_or(1).max(1);
        let mut x = 0;
        let mut parts = Vec::new();
        for (class, count) in place.parts().into_iter().filter(|(_, count)| *count > 0) {
            let width = (count * 200 / most).max(1);
            parts.push(Part { class, count, x, width });
            x += width;
        }
        parts
    }
}

/// What changed, and what needs somebody.
#[utoipa::path(
    get,
    path = "/api/v1/overview",
    params(super::ListParameters),
    responses((status = 200, body = Overview), (status = 401)),
)]
pub(crate) async fn overview(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    asked: Asked,
) -> Result<Response, Response> {
    let chrome = app.chrome(&viewer, "/", "Overview", ("/overview", &asked));
    match find(&app, &viewer, &asked).await {
        Ok(page) => Ok(form.show(&chrome, &page)),
        Err(problem) => Err(problem.answer(form, "/")),
    }
}

async fn find(app: &Arc<App>, viewer: &Viewer, asked: &Asked) -> Result<Overview, Problem> {
    let view = app.view(viewer, asked).await?;
    let filter = asked.filter(view.cluster())?;
    app.ask(move |store| gather(store, &view, &filter)).await
}

fn gather(store: &Store, view: &View, filter: &Filter) -> Result<Overview, StoreError> {
    let (sight, now) = (&view.sight, Timestamp::now());
    let first = PageRequest::first(ROWS);
    let today = jiff::tz::Offset::UTC.to_datetime(now).date();
    let worst = Filter { severities: vec![Severity::Critical, Severity::High], ..filter.clone() };
    let counts = store.counts(sight, filter, By::Severity)?;
    let mut namespaces: Vec<Place> = store
        .counts(sight, filter, By::Namespace)?
        .into_iter()
        .flatten()
        .map(|it| Place {
            namespace: it.key,
            critical: it.critical,
            high: it.high,
            medium: it.medium,
            low: it.low,
            info: it.info,
        })
        .collect();
    namespaces.sort_by_key(|it| std::cmp::Reverse((it.critical, it.high, it.total())));
    namespaces.truncate(ROWS);
    let day_ago = now - SignedDuration::from_hours(24);
    let until = now + SignedDuration::from_hours(24 * ENDING);
    let until = jiff::tz::Offset::UTC.to_datetime(until).date();
    let rows = clusters::rows(store, view, filter)?;
    let amounts: Vec<Amounts> = match rows.as_slice() {
        [] => view.parts.iter().map(Amounts::of).collect(),
        several => several.iter().map(|it| it.amounts).collect(),
    };
    let cluster = view.cluster();
    let recent = HistoryFilter {
        cluster: cluster.map(str::to_owned),
        since: Some(day_ago),
        what: Vec::new(),
    };
    let worst = store.findings(sight, &worst, Order::Worst, &first)?;
    let changes = store.history(sight, &recent, ROWS)?;
    Ok(Overview {
        clusters: rows,
        severities: severities(counts.as_deref()),
        trend: store.trend(sight, cluster, today, DAYS)?.iter().map(Day::of).collect(),
        worst: worst.rows.iter().map(row).collect(),
        changes: changes.iter().map(change).collect(),
        exploited: super::vulnerabilities::exploited(store, sight, ROWS)?,
        ending: super::exceptions::ending(store, view, until, ROWS)?,
        namespaces,
        objects: amounts.iter().map(|it| it.objects).sum(),
        workloads: amounts.iter().map(|it| it.workloads).sum(),
        images: amounts.iter().map(|it| it.images).sum(),
        gaps: view.parts.iter().map(|it| it.assessed.gaps.len() as u64).sum(),
    })
}
