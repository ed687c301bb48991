//! `POST /keys/certificates`: certificates from a ceremony meet the keys that waited for them.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tonegate_server::ceremony::{self, CertificatesFile, Envelope};

use crate::admin::Admin;
use crate::caller::{By, Owner, SteppedUp};
use crate::extract::Body;
use crate::problem::{Code, Problem};

/// What was installed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct InstalledCertificates {
    /// Certificates in the file; those that were there already count as done.
    installed: usize,
    /// Every hour until then has a key, Unix seconds.
    covered_until: i64,
}

#[utoipa::path(
    post,
    path = "/keys/certificates",
    tag = "keys",
    operation_id = "install_certificates",
    request_body = Envelope<CertificatesFile>,
    responses((status = 200, body = InstalledCertificates)),
    extensions(("x-access" = json!("owner whole step-up")), ("x-problems" = json!(["keys_refused"])))
)]
/// Installs the certificates of a ceremony, all or none. It can be sent again.
pub(crate) async fn install_certificates(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<By<Owner>>,
    Body(file): Body<Envelope<CertificatesFile>>,
) -> Result<Json<InstalledCertificates>, Problem> {
    let file = file.opened("the body").map_err(|error| {
        Problem::new(Code::InvalidBody, error.to_string()).at("kind", error.to_string())
    })?;
    admin.check_clock()?;
    let (service, actor) = (&admin.service, by.caller.who.to_string());
    let by = (&*actor, admin.now());
    ceremony::install(&service.installation, &service.store, by, &file).await?;
    admin.catch_up().await;
    let covered_until = service.keyring.load().covered_until(admin.now());
    Ok(Json(InstalledCertificates { installed: file.certificates.len(), covered_until }))
}
