//! `POST /webhooks`: a new receiver, with its secret.

use axum::extract::State;
use serde::Serialize;
use tonegate_server::store::{NewWebhook, Webhook};

use super::check_address;
use crate::admin::Admin;
use crate::caller::{By, Owner, SteppedUp};
use crate::extract::{Body, Created, Idempotency};
use crate::problem::Problem;

/// A webhook, and the secret that signs its messages.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CreatedWebhook {
    webhook: Webhook,
    /// `whsec_…`, shown this once.
    secret: String,
}

#[utoipa::path(
    post,
    path = "/webhooks",
    tag = "webhooks",
    operation_id = "create_webhook",
    request_body = NewWebhook,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = CreatedWebhook)),
    extensions(
        ("x-access" = json!("owner whole step-up")),
        ("x-problems" = json!(["address_refused", "invalid_settings"]))
    )
)]
/// Makes a webhook.
pub(crate) async fn create_webhook(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<By<Owner>>,
    idempotency: Idempotency,
    Body(new): Body<NewWebhook>,
) -> Result<Created, Problem> {
    check_address(&admin, &new.url).await?;
    admin
        .create(&by.caller, idempotency, async |tx| {
            let (webhook, secret) = tx.create_webhook(new).await?;
            Ok(CreatedWebhook { webhook, secret: secret.expose().to_string() })
        })
        .await
}
