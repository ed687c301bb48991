//! `GET /requests/{request_id}`: one answer of the licence API, by its RequestId.

use axum::Json;
use axum::extract::{Path, State};

use super::view::RequestView;
use crate::admin::Admin;
use crate::caller::{ByScoped, Viewer};
use crate::problem::{Code, Problem};

#[utoipa::path(
    get,
    path = "/requests/{request_id}",
    tag = "requests",
    operation_id = "get_request",
    params(("request_id" = String, Path, pattern = "^[0-9]{18,19}$")),
    responses((status = 200, body = RequestView)),
    extensions(("x-access" = json!("viewer scoped")), ("x-problems" = json!(["request_unknown"])))
)]
/// Shows an answer that somebody quotes by its RequestId.
pub(crate) async fn get_request(
    State(admin): State<Admin>,
    by: ByScoped<Viewer>,
    Path(request_id): Path<String>,
) -> Result<Json<RequestView>, Problem> {
    let unknown = || {
        let detail = "no answer with this RequestId is remembered; they are kept for 7 days, and of a \
                      second with very many not all are";
        Problem::new(Code::RequestUnknown, detail)
    };
    let request_id = request_id.parse().map_err(|_| unknown())?;
    let stored = admin.store().request(request_id).await?.ok_or_else(unknown)?;
    if !by.caller.may_touch(stored.app_id) {
        return Err(unknown());
    }
    Ok(Json(stored.into()))
}
