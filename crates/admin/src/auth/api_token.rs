//! `Authorization: Bearer tgt_…`: a program.

use http::HeaderValue;
use tonegate_server::model::{BearerToken, TokenHash};
use tonegate_server::store::ApiToken;

use super::Known;
use crate::admin::Admin;
use crate::caller::{Caller, Who};
use crate::limits::{BEARER_BYTES_MAX, TOKEN_USE_NOTED_SECS};
use crate::problem::{Code, Problem};

/// The caller that the header names. `Err(TokenRefused)`: unknown, revoked, at its end, or no token.
pub(super) async fn known(admin: &Admin, header: &HeaderValue) -> Result<Known, Problem> {
    let text = text(header).ok_or_else(|| {
        refused("the Authorization header is not `Bearer tgt_…`; send an API token in it")
    })?;
    let now = admin.now();
    let known = admin.store().api_token(&TokenHash::of(text)).await?;
    let token = known.ok_or_else(|| {
        refused("there is no such API token; check that it is whole, or ask an owner for a new one")
    })?;
    if !token.is_good(now) {
        let word = if token.revoked_at.is_some() { "was revoked" } else { "has ended" };
        let detail = format!("the API token {} {word}; ask an owner for a new one", token.id);
        return Err(refused(detail));
    }
    note_use(admin, &token, now);
    Ok(known_as(token))
}

/// What may be a token, so that no long text is hashed.
fn text(header: &HeaderValue) -> Option<&str> {
    let (scheme, text) = header.to_str().ok()?.split_once(' ')?;
    let text = text.trim();
    let may_be = text.starts_with(BearerToken::API) && text.len() <= BEARER_BYTES_MAX;
    (scheme.eq_ignore_ascii_case("bearer") && may_be).then_some(text)
}

fn known_as(token: ApiToken) -> Known {
    Known {
        caller: Caller {
            who: Who::Token { id: token.id, name: token.name },
            role: token.role,
            apps: token.apps,
            stepped_up_until: if token.privileged { i64::MAX } else { 0 },
        },
        csrf_token: None,
        expires_at: token.expires_at,
        idle_until: None,
    }
}

/// Off the request's way: the database may be busy, and this is worth no wait.
fn note_use(admin: &Admin, token: &ApiToken, now: i64) {
    if !admin.callers.is_use_due(&token.id, token.last_used_at, now, TOKEN_USE_NOTED_SECS) {
        return;
    }
    let (store, id) = (admin.store().clone(), token.id.clone());
    tokio::spawn(async move {
        let noted = store.touch_api_token(&id, now).await;
        noted.unwrap_or_else(|error| tracing::warn!(%error, "a token's use was not noted"));
    });
}

fn refused(detail: impl Into<String>) -> Problem {
    Problem::new(Code::TokenRefused, detail)
}
