//! `POST /deliveries/{delivery_id}/retry`: one more try, now.

use axum::Json;
use axum::extract::{Path, State};
use tonegate_server::store::Delivery;

use crate::admin::Admin;
use crate::caller::{By, Operator};
use crate::problem::Problem;

#[utoipa::path(
    post,
    path = "/deliveries/{delivery_id}/retry",
    tag = "webhooks",
    operation_id = "retry_delivery",
    params(("delivery_id" = String, Path)),
    responses((status = 200, body = Delivery)),
    extensions(
        ("x-access" = json!("operator whole")),
        ("x-problems" = json!(["delivery_unknown", "webhook_disabled"]))
    )
)]
/// Has a message sent now, whether it waits, was given up, or was taken once already.
pub(crate) async fn retry_delivery(
    State(admin): State<Admin>,
    by: By<Operator>,
    Path(id): Path<String>,
) -> Result<Json<Delivery>, Problem> {
    let mut tx = admin.begin(&by.caller).await?;
    let delivery = tx.retry_delivery(&id).await?;
    admin.commit(tx).await?;
    Ok(Json(delivery))
}
