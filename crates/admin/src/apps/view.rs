//! An app as the API shows it.

use std::borrow::Cow;

use serde::Serialize;
use tonegate_server::model::{App, AppSettings, AppStatus};
use tonegate_server::store::{FoundApp, StoredApp};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::secrets::SecretView;

/// An app.
#[derive(Debug, Serialize)]
pub(crate) struct AppView {
    #[serde(flatten)]
    pub(crate) facts: AppFacts,
    #[serde(flatten)]
    pub(crate) settings: AppSettings,
}

/// What is so of an app besides its settings.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AppFacts {
    /// Its AppId.
    #[schema(minimum = 1)]
    app_id: u32,
    status: AppStatus,
    /// Raised by every change; the ETag.
    rev: u32,
    /// Unix seconds.
    created_at: i64,
    /// Unix seconds.
    updated_at: i64,
}

/// An app with its secrets, which are not shown.
#[derive(Debug, Serialize)]
pub(crate) struct AppDetails {
    #[serde(flatten)]
    app: AppView,
    #[serde(flatten)]
    use_facts: UseFacts,
}

/// What is known of an app's use.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct UseFacts {
    /// Newest first, at most two.
    secrets: Vec<SecretView>,
    /// Unix seconds of the last good signature; a few seconds late.
    last_request_at: Option<i64>,
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
        let use_facts = UseFacts {
            secrets: stored.secrets.iter().map(SecretView::from).collect(),
            last_request_at: stored.secrets.iter().filter_map(|it| it.last_used_at).max(),
        };
        Self { app: AppView::from(app), use_facts }
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
        let facts = AppFacts {
            app_id: app.id.0,
            status: app.status,
            rev: app.rev,
            created_at: app.created_at,
            updated_at: app.updated_at,
        };
        Self { facts, settings: app.settings().clone() }
    }
}

// The parts in one object: settings refuse members that are not theirs, so `allOf` would not do.
impl PartialSchema for AppView {
    fn schema() -> RefOr<Schema> {
        joined([object::<AppSettings>(), object::<AppFacts>()])
    }
}

impl ToSchema for AppView {
    fn name() -> Cow<'static, str> {
        "App".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        AppSettings::schemas(schemas);
        AppFacts::schemas(schemas);
    }
}

impl PartialSchema for AppDetails {
    fn schema() -> RefOr<Schema> {
        joined([object::<AppSettings>(), object::<AppFacts>(), object::<UseFacts>()])
    }
}

impl ToSchema for AppDetails {
    fn name() -> Cow<'static, str> {
        "AppDetails".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        AppView::schemas(schemas);
        UseFacts::schemas(schemas);
    }
}

/// One object with the members of all, each of which is always there.
fn joined<const N: usize>(parts: [Object; N]) -> RefOr<Schema> {
    let mut whole = Object::new();
    for part in parts {
        whole.schema_type = part.schema_type;
        whole.properties.extend(part.properties);
    }
    whole.required = whole.properties.keys().cloned().collect();
    whole.into()
}

/// The schema of a plain struct.
pub(crate) fn object<T: PartialSchema>() -> Object {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object,
        _ => Object::new(),
    }
}
