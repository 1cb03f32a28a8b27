//! Findings: the list with its filters, and one by itself with its history.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use store::{By, Count, Order, Store};
use utoipa::ToSchema;

use super::control::{ControlText, control};
use super::rows::{Change, Row, change, row};
use crate::interface::app::App;
use crate::interface::asked::{Asked, CHOICES_MAX};
use crate::interface::chrome::Chrome;
use crate::interface::filters;
use crate::interface::form::{Form, Page, Problem};
use crate::interface::sight::{Choices, Part, View};
use crate::interface::viewer::Viewer;

/// A list of findings.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FindingsPage {
    /// How many there are, on all pages.
    total: u64,
    /// Whether there are more than `total`: a search that finds very many stops counting.
    total_is_least: bool,
    /// How many of each severity, whatever severity is chosen.
    severities: Vec<SeverityCount>,
    findings: Vec<Row>,
    /// Where the next page begins: the value of `after`.
    next: Option<String>,
    #[serde(skip)]
    asked: Asked,
    #[serde(skip)]
    choices: Arc<Choices>,
}

/// Findings of one severity.
#[derive(Serialize, ToSchema)]
pub(crate) struct SeverityCount {
    pub(crate) severity: &'static str,
    /// None where a search finds too many to count them.
    pub(crate) count: Option<u64>,
}

impl SeverityCount {
    pub(crate) fn is_zero(&self) -> bool {
        self.count == Some(0)
    }

    /// How many, where there are some.
    pub(crate) fn some(&self) -> Option<u64> {
        self.count.filter(|count| *count > 0)
    }
}

#[derive(Template)]
#[template(path = "findings.html")]
struct FindingsHtml<'a> {
    chrome: &'a Chrome,
    page: &'a FindingsPage,
}

impl Page for FindingsPage {
    const SCHEMA: &'static str = "findings";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        FindingsHtml { chrome, page: self }.render()
    }
}

/// Findings, the worst first.
#[utoipa::path(
    get,
    path = "/api/v1/findings",
    params(super::ListParameters),
    responses((status = 200, body = FindingsPage), (status = 401), (status = 400)),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    asked: Asked,
) -> Result<Response, Response> {
    let chrome = app.chrome(&viewer, "/findings", "Findings", ("/findings", &asked));
    let view = app.view(&viewer, &asked).await;
    let page = match view {
        Ok(view) => find(&app, view, asked, form).await,
        Err(problem) => Err(problem),
    };
    page.map(|page| form.show(&chrome, &page)).map_err(|it| it.answer(form, "/findings"))
}

async fn find(
    app: &Arc<App>,
    view: Arc<View>,
    asked: Asked,
    form: Form,
) -> Result<FindingsPage, Problem> {
    let (filter, place) = (asked.filter(view.cluster())?, asked.place()?);
    let order = match asked.one("order") {
        None | Some("severity") => Order::Worst,
        Some("newest") => Order::Newest,
        Some("oldest") => Order::Oldest,
        Some(_) => {
            return Err(Problem::Bad("`order` is severity, newest or oldest.".to_owned()));
        }
    };
    app.ask(move |store| {
        let page = store.findings(&view.sight, &filter, order, &place)?;
        let any = store::Filter { severities: Vec::new(), ..filter.clone() };
        let counts = store.counts(&view.sight, &any, By::Severity)?;
        let choices = match form {
            Form::Page => known_choices(store, &view)?,
            Form::Data => Arc::default(),
        };
        Ok(FindingsPage {
            total: page.total,
            total_is_least: page.is_least,
            severities: severities(counts.as_deref()),
            findings: page.rows.iter().map(row).collect(),
            next: page.next.map(|it| it.to_string()),
            asked,
            choices,
        })
    })
    .await
}

/// Counts by severity, summed over what they were counted by, if they were; the worst first.
pub(crate) fn severities(counts: Option<&[Count]>) -> Vec<SeverityCount> {
    let one = |severity, of: fn(&Count) -> u64| {
        let count = counts.map(|counts| counts.iter().map(of).sum());
        SeverityCount { severity, count }
    };
    vec![
        one("critical", |it| it.critical),
        one("high", |it| it.high),
        one("medium", |it| it.medium),
        one("low", |it| it.low),
        one("info", |it| it.info),
    ]
}

/// What filters offer: what any of the clusters does.
fn known_choices(store: &Store, view: &View) -> Result<Arc<Choices>, store::StoreError> {
    let each = view.parts.iter().map(|part| choices_of(store, part));
    let each = each.collect::<Result<Vec<_>, _>>()?;
    if let [one] = each.as_slice() {
        return Ok(Arc::clone(one));
    }
    let list = |of: fn(&Choices) -> &Vec<String>| {
        let all: BTreeSet<&String> = each.iter().flat_map(|it| of(it)).collect();
        all.into_iter().take(CHOICES_MAX).cloned().collect()
    };
    Ok(Arc::new(Choices {
        namespaces: list(|it| &it.namespaces),
        kinds: list(|it| &it.kinds),
        controls: list(|it| &it.controls),
        owners: list(|it| &it.owners),
    }))
}

/// What filters offer of one cluster, kept for as long as what a viewer may see of it.
fn choices_of(store: &Store, part: &Part) -> Result<Arc<Choices>, store::StoreError> {
    let kept = &part.seen.choices;
    if let Some(choices) = kept.get() {
        return Ok(Arc::clone(choices));
    }
    let found = Arc::new(choices(store, part)?);
    Ok(Arc::clone(kept.get_or_init(|| found)))
}

fn choices(store: &Store, part: &Part) -> Result<Choices, store::StoreError> {
    let cluster = Some(part.shown.name.clone());
    let all = store::Filter { cluster, ..store::Filter::default() };
    let list = |by| {
        let counts = store.counts(part.sight(), &all, by)?;
        let mut keys: Vec<String> = counts.into_iter().flatten().map(|it| it.key).collect();
        keys.retain(|it| !it.is_empty());
        keys.sort();
        keys.truncate(CHOICES_MAX);
        Ok::<_, store::StoreError>(keys)
    };
    Ok(Choices {
        namespaces: list(By::Namespace)?,
        kinds: list(By::Kind)?,
        controls: list(By::Control)?,
        owners: list(By::Owner)?,
    })
}

/// One finding.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct One {
    finding: Row,
    /// The finding as in a report: `findings[]` of `bollwerk.report/v1`.
    #[schema(value_type = Object)]
    report: serde_json::Value,
    /// What happened to it, the newest first.
    history: Vec<Change>,
    control: ControlText,
    /// Whether the viewer may make an exception for it.
    may_except: bool,
}

#[derive(Template)]
#[template(path = "finding.html")]
struct OneHtml<'a> {
    chrome: &'a Chrome,
    page: &'a One,
}

impl Page for One {
    const SCHEMA: &'static str = "finding";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        OneHtml { chrome, page: self }.render()
    }
}

impl One {
    /// What to do, in words.
    fn fix(&self) -> &str {
        self.report["fix"]["text"].as_str().unwrap_or_default()
    }

    /// Why it may not be done without a person.
    fn risk(&self) -> &str {
        self.report["fix"]["risk"].as_str().unwrap_or_default()
    }

    /// The same as commands of a JSON patch, a line each.
    fn edits(&self) -> Vec<String> {
        let edits = self.report["fix"]["edits"].as_array();
        let text = |edit: &serde_json::Value| {
            let part = |key: &str| edit[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", part("op"), part("path"), part("value")).trim_end().to_owned()
        };
        edits.map(|edits| edits.iter().map(text).collect()).unwrap_or_default()
    }
}

/// One finding with its history.
#[utoipa::path(
    get,
    path = "/api/v1/findings/{fingerprint}",
    params(
        ("fingerprint" = String, Path, description = "`f1:` and 32 digits"),
        super::ClusterParameter,
    ),
    responses((status = 200, body = One), (status = 401), (status = 404)),
)]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    Path(fingerprint): Path<String>,
    asked: Asked,
) -> Result<Response, Response> {
    let path = format!("/findings/{fingerprint}");
    let page = find_one(&app, &viewer, fingerprint, &asked).await;
    let page = page.map_err(|it| it.answer(form, &path))?;
    let title = format!("{} in {}", page.control.title, page.finding.object_name());
    let chrome = app.chrome(&viewer, "/findings", title, (&path, &asked));
    Ok(form.show(&chrome, &page))
}

async fn find_one(
    app: &Arc<App>,
    viewer: &Viewer,
    fingerprint: String,
    asked: &Asked,
) -> Result<One, Problem> {
    let view = app.view(viewer, asked).await?;
    let this = Arc::clone(&view);
    let found = app.ask(move |store| store.finding(&this.sight, &fingerprint)).await?;
    let (finding, history) = found.ok_or(Problem::NotFound)?;
    let part = view.part(&finding.cluster).ok_or(Problem::NotFound)?;
    let namespace = finding.namespace.as_deref();
    let may_except = app.may_except(&viewer.user, "create", &part.shown, namespace).await?;
    Ok(One {
        report: serde_json::from_str(&finding.detail).unwrap_or_default(),
        history: history.iter().rev().map(change).collect(),
        control: control(&finding.control),
        finding: row(&finding),
        may_except,
    })
}
