//! API tokens: programs that call the admin API.
//!
//! Invariants: of a token only its hash is kept; a revoked one stays listed and is never good again.

use serde_json::json;

use super::app_row::column;
use super::{RowFault, Store, StoreError, Tx, confined, db};
use crate::model::{
    AppId, BearerToken, Role, TokenHash, bounds, check_new_text, check_range, new_id,
};

/// An API token, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// `tok_` and 16 hex digits.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The apps that it is confined to; `None`: it is not.
    pub apps: Option<Vec<AppId>>,
    /// Whether it may do what takes a fresh proof from people.
    pub privileged: bool,
    /// Who made it, as the audit log names them.
    pub created_by: String,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub expires_at: i64,
    /// Unix seconds; a minute may be missing.
    pub last_used_at: Option<i64>,
    /// Unix seconds.
    pub revoked_at: Option<i64>,
}

/// An API token to be.
#[derive(Debug, Clone)]
pub struct NewApiToken {
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The apps that it is confined to; `None`: it is not.
    pub apps: Option<Vec<AppId>>,
    /// Whether it may do what takes a fresh proof from people.
    pub privileged: bool,
    /// Seconds, 3,600–31,536,000.
    pub expires_in: u32,
}

/// The columns that [`read`] expects.
macro_rules! select_api_tokens {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, role, app_ids, privileged, created_by, created_at, expires_at, \
             last_used_at, revoked_at FROM api_tokens ",
            $rest
        )
    };
}

impl ApiToken {
    /// Neither revoked nor at its end?
    #[must_use]
    pub fn is_good(&self, now: i64) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

impl Store {
    /// The token with this hash, good or not.
    pub async fn api_token(&self, hash: &TokenHash) -> Result<Option<ApiToken>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let row = db::query(select_api_tokens!("WHERE token_hash = $1"))
            .bind(hash.as_bytes().to_vec())
            .fetch_optional(&mut tx)
            .await?;
        Ok(row.as_ref().map(read).transpose()?)
    }

    /// Tokens older than `before` (when it was made, and its id), newest first, at most `limit`.
    pub async fn api_tokens(
        &self,
        before: Option<&(i64, String)>,
        limit: u32,
    ) -> Result<Vec<ApiToken>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let (created_at, id) = before.map_or((i64::MAX, ""), |(at, id)| (*at, id));
        let rows = db::query(select_api_tokens!(
            "WHERE (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT $3"
        ))
        .bind(created_at)
        .bind(id)
        .bind(i64::from(limit))
        .fetch_all(&mut tx)
        .await?;
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }

    /// Notes that a token was used. Neither audited nor a change: the revision stays.
    pub async fn touch_api_token(&self, id: &str, at: i64) -> Result<(), StoreError> {
        let mut tx = self.db.begin_write().await?;
        db::query("UPDATE api_tokens SET last_used_at = $2 WHERE id = $1")
            .bind(id)
            .bind(at)
            .execute(&mut tx)
            .await?;
        tx.commit().await
    }
}

impl Tx {
    /// Makes an API token. Its text exists here alone. `Err(Model)`: a rule is broken.
    pub async fn create_api_token(
        &mut self,
        new: &NewApiToken,
    ) -> Result<(ApiToken, BearerToken), StoreError> {
        check_new_text("name", &new.name, bounds::API_TOKEN_NAME)?;
        check_range("expires_in", new.expires_in, bounds::API_TOKEN_LIFETIME)?;
        let text = BearerToken::generate(BearerToken::API)?;
        let token = ApiToken {
            id: new_id("tok_")?,
            name: new.name.clone(),
            role: new.role,
            apps: confined::checked(new.apps.as_deref())?,
            privileged: new.privileged,
            created_by: self.actor.clone(),
            created_at: self.now,
            expires_at: self.now + i64::from(new.expires_in),
            last_used_at: None,
            revoked_at: None,
        };
        self.insert_api_token(&token, &text.hash()).await?;
        let detail = json!({
            "name": token.name,
            "role": token.role,
            "app_ids": confined::numbers(token.apps.as_deref()),
            "privileged": token.privileged,
            "expires_at": token.expires_at,
        });
        self.audit("api_token.create", &subject(&token.id), &detail).await?;
        Ok((token, text))
    }

    /// Ends a token at once. Again: nothing happens. `Err(ApiTokenUnknown)`.
    pub async fn revoke_api_token(&mut self, id: &str) -> Result<(), StoreError> {
        let row = db::query(select_api_tokens!("WHERE id = $1"))
            .bind(id)
            .fetch_optional(&mut self.inner)
            .await?;
        let row = row.ok_or_else(|| StoreError::ApiTokenUnknown { id: id.to_owned() })?;
        let token = read(&row)?;
        if token.revoked_at.is_some() {
            return Ok(());
        }
        db::query("UPDATE api_tokens SET revoked_at = $2 WHERE id = $1")
            .bind(id)
            .bind(self.now)
            .execute(&mut self.inner)
            .await?;
        self.audit("api_token.revoke", &subject(id), &json!({ "name": token.name })).await
    }

    async fn insert_api_token(
        &mut self,
        token: &ApiToken,
        hash: &TokenHash,
    ) -> Result<(), StoreError> {
        db::query(
            "INSERT INTO api_tokens (id, name, token_hash, role, app_ids, privileged, created_by, \
             created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&token.id)
        .bind(&token.name)
        .bind(hash.as_bytes().to_vec())
        .bind(token.role.as_str())
        .bind(confined::text(token.apps.as_deref()))
        .bind(i64::from(token.privileged))
        .bind(&token.created_by)
        .bind(token.created_at)
        .bind(token.expires_at)
        .execute(&mut self.inner)
        .await?;
        Ok(())
    }
}

fn subject(id: &str) -> String {
    format!("api_token {id}")
}

fn read(row: &db::Row) -> Result<ApiToken, RowFault> {
    let id: &str = column(row, "api_tokens", "id", "").get()?;
    let at = |name| column(row, "api_tokens", name, id);
    Ok(ApiToken {
        id: id.to_owned(),
        name: at("name").get()?,
        role: at("role").word()?,
        apps: confined::read(&at("app_ids"))?,
        privileged: at("privileged").number::<u8>()? != 0,
        created_by: at("created_by").get()?,
        created_at: at("created_at").get()?,
        expires_at: at("expires_at").get()?,
        last_used_at: at("last_used_at").get()?,
        revoked_at: at("revoked_at").get()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::AuditFilter;
    use super::super::testing::{House, NOW};
    use super::*;

    fn robot() -> NewApiToken {
        NewApiToken {
            name: "robot".into(),
            role: Role::Operator,
            apps: Some(vec![AppId(7), AppId(5), AppId(7)]),
            privileged: false,
            expires_in: 3_600,
        }
    }

    #[tokio::test]
    async fn a_token_is_found_by_its_text_until_it_ends_or_is_revoked() {
        let house = House::new().await;
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        let (token, text) = tx.create_api_token(&robot()).await.unwrap();
        tx.commit().await.unwrap();
        let found = async || house.store.api_token(&text.hash()).await.unwrap().unwrap();
        assert_eq!(found().await, token);
        assert_eq!(token.apps, Some(vec![AppId(5), AppId(7)]));
        assert!(token.is_good(NOW + 3_599) && !token.is_good(NOW + 3_600));
        assert_eq!(house.store.api_token(&TokenHash::of("tgt_")).await.unwrap(), None);

        house.store.touch_api_token(&token.id, NOW + 9).await.unwrap();
        for _ in 0..2 {
            let mut tx = house.store.begin("owner", NOW + 10).await.unwrap();
            tx.revoke_api_token(&token.id).await.unwrap();
            tx.commit().await.unwrap();
        }
        let token = found().await;
        assert_eq!((token.last_used_at, token.revoked_at), (Some(NOW + 9), Some(NOW + 10)));
        assert!(!token.is_good(NOW + 11));
        let actions = house.store.audit(&AuditFilter::default(), None, 10).await.unwrap();
        let actions: Vec<_> = actions.iter().map(|entry| &*entry.action).collect();
        assert_eq!(actions, ["api_token.revoke", "api_token.create", "installation.create"]);
    }

    #[tokio::test]
    async fn tokens_are_listed_newest_first_in_pages() {
        let house = House::new().await;
        let mut ids = Vec::new();
        for step in [0, 1, 1] {
            let mut tx = house.store.begin("owner", NOW + step).await.unwrap();
            ids.push(tx.create_api_token(&robot()).await.unwrap().0.id);
            tx.commit().await.unwrap();
        }
        ids[1..].sort();
        ids.reverse();
        let first = house.store.api_tokens(None, 2).await.unwrap();
        let last = first.last().map(|token| (token.created_at, token.id.clone())).unwrap();
        let rest = house.store.api_tokens(Some(&last), 2).await.unwrap();
        let found: Vec<_> = first.iter().chain(&rest).map(|token| token.id.clone()).collect();
        assert_eq!(found, ids);
    }

    #[tokio::test]
    async fn what_breaks_a_rule_is_not_made() {
        let house = House::new().await;
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        for broken in [
            NewApiToken { name: " robot".into(), ..robot() },
            NewApiToken { expires_in: 3_599, ..robot() },
            NewApiToken { apps: Some((1..=1_001).map(AppId).collect()), ..robot() },
        ] {
            let refused = tx.create_api_token(&broken).await;
            assert!(matches!(refused, Err(StoreError::Model(_))), "{broken:?}");
        }
        let unknown = tx.revoke_api_token("tok_0").await;
        assert!(matches!(unknown, Err(StoreError::ApiTokenUnknown { .. })));
    }
}
