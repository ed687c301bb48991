//! Everybody who may ask: nobody, programs and people, of every role, for all apps or for one, freshly
//! proven or not.

use serde_json::json;
use tonegate_server::model::{Role, User};
use tonegate_server::store::{Origin, UserChange};

use super::things::OWN_APP;
use crate::support::{House, Persona, text};

/// Longer ago than a proof counts as fresh.
const STALE_SECS: i64 = 301;

/// Somebody who asks.
pub(super) struct Caller {
    pub(super) name: String,
    pub(super) persona: Persona,
    /// `None`: nobody.
    pub(super) role: Option<Role>,
    /// To [`OWN_APP`].
    pub(super) is_confined: bool,
    /// A token: privileged. A person: proven a moment ago.
    pub(super) is_fresh: bool,
    pub(super) is_person: bool,
    /// A person's, and of another session than the one they ask by.
    pub(super) user_id: Option<String>,
    pub(super) session_id: Option<String>,
}

/// Who signs in.
pub(super) struct People(Vec<User>);

impl People {
    /// One of each role, for all apps and for one.
    pub(super) async fn new(house: &House) -> Self {
        let mut users = Vec::new();
        for (role, is_confined) in kinds() {
            let name = format!("{role} {}", if is_confined { "of one app" } else { "of all" });
            let apps = if is_confined { json!([OWN_APP]) } else { json!(null) };
            let body = json!({ "name": name, "role": role, "app_ids": apps });
            house.invited_as(body).await;
            users.push(house.store.user_named(&name).await.unwrap().unwrap().0);
        }
        Self(users)
    }

    /// Everybody, with sessions and tokens that were made just now.
    pub(super) async fn callers(&self, house: &House) -> Vec<Caller> {
        let mut callers = vec![Caller::nobody(house)];
        for user in self.0.iter().filter(|user| user.apps.is_some()) {
            let change = UserChange { apps: Some(user.apps.clone()), ..UserChange::default() };
            house.change(async |tx| drop(tx.update_user(&user.id, None, change, None).await)).await;
        }
        for user in &self.0 {
            end_sessions(house, user).await;
        }
        for (user, (role, is_confined)) in self.0.iter().zip(kinds()) {
            for is_fresh in [true, false] {
                callers.push(Caller::program(house, role, is_confined, is_fresh).await);
                callers.push(Caller::person(house, user, is_fresh).await);
            }
        }
        callers
    }
}

fn kinds() -> impl Iterator<Item = (Role, bool)> {
    Role::ALL.iter().flat_map(|role| [(*role, false), (*role, true)])
}

impl Caller {
    fn nobody(house: &House) -> Self {
        Self {
            name: "nobody".into(),
            persona: house.anonymous(),
            role: None,
            is_confined: false,
            is_fresh: false,
            is_person: false,
            user_id: None,
            session_id: None,
        }
    }

    async fn program(house: &House, role: Role, is_confined: bool, is_fresh: bool) -> Self {
        let apps = [OWN_APP];
        let persona = house.token(role, is_confined.then_some(&apps[..]), is_fresh).await;
        let scope = if is_confined { ", confined" } else { "" };
        let name = format!("{}token ({role}{scope})", if is_fresh { "privileged " } else { "" });
        Self { name, persona, role: Some(role), is_confined, is_fresh, ..Self::nobody(house) }
    }

    async fn person(house: &House, user: &User, is_fresh: bool) -> Self {
        let (_, token) = begin_session(house, user, if is_fresh { 0 } else { STALE_SECS }).await;
        let (session_id, _) = begin_session(house, user, 0).await;
        let browser = house
            .anonymous()
            .with("Origin", &format!("http://{}", house.admin))
            .with("Sec-Fetch-Site", "same-origin")
            .with("Cookie", &format!("__Host-tonegate_session={token}"));
        let session = browser.get("/session").await.expect(200);
        Self {
            name: format!("{}{}", user.name, if is_fresh { ", just proven" } else { "" }),
            persona: browser.with("X-CSRF-Token", text(&session["csrf_token"])),
            role: Some(user.role),
            is_confined: user.apps.is_some(),
            is_fresh,
            is_person: true,
            user_id: Some(user.id.clone()),
            session_id: Some(session_id),
        }
    }
}

/// Lest there be more of them than somebody may have.
async fn end_sessions(house: &House, user: &User) {
    for session in house.store.sessions_of(&user.id, house.now()).await.unwrap() {
        house.change(async |tx| tx.end_session(&session.id).await.unwrap()).await;
    }
}

/// A session's id and its token.
pub(super) async fn begin_session(house: &House, user: &User, ago: i64) -> (String, String) {
    let origin = Origin { network: "127.0.0.1".into(), client: "tests".into() };
    let mut tx = house.store.begin("test", house.now() - ago).await.unwrap();
    let (session, token) = tx.create_session(user, &origin).await.unwrap();
    tx.commit().await.unwrap();
    (session.id, token.expose().to_owned())
}
