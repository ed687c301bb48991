//! Webhooks: who is told of what. Their messages are in `deliveries`.
//!
//! Invariants: a webhook's secret is only ever written sealed, under the webhook's id; a webhook that
//! is disabled or gone has no messages that wait.

use http::Uri;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tonegate_webhook::{SecretError, WebhookSecret};

use super::app_row::{column, json};
use super::{RowFault, Store, StoreError, Tx, db};
use crate::limits::{WEBHOOK_EVENTS_MAX, WEBHOOK_URL_BYTES_MAX, WEBHOOKS_MAX};
use crate::model::{ModelError, bounds, check_text};
use crate::seal::{Kek, Label, Sealed};

/// A receiver of messages, and which it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Webhook {
    /// `whk_` and 16 hex characters.
    pub id: String,
    /// Where messages are sent: http or https.
    pub url: String,
    /// Which it gets: `app.created`, `app.*` or `*`.
    pub events: Vec<String>,
    /// Otherwise it gets none.
    pub enabled: bool,
    /// For people.
    pub note: String,
    /// Counts its changes, from 1.
    pub rev: i64,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub updated_at: i64,
}

/// What people decide about a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Where messages are sent: http or https, at most 2,048 bytes.
    #[schema(min_length = 8, max_length = 2048, pattern = "^https?://")]
    pub url: String,
    /// Which it gets: `app.created`, `app.*` or `*`; 1 to 32.
    #[schema(min_items = 1, max_items = 32)]
    pub events: Vec<String>,
    /// For people.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub note: String,
    /// Whether it gets any.
    #[serde(default = "enabled")]
    pub enabled: bool,
}

/// What there is to hear of. `user.` goes with any word.
const EVENTS: [&str; 12] = [
    "app.created",
    "app.updated",
    "app.suspended",
    "app.resumed",
    "app.deleted",
    "secret.rotated",
    "secret.revoked",
    "issuing_key.added",
    "key.ends_soon",
    "server.degraded",
    "server.recovered",
    "test",
];

/// The columns that [`read`] expects.
macro_rules! webhook_columns {
    () => {
        "id, url, events, enabled, note, rev, created_at, updated_at"
    };
}

impl Store {
    /// All webhooks, oldest first.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let rows = db::query(concat!(
            "SELECT ",
            webhook_columns!(),
            " FROM webhooks ORDER BY created_at, id"
        ))
        .fetch_all(&mut tx)
        .await?;
        rows.iter().map(|row| Ok(read(row)?)).collect()
    }

    /// One webhook; `None`: there is no such.
    pub async fn webhook(&self, id: &str) -> Result<Option<Webhook>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        find(&mut tx, id).await
    }
}

impl Tx {
    /// Makes a webhook with a new secret, which is told here and never again.
    ///
    /// `Err(InvalidWebhook)`, `Err(Model)`: refused.
    pub async fn create_webhook(
        &mut self,
        new: NewWebhook,
    ) -> Result<(Webhook, WebhookSecret), StoreError> {
        let new = new.checked()?;
        self.check_webhook_room().await?;
        let id = format!("whk_{:016x}", fastrand::u64(..));
        let secret = WebhookSecret::generate().map_err(|_| ModelError::NoRandomness)?;
        let sealed = self.kek.seal(Label::Webhook { id: &id }, secret.expose().as_bytes())?;
        let webhook = new.into_webhook(id, 1, self.now, self.now);
        db::query(
            "INSERT INTO webhooks (id, url, events, enabled, note, sealed_secret, rev, created_at, \
             updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&webhook.id)
        .bind(&webhook.url)
        .bind(json(&webhook.events))
        .bind(i64::from(webhook.enabled))
        .bind(&webhook.note)
        .bind(sealed.as_bytes().to_vec())
        .bind(webhook.rev)
        .bind(webhook.created_at)
        .bind(webhook.updated_at)
        .execute(&mut self.inner)
        .await?;
        self.audit("webhook.create", &subject(&webhook.id), &webhook).await?;
        Ok((webhook, secret))
    }

    /// Lets `edit` change a webhook. What comes out equal is no change. What waits for one that gets
    /// disabled is given up.
    ///
    /// `expected_rev`: the rev that the caller had seen, if it matters. `Err(WebhookUnknown)`,
    /// `Err(WebhookChanged)`, `Err(InvalidWebhook)`, `Err(Model)`.
    pub async fn update_webhook(
        &mut self,
        id: &str,
        expected_rev: Option<i64>,
        edit: impl FnOnce(&mut NewWebhook),
    ) -> Result<Webhook, StoreError> {
        let before = self.webhook_at(id, expected_rev).await?;
        let mut settings = before.settings();
        edit(&mut settings);
        let settings = settings.checked()?;
        if settings == before.settings() {
            return Ok(before);
        }
        let (rev, created_at) = (before.rev + 1, before.created_at);
        let after = settings.into_webhook(id.to_owned(), rev, created_at, self.now);
        db::query(
            "UPDATE webhooks SET url = $2, events = $3, enabled = $4, note = $5, rev = $6, \
             updated_at = $7 WHERE id = $1",
        )
        .bind(&after.id)
        .bind(&after.url)
        .bind(json(&after.events))
        .bind(i64::from(after.enabled))
        .bind(&after.note)
        .bind(after.rev)
        .bind(after.updated_at)
        .execute(&mut self.inner)
        .await?;
        if !after.enabled {
            self.give_up_deliveries(id).await?;
        }
        self.audit("webhook.update", &subject(id), &(&before, &after)).await?;
        Ok(after)
    }

    /// Removes a webhook with all its messages.
    ///
    /// `Err(WebhookUnknown)`, `Err(WebhookChanged)`.
    pub async fn delete_webhook(
        &mut self,
        id: &str,
        expected_rev: Option<i64>,
    ) -> Result<(), StoreError> {
        self.webhook_at(id, expected_rev).await?;
        for statement in
            ["DELETE FROM deliveries WHERE webhook_id = $1", "DELETE FROM webhooks WHERE id = $1"]
        {
            db::query(statement).bind(id).execute(&mut self.inner).await?;
        }
        self.audit("webhook.delete", &subject(id), &json!({})).await
    }

    /// A webhook that is there, at the rev that is expected.
    pub(super) async fn webhook_at(
        &mut self,
        id: &str,
        expected_rev: Option<i64>,
    ) -> Result<Webhook, StoreError> {
        let found = find(&mut self.inner, id).await?;
        let webhook = found.ok_or_else(|| StoreError::WebhookUnknown { id: id.to_owned() })?;
        match expected_rev.filter(|rev| *rev != webhook.rev) {
            None => Ok(webhook),
            Some(expected) => {
                Err(StoreError::WebhookChanged { id: webhook.id, expected, found: webhook.rev })
            }
        }
    }

    async fn check_webhook_room(&mut self) -> Result<(), StoreError> {
        let count: i64 =
            db::query_scalar("SELECT COUNT(*) FROM webhooks").fetch_one(&mut self.inner).await?;
        let found = usize::try_from(count).unwrap_or(usize::MAX).saturating_add(1);
        if found <= WEBHOOKS_MAX {
            return Ok(());
        }
        Err(ModelError::TooMany { field: "webhooks", found, max: WEBHOOKS_MAX }.into())
    }
}

impl Webhook {
    /// What people decided.
    #[must_use]
    pub fn settings(&self) -> NewWebhook {
        let Self { url, events, note, enabled, .. } = self.clone();
        NewWebhook { url, events, note, enabled }
    }
}

impl NewWebhook {
    fn into_webhook(self, id: String, rev: i64, created_at: i64, updated_at: i64) -> Webhook {
        let Self { url, events, note, enabled } = self;
        Webhook { id, url, events, enabled, note, rev, created_at, updated_at }
    }

    fn checked(self) -> Result<Self, StoreError> {
        check_url(&self.url).map_err(|fault| invalid("url", fault))?;
        check_text("note", &self.note, bounds::NOTE)?;
        let found = self.events.len();
        if found > WEBHOOK_EVENTS_MAX {
            let max = WEBHOOK_EVENTS_MAX;
            return Err(ModelError::TooMany { field: "events", found, max }.into());
        }
        if found == 0 {
            return Err(invalid("events", "there is none; `*` is all of them"));
        }
        for (index, pattern) in self.events.iter().enumerate() {
            if !is_pattern(pattern) {
                let fault = format!("`{}` matches no event", pattern.escape_debug());
                return Err(invalid("events", fault));
            }
            if self.events[..index].contains(pattern) {
                let value = pattern.clone();
                return Err(ModelError::Duplicate { field: "events", value }.into());
            }
        }
        Ok(self)
    }
}

/// Does a webhook with these patterns get messages of this kind?
pub(super) fn wants(patterns: &[String], kind: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, kind))
}

/// Opens a webhook's secret.
pub(super) fn secret(row: &db::Row, id: &str, kek: &Kek) -> Result<WebhookSecret, RowFault> {
    let at = column(row, "webhooks", "sealed_secret", id);
    let sealed = Sealed::from_bytes(at.get()?);
    let plain = kek.open(Label::Webhook { id }, &sealed).map_err(|error| at.fault(error))?;
    let text = str::from_utf8(&plain).map_err(|_| at.fault(SecretError::Form))?;
    WebhookSecret::parse(text).map_err(|error| at.fault(error))
}

async fn find(conn: &mut db::Connection, id: &str) -> Result<Option<Webhook>, StoreError> {
    let row = db::query(concat!("SELECT ", webhook_columns!(), " FROM webhooks WHERE id = $1"))
        .bind(id)
        .fetch_optional(conn)
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

fn read(row: &db::Row) -> Result<Webhook, RowFault> {
    let id: String = column(row, "webhooks", "id", "?").get()?;
    let at = |name| column(row, "webhooks", name, id.as_str());
    Ok(Webhook {
        url: at("url").get()?,
        events: at("events").json()?,
        enabled: at("enabled").number::<u8>()? != 0,
        note: at("note").get()?,
        rev: at("rev").get()?,
        created_at: at("created_at").get()?,
        updated_at: at("updated_at").get()?,
        id,
    })
}

fn subject(id: &str) -> String {
    format!("webhook {id}")
}

fn invalid(field: &'static str, fault: impl Into<String>) -> StoreError {
    StoreError::InvalidWebhook { field, fault: fault.into() }
}

/// What cannot be right about a URL, wherever it leads.
fn check_url(url: &str) -> Result<(), &'static str> {
    if url.len() > WEBHOOK_URL_BYTES_MAX {
        return Err("it is longer than 2,048 bytes");
    }
    let parsed: Uri = url.parse().map_err(|_| "it is no URL")?;
    if !matches!(parsed.scheme_str(), Some("https" | "http")) {
        return Err("it does not begin with https:// or http://");
    }
    match parsed.authority() {
        None => Err("it has no host"),
        Some(it) if it.host().is_empty() => Err("it has no host"),
        Some(it) if it.as_str().contains('@') => {
            Err("it holds a user name or password; messages are signed, check their signature")
        }
        // `Uri` passes over a port that is none, and the default one would be taken.
        Some(it)
            if it.as_str().len() > it.host().len()
                && it.port_u16().is_none_or(|port| port == 0) =>
        {
            Err("its port is none of 1 to 65535")
        }
        Some(_) if url.contains('#') => Err("it has a fragment (#), which is never sent"),
        Some(_) => Ok(()),
    }
}

/// Is there an event that it matches?
fn is_pattern(pattern: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    match pattern.strip_prefix("user.") {
        Some(word) => word == "*" || is_word(word),
        None => EVENTS.iter().any(|event| matches(pattern, event)),
    }
}

fn matches(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        // `*` alone, or `app.*`; `ap*` is no pattern.
        Some(prefix) => prefix.is_empty() || (prefix.ends_with('.') && kind.starts_with(prefix)),
        None => pattern == kind,
    }
}

const fn enabled() -> bool {
    true
}

#[cfg(test)]
mod tests;
