//! Webhooks: who is told of changes and trouble, and how that went.

mod create_webhook;
mod delete_webhook;
mod get_webhook;
mod list_deliveries;
mod list_webhooks;
mod retry_delivery;
mod test_webhook;
mod update_webhook;

use http::Uri;
use tonegate_server::store::Webhook;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;
use crate::extract::Versioned;
use crate::problem::{Code, Problem};

/// Says at once what a delivery would find out: that messages may not go there.
async fn check_address(admin: &Admin, url: &str) -> Result<(), Problem> {
    let refused =
        |detail: String| Problem::new(Code::AddressRefused, detail.clone()).at("url", detail);
    let uri: Uri = url.parse().map_err(|_| refused("url: this is no URL".to_owned()))?;
    let checked = admin.service.check_webhook_address(&uri).await;
    checked.map_err(|error| refused(error.to_string()))
}

/// With the ETag that changes it.
fn versioned(webhook: Webhook) -> Versioned<Webhook> {
    let rev = u32::try_from(webhook.rev).unwrap_or(u32::MAX);
    Versioned { rev, value: webhook }
}

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new()
        .routes(routes!(list_webhooks::list_webhooks, create_webhook::create_webhook))
        .routes(routes!(
            get_webhook::get_webhook,
            update_webhook::update_webhook,
            delete_webhook::delete_webhook
        ))
        .routes(routes!(test_webhook::test_webhook))
        .routes(routes!(list_deliveries::list_deliveries))
        .routes(routes!(retry_delivery::retry_delivery))
}
