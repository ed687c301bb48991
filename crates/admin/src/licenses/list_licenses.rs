//! `GET /apps/{app_id}/licenses`: which licences an app was issued.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tonegate_server::store::{IssuedLicenses, StoreError};

use crate::admin::Admin;
use crate::caller::{ByApp, Viewer};
use crate::extract::Page;
use crate::problem::Problem;

/// The licences of one revision of an app, signed by one key: one an hour, equal bytes each time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = IssuedLicenses)]
pub(crate) struct IssuedView {
    /// The app's revision.
    rev: u32,
    /// The issuing key's number.
    serial: u32,
    /// Where the first one's hour begins, Unix seconds: its `iat`.
    first_hour: i64,
    /// Where the last one's hour begins.
    last_hour: i64,
    /// How many there were.
    licenses: u64,
}

impl From<IssuedLicenses> for IssuedView {
    fn from(issued: IssuedLicenses) -> Self {
        let IssuedLicenses { rev, serial, first_hour, last_hour, licenses, .. } = issued;
        Self { rev, serial, first_hour, last_hour, licenses }
    }
}

#[utoipa::path(
    get,
    path = "/apps/{app_id}/licenses",
    tag = "licenses",
    operation_id = "list_licenses",
    params(("app_id" = u32, Path, minimum = 1)),
    responses((status = 200, body = Page<IssuedView>)),
    extensions(("x-access" = json!("viewer app")))
)]
/// Lists the licences that an app was issued, newest first.
pub(crate) async fn list_licenses(
    State(admin): State<Admin>,
    by: ByApp<Viewer>,
) -> Result<Json<Page<IssuedView>>, Problem> {
    if admin.store().app(by.app_id).await?.is_none() {
        return Err(StoreError::AppUnknown { id: by.app_id }.into());
    }
    let issued = admin.store().issued(by.app_id).await?;
    Ok(Json(Page { items: issued.into_iter().map(IssuedView::from).collect(), next: None }))
}
