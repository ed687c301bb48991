//! `POST /webhooks/{webhook_id}/test`: a message of kind `test`.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use tonegate_server::store::Delivery;

use crate::admin::Admin;
use crate::caller::{By, Operator};
use crate::problem::Problem;

#[utoipa::path(
    post,
    path = "/webhooks/{webhook_id}/test",
    tag = "webhooks",
    operation_id = "test_webhook",
    params(("webhook_id" = String, Path)),
    responses((status = 201, body = Delivery)),
    extensions(
        ("x-access" = json!("operator whole")),
        ("x-problems" = json!(["webhook_unknown", "webhook_disabled"]))
    )
)]
/// Sends a message of kind `test`, whatever events the webhook names.
pub(crate) async fn test_webhook(
    State(admin): State<Admin>,
    by: By<Operator>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Delivery>), Problem> {
    let mut tx = admin.begin(&by.caller).await?;
    let delivery = tx.enqueue_test(&id).await?;
    admin.commit(tx).await?;
    Ok((StatusCode::CREATED, Json(delivery)))
}
