//! `POST /apps`: a new app with its first ServerSecret.

use axum::extract::State;
use serde::Serialize;
use tonegate_protocol::AppId;
use tonegate_server::grant;
use tonegate_server::model::NewSecret;

use super::AppView;
use super::settings::NewApp;
use crate::admin::Admin;
use crate::caller::{By, Operator};
use crate::extract::{Body, Created, Idempotency};
use crate::problem::Problem;

/// An app, and its ServerSecret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CreatedApp {
    app: AppView,
    /// To be handed to the app's backend.
    server_secret: String,
}

#[utoipa::path(
    post,
    path = "/apps",
    tag = "apps",
    operation_id = "create_app",
    request_body = NewApp,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = CreatedApp, headers(("ETag" = String)))),
    extensions(
        ("x-access" = json!("operator whole")),
        ("x-problems" = json!(["app_exists", "secret_taken", "invalid_settings", "license_too_long"]))
    )
)]
/// Makes an app.
pub(crate) async fn create_app(
    State(admin): State<Admin>,
    by: By<Operator>,
    idempotency: Idempotency,
    Body(new): Body<NewApp>,
) -> Result<Created, Problem> {
    let secret = match &new.secret {
        Some(text) => NewSecret::import(text)?,
        None => NewSecret::generate()?,
    };
    let settings = new.settings(admin.service.installation.environment);
    let mut rev = None;
    let made = admin
        .create(&by.caller, idempotency, async |tx| {
            let id = match new.app_id {
                Some(id) => AppId(id),
                None => super::free_app_id(tx).await?,
            };
            let app = tx.create_app(id, settings, &secret).await?;
            grant::check(&app, &admin.service.installation.issuer)?;
            rev = Some(app.rev);
            let server_secret = secret.secret().expose().to_owned();
            Ok(CreatedApp { app: AppView::from(&app), server_secret })
        })
        .await?;
    Ok(match rev {
        Some(rev) => made.versioned(rev),
        // Answered before; whoever wants to change it looks first.
        None => made,
    })
}
