//! The web interface and its API: the same values as pages and as JSON.
//!
//! Pages work without a script, load nothing from elsewhere, and say in their address all of what
//! they show. What somebody may not list in Kubernetes they do not see here.

pub(crate) mod app;
mod asked;
pub(crate) mod assets;
mod chrome;
mod events;
mod filters;
pub(crate) mod form;
mod guard;
pub(crate) mod limits;
mod openapi;
mod pages;
pub(crate) mod sight;
pub(crate) mod viewer;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};

use app::App;
use pages::{
    access, compliance, control, decisions, exceptions, findings, health, images, login, network,
    overview, vulnerabilities, workloads,
};

/// Where the API begins.
const API: &str = "/api/v1";

/// All that the interface answers.
pub(crate) fn router(app: Arc<App>) -> Router {
    let forms = Router::new()
        .route("/", get(overview::overview))
        .route("/exceptions", post(exceptions::make))
        .route("/exceptions/{id}/end", post(exceptions::end))
        .route("/login", get(login::page).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/oidc/start", get(login::start))
        .route("/oidc/callback", get(login::callback));
    let data = Router::new()
        .route(&format!("{API}/overview"), get(overview::overview))
        .route(&format!("{API}/exceptions"), post(exceptions::make))
        .route(&format!("{API}/exceptions/{{id}}"), delete(exceptions::end))
        .route(&format!("{API}/openapi.json"), get(openapi::document));
    forms
        .merge(data)
        .merge(screens(""))
        .merge(screens(API))
        .layer(from_fn(guard::in_time))
        .route("/events", get(events::events))
        .route("/assets/{name}", get(assets::asset))
        .route("/healthz", get(async || "ok\n"))
        .fallback(guard::nothing)
        .layer(DefaultBodyLimit::max(exceptions::FORM_BYTES_MAX))
        .layer(from_fn_with_state(Arc::clone(&app), guard::guarded))
        .with_state(app)
}

/// What is both a page and JSON.
fn screens(base: &str) -> Router<Arc<App>> {
    let at = |path: &str| format!("{base}{path}");
    Router::new()
        .route(&at("/findings"), get(findings::list))
        .route(&at("/findings/{fingerprint}"), get(findings::one))
        .route(&at("/workloads"), get(workloads::list))
        .route(&at("/images"), get(images::list))
        .route(&at("/images/{digest}"), get(images::one))
        .route(&at("/vulnerabilities"), get(vulnerabilities::list))
        .route(&at("/vulnerabilities/{name}"), get(vulnerabilities::where_is))
        .route(&at("/access"), get(access::access))
        .route(&at("/network"), get(network::network))
        .route(&at("/compliance"), get(compliance::list))
        .route(&at("/compliance/{name}"), get(compliance::one))
        .route(&at("/controls/{name}"), get(control::one))
        .route(&at("/decisions"), get(decisions::list))
        .route(&at("/exceptions"), get(exceptions::list))
        .route(&at("/health"), get(health::health))
}
