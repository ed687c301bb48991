//! Who sends a request: an API token says so, or a session's cookie.
//!
//! Invariants: a request with an API token is judged by that alone, whatever cookies it carries; what
//! is not good is charged to its network, and a good credential is never refused for what strangers in
//! its network do, so nobody locks the owners out.

mod api_token;
mod attempt;
mod callers;
mod csrf;
pub(crate) mod factor;
mod failed_sign_ins;
mod password;
mod permitted;
mod person;
pub(crate) mod session;
mod stranger;
mod totp;

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use tonegate_listener::Peer;

use crate::admin::Admin;
use crate::caller::Caller;
use crate::operation::Call;
use crate::problem::{Code, Problem};

pub(crate) use attempt::{Attempt, SentFrom};
pub(crate) use callers::Callers;
pub(crate) use failed_sign_ins::FailedSignIns;
pub(crate) use password::Passwords;
pub(crate) use permitted::Permitted;
pub(crate) use person::Person;
pub(crate) use stranger::Stranger;

/// A caller, and how long it is known by what it sent.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) caller: Caller,
    /// What a session's page sends along with changes.
    pub(crate) csrf_token: Option<String>,
    /// Unix seconds.
    pub(crate) expires_at: i64,
    /// Unix seconds, if nothing more is sent; `None`: that ends no token.
    pub(crate) idle_until: Option<i64>,
}

impl FromRequestParts<Admin> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Problem> {
        // Extractors of one operation may ask twice; the credential is looked at once.
        if let Some(Judged(judged)) = parts.extensions.get::<Judged>() {
            return judged.clone();
        }
        let judged = known(admin, parts).await;
        if let (Ok(known), Some(call)) = (&judged, parts.extensions.get::<Call>()) {
            call.note_caller(&known.caller.who);
        }
        parts.extensions.insert(Judged(judged.clone()));
        judged
    }
}

/// What came of looking at a request's credential, left with the request.
#[derive(Debug, Clone)]
struct Judged(Result<Known, Problem>);

async fn known(admin: &Admin, parts: &Parts) -> Result<Known, Problem> {
    let known = match parts.headers.get(AUTHORIZATION) {
        Some(header) => api_token::known(admin, header).await,
        None => {
            session::known(admin, parts).await.and_then(|known| known.ok_or_else(not_signed_in))
        }
    };
    match known {
        Ok(known) => {
            admin.callers.admit(known.caller.key(), admin.service.time.monotonic())?;
            Ok(known)
        }
        Err(problem) => {
            Err(stranger::charge(admin, parts.extensions.get::<Peer>().copied(), problem))
        }
    }
}

fn not_signed_in() -> Problem {
    let detail = "sign in, or send an API token as `Authorization: Bearer tgt_…`";
    Problem::new(Code::NotSignedIn, detail)
}
