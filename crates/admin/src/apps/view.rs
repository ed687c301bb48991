//! An app as the API shows it.

use serde::Serialize;
use tonegate_server::model::{App, AppSettings, AppStatus};
use tonegate_server::store::{FoundApp, StoredApp};

use crate::secrets::SecretView;

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

/// An app with its secrets, which are not shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AppDetails {
    #[serde(flatten)]
    pub(crate) app: AppView,
    /// Newest first, at most two.
    pub(crate) secrets: Vec<SecretView>,
    /// Unix seconds of the last good signature; a few seconds late.
    pub(crate) last_request_at: Option<i64>,
}

/// An app in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(crate) enum AppItem {
    App(Box<AppView>),
    /// Its row cannot be used; the licence API answers 100000011.
    Unusable {
        app_id: u32,
        fault: String,
    },
}

impl AppDetails {
    pub(crate) fn new(app: &App, stored: &StoredApp) -> Self {
        Self {
            app: AppView::from(app),
            secrets: stored.secrets.iter().map(SecretView::from).collect(),
            last_request_at: stored.secrets.iter().filter_map(|it| it.last_used_at).max(),
        }
    }
}

impl From<&FoundApp> for AppItem {
    fn from(found: &FoundApp) -> Self {
        match &found.app {
            Ok(app) => Self::App(Box::new(AppView::from(app))),
            Err(fault) => Self::Unusable { app_id: found.place.id.0, fault: fault.to_string() },
        }
    }
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
