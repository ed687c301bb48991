//! What requests are about, made again where one of them took it away.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use tonegate_protocol::ReturnCode;
use tonegate_server::model::{AppId, User};
use tonegate_server::store::{AnswerRecord, NewWebhook, UsageBatch};

use super::callers::{Caller, begin_session};
use super::requests::Request;
use crate::support::{House, text};

/// The app of callers who are confined.
pub(super) const OWN_APP: u32 = 5;
const OTHER_APP: u32 = 6;
const NO_APP: u32 = 7;

/// Whose a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// The caller's, or everybody's.
    Own,
    /// Another's, or of an app that only some may see.
    Other,
    /// Nobody's: it is not there.
    None,
}

/// Ids of what there is.
pub(super) struct Things {
    /// The secret's generation that was replaced, of the own app and of the other.
    replaced: [u64; 2],
    user_id: String,
    api_token_id: String,
    webhook_id: String,
    delivery_id: String,
    /// Somebody else, and a session of theirs.
    other: User,
    session_id: String,
    /// For what may be there once only.
    count: AtomicU32,
}

impl Things {
    pub(super) async fn new(house: &House) -> Self {
        house.invited_as(json!({ "name": "somebody else", "role": "viewer" })).await;
        let other = house.store.user_named("somebody else").await.unwrap().unwrap().0;
        let answers = [OWN_APP, OTHER_APP].map(|app_id| AnswerRecord {
            request_id: request_id(app_id),
            at: house.now(),
            app_id: AppId(app_id),
            code: ReturnCode::Success,
            reason: "".into(),
            network: Ipv4Addr::LOCALHOST.into(),
            duration_us: 1,
        });
        let batch = UsageBatch { answers: answers.into(), ..UsageBatch::default() };
        house.store.note_usage(&batch).await.unwrap();
        let (webhook_id, delivery_id) = make_webhook(house).await;
        Self {
            replaced: [make_app(house, OWN_APP).await, make_app(house, OTHER_APP).await],
            user_id: make_user(house, 0).await,
            api_token_id: make_api_token(house).await,
            webhook_id,
            delivery_id,
            session_id: begin_session(house, &other, 0).await.0,
            other,
            count: AtomicU32::new(1),
        }
    }

    /// Makes again what a request changed.
    pub(super) async fn restore(&mut self, house: &House, request: &Request<'_>) {
        if request.names("{app_id}") {
            self.replaced = [make_app(house, OWN_APP).await, make_app(house, OTHER_APP).await];
        }
        if request.names("{user_id}") {
            self.user_id = make_user(house, self.next()).await;
        }
        if request.names("{api_token_id}") {
            self.api_token_id = make_api_token(house).await;
        }
        if request.names("{webhook_id}") || request.names("{delivery_id}") {
            house.change(async |tx| drop(tx.delete_webhook(&self.webhook_id, None).await)).await;
            (self.webhook_id, self.delivery_id) = make_webhook(house).await;
        }
        if request.names("{session_id}") {
            self.session_id = begin_session(house, &self.other, 0).await.0;
        }
    }

    /// A text with the names in it replaced.
    pub(super) fn fill(&self, text: &str, by: &Caller, subject: Subject) -> String {
        let or = |id: &str, none: &str| if subject == Subject::None { none } else { id }.to_owned();
        let app_id = match subject {
            Subject::Own => OWN_APP,
            Subject::Other => OTHER_APP,
            Subject::None => NO_APP,
        };
        let session_id = match (&by.session_id, subject) {
            (Some(own), Subject::Own) => own,
            _ => &self.session_id,
        };
        let whose = match (&by.user_id, subject) {
            (Some(_), Subject::Own) => String::new(),
            (None, Subject::Own) | (_, Subject::Other) => format!("?user_id={}", self.other.id),
            (_, Subject::None) => "?user_id=usr_0000000000000000".to_owned(),
        };
        [
            ("{app_id}", app_id.to_string()),
            ("{generation}", self.replaced[usize::from(subject == Subject::Other)].to_string()),
            ("{user_id}", or(&self.user_id, "usr_0000000000000000")),
            ("{api_token_id}", or(&self.api_token_id, "tok_0000000000000000")),
            ("{webhook_id}", or(&self.webhook_id, "whk_0000000000000000")),
            ("{delivery_id}", or(&self.delivery_id, "msg_0000000000000000")),
            ("{session_id}", or(session_id, "ses_0000000000000000")),
            ("{request_id}", request_id(app_id).to_string()),
            ("{?user_id}", whose),
            ("{n}", self.next().to_string()),
        ]
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    fn next(&self) -> u32 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }
}

fn request_id(app_id: u32) -> u64 {
    5_000_000_000_000_000_000 + u64::from(app_id)
}

/// Makes an app where there is none, and replaces its secret, whose generation this is.
async fn make_app(house: &House, app_id: u32) -> u64 {
    let body = json!({ "app_id": app_id, "name": "Karaoke", "features": [{ "name": "ans" }] });
    let made = house.operator().post("/apps", body).await;
    assert!(matches!(made.status, 201 | 409), "{made:?}");
    let rotated = house.operator().post(&format!("/apps/{app_id}/secrets"), json!({})).await;
    rotated.expect(201)["secret"]["generation"].as_u64().unwrap() - 1
}

async fn make_user(house: &House, number: u32) -> String {
    let body = json!({ "name": format!("guest {number}"), "role": "viewer" });
    let made = house.owner().post("/users", body).await.expect(201);
    text(&made["user"]["id"]).to_owned()
}

async fn make_api_token(house: &House) -> String {
    let body = json!({ "name": "robot", "role": "viewer", "expires_in": 3600 });
    let made = house.owner().post("/api_tokens", body).await.expect(201);
    text(&made["api_token"]["id"]).to_owned()
}

/// A webhook that hears of nothing here, and a message to it.
async fn make_webhook(house: &House) -> (String, String) {
    house
        .change(async |tx| {
            let new = NewWebhook {
                url: "http://127.0.0.1:9/".into(),
                events: vec!["key.ends_soon".into()],
                note: String::new(),
                enabled: true,
            };
            let (webhook, _) = tx.create_webhook(new).await.unwrap();
            let delivery = tx.enqueue_test(&webhook.id).await.unwrap();
            (webhook.id, delivery.id)
        })
        .await
}
