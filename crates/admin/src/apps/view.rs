//! An app as the API shows it.

use std::borrow::Cow;

use serde::Serialize;
use tonegate_server::model::{App, AppSettings, AppStatus};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, Schema};
use utoipa::{PartialSchema, ToSchema};

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

// Both parts in one object: settings refuse members that are not theirs, so `allOf` would not do.
impl PartialSchema for AppView {
    fn schema() -> RefOr<Schema> {
        let mut schema = object::<AppSettings>();
        let facts = object::<AppFacts>();
        schema.properties.extend(facts.properties);
        // Every member is always there.
        schema.required = schema.properties.keys().cloned().collect();
        schema.into()
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

/// The schema of a plain struct.
pub(crate) fn object<T: PartialSchema>() -> Object {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object,
        _ => Object::new(),
    }
}
