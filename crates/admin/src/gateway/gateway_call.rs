//! `POST /gateway_call`: the licence API's own answer to a query.
//!
//! The browser signs and sends the query here, so the console needs no rights on other origins. It is a
//! credential: it is in no log.

use std::collections::BTreeMap;

use axum::body::to_bytes;
use axum::extract::State;
use axum::{Extension, Json};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, DATE};
use serde::{Deserialize, Serialize};
use tonegate_listener::Peer;
use tonegate_protocol::PublicParameters;
use tonegate_server::gateway;

use crate::admin::Admin;
use crate::caller::{ByScoped, Viewer};
use crate::extract::{Body, check_length};
use crate::limits::GATEWAY_QUERY_MAX;
use crate::problem::Problem;

/// A query.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewayCall {
    /// What stands behind `/?`, signed.
    #[schema(max_length = 4096)]
    query: String,
}

/// The answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct GatewayAnswer {
    /// HTTP's.
    status: u16,
    headers: BTreeMap<&'static str, String>,
    /// As it was answered.
    body: String,
    /// How long it took, microseconds.
    duration_us: u64,
}

#[utoipa::path(
    post,
    path = "/gateway_call",
    tag = "requests",
    operation_id = "gateway_call",
    request_body = GatewayCall,
    responses((status = 200, body = GatewayAnswer)),
    extensions(("x-access" = json!("viewer scoped")), ("x-problems" = json!(["app_unknown"])))
)]
/// Asks the licence API. It counts, and its signature is used afterwards, as if you had sent it there.
pub(crate) async fn gateway_call(
    State(admin): State<Admin>,
    by: ByScoped<Viewer>,
    Extension(peer): Extension<Peer>,
    Body(call): Body<GatewayCall>,
) -> Result<Json<GatewayAnswer>, Problem> {
    check_length("query", &call.query, GATEWAY_QUERY_MAX)?;
    if let Ok(parameters) = PublicParameters::parse(&call.query) {
        by.caller.check_app(parameters.app_id)?;
    }
    let time = &admin.service.time;
    let start = time.monotonic();
    let call = gateway::call(&admin.service, &call.query, peer.address, by.caller.key());
    let response = call.await;
    let took = time.monotonic().saturating_sub(start);
    let (head, body) = response.into_parts();
    let body = to_bytes(axum::body::Body::new(body), usize::MAX).await.unwrap_or_default();
    let headers = [CONTENT_TYPE, CACHE_CONTROL, DATE].into_iter();
    let headers = headers
        .zip(["content-type", "cache-control", "date"])
        .filter_map(|(name, key)| Some((key, head.headers.get(name)?.to_str().ok()?.to_owned())));
    Ok(Json(GatewayAnswer {
        status: head.status.as_u16(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
        duration_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
    }))
}
