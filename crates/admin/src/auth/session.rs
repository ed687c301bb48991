//! The session's cookie: a person.

use http::header::COOKIE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use tonegate_server::model::{BearerToken, TokenHash, User, UserStatus};
use tonegate_server::store::Session;

use super::{Known, csrf};
use crate::admin::Admin;
use crate::caller::{Caller, Who};
use crate::limits::{SESSION_USE_NOTED_SECS, STEP_UP_SECS};
use crate::problem::{Code, Problem};

/// `__Host-`: the browser takes it from this very host over TLS alone, and for every path.
const COOKIE_NAME: &str = "__Host-tonegate_session";
const ATTRIBUTES: &str = "; Path=/; Secure; HttpOnly; SameSite=Strict";
/// Characters of a session's token.
const TOKEN_CHARS: usize = 43;

/// Whoever's session the cookie names. `None`: there is no cookie of ours.
///
/// `Err(SessionEnded)`; `Err(CsrfFailed)`: the session is good, and the request may not be theirs.
pub(super) async fn known(admin: &Admin, parts: &Parts) -> Result<Option<Known>, Problem> {
    let Some(token) = token(&parts.headers)? else { return Ok(None) };
    let now = admin.now();
    let found = admin.store().session(&TokenHash::of(token)).await?;
    let good =
        found.filter(|(session, user)| session.is_good(now) && user.status == UserStatus::Active);
    let (session, user) = good.ok_or_else(ended)?;
    csrf::check(parts, token)?;
    note_use(admin, &session, now);
    Ok(Some(known_as(&session, user, token)))
}

/// Whoever has this session.
pub(crate) fn known_as(session: &Session, user: User, token: &str) -> Known {
    Known {
        caller: Caller {
            who: Who::User { id: user.id, name: user.name, session_id: session.id.clone() },
            role: user.role,
            apps: user.apps,
            stepped_up_until: session.stepped_up_at.saturating_add(STEP_UP_SECS),
        },
        csrf_token: Some(csrf::token(token)),
        expires_at: session.expires_at,
        idle_until: Some(session.idle_until().min(session.expires_at)),
    }
}

/// Has the browser keep a session.
pub(crate) fn cookie(token: &BearerToken) -> HeaderValue {
    let cookie = format!("{COOKIE_NAME}={}{ATTRIBUTES}", token.expose());
    let mut value = HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// Has the browser forget it.
pub(crate) fn no_cookie() -> HeaderValue {
    HeaderValue::try_from(format!("{COOKIE_NAME}=; Max-Age=0{ATTRIBUTES}"))
        .unwrap_or(HeaderValue::from_static(""))
}

/// `Err(SessionEnded)`: something else, or two of them: somebody else has put one there.
fn token(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut found = None;
    for header in headers.get_all(COOKIE) {
        for pair in header.to_str().unwrap_or_default().split(';') {
            let Some((name, value)) = pair.trim().split_once('=') else { continue };
            if name == COOKIE_NAME && found.replace(value).is_some() {
                return Err(ended());
            }
        }
    }
    match found {
        Some(token) if token.len() != TOKEN_CHARS => Err(ended()),
        found => Ok(found),
    }
}

/// Off the request's way: the database may be busy, and this is worth no wait.
fn note_use(admin: &Admin, session: &Session, now: i64) {
    let last = Some(session.last_used_at);
    if !admin.callers.is_use_due(&session.id, last, now, SESSION_USE_NOTED_SECS) {
        return;
    }
    let (store, id) = (admin.store().clone(), session.id.clone());
    tokio::spawn(async move {
        let noted = store.touch_session(&id, now).await;
        noted.unwrap_or_else(|error| tracing::warn!(%error, "a session's use was not noted"));
    });
}

fn ended() -> Problem {
    Problem::new(Code::SessionEnded, "the session has ended, or never was; sign in again")
}
