//! The API in the form of `OpenAPI` 3.1, made from the code that answers.

use axum::response::Response;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::form::data;
use super::pages::{
    access, compliance, control, decisions, exceptions, findings, health, images, network,
    overview, vulnerabilities, workloads,
};
use axum::http::StatusCode;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "bollwerk",
        description = "What is wrong in a cluster, where, since when, and who answers for it. \
                       Everybody sees what Kubernetes lets them list.",
    ),
    paths(
        overview::overview,
        findings::list,
        findings::one,
        workloads::list,
        images::list,
        images::one,
        vulnerabilities::list,
        vulnerabilities::where_is,
        access::access,
        network::network,
        compliance::list,
        compliance::one,
        control::one,
        decisions::list,
        exceptions::list,
        exceptions::make,
        exceptions::end,
        health::health,
    ),
    modifiers(&Token),
    security(("token" = [])),
)]
struct Api;

/// A token of the cluster, or of the identity provider.
struct Token;

impl utoipa::Modify for Token {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let parts = api.components.get_or_insert_default();
        parts.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The document.
pub(crate) fn api() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// Answers with the document. It names no object: anybody may read it.
pub(super) async fn document() -> Response {
    data(StatusCode::OK, &serde_json::to_value(api()).unwrap_or_default())
}
