//! Licences: what one says, the one of this hour, and which there were.

mod inspect_license;
mod list_licenses;
mod mint_license;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new()
        .routes(routes!(inspect_license::inspect_license))
        .routes(routes!(list_licenses::list_licenses, mint_license::mint_license))
}
