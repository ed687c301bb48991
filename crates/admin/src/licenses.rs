//! Licences: what one says, and the one of this hour.

mod inspect_license;
mod mint_license;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new()
        .routes(routes!(inspect_license::inspect_license))
        .routes(routes!(mint_license::mint_license))
}
