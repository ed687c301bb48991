//! Messages to webhooks: they wait here until they are taken or given up.
//!
//! Invariants: a message is enqueued in the transaction of the change that it tells of, so neither
//! is ever without the other; it keeps its id through every try; how a try ended is written before
//! the next begins. So each is sent at least once, whatever stops the server in between. Leaves to
//! others: the sending (`webhook_delivery`), the schedule (`tonegate_webhook`).

use serde::Serialize;
use serde_json::json;
use tonegate_webhook::{Message, Outcome, WebhookSecret, retry_after};

use super::app_row::column;
use super::webhooks::{secret, wants};
use super::{RowFault, Store, StoreError, Tx, db};
use crate::limits::{
    DELIVERIES_PER_WEBHOOK, DELIVERIES_PRUNED_AT_ONCE, DELIVERY_ERROR_CHARS, DELIVERY_LEASE_SECS,
};

/// One message to one webhook, and how that went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Delivery {
    /// Its place in the order of deliveries; a page begins `before` one.
    #[serde(skip)]
    pub seq: i64,
    /// `msg_` and 32 hex characters, as the receiver sees it.
    pub id: String,
    /// To whom.
    pub webhook_id: String,
    /// The event.
    pub kind: String,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds; `None`: it waits for nothing more.
    pub next_try_at: Option<i64>,
    /// How often it was sent.
    pub tries: i64,
    /// Unix seconds; when the receiver took it.
    pub delivered_at: Option<i64>,
    /// Unix seconds; it was never taken.
    pub gave_up_at: Option<i64>,
    /// The HTTP status of the last try; `None`: no answer.
    pub last_status: Option<i64>,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

/// A message whose time has come, with what is needed to send it.
#[derive(Debug, Clone)]
pub struct DueDelivery {
    /// What is sent.
    pub message: Message,
    /// To whom.
    pub webhook_id: String,
    /// Where that is.
    pub url: String,
    /// What signs it, or why that cannot be read.
    pub secret: Result<WebhookSecret, RowFault>,
    /// How often it was sent before.
    pub tries: u32,
}

/// The columns that [`read`] expects.
macro_rules! delivery_columns {
    () => {
        "seq, id, webhook_id, kind, created_at, next_try_at, tries, delivered_at, gave_up_at, \
         last_status, last_error"
    };
}

impl Store {
    /// A webhook's newest deliveries older than `before` (a [`Delivery::seq`]; `None`: the newest),
    /// newest first, at most `limit`.
    pub async fn deliveries(
        &self,
        webhook_id: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let rows = db::query(concat!(
            "SELECT ",
            delivery_columns!(),
            " FROM deliveries WHERE webhook_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3"
        ))
        .bind(webhook_id)
        .bind(before.unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(&mut tx)
        .await?;
        rows.iter().map(|row| Ok(read(row)?)).collect()
    }

    /// What is due at `now` (Unix seconds): of each enabled webhook the few that wait longest, enough
    /// that some are left beside those under way. What another server than `node` sends is not.
    pub async fn due_deliveries(
        &self,
        node: &str,
        now: i64,
    ) -> Result<Vec<DueDelivery>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let webhooks =
            db::query("SELECT id, url, sealed_secret FROM webhooks WHERE enabled = 1 ORDER BY id")
                .fetch_all(&mut tx)
                .await?;
        let mut due = Vec::new();
        for webhook in &webhooks {
            let id: &str = webhook.try_get("id")?;
            let rows = due_of(&mut tx, id, node, now).await?;
            if rows.is_empty() {
                continue;
            }
            let (url, secret): (String, _) =
                (webhook.try_get("url")?, secret(webhook, id, &self.kek));
            for row in &rows {
                due.push(DueDelivery {
                    message: message(row)?,
                    webhook_id: id.to_owned(),
                    url: url.clone(),
                    secret: secret.clone(),
                    tries: column(row, "deliveries", "tries", id).number()?,
                });
            }
        }
        Ok(due)
    }

    /// Has `node` alone send these messages of one webhook, as many as the webhook has places left on
    /// all servers together, for so long as a try may take. Which of them, by their ids. Neither audited
    /// nor a change.
    pub async fn lease_deliveries(
        &self,
        webhook_id: &str,
        messages: &[&str],
        node: &str,
        now: i64,
    ) -> Result<Vec<String>, StoreError> {
        let mut tx = self.db.begin_write().await?;
        // Its row is locked first: two servers must not both see the last place free.
        let locked = db::query("UPDATE webhooks SET enabled = enabled WHERE id = $1")
            .bind(webhook_id)
            .execute(&mut tx)
            .await?;
        let mut leased = Vec::new();
        if locked == 0 {
            return Ok(leased);
        }
        for message in messages {
            let got = db::query(
                "UPDATE deliveries SET leased_by = $2, leased_until = $3 \
                 WHERE id = $1 AND next_try_at <= $4 \
                 AND (leased_until IS NULL OR leased_until <= $4 OR leased_by = $2) \
                 AND (SELECT COUNT(*) FROM deliveries AS other WHERE other.webhook_id = $5 \
                 AND other.leased_until > $4 AND other.id <> $1) < $6",
            )
            .bind(*message)
            .bind(node)
            .bind(now.saturating_add(DELIVERY_LEASE_SECS))
            .bind(now)
            .bind(webhook_id)
            .bind(i64::try_from(DELIVERIES_PER_WEBHOOK).unwrap_or(i64::MAX))
            .execute(&mut tx)
            .await?;
            if got == 1 {
                leased.push((*message).to_owned());
            }
        }
        tx.commit().await?;
        Ok(leased)
    }

    /// Notes how a try ended at `now`: taken, to be tried again, or given up. A message that was given
    /// up meanwhile stays so, unless it was taken. Neither audited nor a change: the revision stays.
    pub async fn note_try(
        &self,
        due: &DueDelivery,
        outcome: &Outcome,
        now: i64,
    ) -> Result<(), StoreError> {
        let wait = retry_after(due.tries.saturating_add(1)).map(|wait| wait.as_secs());
        let next = wait.map(|wait| now.saturating_add_unsigned(wait));
        let (delivered_at, next_try_at, gave_up_at) = match (outcome.is_taken(), next) {
            (true, _) => (Some(now), None, None),
            (false, Some(next)) => (None, Some(next), None),
            (false, None) => (None, None, Some(now)),
        };
        let error: Option<String> =
            outcome.error.as_ref().map(|error| error.chars().take(DELIVERY_ERROR_CHARS).collect());
        let mut tx = self.db.begin_write().await?;
        db::query(
            "UPDATE deliveries SET tries = tries + 1, last_status = $2, last_error = $3, \
             delivered_at = $4, next_try_at = $5, gave_up_at = $6, \
             leased_by = NULL, leased_until = NULL \
             WHERE id = $1 AND (next_try_at IS NOT NULL OR $4 IS NOT NULL)",
        )
        .bind(&due.message.id)
        .bind(outcome.status.map(i64::from))
        .bind(error)
        .bind(delivered_at)
        .bind(next_try_at)
        .bind(gave_up_at)
        .execute(&mut tx)
        .await?;
        tx.commit().await
    }

    /// Removes some of what was enqueued before `before` (Unix seconds), the oldest first. `false`:
    /// nothing is left of it.
    pub async fn prune_deliveries(&self, before: i64) -> Result<bool, StoreError> {
        let mut tx = self.db.begin_write().await?;
        let pruned = db::query(
            "DELETE FROM deliveries WHERE seq IN \
             (SELECT seq FROM deliveries WHERE created_at < $1 ORDER BY seq LIMIT $2)",
        )
        .bind(before)
        .bind(DELIVERIES_PRUNED_AT_ONCE)
        .execute(&mut tx)
        .await?;
        tx.commit().await?;
        Ok(pruned > 0)
    }
}

impl Tx {
    /// Enqueues a message for every enabled webhook that wants its kind (`app.created`). `data` never
    /// holds a secret. Does not raise the revision; without webhooks it is one read of an empty
    /// table.
    pub async fn notify(&mut self, kind: &str, data: &impl Serialize) -> Result<(), StoreError> {
        let webhooks = db::query("SELECT id, events FROM webhooks WHERE enabled = 1")
            .fetch_all(&mut self.inner)
            .await?;
        for webhook in &webhooks {
            let id: &str = webhook.try_get("id")?;
            match column(webhook, "webhooks", "events", id).json::<Vec<String>>() {
                Ok(events) if wants(&events, kind) => {
                    self.enqueue(id, &Message::new(kind, self.now, data)).await?;
                }
                Ok(_) => {}
                // No reason to refuse the change that is told of.
                Err(fault) => tracing::error!(%fault, "a webhook cannot be used; repair its row"),
            }
        }
        Ok(())
    }

    /// Enqueues a message of kind `test`, whatever events the webhook names.
    ///
    /// `Err(WebhookUnknown)`, `Err(WebhookDisabled)`.
    pub async fn enqueue_test(&mut self, webhook_id: &str) -> Result<Delivery, StoreError> {
        self.check_enabled(webhook_id).await?;
        let message = Message::new("test", self.now, &json!({ "webhook_id": webhook_id }));
        self.enqueue(webhook_id, &message).await?;
        let detail = json!({ "delivery_id": message.id });
        self.audit("webhook.test", &format!("webhook {webhook_id}"), &detail).await?;
        self.delivery(&message.id).await
    }

    /// Has a message sent now, whether it waits, was given up, or was taken once already. If its tries
    /// are used up, this is one more.
    ///
    /// `Err(DeliveryUnknown)`, `Err(WebhookDisabled)`.
    pub async fn retry_delivery(&mut self, id: &str) -> Result<Delivery, StoreError> {
        let before = self.delivery(id).await?;
        self.check_enabled(&before.webhook_id).await?;
        db::query(
            "UPDATE deliveries SET next_try_at = $2, delivered_at = NULL, gave_up_at = NULL \
             WHERE id = $1",
        )
        .bind(id)
        .bind(self.now)
        .execute(&mut self.inner)
        .await?;
        let detail = json!({ "webhook_id": before.webhook_id });
        self.audit("delivery.retry", &format!("delivery {id}"), &detail).await?;
        self.delivery(id).await
    }

    /// Gives up all that waits for a webhook.
    pub(super) async fn give_up_deliveries(&mut self, webhook_id: &str) -> Result<(), StoreError> {
        db::query(
            "UPDATE deliveries SET next_try_at = NULL, gave_up_at = $2, \
             last_error = 'the webhook was disabled' \
             WHERE webhook_id = $1 AND next_try_at IS NOT NULL",
        )
        .bind(webhook_id)
        .bind(self.now)
        .execute(&mut self.inner)
        .await?;
        Ok(())
    }

    async fn check_enabled(&mut self, webhook_id: &str) -> Result<(), StoreError> {
        match self.webhook_at(webhook_id, None).await? {
            webhook if webhook.enabled => Ok(()),
            webhook => Err(StoreError::WebhookDisabled { id: webhook.id }),
        }
    }

    async fn enqueue(&mut self, webhook_id: &str, message: &Message) -> Result<(), StoreError> {
        db::query(
            "INSERT INTO deliveries (id, webhook_id, kind, body, created_at, next_try_at) \
             VALUES ($1, $2, $3, $4, $5, $5)",
        )
        .bind(&message.id)
        .bind(webhook_id)
        .bind(&message.kind)
        .bind(&message.body)
        .bind(self.now)
        .execute(&mut self.inner)
        .await?;
        Ok(())
    }

    async fn delivery(&mut self, id: &str) -> Result<Delivery, StoreError> {
        let row =
            db::query(concat!("SELECT ", delivery_columns!(), " FROM deliveries WHERE id = $1"))
                .bind(id)
                .fetch_optional(&mut self.inner)
                .await?;
        let row = row.ok_or_else(|| StoreError::DeliveryUnknown { id: id.to_owned() })?;
        Ok(read(&row)?)
    }
}

/// Twice what may be under way at once: half of them may be.
async fn due_of(
    conn: &mut db::Connection,
    webhook_id: &str,
    node: &str,
    now: i64,
) -> Result<Vec<db::Row>, StoreError> {
    let limit = i64::try_from(2 * DELIVERIES_PER_WEBHOOK).unwrap_or(i64::MAX);
    let rows = db::query(
        "SELECT id, kind, body, tries FROM deliveries \
         WHERE webhook_id = $1 AND next_try_at <= $2 \
         AND (leased_until IS NULL OR leased_until <= $2 OR leased_by = $4) \
         ORDER BY next_try_at, seq LIMIT $3",
    )
    .bind(webhook_id)
    .bind(now)
    .bind(limit)
    .bind(node)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

fn message(row: &db::Row) -> Result<Message, StoreError> {
    Ok(Message { id: row.try_get("id")?, kind: row.try_get("kind")?, body: row.try_get("body")? })
}

fn read(row: &db::Row) -> Result<Delivery, RowFault> {
    let seq: i64 = column(row, "deliveries", "seq", "?").get()?;
    let at = |name| column(row, "deliveries", name, seq);
    Ok(Delivery {
        seq,
        id: at("id").get()?,
        webhook_id: at("webhook_id").get()?,
        kind: at("kind").get()?,
        created_at: at("created_at").get()?,
        next_try_at: at("next_try_at").get()?,
        tries: at("tries").get()?,
        delivered_at: at("delivered_at").get()?,
        gave_up_at: at("gave_up_at").get()?,
        last_status: at("last_status").get()?,
        last_error: at("last_error").get()?,
    })
}

#[cfg(test)]
mod tests;
