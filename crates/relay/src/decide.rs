//! One request's way to a licence. A pure walk over what is in memory, so it answers on the event loops
//! of the fast path and behind hyper alike.
//!
//! Invariant: without a good credential, nothing is told of any app.

use std::net::IpAddr;
use std::sync::Arc;

use tonegate_client::{AppId, View};
use tonegate_clock::Reading;

use crate::app::App;
use crate::auth::{Apps, Principal, Refused};
use crate::limits::{ETAGS_MAX, RETRY_AFTER_SECS};
use crate::problem::Problem;
use crate::rendered::{Rendered, Times, named};
use crate::service::Service;

/// What is read of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'r> {
    pub(crate) path: &'r str,
    pub(crate) authorization: Option<&'r str>,
    pub(crate) if_none_match: Option<&'r str>,
    pub(crate) address: IpAddr,
}

/// What is answered.
pub(crate) enum Answer {
    /// A licence.
    License(Arc<Rendered>, Times),
    /// The one that the caller has is still the one.
    NotModified(Arc<Rendered>, Times),
    /// None.
    Problem(Problem),
}

/// What is to be done.
pub(crate) enum Decision<'s> {
    /// Say this.
    Answer(Answer),
    /// Nothing good is held: fetch, for a caller who may have it.
    Fetch(&'s App, Arc<Principal>),
}

/// Decides on a request, and charges its caller's rate, but for [`Decision::Fetch`].
pub(crate) fn decide<'s>(service: &'s Service, asked: &Asked<'_>, at: Reading) -> Decision<'s> {
    let problem = |problem| Decision::Answer(Answer::Problem(problem));
    let Some(route) = Route::of(asked.path) else { return problem(Problem::not_found()) };
    let principal = match identify(service, asked, at) {
        Ok(principal) => principal,
        Err(refused) => return problem(refused),
    };
    let held = match app_of(service, &route, &principal) {
        Ok(app) => {
            let view = app.cache.view_at(at);
            if view.usable().is_none() {
                return Decision::Fetch(app, principal);
            }
            Ok((app, view))
        }
        Err(refused) => Err(refused),
    };
    if !service.rates.admit(&principal, at.monotonic) {
        return problem(Problem::rate_limit());
    }
    match held {
        Ok((app, view)) => Decision::Answer(hand_out(app, &view, asked)),
        Err(refused) => problem(refused),
    }
}

/// The last step, for a caller who was charged: the licence, if there is one now.
pub(crate) fn hand_out(app: &App, view: &View, asked: &Asked<'_>) -> Answer {
    let handed_out = app.rendered(view).zip(view.usable());
    let Some((rendered, license)) = handed_out else {
        let why = view.state.error().map(|error| named(error));
        let why = why.unwrap_or_else(|| "the upstream is slow".to_owned());
        let retry_after = view.refresh_in.as_secs().max(RETRY_AFTER_SECS);
        return Answer::Problem(Problem::no_license(&why, retry_after));
    };
    let times = Times::of(view, license);
    match asked.if_none_match {
        Some(known) if matches(known, &rendered.etag) => Answer::NotModified(rendered, times),
        _ => Answer::License(rendered, times),
    }
}

/// Who asks.
fn identify(service: &Service, asked: &Asked<'_>, at: Reading) -> Result<Arc<Principal>, Problem> {
    let now = i64::try_from(at.wall.as_secs()).unwrap_or(i64::MAX);
    match service.auth.recall(asked.authorization, now) {
        Some(known) => Ok(known),
        None => introduce(service, asked, at, now),
    }
}

/// Which app is asked for: one that the caller may have.
fn app_of<'s>(
    service: &'s Service,
    route: &Route,
    principal: &Principal,
) -> Result<&'s App, Problem> {
    let app = match route {
        Route::App(app_id) => *app_id,
        Route::TheApp => the_app(service, &principal.apps).ok_or_else(Problem::app_not_named)?,
    };
    let app = service.apps.get(&app).filter(|_| principal.apps.allow(app));
    app.ok_or_else(Problem::app_not_allowed)
}

/// Finds out who a stranger is, unless its network has sent too many who were nobody. Callers who are
/// known are heard from there all the same: it may be a whole company's one address.
fn introduce(
    service: &Service,
    asked: &Asked<'_>,
    at: Reading,
    now: i64,
) -> Result<Arc<Principal>, Problem> {
    if service.network_limit.is_exhausted(asked.address, at.monotonic) {
        return Err(Problem::network_limit());
    }
    service.auth.authenticate(asked.authorization, now).map_err(|refused| {
        if refused != Refused::KeysNotLoaded {
            service.network_limit.charge(asked.address, at.monotonic);
        }
        Problem::unauthenticated(refused)
    })
}

/// The app that is meant where none is named: the only one of the relay, or of the caller.
fn the_app(service: &Service, apps: &Apps) -> Option<AppId> {
    match apps {
        Apps::List(apps) => match **apps {
            [app] => Some(app),
            _ => None,
        },
        Apps::All if service.apps.len() == 1 => service.apps.keys().next().copied(),
        Apps::All => None,
    }
}

/// Where a request goes.
#[derive(Debug, PartialEq, Eq)]
enum Route {
    /// `/v1/license`.
    TheApp,
    /// `/v1/apps/{app_id}/license`.
    App(AppId),
}

impl Route {
    fn of(path: &str) -> Option<Self> {
        if path == "/v1/license" {
            return Some(Self::TheApp);
        }
        let app_id = path.strip_prefix("/v1/apps/")?.strip_suffix("/license")?;
        Some(Self::App(app_id.parse().ok()?))
    }
}

/// RFC 9110, If-None-Match: a list, compared weakly; `*` is any. Of an endless list only the
/// beginning counts: the answer is then whole, which is never wrong.
fn matches(known: &str, etag: &str) -> bool {
    let etag = opaque(etag);
    known.trim() == "*" || known.split(',').take(ETAGS_MAX).any(|tag| opaque(tag) == etag)
}

fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert_eq!(Route::of("/v1/license"), Some(Route::TheApp));
        assert_eq!(Route::of("/v1/apps/12345/license"), Some(Route::App(AppId(12345))));
        for path in
            ["/", "/v1/license/", "/v1/apps//license", "/v1/apps/1/licence", "/v1/apps/x/license"]
        {
            assert_eq!(Route::of(path), None, "{path}");
        }
    }

    #[test]
    fn entity_tags_are_compared_weakly_in_lists() {
        for known in ["W/\"a\"", "\"a\"", "*", "\"x\", W/\"a\"", " \"a\" "] {
            assert!(matches(known, "W/\"a\""), "{known}");
        }
        for known in ["W/\"b\"", "a", "", "\"aa\""] {
            assert!(!matches(known, "W/\"a\""), "{known}");
        }
    }
}
