//! `GET /return_codes`: what the licence API's codes mean.

use axum::Json;
use serde::Serialize;
use tonegate_protocol::ReturnCode;

use crate::caller::{ByScoped, Viewer};

/// Every code.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ReturnCodes {
    items: Vec<ReturnCodeView>,
}

/// A return code.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ReturnCode)]
pub(crate) struct ReturnCodeView {
    code: u32,
    name: &'static str,
    /// The published message.
    message: &'static str,
    meaning: &'static str,
    /// Does it pass by itself?
    retryable: bool,
    next_step: &'static str,
}

#[utoipa::path(
    get,
    path = "/return_codes",
    tag = "requests",
    operation_id = "list_return_codes",
    responses((status = 200, body = ReturnCodes)),
    extensions(("x-access" = json!("viewer scoped")))
)]
/// Lists the return codes of the licence API.
pub(crate) async fn list_return_codes(_: ByScoped<Viewer>) -> Json<ReturnCodes> {
    let items = ReturnCode::ALL.iter().map(|code| ReturnCodeView {
        code: code.number(),
        name: code.name(),
        message: code.message(),
        meaning: code.meaning(),
        retryable: code.is_retryable(),
        next_step: code.cure(),
    });
    Json(ReturnCodes { items: items.collect() })
}
