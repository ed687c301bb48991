//! `POST /apps/{app_id}/licenses`: the app's licence of this hour.

use axum::Json;
use axum::extract::State;
use data_encoding::HEXLOWER;
use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use tonegate_license::Token;
use tonegate_protocol::Refusal;
use tonegate_server::gateway;

use crate::admin::Admin;
use crate::caller::{ByApp, Operator};
use crate::problem::{Code, Problem};

/// A licence, as the licence API would answer it now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MintedLicense {
    license: String,
    /// Unix seconds.
    expire_at: i64,
    /// The hour that it is of, Unix seconds.
    hour: i64,
    /// Of the key that signed it.
    serial: u32,
    /// Its name.
    jti: String,
}

#[utoipa::path(
    post,
    path = "/apps/{app_id}/licenses",
    tag = "licenses",
    operation_id = "mint_license",
    params(("app_id" = u32, Path, minimum = 1)),
    responses((status = 201, body = MintedLicense)),
    extensions(("x-access" = json!("operator app")), ("x-problems" = json!(["no_license"])))
)]
/// Answers the licence that the app would be answered now. The audit log keeps who took it.
pub(crate) async fn mint_license(
    State(admin): State<Admin>,
    by: ByApp<Operator>,
) -> Result<(StatusCode, Json<MintedLicense>), Problem> {
    let id = by.app_id;
    if admin.service.directory.get(id).is_none() {
        return Err(Problem::new(Code::AppUnknown, format!("there is no app {id}")));
    }
    let minted = gateway::license_of(&admin.service, id).map_err(|refusal| no_license(&refusal))?;
    let mut tx = admin.begin(&by.caller).await?;
    let detail = json!({ "hour": minted.hour, "serial": minted.serial });
    tx.audit("license.mint", &format!("app {id}"), &detail).await?;
    admin.commit(tx).await?;
    let read = Token::parse(&minted.license).ok().and_then(|token| token.unverified().ok());
    let minted = MintedLicense {
        license: minted.license.clone(),
        expire_at: minted.expires_at,
        hour: minted.hour,
        serial: minted.serial,
        jti: read.map(|license| HEXLOWER.encode(license.id())).unwrap_or_default(),
    };
    Ok((StatusCode::CREATED, Json(minted)))
}

fn no_license(refusal: &Refusal) -> Problem {
    let reason = if refusal.hint.is_empty() { refusal.code.message() } else { &refusal.hint };
    let detail = format!("code {}: {reason}; {}", refusal.code, refusal.code.cure());
    Problem::new(Code::NoLicense, detail)
}
