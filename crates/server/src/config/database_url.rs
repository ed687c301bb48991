//! The database's URL as a key of the configuration: empty, or one that can be used.

use serde::{Deserialize, Deserializer};

use crate::store::PostgresUrl;

/// `data.database_url`. Never shows a password.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatabaseUrl(Option<PostgresUrl>);

impl DatabaseUrl {
    /// `None`: SQLite in the data directory.
    #[must_use]
    pub const fn get(&self) -> Option<&PostgresUrl> {
        self.0.as_ref()
    }
}

impl<'de> Deserialize<'de> for DatabaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        text.parse().map(|url| Self(Some(url))).map_err(serde::de::Error::custom)
    }
}

impl From<PostgresUrl> for DatabaseUrl {
    fn from(url: PostgresUrl) -> Self {
        Self(Some(url))
    }
}
