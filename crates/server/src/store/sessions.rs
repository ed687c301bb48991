//! Sessions: people who are signed in.
//!
//! Invariants: of a session's token only the hash is kept; a session that is idle or at its end is
//! found no more, whether its row is still there or not; ids are public and open nothing.

use serde_json::json;

use super::app_row::column;
use super::user_row::{self, select_users};
use super::users::subject;
use super::{RowFault, Store, StoreError, Tx, db};
use crate::model::{BearerToken, TokenHash, User, bounds, new_id};

/// A session, without its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// `ses_` and 16 hex digits.
    pub id: String,
    /// Whose.
    pub user_id: String,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds; half a minute may be missing.
    pub last_used_at: i64,
    /// Unix seconds of its end, used or not.
    pub expires_at: i64,
    /// Unix seconds of the last fresh proof.
    pub stepped_up_at: i64,
    /// Where it was begun from.
    pub network: String,
    /// What it was begun with, in the client's own words.
    pub client: String,
}

/// Where somebody signs in from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Their address.
    pub network: String,
    /// Their client, in its own words.
    pub client: String,
}

/// The columns that [`read`] expects.
macro_rules! select_sessions {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, created_at, last_used_at, expires_at, stepped_up_at, network, \
             client FROM sessions ",
            $rest
        )
    };
}

impl Session {
    /// Neither left alone for too long nor at its end?
    #[must_use]
    pub fn is_good(&self, now: i64) -> bool {
        now < self.expires_at && now < self.idle_until()
    }

    /// Unix seconds of its end, if nobody uses it.
    #[must_use]
    pub fn idle_until(&self) -> i64 {
        self.last_used_at.saturating_add(bounds::SESSION_IDLE_SECS)
    }
}

impl Store {
    /// The session with this hash, and whose it is; good or not.
    pub async fn session(&self, hash: &TokenHash) -> Result<Option<(Session, User)>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let row = db::query(select_sessions!("WHERE token_hash = $1"))
            .bind(hash.as_bytes().to_vec())
            .fetch_optional(&mut tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let session = read(&row)?;
        let row = db::query(select_users!("WHERE id = $1"))
            .bind(&session.user_id)
            .fetch_one(&mut tx)
            .await?;
        Ok(Some((session, user_row::read(&row)?)))
    }

    /// The good sessions of a user at `now`, newest first: there are at most
    /// [`bounds::SESSIONS_MAX`].
    pub async fn sessions_of(&self, user_id: &str, now: i64) -> Result<Vec<Session>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let rows =
            db::query(select_sessions!("WHERE user_id = $1 ORDER BY created_at DESC, id DESC"))
                .bind(user_id)
                .fetch_all(&mut tx)
                .await?;
        let sessions: Result<Vec<_>, _> = rows.iter().map(read).collect();
        Ok(sessions?.into_iter().filter(|session| session.is_good(now)).collect())
    }

    /// Notes that a session was used. Neither audited nor a change: the revision stays.
    pub async fn touch_session(&self, id: &str, at: i64) -> Result<(), StoreError> {
        let mut tx = self.db.begin_write().await?;
        db::query("UPDATE sessions SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2")
            .bind(id)
            .bind(at)
            .execute(&mut tx)
            .await?;
        tx.commit().await
    }
}

impl Tx {
    /// Begins a session for somebody who has proved a moment ago who they are.
    pub async fn create_session(
        &mut self,
        user: &User,
        origin: &Origin,
    ) -> Result<(Session, BearerToken), StoreError> {
        self.begin_session(user, origin, self.now).await
    }

    /// The same for the demo, whose owner has no second factor to prove: it counts as fresh to its end.
    pub async fn create_demo_session(
        &mut self,
        user: &User,
        origin: &Origin,
    ) -> Result<(Session, BearerToken), StoreError> {
        self.begin_session(user, origin, self.now + bounds::SESSION_SECS).await
    }

    async fn begin_session(
        &mut self,
        user: &User,
        origin: &Origin,
        stepped_up_at: i64,
    ) -> Result<(Session, BearerToken), StoreError> {
        self.forget_ended_sessions().await?;
        self.make_room(&user.id).await?;
        let token = BearerToken::generate(BearerToken::SESSION)?;
        let session = Session {
            id: new_id("ses_")?,
            user_id: user.id.clone(),
            created_at: self.now,
            last_used_at: self.now,
            expires_at: self.now + bounds::SESSION_SECS,
            stepped_up_at,
            network: origin.network.clone(),
            client: origin.client.clone(),
        };
        self.insert_session(&session, &token.hash()).await?;
        let detail = json!({
            "name": user.name,
            "session": session.id,
            "network": origin.network,
            "client": origin.client,
        });
        self.audit("session.create", &subject(&user.id), &detail).await?;
        Ok((session, token))
    }

    /// The good session of this id. `Err(SessionUnknown)`.
    pub async fn session(&mut self, id: &str) -> Result<Session, StoreError> {
        let row = db::query(select_sessions!("WHERE id = $1"));
        let row = row.bind(id).fetch_optional(&mut self.inner).await?;
        let session = row.as_ref().map(read).transpose()?;
        let good = session.filter(|session| session.is_good(self.now));
        good.ok_or_else(|| StoreError::SessionUnknown { id: id.to_owned() })
    }

    /// Ends a session. `Err(SessionUnknown)`.
    pub async fn end_session(&mut self, id: &str) -> Result<(), StoreError> {
        let session = self.session(id).await?;
        db::query("DELETE FROM sessions WHERE id = $1").bind(id).execute(&mut self.inner).await?;
        self.audit("session.delete", &subject(&session.user_id), &json!({ "session": id })).await
    }

    /// Notes a fresh proof. `Err(SessionUnknown)`.
    pub async fn step_up(&mut self, id: &str) -> Result<Session, StoreError> {
        let session = self.session(id).await?;
        db::query("UPDATE sessions SET stepped_up_at = $2 WHERE id = $1")
            .bind(id)
            .bind(self.now)
            .execute(&mut self.inner)
            .await?;
        self.audit("session.step_up", &subject(&session.user_id), &json!({ "session": id }))
            .await?;
        Ok(Session { stepped_up_at: self.now, ..session })
    }

    /// Another password for the user of this session, which gets a new token; their others end.
    /// `Err(SessionUnknown)`.
    pub async fn change_password(
        &mut self,
        session_id: &str,
        password_hash: &str,
    ) -> Result<(Session, BearerToken), StoreError> {
        let session = self.session(session_id).await?;
        db::query("UPDATE users SET password_hash = $2 WHERE id = $1")
            .bind(&session.user_id)
            .bind(password_hash)
            .execute(&mut self.inner)
            .await?;
        self.end_sessions_of(&session.user_id, Some(session_id)).await?;
        let token = BearerToken::generate(BearerToken::SESSION)?;
        db::query("UPDATE sessions SET token_hash = $2 WHERE id = $1")
            .bind(session_id)
            .bind(token.hash().as_bytes().to_vec())
            .execute(&mut self.inner)
            .await?;
        self.audit("user.update", &subject(&session.user_id), &json!({ "password": "changed" }))
            .await?;
        Ok((session, token))
    }

    /// Ends a user's sessions, but for `keep`. The change that calls for it is audited there.
    pub(super) async fn end_sessions_of(
        &mut self,
        user_id: &str,
        keep: Option<&str>,
    ) -> Result<(), StoreError> {
        db::query("DELETE FROM sessions WHERE user_id = $1 AND id <> $2")
            .bind(user_id)
            .bind(keep.unwrap_or_default())
            .execute(&mut self.inner)
            .await?;
        Ok(())
    }

    async fn insert_session(
        &mut self,
        session: &Session,
        hash: &TokenHash,
    ) -> Result<(), StoreError> {
        db::query(
            "INSERT INTO sessions (token_hash, id, user_id, created_at, last_used_at, expires_at, \
             stepped_up_at, network, client) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(hash.as_bytes().to_vec())
        .bind(&session.id)
        .bind(&session.user_id)
        .bind(session.created_at)
        .bind(session.last_used_at)
        .bind(session.expires_at)
        .bind(session.stepped_up_at)
        .bind(&session.network)
        .bind(&session.client)
        .execute(&mut self.inner)
        .await?;
        Ok(())
    }

    async fn forget_ended_sessions(&mut self) -> Result<(), StoreError> {
        db::query("DELETE FROM sessions WHERE expires_at <= $1 OR last_used_at <= $2")
            .bind(self.now)
            .bind(self.now - bounds::SESSION_IDLE_SECS)
            .execute(&mut self.inner)
            .await?;
        Ok(())
    }

    /// Ends those left alone longest, so that one more fits.
    async fn make_room(&mut self, user_id: &str) -> Result<(), StoreError> {
        db::query(
            "DELETE FROM sessions WHERE user_id = $1 AND id NOT IN (SELECT id FROM sessions \
             WHERE user_id = $1 ORDER BY last_used_at DESC, id LIMIT $2)",
        )
        .bind(user_id)
        .bind(i64::from(bounds::SESSIONS_MAX - 1))
        .execute(&mut self.inner)
        .await?;
        Ok(())
    }
}

fn read(row: &db::Row) -> Result<Session, RowFault> {
    let id: &str = column(row, "sessions", "id", "").get()?;
    let at = |name| column(row, "sessions", name, id);
    Ok(Session {
        id: id.to_owned(),
        user_id: at("user_id").get()?,
        created_at: at("created_at").get()?,
        last_used_at: at("last_used_at").get()?,
        expires_at: at("expires_at").get()?,
        stepped_up_at: at("stepped_up_at").get()?,
        network: at("network").get()?,
        client: at("client").get()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{House, NOW};
    use super::super::{Chosen, NewUser};
    use super::*;
    use crate::model::Role;

    async fn anna(house: &House) -> User {
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        let new = NewUser { name: "anna".into(), role: Role::Viewer, apps: None };
        let (_, invitation) = tx.create_user(&new).await.unwrap();
        let chosen = Chosen { password_hash: "$".into(), totp: vec![7; 20].into() };
        tx.choose(&invitation.hash(), None, &chosen).await.unwrap();
        let user = tx.enroll(&invitation.hash(), &chosen, 1).await.unwrap();
        tx.commit().await.unwrap();
        user
    }

    fn origin() -> Origin {
        Origin { network: "192.0.2.1".into(), client: "Netscape".into() }
    }

    #[tokio::test]
    async fn a_user_has_a_bounded_number_of_sessions_and_the_oldest_go() {
        let house = House::new().await;
        let user = anna(&house).await;
        let mut tokens = Vec::new();
        for step in 0..25 {
            let mut tx = house.store.begin("user anna", NOW + step).await.unwrap();
            tokens.push(tx.create_session(&user, &origin()).await.unwrap().1);
            tx.commit().await.unwrap();
        }
        let sessions = house.store.sessions_of(&user.id, NOW + 24).await.unwrap();
        assert_eq!(sessions.len(), 20);
        assert_eq!(sessions.last().unwrap().created_at, NOW + 5);
        assert_eq!(house.store.session(&tokens[4].hash()).await.unwrap(), None);
        let (newest, whose) = house.store.session(&tokens[24].hash()).await.unwrap().unwrap();
        assert_eq!((newest, whose.name.as_str()), (sessions[0].clone(), "anna"));
    }

    #[tokio::test]
    async fn ended_sessions_are_found_no_more_and_then_forgotten() {
        let house = House::new().await;
        let user = anna(&house).await;
        let mut tx = house.store.begin("user anna", NOW).await.unwrap();
        let (session, token) = tx.create_session(&user, &origin()).await.unwrap();
        tx.commit().await.unwrap();
        let end = session.idle_until();
        assert!(session.is_good(end - 1) && !session.is_good(end));
        assert_eq!(house.store.sessions_of(&user.id, end).await.unwrap(), []);
        let mut tx = house.store.begin("user anna", end).await.unwrap();
        let gone = tx.end_session(&session.id).await;
        assert!(matches!(gone, Err(StoreError::SessionUnknown { .. })));
        tx.create_session(&user, &origin()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(house.store.session(&token.hash()).await.unwrap(), None);
    }
}
