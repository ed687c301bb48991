//! The whole route table of the admin API, by resource.

use axum::extract::Request;
use http::Method;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;

use crate::admin::Admin;
use crate::problem::{Code, Problem};
use crate::{
    api_tokens, apps, audit, gateway, keys, licenses, nodes, openapi, overview, requests, secrets,
    sign_in, usage, users, webhooks,
};

/// Where the API lies.
pub(crate) const BASE: &str = "/api/v1";

/// Every operation, and what it says about itself.
pub(crate) fn operations() -> OpenApiRouter<Admin> {
    OpenApiRouter::with_openapi(openapi::head())
        .merge(apps::routes())
        .merge(secrets::routes())
        .merge(licenses::routes())
        .merge(requests::routes())
        .merge(gateway::routes())
        .merge(keys::routes())
        .merge(usage::routes())
        .merge(audit::routes())
        .merge(webhooks::routes())
        .merge(overview::routes())
        .merge(nodes::routes())
        .merge(sign_in::routes())
        .merge(users::routes())
        .merge(api_tokens::routes())
}

/// The API, ready for its state, and the document that it serves.
pub(crate) fn router() -> (axum::Router<Admin>, Value) {
    let (operations, document) = operations().split_for_parts();
    let document = openapi::finished(document);
    let operations = operations.merge(openapi::route(&document));
    let router = axum::Router::new()
        .nest(BASE, operations)
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed);
    (router, document)
}

async fn not_found(request: Request) -> Problem {
    let detail = format!(
        "there is no operation at {}; {BASE}/openapi.json lists them all",
        request.uri().path()
    );
    Problem::new(Code::NotFound, detail)
}

async fn not_allowed(method: Method) -> Problem {
    let detail = format!("{method} is not answered here; {BASE}/openapi.json says what is");
    Problem::new(Code::MethodNotAllowed, detail)
}
