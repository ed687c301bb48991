//! Settings as a body has them: all of a new app's, or a change of some (JSON merge patch, RFC 7396).
//!
//! Invariant: an unknown member is refused, also beside those that are not settings.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use tonegate_server::model::{AppSettings, Environment};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{ObjectBuilder, RefOr, Type};
use utoipa::{PartialSchema, ToSchema};

use super::view::object;
use crate::problem::{Code, Problem};

/// An app to be.
#[derive(Debug, Clone)]
pub(crate) struct NewApp {
    /// Its AppId; `None`: a free one.
    pub(crate) app_id: Option<u32>,
    /// An existing ServerSecret; `None`: a new one.
    pub(crate) secret: Option<String>,
    pub(crate) settings: AppSettings,
    /// Does it say for which environment it is?
    pub(crate) has_environment: bool,
}

impl NewApp {
    /// Its settings; where it does not say so, it is for this environment.
    pub(crate) fn settings(&self, environment: Environment) -> AppSettings {
        let mut settings = self.settings.clone();
        if !self.has_environment {
            settings.environment = environment;
        }
        settings
    }
}

/// A change of settings: members that are not there stay, `null` is the default.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct SettingsPatch(Map<String, Value>);

impl SettingsPatch {
    /// The settings after the change. `Err(InvalidBody)`: unknown members, or wrong types.
    pub(crate) fn onto(self, settings: &AppSettings) -> Result<AppSettings, Problem> {
        let Ok(Value::Object(mut members)) = serde_json::to_value(settings) else {
            return Err(Problem::new(Code::Internal, "settings that are no object"));
        };
        for (name, value) in self.0 {
            match value {
                Value::Null if members.contains_key(&name) => members.remove(&name),
                value => members.insert(name, value),
            };
        }
        serde_path_to_error::deserialize(Value::Object(members)).map_err(|error| {
            let (path, fault) = (error.path().to_string(), error.into_inner().to_string());
            Problem::new(Code::InvalidBody, fault.clone()).at(path, fault)
        })
    }
}

impl<'de> Deserialize<'de> for NewApp {
    // serde's `flatten` would pass over unknown members.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = Map::deserialize(deserializer)?;
        let app_id = members.remove("app_id").map(serde_json::from_value).transpose();
        let secret = members.remove("secret").map(serde_json::from_value).transpose();
        let named =
            |name: &str, error: serde_json::Error| D::Error::custom(format!("{name}: {error}"));
        Ok(Self {
            has_environment: members.contains_key("environment"),
            app_id: app_id.map_err(|error| named("app_id", error))?.flatten(),
            secret: secret.map_err(|error| named("secret", error))?.flatten(),
            settings: serde_json::from_value(Value::Object(members)).map_err(D::Error::custom)?,
        })
    }
}

impl PartialSchema for SettingsPatch {
    fn schema() -> RefOr<Schema> {
        let mut schema = object::<AppSettings>();
        schema.required.clear();
        schema.into()
    }
}

impl ToSchema for SettingsPatch {
    fn name() -> std::borrow::Cow<'static, str> {
        "SettingsPatch".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        AppSettings::schemas(schemas);
    }
}

impl PartialSchema for NewApp {
    fn schema() -> RefOr<Schema> {
        let mut schema = object::<AppSettings>();
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1_u32))
            .maximum(Some(u32::MAX))
            .description(Some("Its AppId; a free one of 9 or 10 digits when not given."));
        let secret = ObjectBuilder::new().schema_type(Type::String).description(Some(
            "An existing ServerSecret, 32 characters; a new one is made when not given.",
        ));
        schema.properties.insert("app_id".to_owned(), number.into());
        schema.properties.insert("secret".to_owned(), secret.into());
        schema.into()
    }
}

impl ToSchema for NewApp {
    fn name() -> std::borrow::Cow<'static, str> {
        "NewApp".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        AppSettings::schemas(schemas);
    }
}
