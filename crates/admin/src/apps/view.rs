//! An app as the API shows it.

use serde::Serialize;
use tonegate_server::model::{App, AppSettings, AppStatus};

/// An app.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = App)]
pub(crate) struct AppView {
    /// Its AppId.
    #[schema(minimum = 1)]
    pub(crate) app_id: u32,
    pub(crate) status: AppStatus,
    /// Raised by every change; the ETag.
    pub(crate) rev: u32,
    /// Unix seconds.
    pub(crate) created_at: i64,
    /// Unix seconds.
    pub(crate) updated_at: i64,
    #[serde(flatten)]
    pub(crate) settings: AppSettings,
}

impl From<&App> for AppView {
    fn from(app: &App) -> Self {
        Self {
            app_id: app.id.0,
            status: app.status,
            rev: app.rev,
            created_at: app.created_at,
            updated_at: app.updated_at,
            settings: app.settings().clone(),
        }
    }
}
