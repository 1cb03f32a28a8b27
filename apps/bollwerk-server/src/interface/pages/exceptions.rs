//! Exceptions: those that hold, those that were ended, and the forms that make and end them.

use std::sync::Arc;

use analyze::control_name;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::{NewException, PageRequest, Store, StoreError};
use utoipa::ToSchema;

use crate::interface::app::App;
use crate::interface::asked::Asked;
use crate::interface::chrome::Chrome;
use crate::interface::filters;
use crate::interface::form::{Form, Page, Problem, data};
use crate::interface::sight::{Part, Seen, Shown, View};
use crate::interface::viewer::Viewer;

/// Bytes of a form, at the most.
pub(crate) const FORM_BYTES_MAX: usize = 16 << 10;

/// Characters of a reason, and of other texts of an exception.
const REASON_MAX: usize = 500;
const TEXT_MAX: usize = 253;

/// Days an exception may hold, at the most: what is accepted for longer is a decision about the
/// control, and stands in the configuration.
const DAYS_MAX: i32 = 366;

/// An exception.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExceptionRow {
    /// Its number; none for one of the configuration.
    id: Option<i64>,
    /// The cluster it holds in; none for one of the configuration, which holds in all.
    cluster: Option<String>,
    pub(crate) control: String,
    kind: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    pub(crate) reason: String,
    owner: Option<String>,
    /// The last day on which it holds.
    #[schema(value_type = Option<String>, format = Date)]
    until: Option<Date>,
    made_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    made_at: Option<Timestamp>,
    ended_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// Whether the viewer may end it.
    may_end: bool,
}

impl ExceptionRow {
    /// The last day, or that there is none.
    pub(crate) fn until(&self) -> String {
        self.until.map_or_else(|| "never".to_owned(), |day| day.to_string())
    }

    /// What it covers, in words.
    fn scope(&self) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "*".to_owned());
        match &self.namespace {
            Some(namespace) => format!("{} {namespace}/{}", part(&self.kind), part(&self.name)),
            None => format!("{} {}", part(&self.kind), part(&self.name)),
        }
    }
}

/// All exceptions, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExceptionsPage {
    exceptions: Vec<ExceptionRow>,
    /// Those of the configuration file, which cannot be ended here.
    configured: Vec<ExceptionRow>,
    total: u64,
    next: Option<String>,
    #[serde(skip)]
    asked: Asked,
    #[serde(skip)]
    today: Date,
}

impl ExceptionsPage {
    fn is_over(&self, row: &ExceptionRow) -> bool {
        row.until.is_some_and(|day| day < self.today)
    }
}

#[derive(Template)]
#[template(path = "exceptions.html")]
struct ExceptionsHtml<'a> {
    chrome: &'a Chrome,
    page: &'a ExceptionsPage,
}

impl Page for ExceptionsPage {
    const SCHEMA: &'static str = "exceptions";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        ExceptionsHtml { chrome, page: self }.render()
    }
}

/// All exceptions, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/exceptions",
    params(super::ListParameters),
    responses((status = 200, body = ExceptionsPage), (status = 401)),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    asked: Asked,
) -> Result<Response, Response> {
    let chrome = app.chrome(&viewer, "/exceptions", "Exceptions", ("/exceptions", &asked));
    match find(&app, &viewer, asked).await {
        Ok(page) => Ok(form.show(&chrome, &page)),
        Err(problem) => Err(problem.answer(form, "/exceptions")),
    }
}

async fn find(app: &Arc<App>, viewer: &Viewer, asked: Asked) -> Result<ExceptionsPage, Problem> {
    let (view, place) = (app.view(viewer, &asked).await?, asked.place()?);
    let with_ended = asked.one("state") == Some("all");
    let clusters = view.clusters();
    let page = app.ask(move |store| store.exceptions(Some(&clusters), with_ended, &place)).await?;
    let mut rows = Vec::new();
    for exception in &page.rows {
        let Some(part) = seen_in(&view, exception) else { continue };
        let namespace = plain(exception.made.namespace.as_deref());
        let may_end = app.may_except(&viewer.user, "delete", &part.shown, namespace).await?;
        rows.push(exception_row(exception, may_end && exception.ended_at.is_none()));
    }
    let configured = app.settings.exceptions.iter().filter(|_| view.is_all()).map(configured);
    Ok(ExceptionsPage {
        exceptions: rows,
        configured: configured.collect(),
        total: page.total,
        next: page.next.map(|it| it.to_string()),
        asked,
        today: jiff::tz::Offset::UTC.to_datetime(Timestamp::now()).date(),
    })
}

/// The namespace that a right is needed in: a pattern is about all.
fn plain(namespace: Option<&str>) -> Option<&str> {
    namespace.filter(|it| !it.contains('*'))
}

/// The cluster of an exception, if it is about what may be seen there.
fn seen_in<'v>(view: &'v View, exception: &store::Exception) -> Option<&'v Part> {
    view.part(&exception.made.cluster).filter(|part| is_seen(&part.seen, exception))
}

/// Whether an exception is about what may be seen.
fn is_seen(seen: &Seen, exception: &store::Exception) -> bool {
    let made = &exception.made;
    let Some(kind) = made.kind.as_deref().filter(|it| !it.contains('*')) else {
        return seen.is_all;
    };
    seen.allows_kind(kind, plain(made.namespace.as_deref()))
}

fn exception_row(row: &store::Exception, may_end: bool) -> ExceptionRow {
    ExceptionRow {
        id: Some(row.id),
        cluster: Some(row.made.cluster.clone()),
        control: row.made.control.clone(),
        kind: row.made.kind.clone(),
        namespace: row.made.namespace.clone(),
        name: row.made.name.clone(),
        reason: row.made.reason.clone(),
        owner: row.made.owner.clone(),
        until: row.made.until,
        made_by: row.made_by.clone(),
        made_at: Some(row.made_at),
        ended_by: row.ended_by.clone(),
        ended_at: row.ended_at,
        may_end,
    }
}

fn configured(exception: &analyze::exception::Exception) -> ExceptionRow {
    let made_by = match &exception.place {
        analyze::exception::Place::Central(place) => format!("{}:{}", place.file, place.line),
        _ => "configuration".to_owned(),
    };
    ExceptionRow {
        id: None,
        cluster: None,
        control: exception.control.clone(),
        kind: exception.scope.kind.clone(),
        namespace: exception.scope.namespace.clone(),
        name: exception.scope.name.clone(),
        reason: exception.reason.clone(),
        owner: exception.owner.clone(),
        until: exception.until,
        made_by,
        made_at: None,
        ended_by: None,
        ended_at: None,
        may_end: false,
    }
}

/// Exceptions that end by `until`, the first first.
pub(crate) fn ending(
    store: &Store,
    view: &View,
    until: Date,
    rows: usize,
) -> Result<Vec<ExceptionRow>, StoreError> {
    let first = PageRequest::first(store::PAGE_ROWS_MAX);
    let all = store.exceptions(Some(&view.clusters()), false, &first)?.rows;
    let ends = |it: &&store::Exception| it.made.until.is_some_and(|day| day <= until);
    let mut found: Vec<_> =
        all.iter().filter(ends).filter(|it| seen_in(view, it).is_some()).collect();
    found.sort_by_key(|it| it.made.until);
    Ok(found.into_iter().take(rows).map(|it| exception_row(it, false)).collect())
}

/// An exception, as it is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The cluster, if there are several.
    #[serde(default)]
    cluster: String,
    /// The control's name or id.
    control: String,
    /// The object's kind.
    kind: String,
    /// The object's namespace; empty for what is in none.
    #[serde(default)]
    namespace: String,
    /// The object's name.
    name: String,
    /// Why it is accepted.
    reason: String,
    /// Who answers for it.
    owner: String,
    /// The last day, at the most a year ahead: `2027-03-31`.
    until: String,
    /// What our own forms hold.
    #[serde(default)]
    key: String,
}

impl Wanted {
    fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Problem> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
        if kind.is_some_and(|it| it.starts_with("application/json")) {
            return serde_json::from_slice(body)
                .map_err(|error| Problem::Bad(format!("The exception cannot be read: {error}.")));
        }
        let mut wanted = Self {
            cluster: String::new(),
            control: String::new(),
            kind: String::new(),
            namespace: String::new(),
            name: String::new(),
            reason: String::new(),
            owner: String::new(),
            until: String::new(),
            key: String::new(),
        };
        for (name, value) in form_urlencoded::parse(body) {
            let field = match &*name {
                "cluster" => &mut wanted.cluster,
                "control" => &mut wanted.control,
                "kind" => &mut wanted.kind,
                "namespace" => &mut wanted.namespace,
                "name" => &mut wanted.name,
                "reason" => &mut wanted.reason,
                "owner" => &mut wanted.owner,
                "until" => &mut wanted.until,
                "key" => &mut wanted.key,
                _ => return Err(Problem::Bad(format!("`{name}` is no field of an exception."))),
            };
            *field = value.into_owned();
        }
        Ok(wanted)
    }

    fn exception(self, cluster: &str, today: Date) -> Result<NewException, Problem> {
        let bad = |text: String| Err(Problem::Bad(text));
        let control = control_name::parse(&self.control).map_err(Problem::Bad)?;
        let texts = [
            ("kind", &self.kind, TEXT_MAX, true),
            ("namespace", &self.namespace, TEXT_MAX, false),
            ("name", &self.name, TEXT_MAX, true),
            ("reason", &self.reason, REASON_MAX, true),
            ("owner", &self.owner, TEXT_MAX, true),
        ];
        for (field, text, most, is_needed) in texts {
            if is_needed && text.trim().is_empty() {
                return bad(format!("An exception needs a `{field}`."));
            }
            if text.chars().count() > most {
                return bad(format!("`{field}` is longer than {most} characters."));
            }
        }
        let Ok(until) = self.until.parse::<Date>() else {
            return bad("`until` is the last day, as 2027-03-31.".to_owned());
        };
        let days = today.until(until).map_or(-1, |span| span.get_days());
        if !(0..=DAYS_MAX).contains(&days) {
            return bad(format!("`until` is a day from today, {today}, to a year ahead."));
        }
        let some = |text: String| (!text.is_empty()).then_some(text);
        Ok(NewException {
            cluster: cluster.to_owned(),
            control,
            kind: some(self.kind),
            namespace: some(self.namespace),
            name: some(self.name),
            reason: self.reason.trim().to_owned(),
            owner: some(self.owner.trim().to_owned()),
            until: Some(until),
        })
    }
}

/// The number of an exception that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct Made {
    id: i64,
}

/// Makes an exception. Needs `create` on `exceptions.bollwerk.io` in its namespace.
#[utoipa::path(
    post,
    path = "/api/v1/exceptions",
    request_body = Wanted,
    responses((status = 201, body = Made), (status = 400), (status = 401), (status = 403)),
)]
pub(crate) async fn make(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    let made = make_one(&app, &viewer, &headers, &body).await;
    let id = made.map_err(|problem| problem.answer(form, "/exceptions"))?;
    Ok(match form {
        Form::Page => see("/exceptions"),
        Form::Data => data(StatusCode::CREATED, &serde_json::json!(Made { id })),
    })
}

async fn make_one(
    app: &Arc<App>,
    viewer: &Viewer,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<i64, Problem> {
    let wanted = Wanted::read(headers, body)?;
    viewer.meant(headers, Some(&wanted.key))?;
    let today = jiff::tz::Offset::UTC.to_datetime(Timestamp::now()).date();
    let shown = cluster(app, viewer, &wanted.cluster)?;
    let new = wanted.exception(&shown.name, today)?;
    let namespace = plain(new.namespace.as_deref());
    let target = format!(
        "{} in {} {}/{}",
        new.control,
        new.kind.as_deref().unwrap_or_default(),
        new.namespace.as_deref().unwrap_or_default(),
        new.name.as_deref().unwrap_or_default()
    );
    let user = viewer.user.name.clone();
    if !app.may_except(&viewer.user, "create", &shown, namespace).await? {
        app.note(&shown.name, &user, "create-exception", &target, "refused").await?;
        let place =
            namespace.map_or_else(|| "the cluster".to_owned(), |it| format!("namespace {it}"));
        return Err(Problem::Forbidden(format!(
            "It needs the right `create` on `exceptions.bollwerk.io` in {place}."
        )));
    }
    let by = user.clone();
    let id = app.ask(move |store| store.add_exception(&new, &by, Timestamp::now())).await?;
    app.note(&shown.name, &user, "create-exception", &target, "done").await?;
    shown.hurry.notify_one();
    Ok(id)
}

/// The cluster that an exception is to hold in: the one that is named, or the only one in which
/// the viewer is somebody.
fn cluster(app: &App, viewer: &Viewer, named: &str) -> Result<Arc<Shown>, Problem> {
    let known: Vec<&Arc<Shown>> = app.clusters_of(viewer).collect();
    match (known.as_slice(), named) {
        ([only], "") => Ok(Arc::clone(only)),
        (several, "") => {
            let there: Vec<&str> = several.iter().map(|it| it.name.as_str()).collect();
            let there = there.join("`, `");
            Err(Problem::Bad(format!("An exception needs a `cluster`; there are `{there}`.")))
        }
        (known, named) => {
            let found = known.iter().find(|it| it.name == named);
            let text = || Problem::Bad("There is no such `cluster`.".to_owned());
            found.map(|it| Arc::clone(it)).ok_or_else(text)
        }
    }
}

/// Ends an exception. Needs `delete` on `exceptions.bollwerk.io` in its namespace.
#[utoipa::path(
    delete,
    path = "/api/v1/exceptions/{id}",
    params(("id" = i64, Path, description = "Its number")),
    responses((status = 204), (status = 401), (status = 403), (status = 404)),
)]
pub(crate) async fn end(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    headers: HeaderMap,
    Path(id): Path<i64>,
    body: Bytes,
) -> Result<Response, Response> {
    let ended = end_one(&app, &viewer, &headers, id, &body).await;
    ended.map_err(|problem| problem.answer(form, "/exceptions"))?;
    Ok(match form {
        Form::Page => see("/exceptions"),
        Form::Data => StatusCode::NO_CONTENT.into_response(),
    })
}

async fn end_one(
    app: &Arc<App>,
    viewer: &Viewer,
    headers: &HeaderMap,
    id: i64,
    body: &[u8],
) -> Result<(), Problem> {
    let mut fields = form_urlencoded::parse(body);
    let key = fields.find(|(name, _)| name == "key").map(|(_, value)| value.into_owned());
    viewer.meant(headers, key.as_deref())?;
    let view = app.view(viewer, &Asked::default()).await?;
    let found = app.ask(move |store| store.exception(id)).await?;
    let found = found.ok_or(Problem::NotFound)?;
    let Part { shown, .. } = seen_in(&view, &found).ok_or(Problem::NotFound)?;
    let namespace = plain(found.made.namespace.as_deref());
    let (user, target) = (viewer.user.name.clone(), format!("exception {id}"));
    if !app.may_except(&viewer.user, "delete", shown, namespace).await? {
        app.note(&shown.name, &user, "end-exception", &target, "refused").await?;
        return Err(Problem::Forbidden(
            "It needs the right `delete` on `exceptions.bollwerk.io` there.".to_owned(),
        ));
    }
    let by = user.clone();
    let ended = app.ask(move |store| store.end_exception(id, &by, Timestamp::now())).await?;
    let outcome = if ended { "done" } else { "ended before" };
    app.note(&shown.name, &user, "end-exception", &target, outcome).await?;
    shown.hurry.notify_one();
    Ok(())
}

/// To another page, after a change.
pub(crate) fn see(address: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, address.to_owned())]).into_response()
}
