//! What can be said about the database server, for whoever looks after it.

use super::{Store, StoreError, db};

/// What a PostgreSQL server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// As it writes it: `15.6`.
    pub version: String,
    /// Its first number.
    pub major: i64,
    /// The settings that decide whether what was acknowledged outlives a power cut, and are not `on`.
    pub weak_settings: Vec<String>,
    /// How long an acknowledged change is waited for: `on`, `remote_apply`, or weaker.
    pub synchronous_commit: String,
    /// The newest schema that the database has.
    pub schema: i64,
}

impl Store {
    /// What the server says of itself; `None`: there is none, it is a file.
    pub async fn server_facts(&self) -> Result<Option<ServerFacts>, StoreError> {
        if !self.is_shared() {
            return Ok(None);
        }
        let mut tx = self.db.begin_read().await?;
        let row = db::query(
            "SELECT current_setting('server_version'), \
             CAST(current_setting('server_version_num') AS BIGINT) / 10000, \
             current_setting('fsync'), current_setting('full_page_writes'), \
             current_setting('synchronous_commit')",
        )
        .fetch_one(&mut tx)
        .await?;
        let weak = |name: &str, index| -> Result<Option<String>, StoreError> {
            let value: &str = row.try_get(index)?;
            Ok((value != "on").then(|| format!("{name} = {value}")))
        };
        let weak_settings = [weak("fsync", 2)?, weak("full_page_writes", 3)?];
        Ok(Some(ServerFacts {
            version: row.try_get(0)?,
            major: row.try_get(1)?,
            weak_settings: weak_settings.into_iter().flatten().collect(),
            synchronous_commit: row.try_get(4)?,
            schema: db::schema(&mut tx).await?.unwrap_or_default(),
        }))
    }
}
