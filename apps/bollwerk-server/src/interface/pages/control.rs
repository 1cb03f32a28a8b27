//! The page of a control: what it looks for, why, and how to do it well.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::interface::app::App;
use crate::interface::asked::Asked;
use crate::interface::chrome::Chrome;
use crate::interface::filters;
use crate::interface::form::{Form, Page, Problem};
use crate::interface::viewer::Viewer;

static RULES: LazyLock<HashMap<&'static str, report::Rule>> =
    LazyLock::new(|| bollwerk::rules().into_iter().map(|rule| (rule.name, rule)).collect());

/// A control in words.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ControlText {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) family: &'static str,
    /// How bad its findings are at worst.
    pub(crate) severity: &'static str,
    /// Its page in Markdown.
    pub(crate) page: &'static str,
    /// The same as HTML, made of our own text.
    #[serde(skip)]
    pub(crate) html: String,
}

/// The control of a finding. One of another version of bollwerk is told by its name alone.
pub(crate) fn control(name: &str) -> ControlText {
    let Some(rule) = RULES.get(name) else {
        return ControlText {
            name: name.to_owned(),
            title: name.to_owned(),
            family: "",
            severity: "info",
            page: "",
            html: "<p>This version of bollwerk does not know the control.</p>".to_owned(),
        };
    };
    ControlText {
        name: rule.name.to_owned(),
        title: rule.title.to_owned(),
        family: rule.family,
        severity: rule.severity.name(),
        page: rule.page,
        html: report::page_as_html(rule.page),
    }
}

#[derive(Template)]
#[template(path = "control.html")]
struct ControlHtml<'a> {
    chrome: &'a Chrome,
    page: &'a ControlText,
}

impl Page for ControlText {
    const SCHEMA: &'static str = "control";

    fn html(&self, chrome: &Chrome) -> askama::Result<String> {
        ControlHtml { chrome, page: self }.render()
    }
}

/// A control in words.
#[utoipa::path(
    get,
    path = "/api/v1/controls/{name}",
    params(("name" = String, Path, description = "The control's name")),
    responses((status = 200, body = ControlText), (status = 401), (status = 404)),
)]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    form: Form,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Response> {
    let path = format!("/controls/{name}");
    if !RULES.contains_key(name.as_str()) {
        return Err(Problem::NotFound.answer(form, &path));
    }
    let page = control(&name);
    let chrome = app.chrome(&viewer, "/findings", &page.title, (&path, &asked));
    Ok(form.show(&chrome, &page))
}
