//! `POST /requests/check`: why a URL gets no licence.
//!
//! Invariant: a URL is a credential, so it is in no log, and consumes nothing here.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tonegate_protocol::AppId;
use tonegate_server::gateway::checker::{self, Report, Sent};
use tonegate_server::limits::CHECKED_URL_CHARS_MAX;

use crate::admin::Admin;
use crate::caller::{ByScoped, Viewer};
use crate::extract::{Body, check_length};
use crate::problem::{Code, Problem};

/// A URL, and whose it is to be.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckRequest {
    /// A URL, a request line, or a query alone.
    #[schema(max_length = 8192)]
    url: String,
    /// The app whose secrets it is compared with, where it does not say so itself.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 4294967295_i64)]
    app_id: Option<u32>,
}

#[utoipa::path(
    post,
    path = "/requests/check",
    tag = "requests",
    operation_id = "check_request",
    request_body = CheckRequest,
    responses((status = 200, body = Report)),
    extensions(("x-access" = json!("viewer scoped")), ("x-problems" = json!(["app_unknown"])))
)]
/// Walks a request through the published checks without consuming it, and says what is most likely wrong.
/// Callers who are confined to some apps are told of those alone.
pub(crate) async fn check_request(
    State(admin): State<Admin>,
    by: ByScoped<Viewer>,
    Body(asked): Body<CheckRequest>,
) -> Result<Json<Report>, Problem> {
    check_length("url", &asked.url, CHECKED_URL_CHARS_MAX)?;
    let (sent, app_id) = (Sent::read(&asked.url), asked.app_id.map(AppId));
    sent.app_id().into_iter().chain(app_id).try_for_each(|id| by.caller.check_app(id))?;
    let (service, others) = (Arc::clone(&admin.service), by.caller.apps.is_none());
    // Comparing with the secrets of all apps takes a moment.
    let checked =
        tokio::task::spawn_blocking(move || checker::check(&service, &sent, app_id, others));
    let failed = |_| Problem::new(Code::Internal, "the check failed; the server's log says why");
    Ok(Json(checked.await.map_err(failed)?))
}
