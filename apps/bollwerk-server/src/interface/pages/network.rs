//! The neighbourhood of one namespace: who reaches its workloads, and what they reach.

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

/// Kinds that the map is made from, in every namespace.
const NEEDED: &[(&str, &str)] =
    &[("", "Pod"), ("networking.k8s.io", "NetworkPolicy"), ("", "Namespace")];

/// The neighbourhood of a namespace.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct Neighbourhood {
    /// The namespace; none before one is chosen.
    namespace: Option<String>,
    workloads: Vec<Neighbour>,
    /// Why there is no map.
    problem: Option<String>,
    /// Namespaces in which something runs, as many as are offered.
    namespaces: Vec<String>,
    #[serde(skip)]
    picture: String,
}

/// A workload and its neighbours.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Neighbour {
    name: String,
    reached_by: Vec<LinkRow>,
    reaches: Vec<LinkRow>,
}

/// Neighbours that are alike.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkRow {
    who: String,
    ports: String,
    /// Whether it is not known.
    is_doubtful: bool,
}

#[derive(Template)]
#[template(path = "network.html")]
struct NetworkHtml<'a> {
    chrome: &'a Chrome,
    page: &'a Neighbourhood,
}

impl Page for Neighbourhood {
    const SCHEMA: &'static str = "network";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        NetworkHtml { chrome, page: self }.render()
    }
}

/// The neighbourhood of a namespace.
#[utoipa::path(
    get,
    path = "/api/v1/network",
    params(
        ("namespace" = Option<String>, Query, description = "The namespace"),
        super::ClusterParameter,
    ),
    responses((status = 200, body = Neighbourhood), (status = 401), (status = 403)),
)]
pub(crate) async fn network(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    asked: Asked,
) -> Result<Response, Response> {
    let chrome = app.chrome(&viewer, "/network", "Network", ("/network", &asked));
    match map(&app, &viewer, asked).await {
        Ok(page) => Ok(form.show(&chrome, &page)),
        Err(problem) => Err(problem.answer_in(form, &chrome, "/network")),
    }
}

async fn map(app: &Arc<App>, viewer: &Viewer, asked: Asked) -> Result<Neighbourhood, Problem> {
    let view = app.view(viewer, &asked).await?;
    let Part { assessed, seen, .. } = view.one()?;
    if let Some((_, kind)) = NEEDED.iter().find(|(group, kind)| !seen.allows(group, kind, None)) {
        return Err(Problem::Forbidden(format!(
            "A map shows neighbours in all namespaces: it needs the right to list every {kind} of \
             the cluster."
        )));
    }
    let assessed = Arc::clone(assessed);
    blocking(move || {
        // They come by namespace.
        let namespaces = assessed.workloads.chunk_by(|one, next| one.namespace == next.namespace);
        let namespaces = namespaces.filter_map(|all| all.first()).map(|it| it.namespace.clone());
        let mut page = Neighbourhood {
            namespaces: namespaces.take(CHOICES_MAX).collect(),
            ..Neighbourhood::default()
        };
        let Some(namespace) = asked.one("namespace") else { return page };
        page.namespace = Some(namespace.to_owned());
        match assessed.network().map(namespace) {
            Ok((map, picture)) => {
                page.workloads = map.workloads.into_iter().map(neighbour).collect();
                page.picture = picture;
            }
            Err(error) => page.problem = Some(error.to_string()),
        }
        page
    })
    .await
}

fn neighbour(workload: bollwerk::Workload) -> Neighbour {
    let link =
        |it: bollwerk::Link| LinkRow { who: it.who, ports: it.ports, is_doubtful: it.is_doubtful };
    Neighbour {
        name: workload.name,
        reached_by: workload.sources.into_iter().map(link).collect(),
        reaches: workload.targets.into_iter().map(link).collect(),
    }
}
