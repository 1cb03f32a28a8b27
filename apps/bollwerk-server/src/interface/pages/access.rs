//! Who may do what, and who gets to a goal by what way, with the picture.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::assess::Assessed;
use crate::interface::app::{App, blocking};
use crate::interface::asked::Asked;
use crate::interface::chrome::Chrome;
use crate::interface::filters;
use crate::interface::form::{Form, Page, Problem};
use crate::interface::sight::Part;
use crate::interface::viewer::Viewer;

/// Ways drawn at the most: more is a picture of everything.
const WAYS_DRAWN_MAX: usize = 6;

/// Rows listed at the most.
const ROWS_MAX: usize = 500;

/// Kinds that answers are made from: who may not list them all may not see the answers.
const NEEDED: &[(&str, &str)] = &[
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("", "Pod"),
    ("", "ServiceAccount"),
];

/// An answer about access.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Access {
    /// Ways to a goal, if one was asked for; `cluster-admin` if nothing was.
    ways: Option<WaysRow>,
    /// Who may do something, if that was asked for.
    who_can: Option<WhoCan>,
    /// Why there is no answer.
    problem: Option<String>,
    #[serde(skip)]
    asked: Asked,
}

/// Ways to a goal.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WaysRow {
    title: String,
    /// Who gets there.
    starts: Vec<StartRow>,
    /// How many get there in all.
    total: usize,
    #[serde(skip)]
    drawn: usize,
    #[serde(skip)]
    picture: String,
}

/// Somebody who gets to a goal.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartRow {
    who: String,
    is_certain: bool,
    /// The shortest way.
    steps: Vec<StepRow>,
}

/// A step of a way.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepRow {
    /// What is held after it.
    to: String,
    because: String,
}

/// Who may do something.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WhoCan {
    question: String,
    holders: Vec<HolderRow>,
    /// What hangs on things that are not known.
    unknown: Vec<String>,
}

/// Somebody who may do it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HolderRow {
    subject: String,
    place: String,
    grant: String,
    is_built_in: bool,
}

#[derive(Template)]
#[template(path = "access.html")]
struct AccessHtml<'a> {
    chrome: &'a Chrome,
    page: &'a Access,
}

impl Page for Access {
    const SCHEMA: &'static str = "access";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        AccessHtml { chrome, page: self }.render()
    }
}

/// Ways to a goal (`to`, from `from`), or who may do something (`verb`, `resource`, `namespace`).
#[utoipa::path(
    get,
    path = "/api/v1/access",
    params(super::AccessParameters),
    responses((status = 200, body = Access), (status = 401), (status = 403)),
)]
pub(crate) async fn access(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    asked: Asked,
) -> Result<Response, Response> {
    let chrome = app.chrome(&viewer, "/access", "Access", ("/access", &asked));
    match answer(&app, &viewer, asked).await {
        Ok(page) => Ok(form.show(&chrome, &page)),
        Err(problem) => Err(problem.answer_in(form, &chrome, "/access")),
    }
}

async fn answer(app: &Arc<App>, viewer: &Viewer, asked: Asked) -> Result<Access, Problem> {
    let view = app.view(viewer, &asked).await?;
    let Part { assessed, seen, .. } = view.one()?;
    if let Some((group, kind)) = NEEDED.iter().find(|(group, kind)| !seen.allows(group, kind, None))
    {
        let dot = if group.is_empty() { "" } else { "." };
        return Err(Problem::Forbidden(format!(
            "Answers about access are made from all roles, bindings and pods: it needs the right \
             to list {kind}{dot}{group} in the whole cluster."
        )));
    }
    let assessed = Arc::clone(assessed);
    blocking(move || {
        let mut page = Access::default();
        let done = match asked.one("verb") {
            Some(verb) => who_can(&assessed, verb, &asked).map(|it| page.who_can = Some(it)),
            None => ways(&assessed, &asked).map(|it| page.ways = Some(it)),
        };
        if let Err(error) = done {
            page.problem = Some(error.to_string());
        }
        page.asked = asked;
        page
    })
    .await
}

fn ways(assessed: &Assessed, asked: &Asked) -> anyhow::Result<WaysRow> {
    let to = asked.one("to").unwrap_or("cluster-admin");
    let found = assessed.access().ways(asked.one("from"), to, WAYS_DRAWN_MAX)?;
    let start = |it: bollwerk::WayFrom| StartRow {
        who: it.name,
        is_certain: it.is_certain,
        steps: it.steps.into_iter().map(|(to, because)| StepRow { to, because }).collect(),
    };
    Ok(WaysRow {
        title: found.title,
        total: found.starts.len(),
        starts: found.starts.into_iter().take(ROWS_MAX).map(start).collect(),
        drawn: found.followed,
        picture: found.picture,
    })
}

fn who_can(assessed: &Assessed, verb: &str, asked: &Asked) -> anyhow::Result<WhoCan> {
    let (resource, namespace) = (asked.text("resource"), asked.one("namespace"));
    let (holders, unknown) = assessed.access().who_can(verb, resource, namespace)?;
    let place = namespace.map(|it| format!(" in {it}")).unwrap_or_default();
    let holder = |it: bollwerk::Holder| HolderRow {
        subject: it.subject,
        place: it.place,
        grant: it.grant,
        is_built_in: it.is_built_in,
    };
    Ok(WhoCan {
        question: format!("{verb} {resource}{place}"),
        holders: holders.into_iter().take(ROWS_MAX).map(holder).collect(),
        unknown,
    })
}
