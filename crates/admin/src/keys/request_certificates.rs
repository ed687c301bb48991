//! `POST /keys/requests`: new issuing keys that wait for their certificates from a ceremony.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use tonegate_server::ceremony::{self, Envelope, RequestFile, Wanted};

use crate::admin::Admin;
use crate::caller::{By, Owner, SteppedUp};
use crate::extract::Body;
use crate::problem::Problem;

/// What is to be requested.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRequest {
    /// How many keys, each for 30 days.
    #[schema(minimum = 1, maximum = 13)]
    count: u8,
    /// Give up the keys of an earlier request that was not installed.
    #[serde(default)]
    replace: bool,
    /// Make the keys in the hardware token that the server is configured with.
    #[serde(default)]
    token: bool,
}

#[utoipa::path(
    post,
    path = "/keys/requests",
    tag = "keys",
    operation_id = "request_certificates",
    request_body = NewRequest,
    responses((status = 201, body = Envelope<RequestFile>)),
    extensions(
        ("x-access" = json!("owner whole step-up")),
        ("x-problems" = json!(["auto_root", "request_waits", "keys_refused"]))
    )
)]
/// Makes issuing keys, and the file that an offline root is to certify.
pub(crate) async fn request_certificates(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<By<Owner>>,
    Body(asked): Body<NewRequest>,
) -> Result<(StatusCode, Json<Envelope<RequestFile>>), Problem> {
    let mut tx = admin.begin(&by.caller).await?;
    tx.audit("ceremony.request", "issuing keys", &serde_json::json!({ "count": asked.count }))
        .await?;
    let (service, count) = (&admin.service, usize::from(asked.count));
    let keyring = service.keyring.load_full();
    let request = ceremony::request(
        (&service.installation, service.token.as_ref()),
        &service.store,
        &keyring,
        admin.now(),
        Wanted { count, replace: asked.replace, in_token: asked.token },
        |_| Ok(()),
    )
    .await?;
    admin.commit(tx).await?;
    Ok((StatusCode::CREATED, Json(Envelope::of(request))))
}
